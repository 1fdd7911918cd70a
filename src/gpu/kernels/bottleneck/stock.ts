// The context bottleneck as compositions of stock operations, by the formulas of bottleneck.ts and bottleneckGrad.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { type InPlace, shape4 } from '../../kernel.ts';
import {
  filterGradient,
  firstPlace,
  inputGradient,
  joined,
  ones,
  part,
  product,
  ramp,
  shaped,
} from '../parts/operations.ts';
import { type BottleneckInput, SPATIAL_KERNEL } from './bottleneck.ts';
import type { BottleneckGradInput } from './bottleneckGrad.ts';

type Nothing = Record<string, never>;
const WINDOW = { stride: 1, pad: (SPATIAL_KERNEL - 1) / 2 };

export const bottleneck: Stock<BottleneckInput, Nothing> = {
  instead: 'tf.mean, tf.max, tf.matMul, tf.conv2d and tf.sigmoid',
  run({ x, w1, w2, ws }) {
    const [n, h, w, c] = shape4(x.shape);
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
    const [n, h, w, c] = shape4(x.shape);
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
    const [n, h, w, c] = shape4(x.shape);
    return [tf.mul(tf.mul(x, shaped(channelGate, n, 1, 1, c)), shaped(spatialGate, n, h, w, 1))];
  },
};
