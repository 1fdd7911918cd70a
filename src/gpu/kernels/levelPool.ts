// The level operator: P a P'^T for each of the five attended maps, side by side in one tensor.
// It stands for the published bilinear resize to S x S followed by 4 x 4 average pooling, which are linear and
// commute with the 1x1 level convolutions (parity specification, section 2): no S x S map is ever made.
// The 1x1 convolutions themselves are one dense layer over the concatenated channels.

import { defineKernel, type Plain, type Shape } from '../kernel.ts';
import { flatGroups, flatIndex, program } from '../program.ts';
import { elementOf, type Lanes, lanesFor, zeroOf } from './common.ts';

/** Positions per axis of the pooled summary. */
export const POOLED_SIDE = 4;
const POSITIONS = POOLED_SIDE * POOLED_SIDE;

/**
 * P = pool(4 x S) . resize(S x n), row-major [4, n], in float64; rows sum to one.
 * Bilinear with half-pixel centres and no antialiasing, then adaptive average pooling.
 */
export function levelMatrix(size: number, n: number): Float64Array {
  const matrix = new Float64Array(POOLED_SIDE * n);
  for (let o = 0; o < POOLED_SIDE; o++) {
    const begin = Math.floor((o * size) / POOLED_SIDE);
    const end = Math.ceil(((o + 1) * size) / POOLED_SIDE);
    for (let s = begin; s < end; s++) {
      const source = Math.max(((s + 0.5) * n) / size - 0.5, 0);
      const low = Math.min(Math.floor(source), n - 1);
      const high = Math.min(low + 1, n - 1);
      const share = source - low;
      const [a, b] = [o * n + low, o * n + high];
      matrix[a] = matrix[a]! + (1 - share) / (end - begin);
      matrix[b] = matrix[b]! + share / (end - begin);
    }
  }
  return matrix;
}

/** Where each level's row and column matrices lie in the packed tensor. */
export function matrixOffsets(maps: readonly Shape[]): { rows: number; columns: number }[] {
  let at = 0;
  return maps.map(([, h, w]) => {
    const rows = at;
    const columns = at + POOLED_SIDE * h!;
    at = columns + POOLED_SIDE * w!;
    return { rows, columns };
  });
}

/** The matrices of all levels as one vector, for the `matrices` input. */
export function packLevelMatrices(
  size: number,
  maps: readonly (readonly [height: number, width: number])[],
): Float32Array {
  return Float32Array.from(maps.flatMap(([h, w]) => [...levelMatrix(size, h), ...levelMatrix(size, w)]));
}

export const LEVELS = ['a1', 'a2', 'a3', 'a4', 'a5'] as const;
export type LevelInput = (typeof LEVELS)[number];

const mapsOf = <T extends { shape: Shape }>(inputs: Readonly<Record<LevelInput, T>>) =>
  LEVELS.map((name) => inputs[name]);
const channelsOf = (maps: readonly { shape: Shape }[]) => maps.map(({ shape }) => shape[3]!);
const firstChannels = (channels: readonly number[]) =>
  channels.map((_, i) => channels.slice(0, i).reduce((a, b) => a + b, 0));
const lanesOfAll = (channels: readonly number[]): Lanes => (channels.every((c) => lanesFor(c) === 4) ? 4 : 1);

/** Inputs: a1..a5 [N,H,W,C_l] and the packed matrices. Output: [N, 16, sum C_l]. */
export const levelPool = defineKernel<LevelInput | 'matrices', Record<string, never>>({
  name: 'MlvLevelPool',
  inputs: [...LEVELS, 'matrices'],
  outputs: (shapes) => [[shapes.a1[0]!, POSITIONS, LEVELS.reduce((sum, name) => sum + shapes[name][3]!, 0)]],
  gpu({ inputs, outputs, run }) {
    const maps = mapsOf(inputs);
    const channels = channelsOf(maps);
    const lanes = lanesOfAll(channels);
    const offsets = matrixOffsets(maps.map(({ shape }) => shape));
    const total = outputs[0]!.shape[2]! / lanes;
    maps.forEach((map, level) => {
      const [n, h, w, c] = map.shape as [number, number, number, number];
      const columns = c / lanes;
      const { rows, columns: across } = offsets[level]!;
      const first = firstChannels(channels)[level]! / lanes;
      const params = [n * POSITIONS * columns, h, w, columns, total, first, rows, across];
      run(pool(lanes), [map, inputs.matrices, outputs[0]!], params, flatGroups(n * POSITIONS * columns, 32));
    });
  },
  reference(inputs, _attrs, [out]) {
    forEachWeight(mapsOf(inputs), inputs.matrices, (level, source, target, weight) => {
      out!.data[target] = out!.data[target]! + weight * mapsOf(inputs)[level]!.data[source]!;
    });
  },
});

