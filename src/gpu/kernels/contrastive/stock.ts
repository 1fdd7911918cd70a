// Rows of unit length and the contrastive loss with their gradients as compositions of stock operations, by the formulas of
// rowNormalise.ts and contrastive.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../switches.ts';
import { joined, part, product, shaped } from '../parts/operations.ts';
import type { ContrastiveAttrs } from './contrastive.ts';

type NoAttrs = Record<string, never>;

export const rowNormalise: Stock<'x', NoAttrs> = {
  instead: 'tf.sum, tf.sqrt and tf.div',
  run({ x }) {
    const norms = tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-12);
    return [tf.div(x, norms), shaped(norms, x.shape[0]!)];
  },
};

export const rowNormaliseGrad: Stock<'dunit' | 'unit' | 'norms', NoAttrs> = {
  instead: 'tf.sum and arithmetic',
  run({ dunit, unit, norms }) {
    const along = tf.sum(tf.mul(dunit, unit), 1, true);
    return [tf.div(tf.sub(dunit, tf.mul(along, unit)), shaped(norms, norms.shape[0]!, 1))];
  },
};

/** One at the other view of each row's film. */
const partners = (rows: number): Tensor => {
  const half = tf.eye(rows / 2);
  const none = tf.zeros([rows / 2, rows / 2]);
  return joined([joined([none, half], 1), joined([half, none], 1)], 0);
};

export const contrastive: Stock<'unit', ContrastiveAttrs> = {
  instead: 'tf.matMul, tf.exp, tf.sum and tf.log',
  run({ unit }, { temperature }) {
    const [rows] = unit.shape as [number, number];
    const logits = tf.div(product(unit, unit, false, true), temperature);
    const self = tf.eye(rows);
    const masked = tf.sub(logits, tf.mul(self, 1e9));
    const most = tf.max(masked, 1, true);
    const shares = tf.mul(tf.exp(tf.sub(masked, most)), tf.sub(1, self));
    const sum = tf.sum(shares, 1, true);
    const wanted = tf.sum(tf.mul(logits, partners(rows)), 1, true);
    const loss = tf.mean(tf.sub(tf.add(most, tf.log(sum)), wanted));
    return [joined([shaped(loss, 1), tf.zeros([7])], 0), tf.div(shares, sum)];
  },
};

export const contrastiveGrad: Stock<'unit' | 'probabilities' | 'weights', ContrastiveAttrs> = {
  instead: 'tf.matMul and arithmetic',
  run({ unit, probabilities, weights }, { temperature }) {
    const [rows] = unit.shape as [number, number];
    const both = tf.add(probabilities, tf.transpose(probabilities));
    const pulled = tf.sub(both, tf.mul(partners(rows), 2));
    const [term, head] = [0, 1].map((i) => shaped(part(weights, [i], [1]), 1, 1)) as [Tensor, Tensor];
    const scale = tf.div(tf.mul(term, head), rows * temperature);
    return [tf.mul(product(pulled, unit), scale)];
  },
};
