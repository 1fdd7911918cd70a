// The context bottleneck (docs/method.md, Model): channel attention, then spatial attention.
//   s(v) = W2 relu(W1 v),  gc = sigmoid(s(mean_hw x) + s(max_hw x)),  y = gc x,
//   gs = sigmoid(conv7x7([mean_c y ; max_c y])),  out = gs y.
// y is never stored: it is one multiplication away. Maxima remember the first position among ties. With the gates at hand
// the attended map alone is a kernel of its own, by which the backward pass recomputes it instead of keeping it.
// The backward pass is in bottleneckGrad.ts; WGSL is in bottleneckPrograms.ts.

import { SUM_FORMS } from '../../forms.ts';
import { defineKernel, type InPlace, type Plain, shape4 } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { runColumnReduction } from '../parts/columnReduce.ts';
import { vectorLanes } from '../parts/lanes.ts';
import { rowsDispatch } from '../parts/rows.ts';
import {
  channelGate,
  channelPool,
  GATE_PIXELS,
  gatedOutput,
  gateHidden,
  poolReduction,
  spatialGate,
  spatialPool,
} from './bottleneckPrograms.ts';

/** Side of the spatial attention kernel. */
export const SPATIAL_KERNEL = 7;

export type BottleneckInput = 'x' | 'w1' | 'w2' | 'ws';
type BottleneckResult = 'out' | 'channelGate' | 'spatialGate' | 'pooled' | 'hidden' | 'spatial';

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * Inputs: x [N,H,W,C], w1 [1,1,C,C/2], w2 [1,1,C/2,C], ws [7,7,2,1].
 * Outputs: out [N,H,W,C]; channel gate [N,C]; spatial gate [N,H,W]; and for the backward pass
 * pooled [N,3,C] (mean, max, position of the max), hidden [N,2,C/2], spatial [N,H,W,3] (mean, max, channel of the max).
 */
export const bottleneck = defineKernel<BottleneckInput, Record<string, never>, BottleneckResult>({
  name: 'MlvBottleneck',
  results: ['out', 'channelGate', 'spatialGate', 'pooled', 'hidden', 'spatial'],
  inputs: ['x', 'w1', 'w2', 'ws'],
  outputs({ x, w1 }) {
    const [n, h, w, c] = shape4(x);
    return [x, [n, c], [n, h, w], [n, 3, c], [n, 2, w1[3]!], [n, h, w, 3]];
  },
  forms: SUM_FORMS,
  gpu({ inputs, outputs, run, form }) {
    const { x, w1, w2, ws } = inputs;
    const [out, gc, gs, pooled, hidden, spatial] = outputs as [
      typeof x,
      typeof x,
      typeof x,
      typeof x,
      typeof x,
      typeof x,
    ];
    const [n, h, w, c] = shape4(x.shape);
    const half = w1.shape[3]!;
    const lanes = vectorLanes(c);
    const columns = c / lanes;
    if (form === 'threads') {
      run(channelPool(lanes), [x, pooled], [n, h * w, columns], flatGroups(n * columns, 16));
    } else {
      const table = { segments: n, rows: h * w, columns };
      runColumnReduction({ run, form }, poolReduction(lanes), table, [x, pooled], []);
    }
    run(gateHidden, [pooled, w1, hidden], [n, c, half], flatGroups(n * half, 64));
    run(channelGate, [hidden, w2, gc], [n, c, half], flatGroups(n * c, 64));
    run(spatialPool(lanes), [x, gc, spatial], [n * h * w, h * w, columns], flatGroups(n * h * w, 64));
    const tiles = Math.ceil(w / GATE_PIXELS);
    run(spatialGate, [spatial, ws, gs], [n, h, w, tiles], flatGroups(n * h * tiles, 32));
    run(gatedOutput(lanes), [x, gc, gs, out], ...rowsDispatch(n, h * w, columns));
  },
  reference({ x, w1, w2, ws }, _attrs, outputs) {
    const [n, h, w] = x.shape as [number, number, number];
    const [out, gc, gs, pooled, hidden, spatial] = outputs as [Plain, Plain, Plain, Plain, Plain, Plain];
    for (let i = 0; i < n; i++) {
      channelAttention(i, x, w1, w2, gc, pooled, hidden);
      spatialAttention(i, x, ws, gc, gs, spatial);
    }
    const c = gc.shape[1]!;
    for (let i = 0; i < out.data.length; i++) {
      const pixel = Math.floor(i / c);
      const film = Math.floor(pixel / (h * w));
      out.data[i] = gs.data[pixel]! * gc.data[film * c + (i % c)]! * x.data[i]!;
    }
  },
});

