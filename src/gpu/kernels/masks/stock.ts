// The kernels of the decoder and of the loss of masks as compositions of stock operations, by the formulas beside.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { shape4, sizeOf } from '../../kernel.ts';
import { joined, part, shaped } from '../parts/operations.ts';
import type { ChannelRange, Sides } from './upsample.ts';

type NoAttrs = Record<string, never>;

export const upsample: Stock<'x', Sides> = {
  instead: 'tf.image.resizeNearestNeighbor',
  run({ x }, { height, width }) {
    const [n, h, w, c] = shape4(x.shape);
    const large = tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * h, 2 * w]);
    return [part(large, [0, 0, 0, 0], [n, height, width, c])];
  },
};

export const upsampleGrad: Stock<'dy', NoAttrs> = {
  instead: 'tf.pad and tf.avgPool, times four',
  run({ dy }) {
    const [, height, width] = shape4(dy.shape);
    const even = tf.pad(dy, [
      [0, 0],
      [0, height % 2],
      [0, width % 2],
      [0, 0],
    ]);
    return [tf.mul(tf.avgPool(even as tf.Tensor4D, 2, 2, 'valid'), 4)];
  },
};

export const concatChannels: Stock<'a' | 'b', NoAttrs> = {
  instead: 'tf.concat',
  run: ({ a, b }) => [joined([a, b], a.rank - 1)],
};

export const channelPart: Stock<'x', ChannelRange> = {
  instead: 'tf.slice',
  run: ({ x }, { from, count }) => [
    part(x, [...x.shape.slice(0, -1).map(() => 0), from], [...x.shape.slice(0, -1), count]),
  ],
};

/** Films as rows of pixels. */
const rows = (x: Tensor): Tensor => shaped(x, x.shape[0]!, sizeOf(x.shape) / x.shape[0]!);

export const maskLoss: Stock<'logits' | 'truth', NoAttrs> = {
  instead: 'tf.sigmoid, tf.log, tf.exp, tf.sum and arithmetic',
  run({ logits, truth }) {
    const [x, t] = [rows(logits), rows(truth)];
    const [films, pixels] = x.shape as [number, number];
    const p = tf.sigmoid(x);
    const rest = tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1));
    const each = tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), rest);
    const sums = [each, tf.mul(p, t), p, t].map((what) => shaped(tf.sum(what, 1), films, 1)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const [entropy, both, drawn, there] = sums;
    const crossEntropy = tf.div(tf.sum(entropy), films * pixels);
    const above = tf.add(tf.mul(both, 2), 1);
    const dice = tf.mean(tf.sub(1, tf.div(above, tf.add(tf.add(drawn, there), 1))));
    const terms = [tf.add(crossEntropy, dice), crossEntropy, dice].map((term) => shaped(term, 1));
    return [joined([...terms, tf.zeros([5])], 0), joined(sums, 1)];
  },
};

export const maskLossGrad: Stock<'logits' | 'truth' | 'sums', NoAttrs> = {
  instead: 'tf.sigmoid and arithmetic',
  run({ logits, truth, sums }) {
    const [x, t] = [rows(logits), rows(truth)];
    const [films, pixels] = x.shape as [number, number];
    const [both, drawn, there] = [1, 2, 3].map((i) => part(sums, [0, i], [films, 1])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const p = tf.sigmoid(x);
    const below = tf.add(tf.add(drawn, there), 1);
    const share = tf.div(tf.add(tf.mul(both, 2), 1), tf.mul(below, below));
    const byDice = tf.sub(share, tf.div(tf.mul(t, 2), below));
    const slope = tf.mul(p, tf.sub(1, p));
    const dice = tf.div(tf.mul(byDice, slope), films);
    return [tf.reshape(tf.add(tf.div(tf.sub(p, t), films * pixels), dice), logits.shape)];
  },
};
