// Small pieces of WGSL that the kernels share: vector and matrix types of the widths WGSL has, loads of a few neighbouring
// numbers, how wide a channel dimension can be read, the sum over a workgroup's threads, and the second stage of a split sum.
// Products are written as matrix times vector throughout: software adapters turn those, and only those, into fused
// multiply-adds.

import type { TensorInfo } from '../../backend.ts';
import { type GpuJob, sizeOf } from '../../kernel.ts';
import { type Element, flatGroups, program, threadFor } from '../../program.ts';

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

/** Declarations that the snippets need. */
export const SUM_OVER_LANES = 'var<workgroup> lanes: array<f32, 64>;';

const tree = (name: string, part: string, merge: string) => `
  lanes[lane] = ${part};
  workgroupBarrier();
  for (var far = 32u; far > 0u; far >>= 1u) {
    if (lane < far) { ${merge} }
    workgroupBarrier();
  }
  let ${name} = lanes[0];
  workgroupBarrier();`;

/** Defines `name` in every thread as the sum of all threads' `part`. */
export const sumOverLanes = (name: string, part: string) =>
  tree(name, part, 'lanes[lane] += lanes[lane + far];');

/** Defines `name` in every thread as the largest of all threads' `part`. */
export const largestOverLanes = (name: string, part: string) =>
  tree(name, part, 'lanes[lane] = max(lanes[lane], lanes[lane + far]);');

/** Records `to = sum over parts of partials [parts, ...to]`, plus `bias` [m] if given; one dispatch. */
export function foldPartials(
  job: Pick<GpuJob<string>, 'run'>,
  partials: TensorInfo,
  to: TensorInfo,
  parts: number,
  bias?: TensorInfo,
): void {
  const size = sizeOf(to.shape);
  const lastSize = bias ? sizeOf(bias.shape) : size;
  const element = storageOf(lastSize);
  const lanes = element === 'f32' ? 1 : 4;
  const code = program({
    name: `foldPartials_${lanes}${bias ? '_bias' : ''}`,
    reads: { partials: element, ...(bias ? { bias: element } : {}) },
    writes: { total: element },
    params: { size: 'u32', parts: 'u32', last: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  var sum = ${bias ? 'bias[index % p.last]' : `${element}()`};
  for (var part = 0u; part < p.parts; part++) { sum += partials[part * p.size + index]; }
  total[index] = sum;`,
  });
  const tensors = bias ? [partials, bias, to] : [partials, to];
  job.run(code, tensors, [size / lanes, parts, lastSize / lanes], flatGroups(size / lanes, 64));
}
