// Terms of Barlow Twins (arXiv 2103.03230, equation 1) on one embedding pair and, in a second kernel, their weighted
// gradient. Both views come as one [2N, D] tensor; a and b are their columns standardised over the batch.
//   a = (z1 - mean) / sqrt(var + 1e-5),  var with N;   C = a^T b / N
//   on-diagonal  = sum_j (C_jj - 1)^2
//   off-diagonal = sum_{j != k} C_jk^2 = <a a^T, b b^T>_F / N^2 - sum_j C_jj^2
// so that no D x D matrix is made: the Gram matrices are N x N.

import { defineKernel, type Plain } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import * as programs from './barlowPrograms.ts';

const BARLOW_TERMS = { onDiagonal: 0, offDiagonal: 1 } as const;
const TERM_COUNT = 8;
const EPS = 1e-5;

type NoAttrs = Record<string, never>;

/**
 * Input: z [2N, D], view 1 first. Outputs: terms [8] (BARLOW_TERMS, unweighted); standardised [2N, D]; scales [2, D], one
 * over the deviations; diagonal [D] of C; and the Gram matrices [2, N, N], not divided by anything.
 */
export const barlow = defineKernel<'z', NoAttrs>({
  name: 'MlvBarlow',
  inputs: ['z'],
  outputs({ z }) {
    const [n, d] = [z[0]! / 2, z[1]!];
    return [[TERM_COUNT], z, [2, d], [d], [2, n, n]];
  },
  gpu({ inputs: { z }, outputs, run }) {
    const [terms, standardised, scales, diagonal, grams] = outputs as [
      typeof z,
      typeof z,
      typeof z,
      typeof z,
      typeof z,
    ];
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    run(programs.columns, [z, standardised, scales, diagonal], [n, d], flatGroups(d, 16));
    run(programs.grams, [standardised, grams], [n, d], flatGroups(2 * n * n, 64));
    run(programs.terms, [grams, diagonal, terms], [n, d], [1]);
  },
  reference({ z }, _attrs, outputs) {
    const [terms, standardised, scales, diagonal, grams] = outputs as [Plain, Plain, Plain, Plain, Plain];
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const a = new Float64Array(2 * n * d);
    for (let view = 0; view < 2; view++) {
      for (let j = 0; j < d; j++) {
        const at = (i: number) => (view * n + i) * d + j;
        let mean = 0;
        for (let i = 0; i < n; i++) mean += z.data[at(i)]! / n;
        let variance = 0;
        for (let i = 0; i < n; i++) variance += (z.data[at(i)]! - mean) ** 2 / n;
        const scale = 1 / Math.sqrt(variance + EPS);
        for (let i = 0; i < n; i++) a[at(i)] = (z.data[at(i)]! - mean) * scale;
        scales.data[view * d + j] = scale;
      }
    }
    standardised.data.set(a);
    let [on, off] = [0, 0];
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < d; k++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += (a[i * d + j]! * a[(n + i) * d + k]!) / n;
        if (j === k) {
          diagonal.data[j] = sum;
          on += (sum - 1) ** 2;
        } else off += sum ** 2;
      }
    }
    terms.data[BARLOW_TERMS.onDiagonal] = on;
    terms.data[BARLOW_TERMS.offDiagonal] = off;
    for (let q = 0; q < 2 * n * n; q++) {
      const [first, second] = [Math.floor(q / n), Math.floor(q / (n * n)) * n + (q % n)];
      let sum = 0;
      for (let j = 0; j < d; j++) sum += a[first * d + j]! * a[second * d + j]!;
      grams.data[q] = sum;
    }
  },
});

/**
 * Gradient of weights[2] * (weights[0] on-diagonal + weights[1] off-diagonal) with respect to z, from what barlow made:
 *   dL/da = 2 weights[1] / N^2 (b b^T) a + 2/N (weights[0] (C_jj - 1) - weights[1] C_jj) b,   and back through the columns.
 * Outputs: dz [2N, D].
 */
export const barlowGrad = defineKernel<'standardised' | 'scales' | 'diagonal' | 'grams' | 'weights', NoAttrs>(
  {
    name: 'MlvBarlowGrad',
    inputs: ['standardised', 'scales', 'diagonal', 'grams', 'weights'],
    outputs: ({ standardised }) => [standardised],
    gpu({ inputs, outputs, scratch, run }) {
      const { standardised, scales, diagonal, grams, weights } = inputs;
      const [n, d] = [standardised.shape[0]! / 2, standardised.shape[1]!];
      const inner = scratch(standardised.shape);
      const from = [standardised, diagonal, grams, weights, inner];
      run(programs.innerGradient, from, [n, d], flatGroups(2 * n * d, 64));
      run(programs.columnGradient, [standardised, scales, inner, outputs[0]!], [n, d], flatGroups(2 * d, 16));
    },
    reference({ standardised, scales, diagonal, grams, weights }, _attrs, [dz]) {
      const [n, d] = [standardised.shape[0]! / 2, standardised.shape[1]!];
      const a = standardised.data;
      const [onWeight, offWeight, head] = weights.data as unknown as [number, number, number];
      for (let view = 0; view < 2; view++) {
        for (let j = 0; j < d; j++) {
          const row = (i: number, of = view) => (of * n + i) * d + j;
          const c = diagonal.data[j]!;
          const inner = Array.from({ length: n }, (_, i) => {
            let spread = 0;
            for (let k = 0; k < n; k++) spread += grams.data[((1 - view) * n + i) * n + k]! * a[row(k)]!;
            const pull = (onWeight * (c - 1) - offWeight * c) * a[row(i, 1 - view)]!;
            return head * ((2 * offWeight * spread) / (n * n) + (2 * pull) / n);
          });
          const mean = inner.reduce((sum, value) => sum + value, 0) / n;
          const along = inner.reduce((sum, value, i) => sum + value * a[row(i)]!, 0) / n;
          for (let i = 0; i < n; i++) {
            dz!.data[row(i)] = scales.data[view * d + j]! * (inner[i]! - mean - a[row(i)]! * along);
          }
        }
      }
    },
  },
);
