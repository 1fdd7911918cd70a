// Two-dimensional convolution without bias, NHWC, zero padding, square stride, and its two gradients. Forward and towards the
// input it is one dispatch of a register tile (convTile.ts): each input pixel gathers the outputs that saw it, so there is nothing
// to add atomically. Towards the filter it is a long sum over batch and positions for few results (convFilterTile.ts): it is split
// into chunks of output rows, each with its own partial result, and the partials are added afterwards.

import { CONV_FORMS, FILTER_FORMS } from '../../forms.ts';
import { defineKernel, type GpuJob, type Plain, type Shape, shape4, sizeOf } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { foldPartials, storageOf } from '../parts/lanes.ts';
import { chooseFilterTile, type FilterGradAttrs, filterProgram } from './convFilterTile.ts';
import { sharedFilterGradient } from './convShared.ts';
import { convSide, runConvTile, type Window } from './convTile.ts';

/** x [n,h,w,cin], w [kh,kw,cin,cout] -> [n, floor((h + 2 pad - kh) / stride) + 1, ..., cout]. */
export const conv2d = defineKernel<'x' | 'w', Window>({
  name: 'MlvConv2d',
  inputs: ['x', 'w'],
  forms: CONV_FORMS,
  outputs: ({ x, w }, window) => [convShape(x, w, window)],
  gpu: (job, window) => runConvTile(job, 'forward', window, ['x', 'w', 0]),
  reference: ({ x, w }, window, [out]) => convReference(x, w, window, out!),
});

export function convShape(x: Shape, w: Shape, window: Window): Shape {
  return [x[0]!, convSide(x[1]!, w[0]!, window), convSide(x[2]!, w[1]!, window), w[3]!];
}

function convReference(x: Plain, w: Plain, { stride, pad }: Window, y: Plain): void {
  const [, h, width, cin] = shape4(x.shape);
  const [kh, kw] = shape4(w.shape);
  const [n, outH, outW, cout] = shape4(y.shape);
  const sums = new Float64Array(cout);
  for (let pixel = 0; pixel < n * outH * outW; pixel++) {
    const ox = pixel % outW;
    const oy = Math.floor(pixel / outW) % outH;
    const image = Math.floor(pixel / (outW * outH));
    sums.fill(0);
    for (let tap = 0; tap < kh * kw; tap++) {
      const iy = oy * stride - pad + Math.floor(tap / kw);
      const ix = ox * stride - pad + (tap % kw);
      if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
      const from = ((image * h + iy) * width + ix) * cin;
      for (let ci = 0; ci < cin; ci++) {
        const value = x.data[from + ci]!;
        const at = (tap * cin + ci) * cout;
        for (let co = 0; co < cout; co++) sums[co]! += value * w.data[at + co]!;
      }
    }
    y.data.set(sums, pixel * cout);
  }
}

export interface InputGradAttrs extends Window {
  /** Size of the convolution's input, which its output does not determine. */
  readonly height: number;
  readonly width: number;
}

/** dy [n,oh,ow,cout], w [kh,kw,cin,cout] -> dx [n,height,width,cin]. */
export const conv2dInputGrad = defineKernel<'dy' | 'w', InputGradAttrs>({
  name: 'MlvConv2dInputGrad',
  inputs: ['dy', 'w'],
  forms: CONV_FORMS,
  outputs: ({ dy, w }, { height, width }) => [[dy[0]!, height, width, w[2]!]],
  gpu: (job, attrs) => runConvTile(job, 'input', attrs, ['dy', 'w', 0]),
  reference: ({ dy, w }, attrs, [out]) => inputGradReference(dy, w, attrs, out!),
});

function inputGradReference(dy: Plain, w: Plain, { stride, pad }: Window, dx: Plain): void {
  const [, outH, outW, cout] = shape4(dy.shape);
  const [kh, kw] = shape4(w.shape);
  const [n, h, width, cin] = shape4(dx.shape);
  for (let pixel = 0; pixel < n * h * width; pixel++) {
    const ix = pixel % width;
    const iy = Math.floor(pixel / width) % h;
    const image = Math.floor(pixel / (width * h));
    const sums = new Float64Array(cin);
    for (let tap = 0; tap < kh * kw; tap++) {
      const oy = (iy + pad - Math.floor(tap / kw)) / stride;
      const ox = (ix + pad - (tap % kw)) / stride;
      if (!Number.isInteger(oy) || !Number.isInteger(ox)) continue;
      if (oy < 0 || oy >= outH || ox < 0 || ox >= outW) continue;
      const from = ((image * outH + oy) * outW + ox) * cout;
      for (let ci = 0; ci < cin; ci++) {
        const at = (tap * cin + ci) * cout;
        for (let co = 0; co < cout; co++) sums[ci]! += dy.data[from + co]! * w.data[at + co]!;
      }
    }
    dx.data.set(sums, pixel * cin);
  }
}

