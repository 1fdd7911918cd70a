// Backward pass of the context bottleneck. With y = gc x and out = gs y:
//   dgs = sum_c dout y, through the sigmoid and the 7x7 convolution back to the mean and the maximum over channels;
//   dy  = gs dout + dmean_c / C + [c is the maximum] dmax_c;
//   dgc = sum_hw dy x, through the sigmoid and both pools' shared W1, W2;
//   dx  = gc dy + dmean_hw / HW + [p is the maximum] dmax_hw.
// A maximum's gradient goes to one element, the first among ties. WGSL is in bottleneckGradPrograms.ts.

import { SUM_FORMS } from '../../forms.ts';
import { defineKernel, type GpuJob, type InPlace, type Plain, shape4 } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { runColumnReduction } from '../parts/columnReduce.ts';
import { vectorLanes } from '../parts/lanes.ts';
import { rowsDispatch } from '../parts/rows.ts';
import { SPATIAL_KERNEL } from './bottleneck.ts';
import * as programs from './bottleneckGradPrograms.ts';
import { GATE_PIXELS } from './bottleneckPrograms.ts';

export type BottleneckGradInput =
  | 'x'
  | 'dout'
  | 'w1'
  | 'w2'
  | 'ws'
  | 'channelGate'
  | 'spatialGate'
  | 'pooled'
  | 'hidden'
  | 'spatial';

/** Inputs as bottleneck made them; outputs dx, dw1, dw2, dws. In place, dx takes the memory of dout. */
export const bottleneckGrad = defineKernel<BottleneckGradInput, InPlace, 'dx' | 'dw1' | 'dw2' | 'dws'>({
  name: 'MlvBottleneckGrad',
  inputs: ['x', 'dout', 'w1', 'w2', 'ws', 'channelGate', 'spatialGate', 'pooled', 'hidden', 'spatial'],
  results: ['dx', 'dw1', 'dw2', 'dws'],
  forms: SUM_FORMS,
  outputs: ({ x, w1, w2, ws }) => [x, w1, w2, ws],
  gpu(job, { inPlace = false }) {
    const dpre = spatialGradients(job);
    const dpooled = channelGradients(job, dpre);
    const { x, dout, channelGate, spatialGate, pooled, spatial } = job.inputs;
    const [n, h, w, c] = shape4(x.shape);
    const lanes = vectorLanes(c);
    const dx = inPlace ? job.takeOver(0, 'dout') : job.outputs[0]!;
    const tensors = [
      ...(inPlace ? [] : [dout]),
      channelGate,
      spatialGate,
      pooled,
      spatial,
      dpre.dspatial,
      dpooled,
      dx,
    ];
    job.run(programs.inputGradient(lanes, inPlace), tensors, ...rowsDispatch(n, h * w, c / lanes));
  },
  reference(inputs, _attrs, outputs) {
    const [n, h, w, c] = shape4(inputs.x.shape);
    const [dx] = outputs as [Plain];
    const { dout, spatialGate, channelGate, spatial } = inputs;
    const dspatial = spatialReference(inputs, outputs[3]!);
    const dy = new Float64Array(n * h * w * c);
    for (let i = 0; i < dy.length; i++) {
      const pixel = Math.floor(i / c);
      const peak = spatial.data[pixel * 3 + 2] === i % c ? dspatial[pixel * 2 + 1]! : 0;
      dy[i] = spatialGate.data[pixel]! * dout.data[i]! + dspatial[pixel * 2]! / c + peak;
    }
    const dpooled = channelReference(inputs, dy, outputs[1]!, outputs[2]!);
    for (let i = 0; i < dy.length; i++) {
      const pixel = Math.floor(i / c);
      const [film, k] = [Math.floor(pixel / (h * w)), i % c];
      const peak =
        inputs.pooled.data[(film * 3 + 2) * c + k] === pixel % (h * w) ? dpooled[(film * 2 + 1) * c + k]! : 0;
      dx.data[i] = channelGate.data[film * c + k]! * dy[i]! + dpooled[film * 2 * c + k]! / (h * w) + peak;
    }
  },
});

/** Gradients up to the spatial pools; writes dws. */
function spatialGradients({ inputs, outputs, scratch, run, form }: GpuJob<BottleneckGradInput>) {
  const { x, dout, ws, channelGate, spatialGate, spatial } = inputs;
  const [n, h, w, c] = shape4(x.shape);
  const lanes = vectorLanes(c);
  const pixels = n * h * w;
  const dgate = scratch([n, h, w]);
  const dspatial = scratch([n, h, w, 2]);
  run(
    programs.spatialGateGradient(lanes),
    [x, dout, channelGate, spatialGate, dgate],
    [pixels, h * w, c / lanes],
    flatGroups(pixels, 64),
  );
  const tiles = Math.ceil(w / GATE_PIXELS);
  run(
    programs.spatialPoolGradient,
    [dgate, ws, dspatial],
    [n, h, w, tiles],
    flatGroups(n * h * tiles, 32),
    pixels,
  );
  const chunks = Math.max(1, Math.min(form === 'threads' ? 64 : 512, Math.floor((n * h) / 8)));
  const taps = SPATIAL_KERNEL * SPATIAL_KERNEL;
  const partial = scratch([chunks, taps, 2]);
  run(
    programs.spatialWeightPartial,
    [dgate, spatial, partial],
    [n * h, h, w, chunks],
    flatGroups(chunks * taps, 64),
  );
  run(programs.sumChunks, [partial, outputs[3]!], [taps * 2, chunks], flatGroups(taps * 2, 64));
  return { dgate, dspatial };
}

