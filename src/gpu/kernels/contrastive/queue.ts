// The contrastive loss of MoCo (arXiv 1911.05722, equation 1; arXiv 2003.04297) on rows of unit length, its gradient, and the
// queue of keys as a ring. Both views ask: the logits of query i are its cosine with the key of the other view of its film and
// its cosines with the rows of the queue, over the temperature.
//   loss = mean over the 2N queries of -log softmax([q_i k_i', q_i queue^T] / t) at the first
// The products with the queue are those of the dense layers.

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { largestOverLanes, SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';
import { type ContrastiveAttrs, meanLoss } from './contrastive.ts';

/** Place of the loss in the vector of terms. */
export const QUEUE_LOSS = 0;
const TERM_COUNT = 8;

/**
 * Inputs: query and key [2N, D]; cosines [2N, K] of the queries with the queue. Outputs: terms [8]; the probabilities of each
 * row, [2N, K] of the queue and [2N] of the key.
 */
export const queueContrast = defineKernel<
  'query' | 'key' | 'cosines',
  ContrastiveAttrs,
  'terms' | 'probabilities' | 'ofKey'
>({
  name: 'MlvQueueContrast',
  inputs: ['query', 'key', 'cosines'],
  results: ['terms', 'probabilities', 'ofKey'],
  outputs: ({ query, cosines }) => [[TERM_COUNT], cosines, [query[0]!]],
  gpu({ inputs: { query, key, cosines }, outputs, scratch, run }, { temperature }) {
    const [terms, probabilities, ofKey] = outputs as [typeof key, typeof key, typeof key];
    const [rows, d] = query.shape as [number, number];
    const losses = scratch([rows]);
    const params = [rows, d, cosines.shape[1]!, temperature];
    run(softmax, [query, key, cosines, probabilities, ofKey, losses], params, flatGroups(rows, 1));
    run(meanLoss, [losses, terms], [rows], [1]);
  },
  reference({ query, key, cosines }, { temperature }, [terms, probabilities, ofKey]) {
    const [rows, d] = query.shape as [number, number];
    const length = cosines.shape[1]!;
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const other = (i + rows / 2) % rows;
      let wanted = 0;
      for (let j = 0; j < d; j++) wanted += (query.data[i * d + j]! * key.data[other * d + j]!) / temperature;
      const logits = Array.from({ length }, (_, k) => cosines.data[i * length + k]! / temperature);
      const most = logits.reduce((a, b) => Math.max(a, b), wanted);
      const sum = logits.reduce((all, logit) => all + Math.exp(logit - most), Math.exp(wanted - most));
      loss += (most + Math.log(sum) - wanted) / rows;
      for (const [k, logit] of logits.entries()) {
        probabilities!.data[i * length + k] = Math.exp(logit - most) / sum;
      }
      ofKey!.data[i] = Math.exp(wanted - most) / sum;
    }
    terms!.data[QUEUE_LOSS] = loss;
  },
});

/**
 * Gradient of weights[1] * weights[0] * loss with respect to the queries; keys and queue have none. `pulled` [2N, D] are the
 * rows of the queue in the sum that the probabilities weigh:
 *   dq_i = (pulled_i + (P_key - 1) k_i') / (2N t).   Output: dquery [2N, D].
 */
export const queueContrastGrad = defineKernel<'pulled' | 'key' | 'ofKey' | 'weights', ContrastiveAttrs>({
  name: 'MlvQueueContrastGrad',
  inputs: ['pulled', 'key', 'ofKey', 'weights'],
  outputs: ({ pulled }) => [pulled],
  gpu({ inputs: { pulled, key, ofKey, weights }, outputs, run }, { temperature }) {
    const [rows, d] = pulled.shape as [number, number];
    const tensors = [pulled, key, ofKey, weights, outputs[0]!];
    run(gradient, tensors, [rows, d, temperature], flatGroups(rows * d, 64));
  },
  reference({ pulled, key, ofKey, weights }, { temperature }, [dquery]) {
    const [rows, d] = pulled.shape as [number, number];
    const scale = (weights.data[0]! * weights.data[1]!) / (rows * temperature);
    for (let i = 0; i < rows; i++) {
      const other = (i + rows / 2) % rows;
      for (let j = 0; j < d; j++) {
        const towards = (ofKey.data[i]! - 1) * key.data[other * d + j]!;
        dquery!.data[i * d + j] = scale * (pulled.data[i * d + j]! + towards);
      }
    }
  },
});