/** x [n,h,w,cin], dy [n,oh,ow,cout] -> dw [kh,kw,cin,cout]. */
export const conv2dFilterGrad = defineKernel<'x' | 'dy', FilterGradAttrs>({
  name: 'MlvConv2dFilterGrad',
  inputs: ['x', 'dy'],
  forms: FILTER_FORMS,
  outputs: ({ x, dy }, { kernel }) => [[...kernel, x[3]!, dy[3]!]],
  gpu: runFilterGrad,
  reference: ({ x, dy }, attrs, [out]) => filterGradReference(x, dy, attrs, out!),
});

/** Threads worth having: enough for every core, no more partials than that needs. */
const THREADS = { wide: 256, narrow: 16384 };

function runFilterGrad(job: GpuJob<'x' | 'dy'>, attrs: FilterGradAttrs): void {
  if (job.form === 'shared') {
    sharedFilterGradient(job, attrs);
    return;
  }
  const wide = job.form !== 'narrow';
  const { x, dy } = job.inputs;
  const [n, h, w, cin] = shape4(x.shape);
  const [, oh, ow, cout] = shape4(dy.shape);
  const tile = chooseFilterTile(job.form, attrs, x.shape, dy.shape);
  const inBlocks = cin / tile.read;
  const outBlocks = Math.ceil(cout / (4 * tile.quads));
  const tapBlocks = attrs.kernel[0] / tile.tapRows;
  const blocks = inBlocks * outBlocks * tapBlocks;
  const rowTiles = oh / tile.rows;
  const columnTiles = Math.ceil(ow / tile.columns);
  const units = Math.ceil(n / tile.images) * rowTiles * columnTiles;
  const wanted = Math.ceil((wide ? THREADS.wide : THREADS.narrow) / blocks);
  const perChunk = Math.ceil(units / Math.min(wanted, units));
  const chunks = Math.ceil(units / perChunk);
  const out = job.outputs[0]!;
  const partials = chunks === 1 ? out : job.scratch([chunks, ...out.shape]);
  const group = wide ? 16 : 64;
  job.run(
    filterProgram(attrs, tile, storageOf(cout), group),
    [x, dy, partials],
    [
      chunks * blocks,
      inBlocks,
      outBlocks,
      rowTiles,
      columnTiles,
      units,
      perChunk,
      n,
      h,
      w,
      cin,
      oh,
      ow,
      cout,
    ],
    flatGroups(chunks * blocks, group),
    sizeOf(out.shape) * n * oh * ow,
  );
  if (chunks > 1) foldPartials(job, partials, out, chunks);
}

function filterGradReference(x: Plain, dy: Plain, { stride, pad }: Window, dw: Plain): void {
  const [n, h, width, cin] = shape4(x.shape);
  const [, outH, outW, cout] = shape4(dy.shape);
  const [, kw] = shape4(dw.shape);
  const sums = new Float64Array(sizeOf(dw.shape));
  for (let pixel = 0; pixel < n * outH * outW; pixel++) {
    const ox = pixel % outW;
    const oy = Math.floor(pixel / outW) % outH;
    const image = Math.floor(pixel / (outW * outH));
    for (let tap = 0; tap < sums.length / (cin * cout); tap++) {
      const iy = oy * stride - pad + Math.floor(tap / kw);
      const ix = ox * stride - pad + (tap % kw);
      if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
      const from = ((image * h + iy) * width + ix) * cin;
      for (let ci = 0; ci < cin; ci++) {
        const at = (tap * cin + ci) * cout;
        for (let co = 0; co < cout; co++) sums[at + co]! += x.data[from + ci]! * dy.data[pixel * cout + co]!;
      }
    }
  }
  dw.data.set(sums);
}
