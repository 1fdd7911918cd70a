// The context bottleneck and the level operator as compositions of stock operations; formulas are those of
// kernels/bottleneck.ts, bottleneckGrad.ts and levelPool.ts.

import { type Tensor, tf } from '../backend.ts';
import type { InPlace } from '../kernel.ts';
import { type BottleneckInput, SPATIAL_KERNEL } from '../kernels/bottleneck/bottleneck.ts';
import type { BottleneckGradInput } from '../kernels/bottleneck/bottleneckGrad.ts';
import { type LevelPlace, type LevelPoolGradAttrs, POOLED_SIDE } from '../kernels/pool/levelPool.ts';
import type { Stock } from '../switches.ts';
import { filterGradient, inputGradient } from './convolution.ts';
import { firstPlace, joined, ones, part, product, ramp, shaped } from './operations.ts';

type Nothing = Record<string, never>;
type Map4 = [number, number, number, number];

const WINDOW = { stride: 1, pad: (SPATIAL_KERNEL - 1) / 2 };

export const bottleneck: Stock<BottleneckInput, Nothing> = {
  instead: 'tf.mean, tf.max, tf.matMul, tf.conv2d and tf.sigmoid',
  run({ x, w1, w2, ws }) {
    const [n, h, w, c] = x.shape as Map4;
    const half = w1.shape[3]!;
    const pixels = shaped(x, n, h * w, c);
    const peak = tf.max(pixels, 1, true);
    const pooled = joined([tf.mean(pixels, 1, true), peak, firstPlace(pixels, peak, 1)], 1);
    const both = shaped(part(pooled, [0, 0, 0], [n, 2, c]), n * 2, c);
    const hidden = shaped(tf.relu(product(both, shaped(w1, c, half))), n, 2, half);
    const gate = tf.sigmoid(product(tf.sum(hidden, 1), shaped(w2, half, c)));
    const y = tf.mul(x, shaped(gate, n, 1, 1, c));
    const highest = tf.max(y, 3, true);
    const maps = joined([tf.mean(y, 3, true), highest], 3);
    const spatialGate = tf.sigmoid(tf.conv2d(maps as tf.Tensor4D, ws as tf.Tensor4D, 1, WINDOW.pad));
    const spatial = joined([maps, firstPlace(y, highest, 3)], 3);
    return [tf.mul(y, spatialGate), gate, shaped(spatialGate, n, h, w), pooled, hidden, spatial];
  },
};

/** sigmoid' by the sigmoid's value. */
const slope = (gate: Tensor) => tf.mul(gate, tf.sub(1, gate));

