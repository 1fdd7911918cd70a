// Rows of unit length, the contrastive loss with and without a queue and the cosine loss with their gradients as compositions
// of stock operations, by the formulas of rowNormalise.ts, contrastive.ts, queue.ts and cosine.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { joined, part, product, shaped } from '../parts/operations.ts';
import type { ContrastiveAttrs } from './contrastive.ts';
import type { CosineAttrs } from './cosine.ts';
import type { RowAttrs } from './rowNormalise.ts';

type NoAttrs = Record<string, never>;

/** Lengths of rows as a column. */
const lengths = (x: Tensor): Tensor => tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-12);

export const rowNormalise: Stock<'x', RowAttrs> = {
  instead: 'tf.sum, tf.sqrt and tf.div',
  run({ x }, { length = 1 }) {
    const norms = lengths(x);
    return [tf.mul(tf.div(x, norms), length), shaped(norms, x.shape[0]!)];
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

/** Weight of the term times that of the head, [1, 1]. */
function weight(weights: Tensor): Tensor {
  const [term, head] = [0, 1].map((i) => shaped(part(weights, [i], [1]), 1, 1)) as [Tensor, Tensor];
  return tf.mul(term, head);
}

export const contrastiveGrad: Stock<'unit' | 'probabilities' | 'weights', ContrastiveAttrs> = {
  instead: 'tf.matMul and arithmetic',
  run({ unit, probabilities, weights }, { temperature }) {
    const [rows] = unit.shape as [number, number];
    const both = tf.add(probabilities, tf.transpose(probabilities));
    const pulled = tf.sub(both, tf.mul(partners(rows), 2));
    return [tf.mul(product(pulled, unit), tf.div(weight(weights), rows * temperature))];
  },
};

/** Rows with the halves changed over: those of the other view. */
const otherView = (x: Tensor): Tensor => {
  const [rows, d] = x.shape as [number, number];
  const half = (begin: number) => part(x, [begin, 0], [rows / 2, d]);
  return joined([half(rows / 2), half(0)], 0);
};

export const cosine: Stock<'prediction' | 'target', CosineAttrs> = {
  instead: 'tf.sum, tf.sqrt and arithmetic',
  run({ prediction, target }, { scale, offset }) {
    const wanted = otherView(target);
    const [p, t] = [prediction, wanted].map((x) => tf.reciprocal(lengths(x))) as [Tensor, Tensor];
    const cos = tf.mul(tf.mul(tf.sum(tf.mul(prediction, wanted), 1, true), p), t);
    const loss = tf.sub(offset, tf.mul(tf.mean(cos), scale));
    return [joined([shaped(loss, 1), tf.zeros([7])], 0), joined([cos, p, t], 1)];
  },
};

export const cosineGrad: Stock<'prediction' | 'target' | 'cosines' | 'weights', CosineAttrs> = {
  instead: 'arithmetic',
  run({ prediction, target, cosines, weights }, { scale }) {
    const [rows] = prediction.shape as [number, number];
    const [cos, p, t] = [0, 1, 2].map((k) => part(cosines, [0, k], [rows, 1])) as [Tensor, Tensor, Tensor];
    const across = tf.sub(tf.mul(otherView(target), t), tf.mul(tf.mul(prediction, p), cos));
    return [tf.mul(tf.mul(across, p), tf.mul(weight(weights), -scale / rows))];
  },
};

export const queueContrast: Stock<'query' | 'key' | 'cosines', ContrastiveAttrs> = {
  instead: 'tf.sum, tf.exp and tf.log',
  run({ query, key, cosines }, { temperature }) {
    const wanted = tf.div(tf.sum(tf.mul(query, otherView(key)), 1, true), temperature);
    const logits = tf.div(cosines, temperature);
    const most = tf.maximum(tf.max(logits, 1, true), wanted);
    const [ofQueue, ofKey] = [logits, wanted].map((part) => tf.exp(tf.sub(part, most))) as [Tensor, Tensor];
    const sum = tf.add(tf.sum(ofQueue, 1, true), ofKey);
    const loss = tf.mean(tf.sub(tf.add(most, tf.log(sum)), wanted));
    const terms = joined([shaped(loss, 1), tf.zeros([7])], 0);
    return [terms, tf.div(ofQueue, sum), shaped(tf.div(ofKey, sum), query.shape[0]!)];
  },
};

export const queueContrastGrad: Stock<'pulled' | 'key' | 'ofKey' | 'weights', ContrastiveAttrs> = {
  instead: 'arithmetic',
  run({ pulled, key, ofKey, weights }, { temperature }) {
    const [rows] = pulled.shape as [number, number];
    const towards = tf.mul(otherView(key), tf.sub(shaped(ofKey, rows, 1), 1));
    return [tf.mul(tf.add(pulled, towards), tf.div(weight(weights), rows * temperature))];
  },
};

/** For each row of the queue, which of the new ones comes to stand there last; below zero where none does. */
export const enqueue: Stock<'queue' | 'place' | 'rows', Record<string, never>> = {
  instead: 'tf.gather and tf.where',
  run({ queue, place, rows }, _, { put }) {
    const [length] = queue.shape as [number, number];
    const count = rows.shape[0]!;
    const first = tf.mod(tf.sub(tf.range(0, length, 1, 'float32'), place), length);
    const rounds = tf.floor(tf.div(tf.sub(count - 1, first), length));
    const last = tf.add(first, tf.mul(rounds, length));
    const taken = tf.gather(rows, tf.cast(tf.maximum(last, 0), 'int32') as tf.Tensor1D);
    const isNew = shaped(tf.greaterEqual(last, 0), length, 1);
    put('queue', tf.where(tf.tile(isNew, [1, queue.shape[1]!]), taken, queue));
    put('place', tf.mod(tf.add(place, count), length));
    return [];
  },
};
