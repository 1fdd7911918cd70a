// WGSL of the context bottleneck's forward pass; what each computes is said in bottleneck.ts.

import { type Program, type ProgramSpec, program, threadFor } from '../../program.ts';
import type { ColumnReduction } from '../parts/columnReduce.ts';
import { elementOf, sumOf, type VectorLanes, zeroOf } from '../parts/lanes.ts';
import { ROW_FIELDS, rowsOfThread } from '../parts/rows.ts';

/** Mean, maximum and first position of the maximum over H and W, per film and channel. */
export function channelPool(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `ctxChannelPool${lanes}`,
    reads: { x: T },
    writes: { pooled: T },
    params: { films: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.films * p.columns')}
  let c = index % p.columns;
  let n = index / p.columns;
  let base = n * p.pixels * p.columns + c;
  var sum = x[base];
  var best = sum;
  var position = ${zeroOf(lanes)};
  for (var q = 1u; q < p.pixels; q++) {
    let v = x[base + q * p.columns];
    sum += v;
    let higher = v > best;
    best = select(best, v, higher);
    position = select(position, ${lanes === 4 ? 'vec4<f32>(f32(q))' : 'f32(q)'}, higher);
  }
  let at = n * 3u * p.columns + c;
  pooled[at] = sum / f32(p.pixels);
  pooled[at + p.columns] = best;
  pooled[at + 2u * p.columns] = position;`,
  });
}

/** The same by a workgroup for each film and some channels; among equal maxima the first position wins. */
export function poolReduction(lanes: VectorLanes): ColumnReduction {
  const T = elementOf(lanes);
  const flags = lanes === 4 ? 'vec4<bool>' : 'bool';
  return {
    name: `ctxChannelPool${lanes}`,
    reads: { x: T },
    writes: { pooled: T },
    params: [],
    state: { sum: T, best: T, position: T },
    prepare: '',
    start: `State(${zeroOf(lanes)}, ${zeroOf(lanes)} - 3.4e38, ${zeroOf(lanes)})`,
    visit: `
    let v = x[(segment * p.rows + r) * p.columns + c];
    s.sum += v;
    let higher: ${flags} = v > s.best;
    s.best = select(s.best, v, higher);
    s.position = select(s.position, ${lanes === 4 ? 'vec4<f32>(f32(r))' : 'f32(r)'}, higher);`,
    merge: `
  let equal: ${flags} = b.best == a.best;
  let higher: ${flags} = b.best > a.best;
  let position = select(a.position, b.position, higher);
  let first = min(a.position, b.position);
  return State(a.sum + b.sum, max(a.best, b.best), select(position, first, equal));`,
    finish: `
    let at = segment * 3u * p.columns + c;
    pooled[at] = s.sum / f32(p.rows);
    pooled[at + p.columns] = s.best;
    pooled[at + 2u * p.columns] = s.position;`,
  };
}

/** A program of the gates' two layers: a thread for each film `n` and each of its channels `c`, or hidden numbers `j`. */
export function gateProgram({
  of,
  body,
  ...spec
}: Pick<ProgramSpec, 'name' | 'reads' | 'writes' | 'body'> & { readonly of: 'channels' | 'half' }): Program {
  return program({
    ...spec,
    params: { films: 'u32', channels: 'u32', half: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, `p.films * p.${of}`)}
  let ${of === 'half' ? 'j' : 'c'} = index % p.${of};
  let n = index / p.${of};${body}`,
  });
}

/** relu(W1 mean) and relu(W1 max), [N,2,C/2]. */
export const gateHidden = gateProgram({
  name: 'ctxGateHidden',
  reads: { pooled: 'f32', w1: 'f32' },
  writes: { hidden: 'f32' },
  of: 'half',
  body: `
  var fromMean = 0.0;
  var fromMax = 0.0;
  for (var c = 0u; c < p.channels; c++) {
    let weight = w1[c * p.half + j];
    fromMean += pooled[n * 3u * p.channels + c] * weight;
    fromMax += pooled[(n * 3u + 1u) * p.channels + c] * weight;
  }
  hidden[n * 2u * p.half + j] = max(fromMean, 0.0);
  hidden[(n * 2u + 1u) * p.half + j] = max(fromMax, 0.0);`,
});

/** gc = sigmoid(W2 (hidden of the mean + hidden of the max)), [N,C]. */
export const channelGate = gateProgram({
  name: 'ctxChannelGate',
  reads: { hidden: 'f32', w2: 'f32' },
  writes: { gate: 'f32' },
  of: 'channels',
  body: `
  var sum = 0.0;
  for (var j = 0u; j < p.half; j++) {
    sum += (hidden[n * 2u * p.half + j] + hidden[(n * 2u + 1u) * p.half + j]) * w2[j * p.channels + c];
  }
  gate[index] = 1.0 / (1.0 + exp(-sum));`,
});