/**
 * Puts rows [R, D] into the queue [K, D] in place of its oldest, which stands at `place` [1], and moves the place on. Of more
 * rows than the queue has, the last ones stay. Mutates queue and place.
 */
export const enqueue = defineKernel<'queue' | 'place' | 'rows', Record<string, never>>({
  name: 'MlvEnqueue',
  inputs: ['queue', 'place', 'rows'],
  mutates: ['queue', 'place'],
  outputs: () => [],
  gpu({ inputs: { queue, place, rows }, run }) {
    const [length, d] = queue.shape as [number, number];
    const count = rows.shape[0]!;
    const kept = Math.min(length, count);
    run(putRows, [rows, place, queue], [kept * d, d, count - kept, length], flatGroups(kept * d, 64));
    run(moveOn, [place], [count, length], [1]);
  },
  reference({ queue, place, rows }) {
    const [length, d] = queue.shape as [number, number];
    const count = rows.shape[0]!;
    for (let i = Math.max(0, count - length); i < count; i++) {
      const at = (place.data[0]! + i) % length;
      for (let j = 0; j < d; j++) queue.data[at * d + j] = rows.data[i * d + j]!;
    }
    place.data[0] = (place.data[0]! + count) % length;
  },
});

/** A workgroup for each query; every thread keeps to its own columns. */
const softmax = program({
  name: 'queueSoftmax',
  reads: { query: 'f32', key: 'f32', cosines: 'f32' },
  writes: { probabilities: 'f32', ofKey: 'f32', losses: 'f32' },
  params: { rows: 'u32', d: 'u32', length: 'u32', temperature: 'f32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  let row = group.y * count.x + group.x;
  if (row >= p.rows) { return; }
  let other = (row + p.rows / 2u) % p.rows;
  var dotPart = 0.0;
  for (var j = lane; j < p.d; j += 64u) { dotPart += query[row * p.d + j] * key[other * p.d + j]; }
  ${sumOverLanes('cosine', 'dotPart')}
  let wanted = cosine / p.temperature;
  var most = wanted;
  for (var k = lane; k < p.length; k += 64u) {
    most = max(most, cosines[row * p.length + k] / p.temperature);
  }
  ${largestOverLanes('largest', 'most')}
  var part = select(0.0, exp(wanted - largest), lane == 0u);
  for (var k = lane; k < p.length; k += 64u) {
    part += exp(cosines[row * p.length + k] / p.temperature - largest);
  }
  ${sumOverLanes('total', 'part')}
  for (var k = lane; k < p.length; k += 64u) {
    let at = row * p.length + k;
    probabilities[at] = exp(cosines[at] / p.temperature - largest) / total;
  }
  if (lane == 0u) {
    ofKey[row] = exp(wanted - largest) / total;
    losses[row] = largest + log(total) - wanted;
  }`,
});

/** One thread per element. */
const gradient = program({
  name: 'queueGrad',
  reads: { pulled: 'f32', key: 'f32', ofKey: 'f32', weights: 'f32' },
  writes: { dquery: 'f32' },
  params: { rows: 'u32', d: 'u32', temperature: 'f32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.rows * p.d')}
  let row = index / p.d;
  let other = (row + p.rows / 2u) % p.rows;
  let towards = (ofKey[row] - 1.0) * key[other * p.d + index % p.d];
  dquery[index] = weights[0] * weights[1] * (pulled[index] + towards) / (f32(p.rows) * p.temperature);`,
});

const putRows = program({
  name: 'enqueueRows',
  reads: { rows: 'f32', place: 'f32' },
  writes: { queue: 'f32' },
  params: { size: 'u32', d: 'u32', skipped: 'u32', length: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.size')}
  let row = p.skipped + index / p.d;
  let at = (u32(place[0]) + row) % p.length;
  queue[at * p.d + index % p.d] = rows[row * p.d + index % p.d];`,
});

const moveOn = program({
  name: 'enqueueMoveOn',
  writes: { place: 'f32' },
  params: { rows: 'u32', length: 'u32' },
  workgroup: [1],
  body: 'place[0] = f32((u32(place[0]) + p.rows) % p.length);',
});
