// All VICReg terms of one embedding pair and, in a second kernel, their weighted gradient (docs/method.md, Loss;
// VICReg, arXiv 2105.04906, section 4). The embeddings of both views come as one [2N, D] tensor.
//   invariance = mean (a - b)^2
//   variance   = sum over views of 1/2 mean_j relu(VICREG_STD - s_j),  s_j = sqrt(var_j + VICREG_EPS)
//   covariance = sum over views of 1/D sum_{j != k} C_jk^2
// The covariance never needs D x D values where N < D: sum_{j != k} C_jk^2 = |G|^2 - sum_j var_j^2 with the N x N
// Gram matrix G = c c^T / (N - 1). Otherwise the D x D form is used, whose diagonal is left out directly.

import { SUM_FORMS } from '../../forms.ts';
import { defineKernel, type Plain } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { runColumnReduction } from '../parts/columnReduce.ts';
import { foldPartials, vectorLanes } from '../parts/lanes.ts';
import * as programs from './vicregPrograms.ts';
import { VICREG_EPS, VICREG_STD } from './vicregPrograms.ts';

/** Entries of the terms vector. */
export const VICREG_TERMS = {
  invariance: 0,
  variance1: 1,
  variance2: 2,
  covariance1: 3,
  covariance2: 4,
  std1: 5,
  std2: 6,
} as const;
const TERM_COUNT = 8;
const NUMBERS_PER_WORKGROUP = 16384;

export interface VicregAttrs {
  /** Form of the covariance; the one that costs less where left out. */
  readonly form?: 'gram' | 'direct';
}

/** True for the N x N form, which costs less where N < D. */
export const usesGram = (n: number, dimensions: number, { form }: VicregAttrs) =>
  form ? form === 'gram' : n < dimensions;

/**
 * Input: z [2N, D], view 1 first. Outputs: terms [8] (VICREG_TERMS, unweighted); centred [2N, D];
 * variances [2, D] (unbiased); and the second moments [2, M, M]: Gram (M = N) or off-diagonal covariance (M = D).
 */
export const vicreg = defineKernel<'z', VicregAttrs, 'terms' | 'centred' | 'variances' | 'moments'>({
  name: 'MlvVicreg',
  inputs: ['z'],
  results: ['terms', 'centred', 'variances', 'moments'],
  forms: SUM_FORMS,
  outputs({ z }, attrs) {
    const [n, d] = [z[0]! / 2, z[1]!];
    const side = usesGram(n, d, attrs) ? n : d;
    return [[TERM_COUNT], z, [2, d], [2, side, side]];
  },
  gpu({ inputs, outputs, scratch, run, form }, attrs) {
    const { z } = inputs;
    const [terms, centred, variances, moments] = outputs as [typeof z, typeof z, typeof z, typeof z];
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const lanes = vectorLanes(d);
    const differences = scratch([d]);
    run(
      programs.columns(lanes),
      [z, centred, variances, differences],
      [n, d / lanes],
      flatGroups(d / lanes, 16),
    );
    const gram = usesGram(n, d, attrs);
    if (gram && form !== 'threads') {
      const table = { segments: 2 * n * n, rows: d / lanes, columns: 1 };
      runColumnReduction({ run, form }, programs.gramReduction(lanes), table, [centred, moments], [n]);
    } else if (gram) run(programs.gram(lanes), [centred, moments], [n, d / lanes], flatGroups(2 * n * n, 64));
    else run(programs.covariance, [centred, moments], [n, d], flatGroups(2 * d * d, 64));
    const side = moments.shape[1]!;
    // A workgroup sums some thousands of numbers well; more of them share what is more, and are added up.
    const parts = Math.ceil(Math.max(side * side, d) / NUMBERS_PER_WORKGROUP);
    const sums = parts === 1 ? terms : scratch([parts, TERM_COUNT]);
    run(programs.terms(gram), [moments, variances, differences, sums], [n, d, side], [parts]);
    if (parts > 1) foldPartials({ run }, sums, terms, parts);
  },
  reference({ z }, attrs, outputs) {
    const [terms, centred, variances, moments] = outputs as [Plain, Plain, Plain, Plain];
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    let difference = 0;
    for (let i = 0; i < n * d; i++) difference += (z.data[i]! - z.data[n * d + i]!) ** 2;
    terms.data[VICREG_TERMS.invariance] = difference / (n * d);
    for (let view = 0; view < 2; view++) viewReference(view, z, terms, centred, variances, moments, attrs);
  },
});

