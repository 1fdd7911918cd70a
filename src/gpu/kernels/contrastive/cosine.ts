// The cosine loss of methods without negatives (BYOL, arXiv 2006.07733, equation 2; SimSiam, arXiv 2011.10566, equations 1
// and 2) and its gradient: each view's prediction shall point where the target of the other view of its film points.
//   loss = offset - scale * mean over the 2N rows of cos(p_i, t_i'),   i' the other view of the film of row i

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';

export interface CosineAttrs {
  readonly scale: number;
  readonly offset: number;
}

/** Place of the loss in the vector of terms. */
export const COSINE_LOSS = 0;
const TERM_COUNT = 8;
const SMALLEST = 1e-12;

/**
 * Inputs: prediction and target [2N, D], view 1 first. Outputs: terms [8]; cosines [2N, 3], by row the cosine, 1 / |p_i| and
 * 1 / |t_i'|.
 */
export const cosine = defineKernel<'prediction' | 'target', CosineAttrs, 'terms' | 'cosines'>({
  name: 'MlvCosine',
  inputs: ['prediction', 'target'],
  results: ['terms', 'cosines'],
  outputs: ({ prediction }) => [[TERM_COUNT], [prediction[0]!, 3]],
  gpu({ inputs: { prediction, target }, outputs, run }, { scale, offset }) {
    const [terms, cosines] = outputs as [typeof target, typeof target];
    const [rows, d] = prediction.shape as [number, number];
    run(rowCosines, [prediction, target, cosines], [rows, d], flatGroups(rows, 1));
    run(meanLoss, [cosines, terms], [rows, scale, offset], [1]);
  },
  reference({ prediction, target }, { scale, offset }, [terms, cosines]) {
    const [rows, d] = prediction.shape as [number, number];
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      const other = (i + rows / 2) % rows;
      let [pp, tt, pt] = [0, 0, 0];
      for (let j = 0; j < d; j++) {
        const [p, t] = [prediction.data[i * d + j]!, target.data[other * d + j]!];
        pp += p * p;
        tt += t * t;
        pt += p * t;
      }
      const [p, t] = [pp, tt].map((square) => 1 / Math.max(Math.sqrt(square), SMALLEST)) as [number, number];
      cosines!.data.set([pt * p * t, p, t], 3 * i);
      sum += pt * p * t;
    }
    terms!.data[COSINE_LOSS] = offset - (scale * sum) / rows;
  },
});

/**
 * Gradient of weights[1] * weights[0] * loss with respect to the predictions; none goes to the targets:
 *   dp_i = -scale / 2N * (t_i' / |t_i'| - cos p_i / |p_i|) / |p_i|.   Output: dprediction [2N, D].
 */
export const cosineGrad = defineKernel<'prediction' | 'target' | 'cosines' | 'weights', CosineAttrs>({
  name: 'MlvCosineGrad',
  inputs: ['prediction', 'target', 'cosines', 'weights'],
  outputs: ({ prediction }) => [prediction],
  gpu({ inputs: { prediction, target, cosines, weights }, outputs, run }, { scale }) {
    const [rows, d] = prediction.shape as [number, number];
    const tensors = [prediction, target, cosines, weights, outputs[0]!];
    run(gradient, tensors, [rows, d, scale], flatGroups(rows * d, 64));
  },
  reference({ prediction, target, cosines, weights }, { scale }, [dprediction]) {
    const [rows, d] = prediction.shape as [number, number];
    const factor = (-scale * weights.data[0]! * weights.data[1]!) / rows;
    for (let i = 0; i < rows; i++) {
      const other = (i + rows / 2) % rows;
      const [cos, p, t] = [0, 1, 2].map((k) => cosines.data[3 * i + k]!) as [number, number, number];
      for (let j = 0; j < d; j++) {
        const across = target.data[other * d + j]! * t - cos * prediction.data[i * d + j]! * p;
        dprediction!.data[i * d + j] = factor * across * p;
      }
    }
  },
});

/** A workgroup for each row. */
const rowCosines = program({
  name: 'cosineRows',
  reads: { prediction: 'f32', target0: 'f32' },
  writes: { cosines: 'f32' },
  params: { rows: 'u32', d: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  let row = group.y * count.x + group.x;
  if (row >= p.rows) { return; }
  let other = (row + p.rows / 2u) % p.rows;
  var part = vec3<f32>();
  for (var j = lane; j < p.d; j += 64u) {
    let predicted = prediction[row * p.d + j];
    let wanted = target0[other * p.d + j];
    part += vec3<f32>(predicted * predicted, wanted * wanted, predicted * wanted);
  }
  ${sumOverLanes('predictedSquare', 'part.x')}
  ${sumOverLanes('wantedSquare', 'part.y')}
  ${sumOverLanes('product', 'part.z')}
  if (lane != 0u) { return; }
  let inversePredicted = 1.0 / max(sqrt(predictedSquare), ${SMALLEST});
  let inverseWanted = 1.0 / max(sqrt(wantedSquare), ${SMALLEST});
  cosines[3u * row] = product * inversePredicted * inverseWanted;
  cosines[3u * row + 1u] = inversePredicted;
  cosines[3u * row + 2u] = inverseWanted;`,
});

const meanLoss = program({
  name: 'cosineMean',
  reads: { cosines: 'f32' },
  writes: { terms: 'f32' },
  params: { rows: 'u32', scale: 'f32', offset: 'f32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  var part = 0.0;
  for (var i = lane; i < p.rows; i += 64u) { part += cosines[3u * i]; }
  ${sumOverLanes('sum', 'part')}
  let loss = p.offset - p.scale * sum / f32(p.rows);
  if (lane < ${TERM_COUNT}u) { terms[lane] = select(0.0, loss, lane == ${COSINE_LOSS}u); }`,
});

/** One thread per element. */
const gradient = program({
  name: 'cosineGrad',
  reads: { prediction: 'f32', target0: 'f32', cosines: 'f32', weights: 'f32' },
  writes: { dprediction: 'f32' },
  params: { rows: 'u32', d: 'u32', scale: 'f32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.rows * p.d')}
  let row = index / p.d;
  let other = (row + p.rows / 2u) % p.rows;
  let wanted = target0[other * p.d + index % p.d] * cosines[3u * row + 2u];
  let along = cosines[3u * row] * prediction[index] * cosines[3u * row + 1u];
  let factor = -p.scale * weights[0] * weights[1] / f32(p.rows);
  dprediction[index] = factor * (wanted - along) * cosines[3u * row + 1u];`,
});