function channelAttention(
  n: number,
  x: Plain,
  w1: Plain,
  w2: Plain,
  gc: Plain,
  pooled: Plain,
  hidden: Plain,
) {
  const [, h, w, c] = shape4(x.shape);
  const half = w1.shape[3]!;
  for (let k = 0; k < c; k++) {
    let sum = 0;
    let best = -Infinity;
    let where = 0;
    for (let q = 0; q < h * w; q++) {
      const value = x.data[(n * h * w + q) * c + k]!;
      sum += value;
      if (value > best) {
        best = value;
        where = q;
      }
    }
    pooled.data[(n * 3 + 0) * c + k] = sum / (h * w);
    pooled.data[(n * 3 + 1) * c + k] = best;
    pooled.data[(n * 3 + 2) * c + k] = where;
  }
  for (let row = 0; row < 2; row++) {
    for (let j = 0; j < half; j++) {
      let sum = 0;
      for (let k = 0; k < c; k++) sum += pooled.data[(n * 3 + row) * c + k]! * w1.data[k * half + j]!;
      hidden.data[(n * 2 + row) * half + j] = Math.max(sum, 0);
    }
  }
  for (let k = 0; k < c; k++) {
    let sum = 0;
    for (let j = 0; j < half; j++) {
      sum += (hidden.data[n * 2 * half + j]! + hidden.data[(n * 2 + 1) * half + j]!) * w2.data[j * c + k]!;
    }
    gc.data[n * c + k] = sigmoid(sum);
  }
}

function spatialAttention(n: number, x: Plain, ws: Plain, gc: Plain, gs: Plain, spatial: Plain) {
  const [, h, w, c] = shape4(x.shape);
  for (let q = 0; q < h * w; q++) {
    const pixel = n * h * w + q;
    let sum = 0;
    let best = -Infinity;
    let where = 0;
    for (let k = 0; k < c; k++) {
      const value = gc.data[n * c + k]! * x.data[pixel * c + k]!;
      sum += value;
      if (value > best) {
        best = value;
        where = k;
      }
    }
    spatial.data[pixel * 3] = sum / c;
    spatial.data[pixel * 3 + 1] = best;
    spatial.data[pixel * 3 + 2] = where;
  }
  const pad = (SPATIAL_KERNEL - 1) / 2;
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      let sum = 0;
      for (let ky = 0; ky < SPATIAL_KERNEL; ky++) {
        for (let kx = 0; kx < SPATIAL_KERNEL; kx++) {
          const [yy, xx] = [i + ky - pad, j + kx - pad];
          if (yy < 0 || yy >= h || xx < 0 || xx >= w) continue;
          const at = ((n * h + yy) * w + xx) * 3;
          const weight = (ky * SPATIAL_KERNEL + kx) * 2;
          sum += spatial.data[at]! * ws.data[weight]! + spatial.data[at + 1]! * ws.data[weight + 1]!;
        }
      }
      gs.data[(n * h + i) * w + j] = sigmoid(sum);
    }
  }
}

/** x [N,H,W,C], channelGate [N,C], spatialGate [N,H,W] -> out = gs gc x. In place of x. */
export const bottleneckApply = defineKernel<'x' | 'channelGate' | 'spatialGate', InPlace>({
  name: 'MlvBottleneckApply',
  inputs: ['x', 'channelGate', 'spatialGate'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, takeOver, run }, { inPlace = false }) {
    const { x, channelGate, spatialGate } = inputs;
    const [n, h, w, c] = shape4(x.shape);
    const lanes = vectorLanes(c);
    const out = inPlace ? takeOver(0, 'x') : outputs[0]!;
    run(
      gatedOutput(lanes, inPlace),
      [...(inPlace ? [] : [x]), channelGate, spatialGate, out],
      ...rowsDispatch(n, h * w, c / lanes),
    );
  },
  reference({ x, channelGate, spatialGate }, _attrs, [out]) {
    const [, h, w, c] = shape4(x.shape);
    for (let i = 0; i < x.data.length; i++) {
      const pixel = Math.floor(i / c);
      const film = Math.floor(pixel / (h * w));
      out!.data[i] = spatialGate.data[pixel]! * channelGate.data[film * c + (i % c)]! * x.data[i]!;
    }
  },
});