function viewReference(
  view: number,
  z: Plain,
  terms: Plain,
  centred: Plain,
  variances: Plain,
  moments: Plain,
  attrs: VicregAttrs,
) {
  const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
  const gram = usesGram(n, d, attrs);
  const c = new Float64Array(n * d);
  let hinge = 0;
  let spread = 0;
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += z.data[(view * n + i) * d + j]! / n;
    let variance = 0;
    for (let i = 0; i < n; i++) {
      c[i * d + j] = z.data[(view * n + i) * d + j]! - mean;
      variance += c[i * d + j]! ** 2 / (n - 1);
    }
    const std = Math.sqrt(variance + VICREG_EPS);
    hinge += Math.max(0, VICREG_STD - std);
    spread += std;
    variances.data[view * d + j] = variance;
  }
  centred.data.set(c, view * n * d);
  let offDiagonal = 0;
  for (let j = 0; j < d; j++) {
    for (let k = 0; k < d; k++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += c[i * d + j]! * c[i * d + k]!;
      if (j !== k) offDiagonal += (sum / (n - 1)) ** 2;
      if (!gram) moments.data[(view * d + j) * d + k] = j === k ? 0 : sum / (n - 1);
    }
  }
  if (gram) {
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += c[a * d + j]! * c[b * d + j]!;
        moments.data[(view * n + a) * n + b] = sum / (n - 1);
      }
    }
  }
  terms.data[VICREG_TERMS.variance1 + view] = hinge / (2 * d);
  terms.data[VICREG_TERMS.covariance1 + view] = offDiagonal / d;
  terms.data[VICREG_TERMS.std1 + view] = spread / d;
}

/**
 * Gradient of weights[3] * (weights[0] invariance + weights[1] variance + weights[2] covariance) with respect to
 * z, in the form of covariance in which vicreg made `moments`. The weights are a tensor because they may change
 * between steps. Outputs: dz [2N, D].
 */
export const vicregGrad = defineKernel<'z' | 'centred' | 'variances' | 'moments' | 'weights', VicregAttrs>({
  name: 'MlvVicregGrad',
  inputs: ['z', 'centred', 'variances', 'moments', 'weights'],
  outputs: ({ z }) => [z],
  gpu({ inputs, outputs, run }, attrs) {
    const { z, centred, variances, moments, weights } = inputs;
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const gram = usesGram(n, d, attrs);
    const lanes = gram ? vectorLanes(d) : 1;
    const size = (2 * n * d) / lanes;
    const code = gram ? programs.gramGradient(lanes) : programs.covarianceGradient;
    run(code, [z, centred, variances, moments, weights, outputs[0]!], [n, d / lanes], flatGroups(size, 64));
  },
  reference({ z, centred, variances, moments, weights }, attrs, [dz]) {
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const gram = usesGram(n, d, attrs);
    const [wi, wv, wc, head] = weights.data as unknown as [number, number, number, number];
    for (let i = 0; i < 2 * n * d; i++) {
      const view = Math.floor(i / (n * d));
      const [row, j] = [Math.floor(i / d) - view * n, i % d];
      const variance = variances.data[view * d + j]!;
      const std = Math.sqrt(variance + VICREG_EPS);
      let product = 0;
      if (gram) {
        for (let k = 0; k < n; k++)
          product += moments.data[(view * n + row) * n + k]! * centred.data[(view * n + k) * d + j]!;
        product -= variance * centred.data[i]!;
      } else {
        for (let k = 0; k < d; k++)
          product += centred.data[(view * n + row) * d + k]! * moments.data[(view * d + k) * d + j]!;
      }
      const other = z.data[view === 0 ? i + n * d : i - n * d]!;
      const invariance = (2 * (z.data[i]! - other)) / (n * d);
      const hinge = std < VICREG_STD ? -centred.data[i]! / (2 * d * (n - 1) * std) : 0;
      dz!.data[i] = head * (wi * invariance + wv * hinge + (wc * 4 * product) / (d * (n - 1)));
    }
  },
});
