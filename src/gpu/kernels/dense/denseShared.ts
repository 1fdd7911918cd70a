// The three products of a dense layer through workgroup memory (sharedTile.ts); operands as in denseTile.ts.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { range, storageOf } from '../parts/lanes.ts';
import { runSharedProduct } from '../parts/sharedTile.ts';
import type { Product, ProductSize } from './denseTile.ts';

/** Four numbers along a line of `buffer`, from `at` in a line of `size`; zero beyond it. */
function four(buffer: string, width: number, line: string, at: string, size: string): string {
  if (storageOf(width) === 'vec4<f32>')
    return `if (${at} >= ${size}) { return vec4<f32>(); } return ${buffer}[(${line} * ${size} + ${at}) / 4u];`;
  const lanes = range(4).map(
    (l) =>
      `select(0.0, ${buffer}[${line} * ${size} + min(${at} + ${l}u, ${size} - 1u)], ${at} + ${l}u < ${size})`,
  );
  return `return vec4<f32>(${lanes.join(', ')});`;
}

const LEFT: Record<Product, (width: number) => string> = {
  forward: (width) => `if (m >= p.rows) { return vec4<f32>(); } ${four('a', width, 'm', 'k', 'p.inner')}`,
  input: (width) => `if (m >= p.rows) { return vec4<f32>(); } ${four('a', width, 'm', 'k', 'p.inner')}`,
  filter: (width) => `if (k >= p.inner) { return vec4<f32>(); } ${four('a', width, 'k', 'm', 'p.rows')}`,
};

const across = (width: number) =>
  `if (k >= p.inner) { return vec4<f32>(); } ${four('b', width, 'k', 'n', 'p.columns')}`;
const RIGHT: Record<Product, (width: number) => string> = {
  forward: across,
  filter: across,
  input: () => `
  let step = min(k, p.inner - 1u);
  return vec4<f32>(${range(4)
    .map(
      (l) =>
        `select(0.0, b[min(n + ${l}u, p.columns - 1u) * p.inner + step], n + ${l}u < p.columns && k < p.inner)`,
    )
    .join(', ')});`,
};

/** Records the product in `parts` parts [parts, rows, columns] into the tensor that `target` gives; one dispatch. */
export function sharedDense(
  job: GpuJob<string>,
  product: Product,
  a: TensorInfo,
  b: TensorInfo,
  { rows, inner, columns }: ProductSize,
  target: (parts: number) => TensorInfo,
): { partials: TensorInfo; parts: number } {
  const [aWidth, bWidth] = [a.shape[1]!, b.shape[1]!];
  const bElement = product === 'input' ? 'f32' : storageOf(bWidth);
  return runSharedProduct(
    job,
    {
      name: `dense_${product}_a${storageOf(aWidth)}_b${bElement}`,
      rows,
      inner,
      columns,
      reads: { a: storageOf(aWidth), b: bElement },
      tensors: [a, b],
      sizes: {},
      left: product === 'filter' ? 'rows' : 'inner',
      loads: `
fn rowOf(m: u32) -> vec4<i32> { return vec4<i32>(); }
fn left(row: vec4<i32>, m: u32, k: u32) -> vec4<f32> { ${LEFT[product](aWidth)} }
fn right(k: u32, n: u32) -> vec4<f32> { ${RIGHT[product](bWidth)} }`,
    },
    target,
  );
}
