// WGSL of the context bottleneck's backward pass; the formulas are in bottleneckGrad.ts.

import { program, threadFor } from '../../program.ts';
import type { ColumnReduction } from '../parts/columnReduce.ts';
import { elementOf, sumOf, type VectorLanes, zeroOf } from '../parts/lanes.ts';
import { ROW_FIELDS, rowsOfThread } from '../parts/rows.ts';
import { GATE_COLUMNS, GATE_PIXELS, gatePixels, gateProgram } from './bottleneckPrograms.ts';

/** Gradient at the spatial convolution's output (before the sigmoid), [N,H,W]. */
export function spatialGateGradient(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `ctxSpatialGateGrad${lanes}`,
    reads: { x: T, dout: T, channelGate: T, spatialGate: 'f32' },
    writes: { dgate: 'f32' },
    params: { size: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, 'p.size')}
  let gateRow = index / p.pixels * p.columns;
  var sum = ${zeroOf(lanes)};
  for (var c = 0u; c < p.columns; c++) {
    let at = index * p.columns + c;
    sum += dout[at] * x[at] * channelGate[gateRow + c];
  }
  let gate = spatialGate[index];
  dgate[index] = ${sumOf(lanes, 'sum')} * gate * (1.0 - gate);`,
  });
}

/** Gradients of the mean and the maximum over channels, [N,H,W,2]: the 7x7 convolution transposed, GATE_PIXELS of a row a thread. */
export const spatialPoolGradient = program({
  name: 'ctxSpatialPoolGrad',
  reads: { dgate: 'f32', ws: 'vec2<f32>' },
  writes: { dspatial: 'vec2<f32>' },
  params: { films: 'u32', height: 'u32', width: 'u32', tiles: 'u32' },
  workgroup: [32],
  declarations: `
fn gradientAt(row: i32, x: i32) -> f32 {
  return select(0.0, dgate[row + clamp(x, 0, i32(p.width) - 1)], x >= 0 && x < i32(p.width));
}`,
  body: `
  ${threadFor(32, 'p.films * p.height * p.tiles')}
  let x = i32(index % p.tiles) * ${GATE_PIXELS};
  let y = i32(index / p.tiles % p.height);
  let first = i32(index / (p.height * p.tiles) * p.height);
  ${gatePixels((i) => `var sum${i} = vec2<f32>(0.0);`)}
  for (var ky = max(0, y + 4 - i32(p.height)); ky < min(7, y + 4); ky++) {
    let row = (first + y + 3 - ky) * i32(p.width);
    ${GATE_COLUMNS.map((c) => `let v${c + 3} = gradientAt(row, x + ${c});`).join('\n    ')}
    ${Array.from({ length: 7 }, (_, kx) => `let w${kx} = ws[ky * 7 + ${kx}];`).join(' ')}
    ${gatePixels((i) => Array.from({ length: 7 }, (_, kx) => `sum${i} += v${i + 6 - kx} * w${kx};`).join(' '))}
  }
  let target0 = (first + y) * i32(p.width) + x;
  ${gatePixels((i) => `if (x + ${i} < i32(p.width)) { dspatial[target0 + ${i}] = sum${i}; }`)}`,
});

/** Partial sums of the spatial kernel's gradient: one thread per tap and chunk of rows. */
export const spatialWeightPartial = program({
  name: 'ctxSpatialWeightPartial',
  reads: { dgate: 'f32', pooled: 'f32' },
  writes: { partial: 'vec2<f32>' },
  params: { rows: 'u32', height: 'u32', width: 'u32', chunks: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.chunks * 49u')}
  let tap = index % 49u;
  let ky = i32(tap / 7u) - 3;
  let kx = i32(tap % 7u) - 3;
  let begin = u32(max(0, -kx));
  let end = u32(max(0, min(i32(p.width), i32(p.width) - kx)));
  var sum = vec2<f32>(0.0);
  for (var r = index / 49u; r < p.rows; r += p.chunks) {
    let y = i32(r % p.height) + ky;
    if (y < 0 || y >= i32(p.height)) { continue; }
    let source = u32(i32(r) + ky) * p.width;
    for (var x = begin; x < end; x++) {
      let at = (source + u32(i32(x) + kx)) * 3u;
      sum += dgate[r * p.width + x] * vec2<f32>(pooled[at], pooled[at + 1u]);
    }
  }
  partial[index] = sum;`,
});

/** out[i] = sum over chunks of partial[chunk * size + i]. */
export const sumChunks = program({
  name: 'sumChunks',
  reads: { partial: 'f32' },
  writes: { out: 'f32' },
  params: { size: 'u32', chunks: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.size')}
  var sum = 0.0;
  for (var k = 0u; k < p.chunks; k++) { sum += partial[k * p.size + index]; }
  out[index] = sum;`,
});

/** dy of one element: gs dout + dmean / C + [c is the maximum] dmax. */
const attendedGradient = (lanes: VectorLanes, channel: string, dout: 'dout' | 'dx' = 'dout') => {
  const isPeak =
    lanes === 4
      ? `vec4<u32>(${channel}) * 4u + vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(peak)`
      : `${channel} == peak`;
  const toVector = (value: string) => (lanes === 4 ? `vec4<f32>(${value})` : value);
  return `
    let peak = u32(spatial[pixel * 3u + 2u]);
    let ds = dspatial[pixel];
    let dy = ${dout}[at] * spatialGate[pixel] + ${toVector(`ds.x / f32(p.columns * ${lanes}u)`)}
      + select(${zeroOf(lanes)}, ${toVector('ds.y')}, ${isPeak});`;
};

/** Gradient at W2's output (before the sigmoid), [N,C]. */
export function channelGateGradient(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `ctxChannelGateGrad${lanes}`,
    reads: { x: T, dout: T, channelGate: T, spatialGate: 'f32', spatial: 'f32', dspatial: 'vec2<f32>' },
    writes: { dgate: T },
    params: { films: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.films * p.columns')}
  let c = index % p.columns;
  let n = index / p.columns;
  var sum = ${zeroOf(lanes)};
  for (var q = 0u; q < p.pixels; q++) {
    let pixel = n * p.pixels + q;
    let at = pixel * p.columns + c;
    ${attendedGradient(lanes, 'c')}
    sum += dy * x[at];
  }
  let gate = channelGate[index];
  dgate[index] = sum * gate * (1.0 - gate);`,
  });
}

