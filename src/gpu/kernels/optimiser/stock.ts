// Both optimisers and the moving average as compositions of stock operations, by the formulas of optimiser.ts: through the
// optimiser's arena parameter by parameter.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { part, shaped } from '../parts/operations.ts';
import { HYPER, type LarsInput } from './optimiser.ts';

/** Calls back for every parameter with its place in the arena. */
function eachSegment(
  rows: ArrayLike<number>,
  visit: (begin: number, size: number, adapted: boolean) => void,
) {
  for (let at = 0; at < rows.length; at += 4) visit(rows[at]!, rows[at + 1]!, rows[at + 2] === 1);
}

const valueIn = (hyper: Tensor) => (slot: keyof typeof HYPER) => part(hyper, [HYPER[slot]], [1]);

/** Cuts gradients to the bound; without one it is infinite. */
function clippedBy(bound: Tensor) {
  const high = tf.where(tf.greater(bound, 0), bound, tf.fill([1], Number.POSITIVE_INFINITY));
  const low = tf.neg(high);
  return (gradient: Tensor): Tensor => tf.maximum(tf.minimum(gradient, high), low);
}

export const larsUpdate: Stock<LarsInput, Record<string, never>> = {
  instead: 'tf.sum, tf.sqrt and arithmetic for each parameter',
  run({ parameters, gradients, moment1, hyper }, _, { put, host }) {
    const value = valueIn(hyper);
    const clipped = clippedBy(value('clip'));
    eachSegment(host('segments'), (begin, size, adapted) => {
      const [weight, raw, moved] = [parameters, gradients, moment1].map((arena) =>
        part(arena, [begin], [size]),
      ) as [Tensor, Tensor, Tensor];
      const gradient = clipped(raw);
      let wanted = gradient;
      if (adapted) {
        const update = tf.add(gradient, tf.mul(weight, value('weightDecay')));
        const [weightNorm, updateNorm] = [weight, update].map((x) => shaped(tf.sum(tf.square(x)), 1)) as [
          Tensor,
          Tensor,
        ];
        const scales = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(updateNorm, 0));
        const share = tf.sqrt(tf.div(weightNorm, tf.maximum(updateNorm, 1e-38)));
        const ratio = tf.where(scales, tf.mul(share, value('trust')), tf.onesLike(share));
        wanted = tf.mul(update, ratio);
      }
      const next = tf.add(tf.mul(moved, value('momentum')), wanted);
      put('moment1', next, begin);
      put('parameters', tf.sub(weight, tf.mul(next, value('rate'))), begin);
    });
    return [];
  },
};

export const adamwUpdate: Stock<LarsInput | 'moment2', Record<string, never>> = {
  instead: 'arithmetic for each parameter',
  run({ parameters, gradients, moment1, moment2, hyper }, _, { put, host }) {
    const value = valueIn(hyper);
    const clipped = clippedBy(value('clip'));
    const mixed = (old: Tensor, fresh: Tensor, share: Tensor) =>
      tf.add(tf.mul(old, share), tf.mul(fresh, tf.sub(1, share)));
    eachSegment(host('segments'), (begin, size, adapted) => {
      const [weight, raw, first, second] = [parameters, gradients, moment1, moment2].map((arena) =>
        part(arena, [begin], [size]),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const gradient = clipped(raw);
      const m = mixed(first, gradient, value('momentum'));
      const v = mixed(second, tf.square(gradient), value('beta2'));
      const length = tf.add(tf.sqrt(tf.div(v, value('correction2'))), value('eps'));
      const step = tf.mul(tf.div(tf.div(m, value('correction1')), length), value('rate'));
      const kept = adapted ? tf.mul(weight, tf.sub(1, tf.mul(value('rate'), value('weightDecay')))) : weight;
      put('moment1', m, begin);
      put('moment2', v, begin);
      put('parameters', tf.sub(kept, step), begin);
    });
    return [];
  },
};

export const movingAverage: Stock<'target' | 'online' | 'share', Record<string, never>> = {
  instead: 'tf.add, tf.sub and tf.mul',
  run({ target, online, share }, _, { put }) {
    const before = shaped(target, target.size);
    const after = part(shaped(online, online.size), [0], [target.size]);
    put('target', tf.add(before, tf.mul(tf.sub(after, before), share)));
    return [];
  },
};
