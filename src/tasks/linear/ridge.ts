// Ridge regression in closed form, for the raw-pixel baseline: deterministic, with no rate to tune.
// Solved over films or over dimensions, whichever are fewer. Findings whose known films differ are solved apart.

import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import type { LinearLayer } from './linearClassifier.ts';

/** Penalties tried, as multiples of the mean squared length of a film; the best on validation films is kept. */
export const RIDGE_PENALTIES = [0.01, 0.1, 1, 10, 100] as const;

export interface RidgeData {
  /** Films x dim, row-major. */
  readonly features: Float32Array;
  readonly dim: number;
  /** Films x classes: 0, 1 or 255 for unknown. */
  readonly labels: Uint8Array;
  readonly classes: number;
  readonly rows: Uint32Array;
}

/** One layer per penalty; its "logits" are the regressed labels. Calls `breathe` between the long parts. */
export async function fitRidge(
  data: RidgeData,
  penalties: readonly number[],
  breathe: () => Promise<void>,
): Promise<LinearLayer[]> {
  const { dim, classes } = data;
  const layers = penalties.map(() => ({
    dim,
    classes,
    weight: new Float64Array(dim * classes),
    bias: new Float64Array(classes),
  }));
  for (const { rows, members } of groupsByKnownFilms(data)) {
    const centred = centre(data, rows);
    const gram = await gramMatrix(centred.x, rows.length, dim, breathe);
    const size = Math.min(rows.length, dim);
    let trace = 0;
    for (let i = 0; i < size; i++) trace += gram[i * size + i]!;
    for (const [p, penalty] of penalties.entries()) {
      const factor = choleskyFactor(gram, size, (penalty * trace) / rows.length + 1e-9);
      for (const k of members) {
        const targets = Float64Array.from(rows, (row) => data.labels[row * classes + k]!);
        const mean = targets.reduce((sum, value) => sum + value, 0) / rows.length;
        const w = ridgeWeights(
          centred.x,
          targets.map((value) => value - mean),
          factor,
          rows.length,
          dim,
        );
        layers[p]!.weight.set(w, k * dim);
        layers[p]!.bias[k] = w.reduce((sum, value, j) => sum - value * centred.mean[j]!, mean);
      }
      await breathe();
    }
  }
  return layers;
}

/** Findings that are known on the same films share one matrix. */
function groupsByKnownFilms({
  labels,
  classes,
  rows,
}: RidgeData): { rows: Uint32Array; members: number[] }[] {
  const groups: { rows: Uint32Array; members: number[] }[] = [];
  for (let k = 0; k < classes; k++) {
    const known = rows.filter((row) => {
      const label = labels[row * classes + k];
      return label === LABEL_NEGATIVE || label === LABEL_POSITIVE;
    });
    const same = groups.find(
      (g) => g.rows.length === known.length && g.rows.every((row, i) => row === known[i]),
    );
    if (same) same.members.push(k);
    else if (known.length > 0) groups.push({ rows: known, members: [k] });
  }
  return groups;
}

/** The chosen films with the mean of every dimension taken away. */
function centre({ features, dim }: RidgeData, rows: Uint32Array): { x: Float32Array; mean: Float64Array } {
  const mean = new Float64Array(dim);
  for (const row of rows) for (let j = 0; j < dim; j++) mean[j]! += features[row * dim + j]! / rows.length;
  const x = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < dim; j++) x[i * dim + j] = features[row * dim + j]! - mean[j]!;
  }
  return { x, mean };
}

/** X^T X (dim x dim) or, with fewer films than dimensions, X X^T (films x films); lower half filled. */
async function gramMatrix(
  x: Float32Array,
  films: number,
  dim: number,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const size = Math.min(films, dim);
  const gram = new Float64Array(size * size);
  if (films < dim) {
    for (let a = 0; a < films; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let j = 0; j < dim; j++) sum += x[a * dim + j]! * x[b * dim + j]!;
        gram[a * size + b] = sum;
      }
      if (a % 64 === 0) await breathe();
    }
    return gram;
  }
  for (let film = 0; film < films; film++) {
    const start = film * dim;
    for (let a = 0; a < dim; a++) {
      const value = x[start + a]!;
      const row = a * dim;
      for (let b = 0; b <= a; b++) gram[row + b]! += value * x[start + b]!;
    }
    if (film % 64 === 0) await breathe();
  }
  return gram;
}

/** Lower-triangular L with L L^T = A + ridge I, row-major. */
function choleskyFactor(a: Float64Array, size: number, ridge: number): Float64Array {
  const l = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const ri = i * size;
    for (let j = 0; j <= i; j++) {
      const rj = j * size;
      let sum = a[ri + j]! + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= l[ri + k]! * l[rj + k]!;
      l[ri + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[rj + j]!;
    }
  }
  return l;
}

/** Solves L L^T s = b. */
function choleskySolve(l: Float64Array, size: number, b: Float64Array): Float64Array {
  const s = b.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) s[i]! -= l[i * size + k]! * s[k]!;
    s[i]! /= l[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    s[i]! /= l[i * size + i]!;
    for (let k = 0; k < i; k++) s[k]! -= l[i * size + k]! * s[i]!;
  }
  return s;
}

/** (X^T X + r I)^-1 X^T y, or the same as X^T (X X^T + r I)^-1 y where films are fewer. */
function ridgeWeights(
  x: Float32Array,
  y: Float64Array,
  factor: Float64Array,
  films: number,
  dim: number,
): Float64Array {
  const onto = (v: Float64Array) => {
    const w = new Float64Array(dim);
    for (let i = 0; i < films; i++) for (let j = 0; j < dim; j++) w[j]! += x[i * dim + j]! * v[i]!;
    return w;
  };
  return films < dim ? onto(choleskySolve(factor, films, y)) : choleskySolve(factor, dim, onto(y));
}
