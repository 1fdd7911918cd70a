// The gradient of a convolution towards its filter: a long sum over batch and positions for few results. The sum
// is split into chunks of output rows, each with its own partial result, and the partials are added afterwards
// (deterministic, no atomics). The register tile is in convFilterTile.ts.

import { TILE_FORMS } from '../../forms.ts';
import { defineKernel, type GpuJob, type Plain } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { shape4, sizeOf } from '../../shape.ts';
import { foldPartials } from '../parts/foldPartials.ts';
import { storageOf } from '../parts/lanes.ts';
import { chooseFilterTile, type FilterGradAttrs, filterProgram } from './convFilterTile.ts';
import { sharedFilterGradient } from './convShared.ts';
import type { Window } from './convTile.ts';

/** x [n,h,w,cin], dy [n,oh,ow,cout] -> dw [kh,kw,cin,cout]. */
export const conv2dFilterGrad = defineKernel<'x' | 'dy', FilterGradAttrs>({
  name: 'MlvConv2dFilterGrad',
  inputs: ['x', 'dy'],
  forms: TILE_FORMS,
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
  const wide = job.form === 'wide';
  const { x, dy } = job.inputs;
  const [n, h, w, cin] = shape4(x.shape);
  const [, oh, ow, cout] = shape4(dy.shape);
  const tile = chooseFilterTile(wide, attrs, x.shape, dy.shape);
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
