// Dense layers: the product with a weight matrix, its two gradients and the column sums of the bias gradient.
// All are register tiles of small matrix products (denseTile.ts); where the result is small the long sum is split
// into parts that are added afterwards, so that the whole machine has work. Plain loops are at the end.

import type { TensorInfo } from '../../backend.ts';
import { TILE_FORMS } from '../../forms.ts';
import { defineKernel, type GpuJob, type Plain } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { foldPartials, storageOf } from '../parts/lanes.ts';
import { type Product, runProduct, sharedDense } from './denseTile.ts';

/** x [n,k], w [k,m], b [m] -> [n,m]; without `bias`, b is bound but not added. */
export const dense = defineKernel<'x' | 'w' | 'b', { bias: boolean }>({
  name: 'MlvDense',
  inputs: ['x', 'w', 'b'],
  forms: TILE_FORMS,
  outputs: ({ x, w }) => [[x[0]!, w[1]!]],
  gpu(job, { bias }) {
    const { x, w, b } = job.inputs;
    const size = { rows: x.shape[0]!, inner: x.shape[1]!, columns: w.shape[1]! };
    record(job, 'forward', x, w, size, bias ? b : undefined);
  },
  reference: ({ x, w, b }, { bias }, [y]) => denseReference(x, w, bias ? b : null, y!),
});

/** dy [n,m], w [k,m] -> dx [n,k]. */
export const denseInputGrad = defineKernel<'dy' | 'w', Record<string, never>>({
  name: 'MlvDenseInputGrad',
  inputs: ['dy', 'w'],
  forms: TILE_FORMS,
  outputs: ({ dy, w }) => [[dy[0]!, w[0]!]],
  gpu(job) {
    const { dy, w } = job.inputs;
    record(job, 'input', dy, w, { rows: dy.shape[0]!, inner: dy.shape[1]!, columns: w.shape[0]! });
  },
  reference: ({ dy, w }, _, [dx]) => denseInputGradReference(dy, w, dx!),
});

/** x [n,k], dy [n,m] -> dw [k,m]. */
export const denseFilterGrad = defineKernel<'x' | 'dy', Record<string, never>>({
  name: 'MlvDenseFilterGrad',
  inputs: ['x', 'dy'],
  forms: TILE_FORMS,
  outputs: ({ x, dy }) => [[x[1]!, dy[1]!]],
  gpu(job) {
    const { x, dy } = job.inputs;
    record(job, 'filter', x, dy, { rows: x.shape[1]!, inner: x.shape[0]!, columns: dy.shape[1]! });
  },
  reference: ({ x, dy }, _, [dw]) => denseFilterGradReference(x, dy, dw!),
});

/** dy [n,m] -> [m], the sums over rows. */
export const columnSums = defineKernel<'dy', Record<string, never>>({
  name: 'MlvColumnSums',
  inputs: ['dy'],
  outputs: ({ dy }) => [[dy[1]!]],
  gpu: runColumnSums,
  reference({ dy }, _, [sums]) {
    const [n, m] = dy.shape as [number, number];
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += dy.data[i * m + j]!;
      sums!.data[j] = sum;
    }
  },
});

function record(
  job: GpuJob<string>,
  product: Product,
  a: TensorInfo,
  b: TensorInfo,
  size: { rows: number; inner: number; columns: number },
  bias?: TensorInfo,
): void {
  const out = job.outputs[0]!;
  const partsOf = (parts: number) => (parts === 1 && !bias ? out : job.scratch([parts, ...out.shape]));
  const record = job.form === 'shared' ? sharedDense : runProduct;
  const { partials, parts } = record(job, product, a, b, size, partsOf);
  if (partials !== out) foldPartials(job, partials, out, parts, bias);
}

const ROWS_PER_PART = 64;

function runColumnSums(job: GpuJob<'dy'>): void {
  const { dy } = job.inputs;
  const out = job.outputs[0]!;
  const [n, m] = dy.shape as [number, number];
  const parts = Math.ceil(n / ROWS_PER_PART);
  const partials = parts === 1 ? out : job.scratch([parts, m]);
  const element = storageOf(m);
  const lanes = element === 'f32' ? 1 : 4;
  const threads = (parts * m) / lanes;
  const code = program({
    name: `columnSums_${lanes}`,
    reads: { dy: element },
    writes: { sums: element },
    params: { threads: 'u32', n: 'u32', m: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.threads')}
  let first = index / p.m * ${ROWS_PER_PART}u;
  var sum = ${element}();
  for (var row = first; row < min(p.n, first + ${ROWS_PER_PART}u); row++) { sum += dy[row * p.m + index % p.m]; }
  sums[index] = sum;`,
  });
  job.run(code, [dy, partials], [threads, n, m / lanes], flatGroups(threads, 64));
  if (parts > 1) foldPartials(job, partials, out, parts);
}

export function denseReference(x: Plain, w: Plain, b: Plain | null, y: Plain): void {
  const [n, k] = x.shape as [number, number];
  const m = w.shape[1]!;
  for (let i = 0; i < n; i++) {
    const sums = b ? Float64Array.from(b.data) : new Float64Array(m);
    for (let l = 0; l < k; l++) {
      for (let j = 0; j < m; j++) sums[j]! += x.data[i * k + l]! * w.data[l * m + j]!;
    }
    y.data.set(sums, i * m);
  }
}

export function denseInputGradReference(dy: Plain, w: Plain, dx: Plain): void {
  const [n, m] = dy.shape as [number, number];
  const k = w.shape[0]!;
  for (let at = 0; at < n * k; at++) {
    const i = Math.floor(at / k);
    const l = at % k;
    let sum = 0;
    for (let j = 0; j < m; j++) sum += dy.data[i * m + j]! * w.data[l * m + j]!;
    dx.data[at] = sum;
  }
}

export function denseFilterGradReference(x: Plain, dy: Plain, dw: Plain): void {
  const [n, k] = x.shape as [number, number];
  const m = dy.shape[1]!;
  for (let l = 0; l < k; l++) {
    const sums = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) sums[j]! += x.data[i * k + l]! * dy.data[i * m + j]!;
    }
    dw.data.set(sums, l * m);
  }
}