/** Mean, maximum and first channel of the maximum of y = gc x over channels, per pixel. */
export function spatialPool(lanes: VectorLanes) {
  const T = elementOf(lanes);
  const compare = (lane: string, offset: number) =>
    `if (v${lane} > best) { best = v${lane}; position = c * ${lanes}u + ${offset}u; }`;
  return program({
    name: `ctxSpatialPool${lanes}`,
    reads: { x: T, gate: T },
    writes: { pooled: 'f32' },
    params: { size: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, 'p.size')}
  let gateRow = index / p.pixels * p.columns;
  var sum = 0.0;
  var best = -3.4e38;
  var position = 0u;
  for (var c = 0u; c < p.columns; c++) {
    let v = x[index * p.columns + c] * gate[gateRow + c];
    sum += ${sumOf(lanes, 'v')};
    ${lanes === 4 ? ['.x', '.y', '.z', '.w'].map(compare).join('\n    ') : compare('', 0)}
  }
  pooled[index * 3u] = sum / f32(p.columns * ${lanes}u);
  pooled[index * 3u + 1u] = best;
  pooled[index * 3u + 2u] = f32(position);`,
  });
}

/** Pixels of a row that one thread of the spatial convolution makes, so that a value read serves several taps. */
export const GATE_PIXELS = 4;

/** Columns that they meet, relative to the first. */
export const GATE_COLUMNS = Array.from({ length: GATE_PIXELS + 6 }, (_, column) => column - 3);
/** Text for each of them, one per line. */
export const gatePixels = (make: (pixel: number) => string) =>
  Array.from({ length: GATE_PIXELS }, (_, pixel) => make(pixel)).join('\n    ');

/** gs = sigmoid(conv7x7 of (mean, max), padding 3), [N,H,W]. */
export const spatialGate = program({
  name: 'ctxSpatialGate',
  reads: { pooled: 'f32', ws: 'vec2<f32>' },
  writes: { gate: 'f32' },
  params: { films: 'u32', height: 'u32', width: 'u32', tiles: 'u32' },
  workgroup: [32],
  declarations: `
fn pooledAt(row: i32, x: i32) -> vec2<f32> {
  let at = u32(row + clamp(x, 0, i32(p.width) - 1)) * 3u;
  return select(vec2<f32>(0.0), vec2<f32>(pooled[at], pooled[at + 1u]), x >= 0 && x < i32(p.width));
}`,
  body: `
  ${threadFor(32, 'p.films * p.height * p.tiles')}
  let x = i32(index % p.tiles) * ${GATE_PIXELS};
  let y = i32(index / p.tiles % p.height);
  let first = i32(index / (p.height * p.tiles) * p.height);
  ${gatePixels((i) => `var sum${i} = 0.0;`)}
  for (var ky = max(0, 3 - y); ky < min(7, i32(p.height) + 3 - y); ky++) {
    let row = (first + y + ky - 3) * i32(p.width);
    ${GATE_COLUMNS.map((c) => `let v${c + 3} = pooledAt(row, x + ${c});`).join('\n    ')}
    ${Array.from({ length: 7 }, (_, kx) => `let w${kx} = ws[ky * 7 + ${kx}];`).join(' ')}
    ${gatePixels((i) => Array.from({ length: 7 }, (_, kx) => `sum${i} += dot(w${kx}, v${i + kx});`).join(' '))}
  }
  let target0 = (first + y) * i32(p.width) + x;
  ${gatePixels((i) => `if (x + ${i} < i32(p.width)) { gate[target0 + ${i}] = 1.0 / (1.0 + exp(-sum${i})); }`)}`,
});

/** out = gs gc x; in place, x stands where out will. */
export function gatedOutput(lanes: VectorLanes, inPlace = false) {
  const T = elementOf(lanes);
  return program({
    name: `ctxOutput${lanes}${inPlace ? 'i' : ''}`,
    reads: { ...(inPlace ? {} : { x: T }), channelGate: T, spatialGate: 'f32' },
    writes: { out: T },
    params: ROW_FIELDS,
    workgroup: [64],
    body: rowsOfThread(
      'let gate = channelGate[g * p.columns + c];',
      `out[at] = ${inPlace ? 'out' : 'x'}[at] * gate * spatialGate[g * p.rows + r];`,
    ),
  });
}
