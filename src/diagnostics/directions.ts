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

/** Directions beside those asked for, which make these come faster. */
const BESIDE = 6;
const SWEEPS = 60;
/** Change of a variance, as a share of the largest, below which it is taken for found. */
const SETTLED = 1e-9;

/** @param sweeps fewer where it need not be exact */
export function principalDirections(rows: Rows, count: number, sweeps = SWEEPS): Directions {
  const { films, dim } = rows;
  const { mean, total } = meanAndVariance(rows);
  const block = Math.min(count + BESIDE, dim);
  const rng = new Rng(0, 'map', dim);
  let axes: Float64Array = Float64Array.from({ length: block * dim }, () => rng.normal());
  let variances: Float64Array = new Float64Array(block);
  orthonormal(axes, block, dim);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const moved = timesCovariance(rows, mean, axes, block);
    const { values, vectors } = symmetricEigen(productsOf(axes, moved, block, dim), block);
    const change = values.reduce((most, value, i) => {
      return i < count ? Math.max(most, Math.abs(value - variances[i]!)) : most;
    }, 0);
    const settled = change <= SETTLED * Math.max(values[0]!, Number.MIN_VALUE);
    variances = values;
    const last = settled || sweep === sweeps - 1;
    axes = turned(last ? axes : moved, vectors, block, dim);
    if (last) break;
    orthonormal(axes, block, dim);
  }
  const wanted = Math.min(count, block);
  return {
    axes: upright(axes.slice(0, wanted * dim), dim),
    variances: variances.slice(0, wanted).map((value) => (films > 1 ? Math.max(0, value) : 0)),
    total,
    mean,
  };
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
  const before = dots(axes, mean, 0, count, dim);
  const row = new Float64Array(dim);
  for (let film = 0; film < films; film++) {
    for (let j = 0; j < dim; j++) row[j] = values[film * dim + j]! - mean[j]!;
    const place = dots(axes, values, film * dim, count, dim);
    for (let k = 0; k < count; k++) {
      const share = (place[k]! - before[k]!) / Math.max(1, films - 1);
      for (let j = 0, at = k * dim; j < dim; j++, at++) made[at] = made[at]! + share * row[j]!;
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