/** The same by a workgroup for each film and some channels. */
export function channelGateReduction(lanes: VectorLanes): ColumnReduction {
  const T = elementOf(lanes);
  return {
    name: `ctxChannelGateGrad${lanes}`,
    reads: { x: T, dout: T, channelGate: T, spatialGate: 'f32', spatial: 'f32', dspatial: 'vec2<f32>' },
    writes: { dgate: T },
    params: [],
    state: { sum: T },
    prepare: '',
    start: `State(${zeroOf(lanes)})`,
    visit: `
    let pixel = segment * p.rows + r;
    let at = pixel * p.columns + c;
    ${attendedGradient(lanes, 'c')}
    s.sum += dy * x[at];`,
    merge: 'return State(a.sum + b.sum);',
    finish: `
    let gate = channelGate[segment * p.columns + c];
    dgate[segment * p.columns + c] = s.sum * gate * (1.0 - gate);`,
  };
}

/** Gradients at W1's outputs, [N,2,C/2], through the ReLU of either pool. */
export const hiddenGradient = gateProgram({
  name: 'ctxHiddenGrad',
  reads: { dgate: 'f32', hidden: 'f32', w2: 'f32' },
  writes: { dhidden: 'f32' },
  of: 'half',
  body: `
  var sum = 0.0;
  for (var c = 0u; c < p.channels; c++) { sum += w2[j * p.channels + c] * dgate[n * p.channels + c]; }
  let mean = n * 2u * p.half + j;
  dhidden[mean] = select(0.0, sum, hidden[mean] > 0.0);
  dhidden[mean + p.half] = select(0.0, sum, hidden[mean + p.half] > 0.0);`,
});

/** dw1 [C,C/2] and dw2 [C/2,C]: one thread per (j, c), which is one element of each. */
export const gateWeightGradients = program({
  name: 'ctxGateWeightGrad',
  reads: { dgate: 'f32', dhidden: 'f32', hidden: 'f32', pooled: 'f32' },
  writes: { dw1: 'f32', dw2: 'f32' },
  params: { films: 'u32', channels: 'u32', half: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.half * p.channels')}
  let c = index % p.channels;
  let j = index / p.channels;
  var first = 0.0;
  var second = 0.0;
  for (var n = 0u; n < p.films; n++) {
    let row = n * 2u * p.half + j;
    second += (hidden[row] + hidden[row + p.half]) * dgate[n * p.channels + c];
    let pool = n * 3u * p.channels + c;
    first += pooled[pool] * dhidden[row] + pooled[pool + p.channels] * dhidden[row + p.half];
  }
  dw1[c * p.half + j] = first;
  dw2[index] = second;`,
});

/** Gradients of the mean and the maximum over H and W, [N,2,C]. */
export const channelPoolGradient = gateProgram({
  name: 'ctxChannelPoolGrad',
  reads: { dhidden: 'f32', w1: 'f32' },
  writes: { dpooled: 'f32' },
  of: 'channels',
  body: `
  var mean = 0.0;
  var peak = 0.0;
  for (var j = 0u; j < p.half; j++) {
    let weight = w1[c * p.half + j];
    mean += weight * dhidden[n * 2u * p.half + j];
    peak += weight * dhidden[(n * 2u + 1u) * p.half + j];
  }
  dpooled[n * 2u * p.channels + c] = mean;
  dpooled[(n * 2u + 1u) * p.channels + c] = peak;`,
});

/** dx = gc dy + dmean / HW + [p is the maximum] dmax; in place, dout stands where dx will. */
export function inputGradient(lanes: VectorLanes, inPlace: boolean) {
  const T = elementOf(lanes);
  return program({
    name: `ctxInputGrad${lanes}${inPlace ? 'i' : ''}`,
    reads: {
      ...(inPlace ? {} : { dout: T }),
      channelGate: T,
      spatialGate: 'f32',
      pooled: T,
      spatial: 'f32',
      dspatial: 'vec2<f32>',
      dpooled: T,
    },
    writes: { dx: T },
    params: ROW_FIELDS,
    workgroup: [64],
    body: rowsOfThread(
      `let gate = channelGate[g * p.columns + c];
  let fromMean = dpooled[g * 2u * p.columns + c] / f32(p.rows);
  let fromPeak = dpooled[(g * 2u + 1u) * p.columns + c];
  let peakAt = pooled[(g * 3u + 2u) * p.columns + c];`,
      `let pixel = g * p.rows + r;
    ${attendedGradient(lanes, 'c', inPlace ? 'dx' : 'dout')}
    let isPeak = peakAt == ${lanes === 4 ? 'vec4<f32>(f32(r))' : 'f32(r)'};
    dx[at] = gate * dy + (fromMean + select(${zeroOf(lanes)}, fromPeak, isPeak));`,
    ),
  });
}
