// The terms of Barlow Twins and their gradient as compositions of stock operations, by the formulas of barlow.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { inverseRoot, joined, part, product, shaped } from '../parts/operations.ts';

type NoAttrs = Record<string, never>;

const BARLOW_ROOM = 1e-5;

export const barlow: Stock<'z', NoAttrs> = {
  instead: 'tf.matMul, tf.mean, tf.sum and arithmetic',
  run({ z }) {
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const views = shaped(z, 2, n, d);
    // Relative to the first row: where embeddings have nearly collapsed, the mean itself has not enough digits.
    const shifted = tf.sub(views, part(views, [0, 0, 0], [2, 1, d]));
    const centred = tf.sub(shifted, tf.mean(shifted, 1, true));
    const scales = inverseRoot(tf.mean(tf.square(centred), 1, true), BARLOW_ROOM);
    const a = tf.mul(centred, scales) as Tensor;
    const [first, second] = [0, 1].map((view) => part(a, [view, 0, 0], [1, n, d])) as [Tensor, Tensor];
    const diagonal = shaped(tf.mean(tf.mul(first, second), 1), d);
    const grams = product(a, a, false, true);
    const [one, other] = [0, 1].map((view) => part(grams, [view, 0, 0], [1, n, n])) as [Tensor, Tensor];
    const on = tf.sum(tf.square(tf.sub(diagonal, 1)));
    const off = tf.sub(tf.div(tf.sum(tf.mul(one, other)), n * n), tf.sum(tf.square(diagonal)));
    const terms = joined([shaped(on, 1), shaped(off, 1), tf.zeros([6])], 0);
    return [terms, tf.reshape(a, z.shape), shaped(scales, 2, d), diagonal, grams];
  },
};

export const barlowGrad: Stock<'standardised' | 'scales' | 'diagonal' | 'grams' | 'weights', NoAttrs> = {
  instead: 'tf.matMul, tf.mean and arithmetic',
  run({ standardised, scales, diagonal, grams, weights }) {
    const [n, d] = [standardised.shape[0]! / 2, standardised.shape[1]!];
    const a = shaped(standardised, 2, n, d);
    const [on, off, head] = [0, 1, 2].map((i) => shaped(part(weights, [i], [1]), 1, 1, 1)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const spread = tf.mul(product(tf.reverse(grams, 0), a), tf.mul(off, 2 / (n * n)));
    const c = shaped(diagonal, 1, 1, d);
    const pull = tf.sub(tf.mul(on, tf.sub(c, 1)), tf.mul(off, c));
    const inner = tf.mul(head, tf.add(spread, tf.mul(tf.mul(pull, tf.reverse(a, 0)), 2 / n)));
    const along = tf.mul(a, tf.mean(tf.mul(inner, a), 1, true));
    const dz = tf.mul(shaped(scales, 2, 1, d), tf.sub(tf.sub(inner, tf.mean(inner, 1, true)), along));
    return [tf.reshape(dz, standardised.shape)];
  },
};
