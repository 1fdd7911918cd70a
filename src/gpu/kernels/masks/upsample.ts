// Maps on their way up: enlarged twofold by repeating each place (nearest neighbour, as torch.nn.Upsample does by default), cut to
// the size of the map that they are to meet, which may be odd; and two maps side by side, channel by channel. Gradients: the sum
// over the places that a place was repeated to, and the channels that were each map's own.

import { defineKernel, shape4, sizeOf } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { elementOf, type VectorLanes, vectorLanes } from '../parts/lanes.ts';

export interface Sides {
  readonly height: number;
  readonly width: number;
}

/** x [N,h,w,C] -> [N,H,W,C] with y[i,j] = x[i/2, j/2] rounded down; H is 2h or 2h - 1, W alike. */
export const upsample = defineKernel<'x', Sides>({
  name: 'MlvUpsample',
  inputs: ['x'],
  outputs: ({ x }, { height, width }) => [[x[0]!, height, width, x[3]!]],
  gpu({ inputs: { x }, outputs: [y], run }, { height, width }) {
    const [n, h, w, c] = shape4(x.shape);
    const lanes = vectorLanes(c);
    const threads = (n * height * width * c) / lanes;
    const params = [threads, c / lanes, width, height, w, h];
    run(enlarge(lanes), [x, y!], params, flatGroups(threads, 64));
  },
  reference({ x }, { height, width }, [y]) {
    eachPlace(x.shape, { height, width }, (large, small) => {
      y!.data[large] = x.data[small]!;
    });
  },
});

/** Gradient of upsample with respect to x: dy [N,H,W,C] -> dx [N, ceil(H/2), ceil(W/2), C]. */
export const upsampleGrad = defineKernel<'dy', Record<string, never>>({
  name: 'MlvUpsampleGrad',
  inputs: ['dy'],
  outputs: ({ dy }) => [[dy[0]!, Math.ceil(dy[1]! / 2), Math.ceil(dy[2]! / 2), dy[3]!]],
  gpu({ inputs: { dy }, outputs: [dx], run }) {
    const [, height, width] = shape4(dy.shape);
    const [n, h, w, c] = shape4(dx!.shape);
    const lanes = vectorLanes(c);
    const threads = (n * h * w * c) / lanes;
    const params = [threads, c / lanes, width, height, w, h];
    run(gather(lanes), [dy, dx!], params, flatGroups(threads, 64));
  },
  reference({ dy }, _attrs, [dx]) {
    const [, height, width] = shape4(dy.shape);
    eachPlace(dx!.shape, { height, width }, (large, small) => {
      dx!.data[small]! += dy.data[large]!;
    });
  },
});

/** a [..., A] and b [..., B] of the same places -> [..., A + B], a's channels first. */
export const concatChannels = defineKernel<'a' | 'b', Record<string, never>>({
  name: 'MlvConcatChannels',
  inputs: ['a', 'b'],
  outputs: ({ a, b }) => [[...a.slice(0, -1), a.at(-1)! + b.at(-1)!]],
  gpu({ inputs: { a, b }, outputs: [out], run }) {
    const [first, second] = [a.shape.at(-1)!, b.shape.at(-1)!];
    const lanes = bothLanes(first, second);
    const threads = sizeOf(out!.shape) / lanes;
    run(beside(lanes), [a, b, out!], [threads, first / lanes, second / lanes], flatGroups(threads, 64));
  },
  reference({ a, b }, _attrs, [out]) {
    const [first, second] = [a.shape.at(-1)!, b.shape.at(-1)!];
    for (let at = 0; at < out!.data.length; at++) {
      const place = Math.floor(at / (first + second));
      const c = at % (first + second);
      out!.data[at] = c < first ? a.data[place * first + c]! : b.data[place * second + c - first]!;
    }
  },
});

export interface ChannelRange {
  readonly from: number;
  readonly count: number;
}

