// Batch norm as compositions of stock operations. Statistics are those of tf.moments, which takes the mean first and then
// squares what is left.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { sizeOf } from '../../kernel.ts';
import { inverseRoot, joined, ones, part, shaped } from '../parts/operations.ts';
import type { BatchNormApplyAttrs, BatchNormAttrs, BatchNormEvalAttrs } from './batchNorm.ts';
import type { BatchNormGradAttrs } from './batchNormGrad.ts';

type NormInput = 'x' | 'gamma' | 'beta' | 'residual' | 'runningMean' | 'runningVar';

/** [groups, rows, C]. */
function inGroups(x: Tensor, groups: number): Tensor {
  const channels = x.shape.at(-1)!;
  return shaped(x, groups, sizeOf(x.shape) / channels / groups, channels);
}

export const batchNorm: Stock<NormInput, BatchNormAttrs> = {
  instead: 'tf.moments per group and arithmetic',
  run({ x, gamma, beta, residual, runningMean, runningVar }, attrs, { put }) {
    const { groups, eps, momentum } = attrs;
    const grouped = inGroups(x, groups);
    const [, rows, channels] = grouped.shape as [number, number, number];
    const { mean, variance } = tf.moments(grouped, [1], true);
    const rstd = inverseRoot(variance, eps);
    const normed = tf.add(tf.mul(tf.mul(tf.sub(grouped, mean), rstd), gamma), beta);
    const whole = tf.reshape(normed, x.shape);
    const shifted = attrs.residual ? tf.add(whole, residual) : whole;
    const y = attrs.relu ? tf.relu(shifted) : shifted;
    // In the order of the groups: one after the other moves the running statistics.
    const moved = (running: Tensor, values: Tensor, scale: number) =>
      Array.from({ length: groups }, (_, g) => part(values, [g, 0, 0], [1, 1, channels])).reduce(
        (state, value) =>
          tf.add(tf.mul(state, 1 - momentum), tf.mul(shaped(value, channels), momentum * scale)),
        running,
      );
    put('runningMean', moved(runningMean, mean, 1));
    put('runningVar', moved(runningVar, variance, rows / Math.max(rows - 1, 1)));
    return [y, joined([mean, rstd], 1)];
  },
};

/** (x - mean) rstd in groups, by the statistics of batchNorm. */
function normalised(x: Tensor, stats: Tensor): Tensor {
  const [groups, , channels] = stats.shape as [number, number, number];
  const mean = part(stats, [0, 0, 0], [groups, 1, channels]);
  const rstd = part(stats, [0, 1, 0], [groups, 1, channels]);
  return tf.mul(tf.sub(inGroups(x, groups), mean), rstd);
}

export const batchNormApply: Stock<'x' | 'stats' | 'gamma' | 'beta' | 'residual', BatchNormApplyAttrs> = {
  instead: 'arithmetic on the statistics at hand',
  run({ x, stats, gamma, beta, residual }, { relu, residual: added }) {
    const whole = tf.reshape(tf.add(tf.mul(normalised(x, stats), gamma), beta), x.shape);
    const shifted = added ? tf.add(whole, residual) : whole;
    return [relu ? tf.relu(shifted) : shifted];
  },
};

export const batchNormEval: Stock<NormInput, BatchNormEvalAttrs> = {
  instead: 'arithmetic on the running statistics',
  run({ x, gamma, beta, residual, runningMean, runningVar }, { relu, eps, ...attrs }) {
    const rstd = inverseRoot(runningVar, eps);
    const normed = tf.add(tf.mul(tf.mul(tf.sub(x, runningMean), rstd), gamma), beta);
    const shifted = attrs.residual ? tf.add(normed, residual) : normed;
    return [relu ? tf.relu(shifted) : shifted];
  },
};

export const batchNormGrad: Stock<'x' | 'y' | 'dy' | 'gamma' | 'stats', BatchNormGradAttrs> = {
  instead: 'arithmetic, tf.sum and tf.mean',
  run({ x, y, dy, gamma, stats }, { groups, relu, residual, maskFromX }) {
    const xhat = normalised(x, stats);
    const made = maskFromX ? tf.reshape(tf.add(tf.mul(xhat, gamma), y), x.shape) : y;
    const open = relu ? tf.mul(dy, ones(tf.greater(made, 0))) : tf.add(dy, 0);
    const rstd = part(stats, [0, 1, 0], [groups, 1, gamma.shape[0]!]);
    const g = inGroups(open, groups);
    const weighted = tf.mul(g, xhat);
    const left = tf.sub(tf.sub(g, tf.mean(g, 1, true)), tf.mul(xhat, tf.mean(weighted, 1, true)));
    const dx = tf.reshape(tf.mul(tf.mul(left, rstd), gamma), x.shape);
    const dgamma = tf.sum(tf.sum(weighted, 1), 0);
    const dbeta = tf.sum(tf.sum(g, 1), 0);
    return residual ? [dx, dgamma, dbeta, open] : [dx, dgamma, dbeta];
  },
};