/** Gradients of the two channel pools, [N,2,C]; writes dw1 and dw2. */
function channelGradients(
  job: GpuJob<BottleneckGradInput>,
  { dspatial }: { dspatial: GpuJob<BottleneckGradInput>['outputs'][number] },
) {
  const { inputs, outputs, scratch, run, form } = job;
  const { x, dout, w1, w2, channelGate, spatialGate, pooled, hidden, spatial } = inputs;
  const [n, h, w, c] = shape4(x.shape);
  const half = w1.shape[3]!;
  const lanes = vectorLanes(c);
  const dgate = scratch([n, c]);
  const dhidden = scratch([n, 2, half]);
  const dpooled = scratch([n, 2, c]);
  const tensors = [x, dout, channelGate, spatialGate, spatial, dspatial, dgate];
  if (form === 'threads') {
    run(programs.channelGateGradient(lanes), tensors, [n, h * w, c / lanes], flatGroups((n * c) / lanes, 16));
  } else {
    const table = { segments: n, rows: h * w, columns: c / lanes };
    runColumnReduction({ run, form }, programs.channelGateReduction(lanes), table, tensors, []);
  }
  run(programs.hiddenGradient, [dgate, hidden, w2, dhidden], [n, c, half], flatGroups(n * half, 64));
  run(
    programs.gateWeightGradients,
    [dgate, dhidden, hidden, pooled, outputs[1]!, outputs[2]!],
    [n, c, half],
    flatGroups(c * half, 64),
  );
  run(programs.channelPoolGradient, [dhidden, w1, dpooled], [n, c, half], flatGroups(n * c, 64));
  return dpooled;
}

/** d(mean, max) of the spatial pools per pixel, [pixels, 2]; writes dws. */
function spatialReference(inputs: Readonly<Record<BottleneckGradInput, Plain>>, dws: Plain): Float64Array {
  const { x, dout, ws, channelGate, spatialGate, spatial } = inputs;
  const [n, h, w, c] = shape4(x.shape);
  const dspatial = new Float64Array(n * h * w * 2);
  const pad = (SPATIAL_KERNEL - 1) / 2;
  for (let pixel = 0; pixel < n * h * w; pixel++) {
    const film = Math.floor(pixel / (h * w));
    let sum = 0;
    for (let k = 0; k < c; k++)
      sum += dout.data[pixel * c + k]! * channelGate.data[film * c + k]! * x.data[pixel * c + k]!;
    const gate = spatialGate.data[pixel]!;
    const dpre = sum * gate * (1 - gate);
    const [i, j] = [Math.floor(pixel / w) % h, pixel % w];
    for (let ky = 0; ky < SPATIAL_KERNEL; ky++) {
      for (let kx = 0; kx < SPATIAL_KERNEL; kx++) {
        const [yy, xx] = [i + ky - pad, j + kx - pad];
        if (yy < 0 || yy >= h || xx < 0 || xx >= w) continue;
        const source = (film * h + yy) * w + xx;
        for (let row = 0; row < 2; row++) {
          const weight = (ky * SPATIAL_KERNEL + kx) * 2 + row;
          dws.data[weight] = dws.data[weight]! + dpre * spatial.data[source * 3 + row]!;
          dspatial[source * 2 + row] = dspatial[source * 2 + row]! + dpre * ws.data[weight]!;
        }
      }
    }
  }
  return dspatial;
}

/** d(mean, max) of the channel pools, [N,2,C]; writes dw1 and dw2. */
function channelReference(
  inputs: Readonly<Record<BottleneckGradInput, Plain>>,
  dy: Float64Array,
  dw1: Plain,
  dw2: Plain,
): Float64Array {
  const { x, w1, w2, channelGate, pooled, hidden } = inputs;
  const [n, h, w, c] = shape4(x.shape);
  const half = w1.shape[3]!;
  const dpooled = new Float64Array(n * 2 * c);
  for (let film = 0; film < n; film++) {
    const dpre = new Float64Array(c);
    for (let k = 0; k < c; k++) {
      let sum = 0;
      for (let q = 0; q < h * w; q++) {
        const i = (film * h * w + q) * c + k;
        sum += dy[i]! * x.data[i]!;
      }
      const gate = channelGate.data[film * c + k]!;
      dpre[k] = sum * gate * (1 - gate);
    }
    for (let j = 0; j < half; j++) {
      const [a, b] = [hidden.data[film * 2 * half + j]!, hidden.data[(film * 2 + 1) * half + j]!];
      let dh = 0;
      for (let k = 0; k < c; k++) {
        dw2.data[j * c + k] = dw2.data[j * c + k]! + (a + b) * dpre[k]!;
        dh += w2.data[j * c + k]! * dpre[k]!;
      }
      for (let row = 0; row < 2; row++) {
        if ((row === 0 ? a : b) <= 0) continue;
        for (let k = 0; k < c; k++) {
          dw1.data[k * half + j] = dw1.data[k * half + j]! + pooled.data[(film * 3 + row) * c + k]! * dh;
          const at = (film * 2 + row) * c + k;
          dpooled[at] = dpooled[at]! + w1.data[k * half + j]! * dh;
        }
      }
    }
  }
  return dpooled;
}
