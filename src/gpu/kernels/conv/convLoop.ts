// The convolution and its input gradient with taps and channels in loops instead of unrolled: window, stride and size of the map are
// numbers given to one short program, where the register tile (convTile.ts) is a long program for each. A thread makes one place of
// four films for eight channels, so that each weight it loads serves all of them, and visits no tap that lies in the padding. Sums
// are taken in the order of the tiles, so all of them give the same numbers to the last bit. For steps of so little work that
// compiling takes longer than computing.

import { type GpuJob, shape4, sizeOf } from '../../kernel.ts';
import { flatGroups, type Program, program, slicedIndex } from '../../program.ts';
import {
  type Element,
  each,
  type Lanes,
  lanesOf,
  load,
  mat,
  range,
  storageOf,
  store4,
} from '../parts/lanes.ts';
import type { Direction, Window } from './convTile.ts';

const GROUP = 64;
/** Films whose pixel at the same place a thread makes, so that each weight it loads serves all of them. */
const IMAGES = 4;

/**
 * `fn tapsOf`: first tap, end and step of those that a place `at` meets in a row of `size` places, `taps` long; and
 * `fn placeOf`: the place that it meets by a tap.
 */
const TAPS: Record<Direction, string> = {
  forward: `
fn tapsOf(at: i32, size: i32, taps: i32) -> vec3<i32> {
  let begin = at * p.stride - p.pad;
  return vec3<i32>(max(0, -begin), min(taps, size - begin), 1);
}
fn placeOf(at: i32, tap: i32) -> i32 { return at * p.stride - p.pad + tap; }`,
  input: `
fn tapsOf(at: i32, size: i32, taps: i32) -> vec3<i32> {
  let end = at + p.pad;
  return vec3<i32>(max(end % p.stride, end - (size - 1) * p.stride), min(taps, end + 1), p.stride);
}
fn placeOf(at: i32, tap: i32) -> i32 { return (at + p.pad - tap) / p.stride; }`,
};

/** Records the convolution of `from` into `to` with `w` [kh,kw,in,out]; one dispatch. */
export function loopedConvolution(
  job: GpuJob<string>,
  direction: Direction,
  { stride, pad }: Window,
  [from, w, to]: readonly [string, string, number],
): void {
  const read = job.inputs[from]!;
  const weights = job.inputs[w]!;
  const made = job.outputs[to]!;
  const [n, readH, readW, readC] = shape4(read.shape);
  const [, madeH, madeW, madeC] = shape4(made.shape);
  const images = Math.min(n, IMAGES);
  const quads = madeC > 4 ? 2 : 1;
  const blocks = Math.ceil(madeC / (4 * quads));
  const imageTiles = Math.ceil(n / images);
  const threads = blocks * imageTiles * madeH * madeW;
  const [taps, across] = weights.shape;
  job.run(
    convolution(direction, images, quads, lanesOf(readC), storageOf(readC), storageOf(madeC)),
    [read, weights, made],
    [threads, blocks, imageTiles, n, readH, readW, readC, madeH, madeW, madeC, taps!, across!, stride, pad],
    flatGroups(threads, GROUP),
    sizeOf(weights.shape) * n * Math.min(readH * readW, madeH * madeW),
  );
}

const PARAMS = {
  threads: 'u32',
  blocks: 'u32',
  imageTiles: 'u32',
  n: 'u32',
  readH: 'i32',
  readW: 'i32',
  readC: 'u32',
  madeH: 'u32',
  madeW: 'u32',
  madeC: 'u32',
  taps: 'i32',
  across: 'i32',
  stride: 'i32',
  pad: 'i32',
} as const;

function convolution(
  direction: Direction,
  images: number,
  quads: number,
  read: Lanes,
  readElement: Element,
  madeElement: Element,
): Program {
  const forward = direction === 'forward';
  const product = (x: string) => (forward || read === 1 ? `m * ${x}` : `${x} * m`);
  /** From the lanes read to four channels made, as WGSL can multiply it without a transpose. */
  const weights = (q: number) => {
    const columns = forward
      ? range(read).map((l) => load('w', madeElement, `(tap + c + ${l}u) * p.madeC + channel + ${4 * q}u`, 4))
      : range(4).map((l) => load('w', readElement, `(tap + channel + ${4 * q + l}u) * p.readC + c`, read));
    if (read === 1) return forward ? columns[0]! : `vec4<f32>(${columns.join(', ')})`;
    return `${forward ? mat(read, 4) : mat(4, read)}(${columns.join(', ')})`;
  };
  return program({
    name: `convLoop_${direction}_r${read}${readElement}_m${madeElement}_${images}x${quads}`,
    reads: { x: readElement, w: forward ? madeElement : readElement },
    writes: { y: madeElement },
    params: PARAMS,
    workgroup: [GROUP],
    sliced: true,
    declarations: TAPS[direction],
    body: () => `${slicedIndex(GROUP)}
  if (index >= p.threads) { return; }
  let channel = index % p.blocks * ${4 * quads}u;
  let image = index / p.blocks % p.imageTiles * ${images}u;
  let place = index / (p.blocks * p.imageTiles);
  let row = i32(place / p.madeW);
  let column = i32(place % p.madeW);
  let rows = tapsOf(row, p.readH, p.taps);
  let columns = tapsOf(column, p.readW, p.across);
${each(images, (i) => `let image${i} = min(image + ${i}u, p.n - 1u) * u32(p.readH * p.readW);`)}
${each(images, (i) => each(quads, (q) => `var a${i}_${q} = vec4<f32>();`))}
  for (var ky = rows.x; ky < rows.y; ky += rows.z) {
    for (var c = 0u; c < p.readC; c += ${read}u) {
      for (var kx = columns.x; kx < columns.y; kx += columns.z) {
        let met = u32(placeOf(row, ky) * p.readW + placeOf(column, kx));
        let tap = u32(ky * p.across + kx) * ${forward ? 'p.readC' : 'p.madeC'};
${each(images, (i) => `let x${i} = ${load('x', readElement, `(image${i} + met) * p.readC + c`, read)};`)}
${each(quads, (q) => `{ let m = ${weights(q)};\n${each(images, (i) => `a${i}_${q} += ${product(`x${i}`)};`)} }`)}
      }
    }
  }
${each(images, (i) => {
  const at = `((image + ${i}u) * p.madeH * p.madeW + place) * p.madeC + channel`;
  const stores = each(quads, (q) =>
    store4('y', madeElement, `at + ${4 * q}u`, `a${i}_${q}`, `i32(p.madeC) - i32(channel + ${4 * q}u)`),
  );
  return `if (image + ${i}u < p.n) { let at = ${at};\n${stores} }`;
})}`,
  });
}
