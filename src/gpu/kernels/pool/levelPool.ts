// The level operator: P a P'^T for each of the five attended maps, side by side in one summary, a level at a time, so
// that no map must wait for the others.
// It stands for the published bilinear resize to S x S followed by 4 x 4 average pooling, which are linear and
// commute with the 1x1 level convolutions (docs/method.md, Model): no S x S map is ever made.
// The 1x1 convolutions themselves are one dense layer over the concatenated channels.

import { defineKernel, type Plain } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { elementOf, type VectorLanes, vectorLanes, zeroOf } from '../parts/lanes.ts';

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

/** The matrices of all levels as one vector, for the `matrices` input. */
export function packLevelMatrices(
  size: number,
  maps: readonly (readonly [height: number, width: number])[],
): Float32Array {
  return Float32Array.from(maps.flatMap(([h, w]) => [...levelMatrix(size, h), ...levelMatrix(size, w)]));
}

/** One level among the five: the size of its map, and where it stands in what all levels share. */
export interface LevelPlace {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** First of its numbers in the packed matrices. */
  readonly matrix: number;
  /** First of its channels in the summary, and the channels of all levels. */
  readonly first: number;
  readonly total: number;
}

/** The places of maps [.., H, W, C], as packLevelMatrices packs their matrices. */
export function levelPlaces(
  maps: readonly (readonly [height: number, width: number, channels: number])[],
): LevelPlace[] {
  const before = (level: number, size: (map: (typeof maps)[number]) => number) =>
    maps.slice(0, level).reduce((sum, map) => sum + size(map), 0);
  return maps.map(([height, width, channels], level) => ({
    height,
    width,
    channels,
    matrix: before(level, ([h, w]) => POOLED_SIDE * (h + w)),
    first: before(level, ([, , c]) => c),
    total: before(maps.length, ([, , c]) => c),
  }));
}

/** Vectors along channels fit where every level begins at a multiple of four. */
const lanesOf = ({ channels, first, total }: LevelPlace): VectorLanes =>
  [channels, first, total].every((n) => vectorLanes(n) === 4) ? 4 : 1;

const params = (
  threads: number,
  { height, width, channels, matrix, first, total }: LevelPlace,
  lanes: VectorLanes,
) => [
  threads,
  height,
  width,
  channels / lanes,
  total / lanes,
  first / lanes,
  matrix,
  matrix + POOLED_SIDE * height,
];

/** The summary [N, 16, sum C_l] with one level's columns replaced by P a P'^T of its map. Takes the memory of `summary`. */
export const levelPool = defineKernel<'a' | 'matrices' | 'summary', { place: LevelPlace }>({
  name: 'MlvLevelPool',
  inputs: ['a', 'matrices', 'summary'],
  outputs: ({ summary }) => [summary],
  gpu({ inputs, takeOver, run }, { place }) {
    const lanes = lanesOf(place);
    const threads = (inputs.a.shape[0]! * POSITIONS * place.channels) / lanes;
    const tensors = [inputs.a, inputs.matrices, takeOver(0, 'summary')];
    run(pool(lanes), tensors, params(threads, place, lanes), flatGroups(threads, 32));
  },
  reference({ a, matrices, summary }, { place }, [out]) {
    const isOurs = (column: number) => column >= place.first && column < place.first + place.channels;
    out!.data.set(summary.data.map((value, i) => (isOurs(i % place.total) ? 0 : value)));
    forEachWeight(a.shape[0]!, place, matrices, (source, target, weight) => {
      out!.data[target] = out!.data[target]! + weight * a.data[source]!;
    });
  },
});

export interface LevelPoolGradAttrs {
  readonly place: LevelPlace;
  /** True adds to `prior`, whose memory the result takes; else `prior` is bound but not read. */
  readonly onto: boolean;
}

/** One level's share of its map's gradient: prior + P^T dout P' for dout [N, 16, sum C_l]. */
export const levelPoolGrad = defineKernel<'prior' | 'matrices' | 'dout', LevelPoolGradAttrs>({
  name: 'MlvLevelPoolGrad',
  inputs: ['prior', 'matrices', 'dout'],
  outputs: ({ dout }, { place }) => [[dout[0]!, place.height, place.width, place.channels]],
  gpu({ inputs, outputs, takeOver, run }, { place, onto }) {
    const lanes = lanesOf(place);
    const threads = (inputs.dout.shape[0]! * place.height * place.channels) / lanes;
    const tensors = [inputs.dout, inputs.matrices, onto ? takeOver(0, 'prior') : outputs[0]!];
    run(poolGradient(lanes, onto), tensors, params(threads, place, lanes), flatGroups(threads, 32));
  },
  reference({ prior, matrices, dout }, { place, onto }, [da]) {
    if (onto) da!.data.set(prior.data);
    forEachWeight(dout.shape[0]!, place, matrices, (source, target, weight) => {
      da!.data[source] = da!.data[source]! + weight * dout.data[target]!;
    });
  },
});

/** Calls back with every coefficient of the operator on n films: source in the map, target in the summary. */
function forEachWeight(
  n: number,
  { height, width, channels, matrix, first, total }: LevelPlace,
  matrices: Plain,
  visit: (source: number, target: number, weight: number) => void,
) {
  const across = matrix + POOLED_SIDE * height;
  for (let i = 0; i < n * POSITIONS; i++) {
    const position = i % POSITIONS;
    const [oy, ox] = [Math.floor(position / POOLED_SIDE), position % POOLED_SIDE];
    for (let pixel = 0; pixel < height * width; pixel++) {
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      const weight = matrices.data[matrix + oy * height + y]! * matrices.data[across + ox * width + x]!;
      const source = (Math.floor(i / POSITIONS) * height * width + pixel) * channels;
      for (let k = 0; k < channels; k++) visit(source + k, i * total + first + k, weight);
    }
  }
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

function pool(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `levelPool${lanes}`,
    reads: { a: T, matrices: 'f32' },
    writes: { out: T },
    params: PARAMS,
    workgroup: [32],
    body: `
  ${threadFor(32, 'p.size')}
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
function poolGradient(lanes: VectorLanes, onto: boolean) {
  const T = elementOf(lanes);
  const each = (make: (i: number) => string, joint: string) => [0, 1, 2, 3].map(make).join(joint);
  return program({
    name: `levelPoolGrad${lanes}${onto ? 'a' : ''}`,
    reads: { dout: T, matrices: 'f32' },
    writes: { da: T },
    params: PARAMS,
    workgroup: [32],
    body: `
  ${threadFor(32, 'p.size')}
  let c = index % p.columns;
  let y = index / p.columns % p.height;
  let n = index / (p.columns * p.height);
  let source = n * ${POSITIONS}u * p.total + p.first + c;
  ${each((i) => `let down${i} = matrices[p.rowMatrix + ${i}u * p.height + y];`, '\n  ')}
  ${each((j) => `let sum${j} = ${each((i) => `down${i} * dout[source + ${i * POOLED_SIDE + j}u * p.total]`, ' + ')};`, '\n  ')}
  for (var x = 0u; x < p.width; x++) {
    let across = p.columnMatrix + x;
    let at = ((n * p.height + y) * p.width + x) * p.columns + c;
    da[at] = ${onto ? 'da[at] + ' : ''}${each((j) => `sum${j} * matrices[across + ${j}u * p.width]`, ' + ')};
  }`,
  });
}
