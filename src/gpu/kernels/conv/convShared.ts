// The convolution and its two gradients as products through workgroup memory (sharedTile.ts). The image is never
// unfolded in memory: a load works out which pixel and which tap of the filter a number belongs to.
//   forward  rows: output pixels    inner: taps x input channels    columns: output channels
//   input    rows: input pixels     inner: taps x output channels   columns: input channels   (stride 1)
//   filter   rows: taps x inputs    inner: output pixels            columns: output channels

import type { TensorInfo } from '../../backend.ts';
import { type GpuJob, shape4 } from '../../kernel.ts';
import { foldPartials, range, storageOf } from '../parts/lanes.ts';
import { runSharedProduct } from '../parts/sharedTile.ts';
import type { FilterGradAttrs } from './convFilterTile.ts';
import type { Direction, Window } from './convTile.ts';

type Map4 = [number, number, number, number];

/** Four numbers of `buffer` from `at` on, of which `left` are inside; a vec4 buffer has four or none. */
function four(buffer: string, channels: number, at: string, left: string): string {
  if (storageOf(channels) === 'vec4<f32>')
    return `if (${left} == 0u) { return vec4<f32>(); } return ${buffer}[(${at}) / 4u];`;
  const lanes = range(4).map((l) => `select(0.0, ${buffer}[${at} + ${l}u], ${l}u < ${left})`);
  return `return vec4<f32>(${lanes.join(', ')});`;
}

/**
 * `fn pixelAt`: the number at (row, k), or four of them where channels come in fours. Forward, what a row of taps meets lies side
 * by side in a row of the image, `along` it; towards the input the taps run against it.
 */
function imageLoad(kernel: Map4, channels: number, direction: Direction): string {
  const fours = channels % 4 === 0;
  const T = fours ? 'vec4<f32>' : 'f32';
  const across = kernel[1] * channels;
  const place =
    direction === 'forward'
      ? `let y = row.y + i32(k / ${across}u);
  let along = row.z * ${channels} + i32(k % ${across}u);`
      : `let tap = k / ${channels}u;
  let y = row.y - i32(tap / ${kernel[1]}u);
  let along = (row.z - i32(tap % ${kernel[1]}u)) * ${channels} + i32(k % ${channels}u);`;
  return `
fn pixelAt(row: vec4<i32>, k: u32) -> ${T} {
  if (row.w == 0 || k >= p.inner) { return ${T}(); }
  ${place}
  if (y < 0 || y >= i32(p.height) || along < 0 || along >= i32(p.width) * ${channels}) { return ${T}(); }
  let at = (row.x + y * i32(p.width)) * ${channels} + along;
  return image[at${fours ? ' / 4' : ''}];
}
fn left(row: vec4<i32>, m: u32, k: u32) -> vec4<f32> {
  ${fours ? 'return pixelAt(row, k);' : `${direction === 'forward' ? fourAlong(across, channels) : ''}${fourSingly('pixelAt(row, k', ')')}`}
}`;
}

const fourSingly = (begin: string, end: string) =>
  `return vec4<f32>(${range(4)
    .map((l) => `${begin} + ${l}u${end}`)
    .join(', ')});`;

/** Four numbers of the same row of taps, such as the stem's seven pixels of three channels, are found at once. */
const fourAlong = (across: number, channels: number) => `let first = k % ${across}u;
  if (row.w != 0 && first + 3u < ${across}u && k + 3u < p.inner) {
    let y = row.y + i32(k / ${across}u);
    if (y < 0 || y >= i32(p.height)) { return vec4<f32>(); }
    let along = row.z * ${channels} + i32(first);
    let end = i32(p.width) * ${channels};
    let at = (row.x + y * i32(p.width)) * ${channels} + along;
    return vec4<f32>(${range(4)
      .map((l) => `select(0.0, image[max(at + ${l}, 0)], along + ${l} >= 0 && along + ${l} < end)`)
      .join(', ')});
  }
  `;

