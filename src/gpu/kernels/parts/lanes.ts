// Small pieces of WGSL text that the kernels share: vector and matrix types of the widths WGSL has, loads of a few
// neighbouring numbers, and how wide a channel dimension can be read. Products are written as
// matrix times vector throughout: software adapters turn those, and only those, into fused multiply-adds.

import type { Element } from '../../program.ts';

export type { Element };

/** How many channels are taken at a time; it divides the channel count. */
export type Lanes = 1 | 2 | 3 | 4;

export function lanesOf(channels: number): Lanes {
  if (channels % 4 === 0) return 4;
  if (channels % 3 === 0) return 3;
  return channels % 2 === 0 ? 2 : 1;
}

/** How many channels are taken at a time where a tensor is bound as whole vectors: 4 where they divide, else 1. */
export type VectorLanes = 1 | 4;

export const vectorLanes = (channels: number): VectorLanes => (channels % 4 === 0 ? 4 : 1);

/** The WGSL element of so many lanes. */
export const elementOf = (lanes: VectorLanes) => (lanes === 4 ? 'vec4<f32>' : 'f32');

/** The storage element in which a tensor with this many channels is bound. */
export const storageOf = (channels: number): Element => elementOf(vectorLanes(channels));

/** Zero of the element's own type, to compare and to clamp with. */
export const zeroOf = (lanes: VectorLanes) => (lanes === 4 ? 'vec4<f32>(0.0)' : '0.0');

/** The sum of an element's lanes, as f32. */
export const sumOf = (lanes: VectorLanes, value: string) =>
  lanes === 4 ? `dot(${value}, vec4<f32>(1.0))` : value;

export const vec = (lanes: number) => (lanes === 1 ? 'f32' : `vec${lanes}<f32>`);

export const mat = (columns: number, rows: number) => `mat${columns}x${rows}<f32>`;

export const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Text for each of 0 .. n - 1, one per line. */
export const each = (n: number, text: (i: number) => string) => range(n).map(text).join('\n');

/** `lanes` neighbours of `buffer` from scalar offset `at`; a vec4 buffer needs an offset divisible by 4. */
export function load(buffer: string, element: Element, at: string, lanes: number): string {
  if (element === 'vec4<f32>') return `${buffer}[(${at}) / 4u]`;
  if (lanes === 1) return `${buffer}[${at}]`;
  return `${vec(lanes)}(${range(lanes)
    .map((i) => `${buffer}[${at} + ${i}u]`)
    .join(', ')})`;
}

/** Stores a vec4 at scalar offset `at`; lanes at or beyond `left` are dropped where the buffer is scalar. */
export function store4(buffer: string, element: Element, at: string, value: string, left: string): string {
  if (element === 'vec4<f32>') return `if (${left} > 0) { ${buffer}[(${at}) / 4u] = ${value}; }`;
  return each(4, (i) => `if (${left} > ${i}) { ${buffer}[${at} + ${i}u] = ${value}[${i}]; }`);
}

/** The tile width up to `most` that covers `size` with the fewest idle places, the widest among equals. */
export function tileFor(size: number, most: number): number {
  if (size <= most) return size;
  let best = most;
  for (let width = most; width * 2 > most; width--) {
    if (Math.ceil(size / width) * width < Math.ceil(size / best) * best) best = width;
  }
  return best;
}
