// The cross-entropy of known labels and its gradient as compositions of stock operations, by the formulas of crossEntropy.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { joined, ones, part, shaped } from '../parts/operations.ts';
import { CROSS_ENTROPY_TERMS } from './crossEntropy.ts';

type NoAttrs = Record<string, never>;

const knownIn = (targets: Tensor): Tensor => ones(tf.greaterEqual(targets, 0));
const positiveIn = (targets: Tensor): Tensor => ones(tf.greater(targets, 0));
/** How often each known label counts: a positive by its target, a negative once. */
const weightsIn = (targets: Tensor): Tensor => {
  const positive = positiveIn(targets);
  return tf.add(tf.mul(targets, positive), tf.sub(knownIn(targets), positive));
};

export const crossEntropy: Stock<'logits' | 'targets', NoAttrs> = {
  instead: 'tf.log, tf.exp, tf.sum and arithmetic',
  run({ logits, targets }) {
    const known = knownIn(targets);
    const rest = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
    const each = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, positiveIn(targets))), rest);
    const count = tf.sum(known);
    const loss = tf.div(tf.sum(tf.mul(each, weightsIn(targets))), tf.maximum(count, 1));
    return [joined([shaped(loss, 1), shaped(count, 1), tf.zeros([6])], 0)];
  },
};

export const crossEntropyGrad: Stock<'logits' | 'targets' | 'terms' | 'weights', NoAttrs> = {
  instead: 'tf.sigmoid and arithmetic',
  run({ logits, targets, terms, weights }) {
    const [term, head] = [0, 1].map((i) => shaped(part(weights, [i], [1]), 1, 1)) as [Tensor, Tensor];
    const count = shaped(part(terms, [CROSS_ENTROPY_TERMS.known], [1]), 1, 1);
    const scale = tf.div(tf.mul(term, head), tf.maximum(count, 1));
    const apart = tf.mul(tf.sub(tf.sigmoid(logits), positiveIn(targets)), weightsIn(targets));
    return [tf.mul(apart, scale)];
  },
};