/** Forward convolution, or input gradient at stride 1, of `read` with `weights` [kh,kw,cin,cout] into `made`. */
export function sharedConvolution(
  job: GpuJob<string>,
  direction: Direction,
  window: Window,
  [read, weights, made]: readonly [TensorInfo, TensorInfo, TensorInfo],
): void {
  const [, height, width, channels] = shape4(read.shape);
  const [n, madeH, madeW, columns] = shape4(made.shape);
  const kernel = shape4(weights.shape);
  const inner = kernel[0] * kernel[1] * channels;
  const { stride, pad } = window;
  const origin = direction === 'forward' ? [`* ${stride} - ${pad}`] : [`+ ${pad}`];
  const rowOf = `
fn rowOf(m: u32) -> vec4<i32> {
  let y = i32(m / p.madeW % p.madeH);
  let x = i32(m % p.madeW);
  let first = i32(m / (p.madeW * p.madeH) * p.height * p.width);
  return vec4<i32>(first, y ${origin[0]}, x ${origin[0]}, i32(m < p.rows));
}`;
  // Forward, a row of the weights is a row of the right operand; backward, the operand is turned about tap by tap.
  const right =
    direction === 'forward'
      ? `if (k >= p.inner) { return vec4<f32>(); }
  ${four('weights', columns, 'k * p.columns + n', 'max(p.columns, n) - n')}`
      : `if (k >= p.inner) { return vec4<f32>(); }
  let start = k / ${channels}u * p.columns * ${channels}u + k % ${channels}u;
  return vec4<f32>(${range(4)
    .map(
      (l) =>
        `select(0.0, weights[start + min(n + ${l}u, p.columns - 1u) * ${channels}u], n + ${l}u < p.columns)`,
    )
    .join(', ')});`;
  runSharedProduct(
    job,
    {
      name: `conv_${direction}_${kernel.slice(0, 2).join('x')}s${stride}p${pad}_c${channels}`,
      rows: n * madeH * madeW,
      inner,
      columns,
      reads: { image: storageOf(channels), weights: direction === 'forward' ? storageOf(columns) : 'f32' },
      tensors: [read, weights],
      sizes: { height, width, madeH, madeW },
      left: 'inner',
      loads: `${rowOf}${imageLoad(kernel, channels, direction)}
fn right(k: u32, n: u32) -> vec4<f32> { ${right} }`,
    },
    () => made,
    1,
  );
}

/** Filter gradient, the sum over pixels in parts. */
export function sharedFilterGradient(
  job: GpuJob<'x' | 'dy'>,
  { kernel, stride, pad }: FilterGradAttrs,
): void {
  const { x, dy } = job.inputs;
  const [, height, width, channels] = shape4(x.shape);
  const [n, madeH, madeW, columns] = shape4(dy.shape);
  const out = job.outputs[0]!;
  const fours = channels % 4 === 0;
  const T = fours ? 'vec4<f32>' : 'f32';
  const loads = `
fn rowOf(m: u32) -> vec4<i32> { return vec4<i32>(); }
fn pixelAt(m: u32, k: u32) -> ${T} {
  if (m >= p.rows || k >= p.inner) { return ${T}(); }
  let y = i32(k / p.madeW % p.madeH) * ${stride} - ${pad} + i32(m / ${kernel[1] * channels}u);
  let along = (i32(k % p.madeW) * ${stride} - ${pad}) * ${channels} + i32(m % ${kernel[1] * channels}u);
  if (y < 0 || along < 0 || y >= i32(p.height) || along >= i32(p.width) * ${channels}) { return ${T}(); }
  let at = (i32(k / (p.madeW * p.madeH) * p.height) + y) * i32(p.width * ${channels}u) + along;
  return image[at${fours ? ' / 4' : ''}];
}
fn left(row: vec4<i32>, m: u32, k: u32) -> vec4<f32> {
  ${fours ? 'return pixelAt(m, k);' : fourSingly('pixelAt(m', ', k)')}
}
fn right(k: u32, n: u32) -> vec4<f32> {
  if (k >= p.inner) { return vec4<f32>(); }
  ${four('dy', columns, 'k * p.columns + n', 'max(p.columns, n) - n')}
}`;
  const given = {
    name: `conv_filter_${kernel.join('x')}s${stride}p${pad}_c${channels}`,
    rows: kernel[0] * kernel[1] * channels,
    inner: n * madeH * madeW,
    columns,
    reads: { image: storageOf(channels), dy: storageOf(columns) },
    tensors: [x, dy],
    sizes: { height, width, madeH, madeW },
    left: 'rows' as const,
    loads,
  };
  const targetOf = (parts: number) => (parts === 1 ? out : job.scratch([parts, ...out.shape]));
  const { partials, parts } = runSharedProduct(job, given, targetOf);
  if (parts > 1) foldPartials(job, partials, out, parts);
}