/** Backward: da_l = P^T dout P' for each level; shapes are taken from the maps, whose values are not read. */
export const levelPoolGrad = defineKernel<LevelInput | 'matrices' | 'dout', Record<string, never>>({
  name: 'MlvLevelPoolGrad',
  inputs: [...LEVELS, 'matrices', 'dout'],
  outputs: (shapes) => LEVELS.map((name) => shapes[name]),
  gpu({ inputs, outputs, run }) {
    const maps = mapsOf(inputs);
    const channels = channelsOf(maps);
    const lanes = lanesOfAll(channels);
    const offsets = matrixOffsets(maps.map(({ shape }) => shape));
    const total = inputs.dout.shape[2]! / lanes;
    maps.forEach((map, level) => {
      const [n, h, w, c] = map.shape as [number, number, number, number];
      const columns = c / lanes;
      const { rows, columns: across } = offsets[level]!;
      const first = firstChannels(channels)[level]! / lanes;
      const params = [n * h * columns, h, w, columns, total, first, rows, across];
      const tensors = [inputs.dout, inputs.matrices, outputs[level]!];
      run(poolGradient(lanes), tensors, params, flatGroups(n * h * columns, 32));
    });
  },
  reference(inputs, _attrs, outputs) {
    forEachWeight(mapsOf(inputs), inputs.matrices, (level, source, target, weight) => {
      const { data } = outputs[level]!;
      data[source] = data[source]! + weight * inputs.dout.data[target]!;
    });
  },
});

/** Calls back with every non-zero coefficient of the operator: source in map `level`, target in the output. */
function forEachWeight(
  maps: readonly Plain[],
  matrices: Plain,
  visit: (level: number, source: number, target: number, weight: number) => void,
) {
  const channels = channelsOf(maps);
  const total = channels.reduce((a, b) => a + b, 0);
  const offsets = matrixOffsets(maps.map(({ shape }) => shape));
  maps.forEach(({ shape }, level) => {
    const [n, h, w, c] = shape as [number, number, number, number];
    const { rows, columns } = offsets[level]!;
    const first = firstChannels(channels)[level]!;
    for (let i = 0; i < n; i++) {
      for (let position = 0; position < POSITIONS; position++) {
        const [oy, ox] = [Math.floor(position / POOLED_SIDE), position % POOLED_SIDE];
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const weight = matrices.data[rows + oy * h + y]! * matrices.data[columns + ox * w + x]!;
            if (weight === 0) continue;
            const source = ((i * h + y) * w + x) * c;
            const target = (i * POSITIONS + position) * total + first;
            for (let k = 0; k < c; k++) visit(level, source + k, target + k, weight);
          }
        }
      }
    }
  });
}

const PARAMS = {
  size: 'u32',
  height: 'u32',
  width: 'u32',
  columns: 'u32',
  total: 'u32',
  first: 'u32',
  rowMatrix: 'u32',
  columnMatrix: 'u32',
} as const;

function pool(lanes: Lanes) {
  const T = elementOf(lanes);
  return program({
    name: `levelPool${lanes}`,
    reads: { a: T, matrices: 'f32' },
    writes: { out: T },
    params: PARAMS,
    workgroup: [32],
    body: `
  ${flatIndex(32)}
  if (index >= p.size) { return; }
  let c = index % p.columns;
  let position = index / p.columns % ${POSITIONS}u;
  let n = index / (p.columns * ${POSITIONS}u);
  let rows = p.rowMatrix + position / ${POOLED_SIDE}u * p.height;
  let columns = p.columnMatrix + position % ${POOLED_SIDE}u * p.width;
  var sum = ${zeroOf(lanes)};
  for (var y = 0u; y < p.height; y++) {
    let down = matrices[rows + y];
    if (down == 0.0) { continue; }
    var line = ${zeroOf(lanes)};
    for (var x = 0u; x < p.width; x++) {
      let across = matrices[columns + x];
      if (across == 0.0) { continue; }
      line += across * a[((n * p.height + y) * p.width + x) * p.columns + c];
    }
    sum += down * line;
  }
  out[(n * ${POSITIONS}u + position) * p.total + p.first + c] = sum;`,
  });
}

/** One thread per film, row and channel group: the four column sums of a row serve all its pixels. */
function poolGradient(lanes: Lanes) {
  const T = elementOf(lanes);
  const each = (make: (i: number) => string, joint: string) => [0, 1, 2, 3].map(make).join(joint);
  return program({
    name: `levelPoolGrad${lanes}`,
    reads: { dout: T, matrices: 'f32' },
    writes: { da: T },
    params: PARAMS,
    workgroup: [32],
    body: `
  ${flatIndex(32)}
  if (index >= p.size) { return; }
  let c = index % p.columns;
  let y = index / p.columns % p.height;
  let n = index / (p.columns * p.height);
  let source = n * ${POSITIONS}u * p.total + p.first + c;
  ${each((i) => `let down${i} = matrices[p.rowMatrix + ${i}u * p.height + y];`, '\n  ')}
  ${each((j) => `let sum${j} = ${each((i) => `down${i} * dout[source + ${i * POOLED_SIDE + j}u * p.total]`, ' + ')};`, '\n  ')}
  for (var x = 0u; x < p.width; x++) {
    let across = p.columnMatrix + x;
    da[((n * p.height + y) * p.width + x) * p.columns + c] =
      ${each((j) => `sum${j} * matrices[across + ${j}u * p.width]`, ' + ')};
  }`,
  });
}
