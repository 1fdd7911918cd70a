// The directions in which features vary most (principal components), found by turning a small block of directions towards them
// again and again (subspace iteration with Rayleigh-Ritz, Golub and Van Loan, Matrix Computations, section 8.2.4). One pass
// over the features a turn and no matrix of dimensions by dimensions: ten thousand films by two thousand dimensions take seconds.

import { Rng } from '../util/rng.ts';
import type { Rows } from './spectrum.ts';

export interface Directions {
  /** [count, dim], of length one, by falling variance; each with its largest entry above zero. */
  readonly axes: Float64Array;
  /** Of the films along each (films - 1). */
  readonly variances: Float64Array;
  /** Of all dimensions together. */
  readonly total: number;
  /** Of every dimension. */
  readonly mean: Float64Array;
}

/** When directions are taken for found. */
export interface Exactness {
  /** At most so many passes over the features. */
  readonly sweeps: number;
  /** Change of a variance in one pass, as a share of the largest; that of the direction is about its root. */
  readonly settled: number;
}

/** Directions beside those asked for, which make these come faster. */
const BESIDE = 6;
const EXACTLY: Exactness = { sweeps: 60, settled: 1e-9 };
/** Of more films than these, so many are looked at first, which brings the block near. */
const FEW = 2000;

export function principalDirections(rows: Rows, count: number, exactness = EXACTLY): Directions {
  const begun = beginning(rows, count, exactness);
  const { axes, variances, total, mean } = turnTowards(rows, count, begun, exactness);
  const wanted = count * rows.dim;
  return {
    axes: upright(axes.slice(0, wanted), rows.dim),
    variances: variances.slice(0, count).map((value) => (rows.films > 1 ? Math.max(0, value) : 0)),
    total,
    mean,
  };
}

/** A block of directions to begin with: by chance, or those of some of the films, spread over all. */
function beginning(rows: Rows, count: number, exactness: Exactness): Float64Array {
  const { values, films, dim } = rows;
  if (films > FEW) {
    const some = new Float32Array(FEW * dim);
    for (let row = 0; row < FEW; row++) {
      const from = Math.floor((row * films) / FEW) * dim;
      for (let j = 0; j < dim; j++) some[row * dim + j] = values[from + j]!;
    }
    const few = { values: some, films: FEW, dim };
    return turnTowards(few, count, beginning(few, count, exactness), exactness).axes;
  }
  const rng = new Rng(0, 'map', dim);
  const axes = Float64Array.from({ length: Math.min(count + BESIDE, dim) * dim }, () => rng.normal());
  orthonormal(axes, axes.length / dim, dim);
  return axes;
}

/** The whole block, turned until its first `count` are found or the sweeps are used up. */
function turnTowards(
  rows: Rows,
  count: number,
  begun: Float64Array,
  { sweeps, settled }: Exactness,
): Directions {
  const { dim } = rows;
  const { mean, total } = meanAndVariance(rows);
  const block = begun.length / dim;
  let axes = begun;
  let variances: Float64Array = new Float64Array(block);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const moved = timesCovariance(rows, mean, axes, block);
    const { values, vectors } = symmetricEigen(productsOf(axes, moved, block, dim), block);
    const change = values.reduce((most, value, i) => {
      return i < count ? Math.max(most, Math.abs(value - variances[i]!)) : most;
    }, 0);
    const found = change <= settled * Math.max(values[0]!, Number.MIN_VALUE);
    variances = values;
    const last = found || sweep === sweeps - 1;
    axes = turned(last ? axes : moved, vectors, block, dim);
    if (last) break;
    orthonormal(axes, block, dim);
  }
  return { axes, variances, total, mean };
}

/** Where the films lie along the directions: [films, count]. */
export function along({ values, films, dim }: Rows, { axes, mean }: Pick<Directions, 'axes' | 'mean'>) {
  const count = axes.length / dim;
  const places = new Float32Array(films * count);
  const before = dots(axes, mean, 0, count, dim);
  for (let film = 0; film < films; film++) {
    const found = dots(axes, values, film * dim, count, dim);
    for (let k = 0; k < count; k++) places[film * count + k] = found[k]! - before[k]!;
  }
  return places;
}

function meanAndVariance({ values, films, dim }: Rows) {
  const mean = new Float64Array(dim);
  for (let at = 0; at < films * dim; at++) mean[at % dim] = mean[at % dim]! + values[at]! / films;
  let total = 0;
  for (let at = 0; at < films * dim; at++) total += (values[at]! - mean[at % dim]!) ** 2;
  return { mean, total: films > 1 ? total / (films - 1) : 0 };
}

