// Winograd's F(2 x 2, 3 x 3): which convolutions it fits, and their filters at its points. A tile of 2 x 2 results takes 16
// multiplications for each pair of channels instead of 36. With d the 4 x 4 patch that is read and g the 3 x 3 filter,
//   Y = A' [(G g G') * (B' d B)] A    G = 1 0 0     B' = 1  0 -1  0    A' = 1 1  1  0
//                                         ½ ½ ½          0  1  1  0         0 1 -1 -1
//                                         ½ -½ ½         0 -1  1  0
//                                         0 0 1          0  1  0 -1
// Patches and products are summed once more each, but over a ninth of the terms at a time, so in float32 the error is about that of
// the direct sum: over 512 channels 3.7e-7 of the whole where `wide` has 5.7e-7 and `shared` 1.1e-6. The input gradient is the same
// convolution with the filter turned about and its channels exchanged, which the transform of the filter does in passing.

import type { TensorInfo } from '../../backend.ts';
import { type GpuJob, type Shape, shape4 } from '../../kernel.ts';
import { flatGroups, type Program, program, threadFor } from '../../program.ts';
import { each, range } from '../parts/lanes.ts';
import type { Direction, Window } from './convTile.ts';

const GROUP = 64;
const QUAD = 4;
/** Points in a patch, where products are taken. */
export const POINTS = 16;

/** Whether the window is one that Winograd's tiles are made for, and channels come in fours on both sides. */
export const fitsWinograd = ([kh, kw, cin, cout]: Shape, { stride, pad }: Window): boolean =>
  kh === 3 && kw === 3 && stride === 1 && pad === 1 && cin! % QUAD === 0 && cout! % QUAD === 0;

/** Products of channels from which large register tiles are worth their text and the second dispatch. */
const CHANNELS = 64 * 64;

/**
 * Whether register tiles gain by it. Those of the direct convolution visit no tap in the padding, and a tile at an odd edge is half
 * idle, so that little is saved of the products of a small map, and nothing of one of 2 x 2.
 */
export function winogradPays(filter: Shape, window: Window, [, height, width]: Shape): boolean {
  if (!fitsWinograd(filter, window) || filter[2]! * filter[3]! < CHANNELS) return false;
  const tiles = Math.ceil(height! / 2) * Math.ceil(width! / 2);
  const taps = (3 * height! - 2) * (3 * width! - 2);
  return 1.5 * POINTS * tiles <= taps;
}

/** What both forms of the convolution are told of their maps. */
export interface WinogradSizes {
  readonly films: number;
  readonly height: number;
  readonly width: number;
  /** Tiles in a row and in a column of a map. */
  readonly across: number;
  readonly down: number;
  /** Channels read and made, in fours. */
  readonly readC: number;
  readonly madeC: number;
  /** Multiply-adds of the products. */
  readonly work: number;
}

export function winogradSizes(read: Shape, made: Shape): WinogradSizes {
  const [films, height, width, readC] = shape4(read);
  const [, , , madeC] = shape4(made);
  const [across, down] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const work = POINTS * readC * madeC * films * across * down;
  return { films, height, width, across, down, readC: readC / QUAD, madeC: madeC / QUAD, work };
}

/**
 * Records the filter at the points into scratch memory, as fours of channels made: by [point, channel read, four made], or, with
 * `quads`, in the order in which a thread that makes so many fours takes them: [row of points, four read, block of `quads` fours made,
 * point in the row, four in the block, channel in the four read].
 */
export function transformFilter(
  job: GpuJob<string>,
  direction: Direction,
  weights: TensorInfo,
  { readC, madeC }: WinogradSizes,
  quads?: number,
): TensorInfo {
  const points = job.scratch([POINTS, readC * QUAD, madeC * QUAD]);
  const threads = readC * QUAD * madeC;
  job.run(
    transform(direction, quads),
    [weights, points],
    [threads, readC * QUAD, madeC],
    flatGroups(threads, GROUP),
  );
  return points;
}

/** Where the filter of a thread at point (i, j) goes. */
function placeOf(i: number, j: number, quads: number | undefined): string {
  if (quads === undefined) return `${4 * i + j}u * p.threads + index`;
  const block = `(${i}u * (p.readC / 4u) + channel / 4u) * (p.madeC / ${quads}u) + quad / ${quads}u`;
  return `(((${block}) * 4u + ${j}u) * ${quads}u + quad % ${quads}u) * 4u + channel % 4u`;
}

/** A thread takes one channel read and four channels made. */
function transform(direction: Direction, quads: number | undefined): Program {
  const tap = (k: number) => {
    if (direction === 'forward') return `w[(${k}u * p.readC + channel) * p.madeC + quad]`;
    const at = (lane: number) => `w[(${8 - k}u * p.madeC * 4u + quad * 4u + ${lane}u) * p.readC + channel]`;
    return `vec4<f32>(${range(4).map(at).join(', ')})`;
  };
  const atPoints = (name: string, [a, b, c]: readonly string[]) => `let ${name}0 = ${a};
  let ${name}1 = 0.5 * (${a} + ${c} + ${b});
  let ${name}2 = 0.5 * (${a} + ${c} - ${b});
  let ${name}3 = ${c};`;
  return program({
    name: `winogradFilter_${direction}${quads ? `_${quads}` : ''}`,
    reads: { w: direction === 'forward' ? 'vec4<f32>' : 'f32' },
    writes: { points: 'vec4<f32>' },
    params: { threads: 'u32', readC: 'u32', madeC: 'u32' },
    workgroup: [GROUP],
    body: `${threadFor(GROUP, 'p.threads')}
  let quad = index % p.madeC;
  let channel = index / p.madeC;
${each(9, (k) => `let g${k} = ${tap(k)};`)}
${each(3, (x) => atPoints(`h${x}_`, [`g${x}`, `g${3 + x}`, `g${6 + x}`]))}
${each(4, (i) => atPoints(`v${i}_`, [`h0_${i}`, `h1_${i}`, `h2_${i}`]))}
${each(4, (i) => each(4, (j) => `points[${placeOf(i, j, quads)}] = v${i}_${j};`))}`,
  });
}
