// Binary cross-entropy of logits with labels of which some are not known, and its gradient: the mean over known labels alone,
// as torch.nn.functional.binary_cross_entropy_with_logits over them. A positive label may count more or less than once, as by
// its `pos_weight`; the mean is over labels all the same. A batch without any has a loss of zero and no gradient.

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';

/** Places in the vector of terms: the loss, and over how many labels it is the mean. */
export const CROSS_ENTROPY_TERMS = { loss: 0, known: 1 } as const;
const TERM_COUNT = 8;

/** In place of a label that is not known; others are 0, and for a positive how often it counts, which is 1 without weights. */
export const UNKNOWN_TARGET = -1;

type NoAttrs = Record<string, never>;

/** Inputs: logits [R, K]; targets [R, K]: the weight of a positive, 0 or UNKNOWN_TARGET. Output: terms [8]. */
export const crossEntropy = defineKernel<'logits' | 'targets', NoAttrs>({
  name: 'MlvCrossEntropy',
  inputs: ['logits', 'targets'],
  outputs: () => [[TERM_COUNT]],
  gpu({ inputs: { logits, targets }, outputs, run }) {
    const [rows, k] = logits.shape as [number, number];
    run(meanLoss, [logits, targets, outputs[0]!], [rows * k], [1]);
  },
  reference({ logits, targets }, _attrs, [terms]) {
    let [sum, known] = [0, 0];
    for (const [i, target] of targets.data.entries()) {
      if (target < 0) continue;
      const x = logits.data[i]!;
      const each = Math.max(x, 0) - x * Number(target > 0) + Math.log1p(Math.exp(-Math.abs(x)));
      sum += (target || 1) * each;
      known++;
    }
    terms!.data[CROSS_ENTROPY_TERMS.loss] = sum / Math.max(known, 1);
    terms!.data[CROSS_ENTROPY_TERMS.known] = known;
  },
});

/**
 * Gradient of weights[1] * weights[0] * loss with respect to the logits: sigmoid(x) - 1 times its weight for a positive label,
 * sigmoid(x) for a negative one, over the number of known labels, zero where none is known. `terms` are what crossEntropy left. Output: dlogits [R, K].
 */
export const crossEntropyGrad = defineKernel<'logits' | 'targets' | 'terms' | 'weights', NoAttrs>({
  name: 'MlvCrossEntropyGrad',
  inputs: ['logits', 'targets', 'terms', 'weights'],
  outputs: ({ logits }) => [logits],
  gpu({ inputs: { logits, targets, terms, weights }, outputs, run }) {
    const [rows, k] = logits.shape as [number, number];
    const tensors = [logits, targets, terms, weights, outputs[0]!];
    run(gradient, tensors, [rows * k], flatGroups(rows * k, 64));
  },
  reference({ logits, targets, terms, weights }, _attrs, [dlogits]) {
    const scale = (weights.data[0]! * weights.data[1]!) / Math.max(terms.data[CROSS_ENTROPY_TERMS.known]!, 1);
    for (const [i, target] of targets.data.entries()) {
      const apart = 1 / (1 + Math.exp(-logits.data[i]!)) - Number(target > 0);
      dlogits!.data[i] = target < 0 ? 0 : scale * (target || 1) * apart;
    }
  },
});

/** One workgroup: the logits of a batch are some thousands of numbers. */
const meanLoss = program({
  name: 'crossEntropyMean',
  reads: { logits: 'f32', targets: 'f32' },
  writes: { terms: 'f32' },
  params: { size: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  var part = 0.0;
  var own = 0.0;
  for (var i = lane; i < p.size; i += 64u) {
    let target_ = targets[i];
    if (target_ >= 0.0) {
      let x = logits[i];
      let positive = select(0.0, 1.0, target_ > 0.0);
      part += select(1.0, target_, target_ > 0.0) * (max(x, 0.0) - x * positive + log(1.0 + exp(-abs(x))));
      own += 1.0;
    }
  }
  ${sumOverLanes('sum', 'part')}
  ${sumOverLanes('known', 'own')}
  if (lane < 8u) {
    terms[lane] = select(0.0, known, lane == ${CROSS_ENTROPY_TERMS.known}u);
    if (lane == ${CROSS_ENTROPY_TERMS.loss}u) { terms[lane] = sum / max(known, 1.0); }
  }`,
});

/** One thread per element. */
const gradient = program({
  name: 'crossEntropyGrad',
  reads: { logits: 'f32', targets: 'f32', terms: 'f32', weights: 'f32' },
  writes: { dlogits: 'f32' },
  params: { size: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.size')}
  let target_ = targets[index];
  let positive = select(0.0, 1.0, target_ > 0.0);
  let scale = weights[0] * weights[1] / max(terms[${CROSS_ENTROPY_TERMS.known}], 1.0);
  let each = scale * (1.0 / (1.0 + exp(-logits[index])) - positive);
  dlogits[index] = select(0.0, select(1.0, target_, target_ > 0.0) * each, target_ >= 0.0);`,
});
