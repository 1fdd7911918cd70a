// The contrastive loss of SimCLR (NT-Xent, arXiv 2002.05709, equation 1) on rows of unit length, both views one behind the
// other, and its gradient. The logits of row i are its cosines with all other rows over the temperature; its own is left out.
//   loss = mean over the 2N rows of -log softmax(u_i u^T / t) at the other view of the film

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program } from '../../program.ts';
import { largestOverLanes, SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';

export interface ContrastiveAttrs {
  readonly temperature: number;
}

/** Place of the loss in the vector of terms. */
const CONTRASTIVE_LOSS = 0;
const TERM_COUNT = 8;

/** Input: unit [2N, D]. Outputs: terms [8]; probabilities [2N, 2N], the softmax of each row with zero for itself. */
export const contrastive = defineKernel<'unit', ContrastiveAttrs>({
  name: 'MlvContrastive',
  inputs: ['unit'],
  outputs: ({ unit }) => [[TERM_COUNT], [unit[0]!, unit[0]!]],
  gpu({ inputs: { unit }, outputs, scratch, run }, { temperature }) {
    const [terms, probabilities] = outputs as [typeof unit, typeof unit];
    const [rows, d] = unit.shape as [number, number];
    const losses = scratch([rows]);
    run(softmax, [unit, probabilities, losses], [rows, d, temperature], flatGroups(rows, 1));
    run(meanLoss, [losses, terms], [rows], [1]);
  },
  reference({ unit }, { temperature }, [terms, probabilities]) {
    const [rows, d] = unit.shape as [number, number];
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const logits = Array.from({ length: rows }, (_, k) => {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += unit.data[i * d + j]! * unit.data[k * d + j]!;
        return k === i ? Number.NEGATIVE_INFINITY : sum / temperature;
      });
      const most = Math.max(...logits);
      const sum = logits.reduce((all, logit) => all + Math.exp(logit - most), 0);
      loss += (most + Math.log(sum) - logits[(i + rows / 2) % rows]!) / rows;
      for (const [k, logit] of logits.entries()) {
        probabilities!.data[i * rows + k] = Math.exp(logit - most) / sum;
      }
    }
    terms!.data[CONTRASTIVE_LOSS] = loss;
  },
});

/**
 * Gradient of weights[1] * weights[0] * loss with respect to the rows: with Q the probabilities less one at the other view,
 *   du_i = sum_k (Q_ik + Q_ki) u_k / (2N t).   Output: dunit [2N, D].
 */
export const contrastiveGrad = defineKernel<'unit' | 'probabilities' | 'weights', ContrastiveAttrs>({
  name: 'MlvContrastiveGrad',
  inputs: ['unit', 'probabilities', 'weights'],
  outputs: ({ unit }) => [unit],
  gpu({ inputs: { unit, probabilities, weights }, outputs, run }, { temperature }) {
    const [rows, d] = unit.shape as [number, number];
    const groups = flatGroups(rows * d, 64);
    run(gradient, [unit, probabilities, weights, outputs[0]!], [rows, d, temperature], groups);
  },
  reference({ unit, probabilities, weights }, { temperature }, [dunit]) {
    const [rows, d] = unit.shape as [number, number];
    const scale = (weights.data[0]! * weights.data[1]!) / (rows * temperature);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let k = 0; k < rows; k++) {
          const pulled = k === (i + rows / 2) % rows ? 2 : 0;
          const q = probabilities.data[i * rows + k]! + probabilities.data[k * rows + i]! - pulled;
          sum += q * unit.data[k * d + j]!;
        }
        dunit!.data[i * d + j] = scale * sum;
      }
    }
  },
});

/** A workgroup for each row: logits, their largest, the sum of exponentials; every thread keeps to its own columns. */
const softmax = program({
  name: 'contrastiveSoftmax',
  reads: { unit: 'f32' },
  writes: { probabilities: 'f32', losses: 'f32' },
  params: { rows: 'u32', d: 'u32', temperature: 'f32' },
  workgroup: [64],
  declarations: `${SUM_OVER_LANES}
var<workgroup> wanted: f32;`,
  body: `
  let row = group.y * count.x + group.x;
  if (row >= p.rows) { return; }
  let partner = (row + p.rows / 2u) % p.rows;
  var most = -3e38;
  for (var k = lane; k < p.rows; k += 64u) {
    var logit = 0.0;
    for (var j = 0u; j < p.d; j++) { logit += unit[row * p.d + j] * unit[k * p.d + j]; }
    logit /= p.temperature;
    probabilities[row * p.rows + k] = logit;
    if (k != row) { most = max(most, logit); }
    if (k == partner) { wanted = logit; }
  }
  ${largestOverLanes('largest', 'most')}
  var part = 0.0;
  for (var k = lane; k < p.rows; k += 64u) {
    if (k != row) { part += exp(probabilities[row * p.rows + k] - largest); }
  }
  ${sumOverLanes('total', 'part')}
  for (var k = lane; k < p.rows; k += 64u) {
    let at = row * p.rows + k;
    probabilities[at] = select(exp(probabilities[at] - largest) / total, 0.0, k == row);
  }
  if (lane == 0u) { losses[row] = largest + log(total) - wanted; }`,
});

/** The mean of the losses of all rows, in the first place of the terms. */
export const meanLoss = program({
  name: 'contrastiveMean',
  reads: { losses: 'f32' },
  writes: { terms: 'f32' },
  params: { rows: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  var part = 0.0;
  for (var i = lane; i < p.rows; i += 64u) { part += losses[i]; }
  ${sumOverLanes('sum', 'part')}
  if (lane < 8u) { terms[lane] = select(0.0, sum / f32(p.rows), lane == ${CONTRASTIVE_LOSS}u); }`,
});

/** One thread per element. */
const gradient = program({
  name: 'contrastiveGrad',
  reads: { unit: 'f32', probabilities: 'f32', weights: 'f32' },
  writes: { dunit: 'f32' },
  params: { rows: 'u32', d: 'u32', temperature: 'f32' },
  workgroup: [64],
  body: `
  let index = (group.y * count.x + group.x) * 64u + lane;
  if (index >= p.rows * p.d) { return; }
  let j = index % p.d;
  let row = index / p.d;
  let partner = (row + p.rows / 2u) % p.rows;
  var sum = -2.0 * unit[partner * p.d + j];
  for (var k = 0u; k < p.rows; k++) {
    let q = probabilities[row * p.rows + k] + probabilities[k * p.rows + row];
    sum += q * unit[k * p.d + j];
  }
  dunit[index] = weights[0] * weights[1] * sum / (f32(p.rows) * p.temperature);`,
});