/** Products of each of `count` rows of `axes` with the row of `values` that begins at `from`. */
function dots(axes: Float64Array, values: ArrayLike<number>, from: number, count: number, dim: number) {
  const made = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    let sum = 0;
    for (let j = 0, at = k * dim; j < dim; j++, at++) sum += axes[at]! * values[from + j]!;
    made[k] = sum;
  }
  return made;
}

/** The covariance times each direction, [count, dim], without the covariance being made. */
function timesCovariance(
  { values, films, dim }: Rows,
  mean: Float64Array,
  axes: Float64Array,
  count: number,
) {
  const made = new Float64Array(count * dim);
  const row = new Float64Array(dim);
  const scale = 1 / Math.max(1, films - 1);
  for (let film = 0; film < films; film++) {
    for (let j = 0, from = film * dim; j < dim; j++) row[j] = values[from + j]! - mean[j]!;
    for (let k = 0; k < count; k++) {
      const first = k * dim;
      let place = 0;
      for (let j = 0; j < dim; j++) place += axes[first + j]! * row[j]!;
      place *= scale;
      for (let j = 0; j < dim; j++) made[first + j]! += place * row[j]!;
    }
  }
  return made;
}

/** a b' of [count, dim] each. */
function productsOf(a: Float64Array, b: Float64Array, count: number, dim: number): Float64Array {
  const made = new Float64Array(count * count);
  for (let i = 0; i < count; i++) made.set(dots(a, b, i * dim, count, dim), i * count);
  // Symmetric but for rounding.
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (made[i * count + j]! + made[j * count + i]!) / 2;
      made[i * count + j] = mean;
      made[j * count + i] = mean;
    }
  }
  return made;
}

/** Rows turned by the columns of `vectors`. */
function turned(rows: Float64Array, vectors: Float64Array, count: number, dim: number): Float64Array {
  const made = new Float64Array(count * dim);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < count; k++) {
      const share = vectors[k * count + i]!;
      for (let j = 0; j < dim; j++) made[i * dim + j] = made[i * dim + j]! + share * rows[k * dim + j]!;
    }
  }
  return made;
}

/** Makes the rows of length one and square to each other (Gram and Schmidt, twice); what is nothing beside the others becomes 0. */
function orthonormal(rows: Float64Array, count: number, dim: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * dim, (i + 1) * dim);
    const length = Math.sqrt(dots(row, row, 0, 1, dim)[0]!);
    for (let twice = 0; twice < 2; twice++) {
      const shares = dots(rows, row, 0, i, dim);
      for (let k = 0; k < i; k++)
        for (let j = 0; j < dim; j++) row[j] = row[j]! - shares[k]! * rows[k * dim + j]!;
    }
    const left = Math.sqrt(dots(row, row, 0, 1, dim)[0]!);
    const scale = left > 1e-12 * length ? 1 / left : 0;
    for (let j = 0; j < dim; j++) row[j] = row[j]! * scale;
  }
}

/** Each direction with its largest entry above zero, so that a picture does not turn over by chance. */
function upright(axes: Float64Array, dim: number): Float64Array {
  for (let from = 0; from < axes.length; from += dim) {
    let most = 0;
    for (let j = 0; j < dim; j++) if (Math.abs(axes[from + j]!) > Math.abs(most)) most = axes[from + j]!;
    if (most < 0) for (let j = 0; j < dim; j++) axes[from + j] = -axes[from + j]!;
  }
  return axes;
}

const ROTATIONS = 40;

/** Eigenvalues, descending, and eigenvectors as columns of a small symmetric matrix [n, n] (Jacobi's rotations). */
export function symmetricEigen(matrix: Float64Array, n: number) {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const size = a.reduce((sum, value) => sum + value * value, 0);
  for (let turn = 0; turn < ROTATIONS; turn++) {
    let outside = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        outside += a[p * n + q]! ** 2;
        rotate(a, v, n, p, q);
      }
    }
    if (outside <= 1e-30 * size) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  for (const [place, i] of order.entries()) {
    for (let k = 0; k < n; k++) vectors[k * n + place] = v[k * n + i]!;
  }
  return { values: Float64Array.from(order, (i) => a[i * n + i]!), vectors };
}

/** Makes the entry (p, q) zero. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const beside = a[p * n + q]!;
  if (beside === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * beside);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const [u, w] = [v[k * n + p]!, v[k * n + q]!];
    v[k * n + p] = c * u - s * w;
    v[k * n + q] = s * u + c * w;
  }
}