export const bottleneckGrad: Stock<BottleneckGradInput, InPlace> = {
  instead: 'tf.matMul, tf.sum, Conv2DBackpropInput, Conv2DBackpropFilter and arithmetic',
  run({ x, dout, w1, w2, ws, channelGate, spatialGate, pooled, hidden, spatial }) {
    const [n, h, w, c] = x.shape as Map4;
    const half = w1.shape[3]!;
    const channel = shaped(channelGate, n, 1, 1, c);
    const gate = shaped(spatialGate, n, h, w, 1);
    const maps = part(spatial, [0, 0, 0, 0], [n, h, w, 2]);
    const dgate = tf.mul(tf.sum(tf.mul(tf.mul(dout, x), channel), 3, true), slope(gate));
    const dws = filterGradient(maps, dgate, ws.shape, WINDOW);
    const dmaps = inputGradient(dgate, ws, maps.shape, WINDOW);
    const [dmean, dpeak] = [0, 1].map((i) => part(dmaps, [0, 0, 0, i], [n, h, w, 1])) as [Tensor, Tensor];
    const isPeak = ones(tf.equal(part(spatial, [0, 0, 0, 2], [n, h, w, 1]), ramp(c, 4, 3)));
    const dy = tf.add(tf.add(tf.mul(dout, gate), tf.div(dmean, c)), tf.mul(isPeak, dpeak));

    const dchannel = tf.mul(tf.sum(shaped(tf.mul(dy, x), n, h * w, c), 1), slope(channelGate));
    const dhidden = tf.mul(
      shaped(product(dchannel, shaped(w2, half, c), false, true), n, 1, half),
      ones(tf.greater(hidden, 0)),
    );
    const dw2 = product(tf.sum(hidden, 1), dchannel, true, false);
    const both = part(pooled, [0, 0, 0], [n, 2, c]);
    const dw1 = product(shaped(both, n * 2, c), shaped(dhidden, n * 2, half), true, false);
    const dpooled = shaped(product(shaped(dhidden, n * 2, half), shaped(w1, c, half), false, true), n, 2, c);
    const row = (tensor: Tensor, i: number) => part(tensor, [0, i, 0], [n, 1, c]);
    const atPeak = ones(tf.equal(row(pooled, 2), ramp(h * w, 3, 1)));
    const fromPools = tf.add(tf.div(row(dpooled, 0), h * w), tf.mul(atPeak, row(dpooled, 1)));
    const dx = tf.add(tf.mul(channel, dy), shaped(fromPools, n, h, w, c));
    return [dx, tf.reshape(dw1, w1.shape), tf.reshape(dw2, w2.shape), dws];
  },
};

export const bottleneckApply: Stock<'x' | 'channelGate' | 'spatialGate', InPlace> = {
  instead: 'tf.mul, twice',
  run({ x, channelGate, spatialGate }) {
    const [n, h, w, c] = x.shape as Map4;
    return [tf.mul(tf.mul(x, shaped(channelGate, n, 1, 1, c)), shaped(spatialGate, n, h, w, 1))];
  },
};

/** The row and the column matrix of a level, [1, 4, H] and [1, 4, W]. */
function matricesOf(matrices: Tensor, { matrix, height, width }: LevelPlace): [Tensor, Tensor] {
  const one = (from: number, side: number) =>
    shaped(part(matrices, [from], [POOLED_SIDE * side]), 1, POOLED_SIDE, side);
  return [one(matrix, height), one(matrix + POOLED_SIDE * height, width)];
}

export const levelPool: Stock<'a' | 'matrices' | 'summary', { place: LevelPlace }> = {
  instead: 'tf.matMul, twice, and tf.concat',
  run({ a, matrices, summary }, { place }) {
    const { height: h, width: w, channels, first, total } = place;
    const [n, positions] = summary.shape as [number, number];
    const [rows, columns] = matricesOf(matrices, place);
    const down = shaped(product(rows, shaped(a, n, h, w * channels)), n * POOLED_SIDE, w, channels);
    const mine = shaped(product(columns, down), n, positions, channels);
    const before = part(summary, [0, 0, 0], [n, positions, first]);
    const end = first + channels;
    const after = part(summary, [0, 0, end], [n, positions, total - end]);
    const parts = [...(first > 0 ? [before] : []), mine, ...(end < total ? [after] : [])];
    return [parts.length > 1 ? joined(parts, 2) : mine];
  },
};

export const levelPoolGrad: Stock<'prior' | 'matrices' | 'dout', LevelPoolGradAttrs> = {
  instead: 'tf.matMul, twice, and tf.add',
  run({ prior, matrices, dout }, { place, onto }) {
    const { height: h, width: w, channels, first } = place;
    const [n, positions] = dout.shape as [number, number];
    const [rows, columns] = matricesOf(matrices, place);
    const mine = part(dout, [0, 0, first], [n, positions, channels]);
    const across = product(columns, shaped(mine, n * POOLED_SIDE, POOLED_SIDE, channels), true, false);
    const share = product(rows, shaped(across, n, POOLED_SIDE, w * channels), true, false);
    const da = shaped(share, n, h, w, channels);
    return [onto ? tf.add(prior, da) : da];
  },
};