/** x [..., C] -> [..., count]: the channels from `from` on, which is the gradient of concatChannels for each of its maps. */
export const channelPart = defineKernel<'x', ChannelRange>({
  name: 'MlvChannelPart',
  inputs: ['x'],
  outputs: ({ x }, { count }) => [[...x.slice(0, -1), count]],
  gpu({ inputs: { x }, outputs: [out], run }, { from, count }) {
    const all = x.shape.at(-1)!;
    const lanes = all % 4 === 0 ? bothLanes(from, count) : 1;
    const threads = sizeOf(out!.shape) / lanes;
    run(
      taken(lanes),
      [x, out!],
      [threads, from / lanes, count / lanes, all / lanes],
      flatGroups(threads, 64),
    );
  },
  reference({ x }, { from, count }, [out]) {
    const all = x.shape.at(-1)!;
    for (let at = 0; at < out!.data.length; at++) {
      out!.data[at] = x.data[Math.floor(at / count) * all + from + (at % count)]!;
    }
  },
});

/** Four channels at a time where both numbers divide by it; zero does. */
const bothLanes = (one: number, other: number): VectorLanes => (one % 4 === 0 && other % 4 === 0 ? 4 : 1);

/** Calls back with the flat index of each place of the large map and of the place of the small one that it repeats. */
function eachPlace(
  small: readonly number[],
  { height, width }: Sides,
  visit: (large: number, small: number) => void,
): void {
  const [n, h, w, c] = shape4(small);
  for (let at = 0; at < n * height * width * c; at++) {
    const column = Math.floor(at / c) % width;
    const row = Math.floor(at / (c * width)) % height;
    const film = Math.floor(at / (c * width * height));
    visit(at, ((film * h + (row >> 1)) * w + (column >> 1)) * c + (at % c));
  }
}

const SIDES = {
  threads: 'u32',
  channels: 'u32',
  width: 'u32',
  height: 'u32',
  smallWidth: 'u32',
  smallHeight: 'u32',
} as const;

/** A thread per element of the large map. */
const enlarge = (lanes: VectorLanes) =>
  program({
    name: `upsample${lanes}`,
    reads: { x: elementOf(lanes) },
    writes: { y: elementOf(lanes) },
    params: SIDES,
    workgroup: [64],
    body: `${threadFor(64, 'p.threads')}
  let place = index / p.channels;
  let column = place % p.width / 2u;
  let row = place / p.width % p.height / 2u;
  let film = place / (p.width * p.height);
  y[index] = x[((film * p.smallHeight + row) * p.smallWidth + column) * p.channels + index % p.channels];`,
  });

/** A thread per element of the small map: up to four places of the large one. */
const gather = (lanes: VectorLanes) =>
  program({
    name: `upsampleGrad${lanes}`,
    reads: { dy: elementOf(lanes) },
    writes: { dx: elementOf(lanes) },
    params: SIDES,
    workgroup: [64],
    body: `${threadFor(64, 'p.threads')}
  let place = index / p.channels;
  let column = place % p.smallWidth * 2u;
  let row = place / p.smallWidth % p.smallHeight * 2u;
  let film = place / (p.smallWidth * p.smallHeight);
  var sum = ${elementOf(lanes)}();
  for (var i = row; i < min(row + 2u, p.height); i++) {
    for (var j = column; j < min(column + 2u, p.width); j++) {
      sum += dy[((film * p.height + i) * p.width + j) * p.channels + index % p.channels];
    }
  }
  dx[index] = sum;`,
  });

const beside = (lanes: VectorLanes) =>
  program({
    name: `concatChannels${lanes}`,
    reads: { a: elementOf(lanes), b: elementOf(lanes) },
    writes: { out: elementOf(lanes) },
    params: { threads: 'u32', first: 'u32', second: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.threads')}
  let place = index / (p.first + p.second);
  let c = index % (p.first + p.second);
  if (c < p.first) { out[index] = a[place * p.first + c]; }
  else { out[index] = b[place * p.second + c - p.first]; }`,
  });

const taken = (lanes: VectorLanes) =>
  program({
    name: `channelPart${lanes}`,
    reads: { x: elementOf(lanes) },
    writes: { out: elementOf(lanes) },
    params: { threads: 'u32', first: 'u32', count: 'u32', all: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.threads')}
  out[index] = x[index / p.count * p.all + p.first + index % p.count];`,
  });
