// The VICReg terms with their gradient and both optimisers as compositions of stock operations; formulas are those of
// kernels/vicreg.ts and kernels/optimiser.ts. The optimisers go through the arena parameter by parameter.

import { type Tensor, tf } from '../backend.ts';
import { usesGram, type VicregAttrs } from '../kernels/loss/vicreg.ts';
import { HYPER, type LarsInput } from '../kernels/optimiser/optimiser.ts';
import type { Stock } from '../switches.ts';
import { joined, part, product, shaped } from './operations.ts';

const ROOM = 1e-4;

export const vicreg: Stock<'z', VicregAttrs> = {
  instead: 'tf.matMul, tf.sum, tf.mean and arithmetic',
  run({ z }, attrs) {
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const views = shaped(z, 2, n, d);
    // Relative to the first row: where embeddings have nearly collapsed, the mean itself has not enough digits.
    const shifted = tf.sub(views, part(views, [0, 0, 0], [2, 1, d]));
    const centred = tf.sub(shifted, tf.mean(shifted, 1, true));
    const variances = tf.div(tf.sum(tf.square(centred), 1), n - 1);
    const gram = usesGram(n, d, attrs);
    const second = tf.div(product(centred, centred, !gram, gram), n - 1);
    const moments = gram ? second : tf.mul(second, tf.sub(1, shaped(tf.eye(d), 1, d, d)));
    const deviation = tf.sqrt(tf.add(variances, ROOM));
    const perView = (x: Tensor) => tf.sum(tf.reshape(tf.square(x), [2, -1]), 1);
    const covariance = gram ? tf.sub(perView(moments), perView(variances)) : perView(moments);
    const [first, other] = [0, 1].map((view) => part(z, [view * n, 0], [n, d])) as [Tensor, Tensor];
    const terms = joined(
      [
        shaped(tf.div(tf.sum(tf.square(tf.sub(first, other))), n * d), 1),
        tf.div(tf.sum(tf.relu(tf.sub(1, deviation)), 1), 2 * d),
        tf.div(covariance, d),
        tf.div(tf.sum(deviation, 1), d),
        tf.zeros([1]),
      ],
      0,
    );
    return [terms, tf.reshape(centred, z.shape), variances, moments];
  },
};

export const vicregGrad: Stock<'z' | 'centred' | 'variances' | 'moments' | 'weights', VicregAttrs> = {
  instead: 'tf.matMul and arithmetic',
  run({ z, centred, variances, moments, weights }, attrs) {
    const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
    const c = shaped(centred, 2, n, d);
    const variance = shaped(variances, 2, 1, d);
    const deviation = tf.sqrt(tf.add(variance, ROOM));
    const pulled = usesGram(n, d, attrs)
      ? tf.sub(product(moments, c), tf.mul(variance, c))
      : product(c, moments);
    const views = shaped(z, 2, n, d);
    const invariance = tf.mul(tf.sub(views, tf.reverse(views, 0)), 2 / (n * d));
    const inside = tf.cast(tf.less(deviation, 1), 'float32');
    const hinge = tf.mul(tf.div(tf.mul(c, inside), deviation), -1 / (2 * d * (n - 1)));
    const covariance = tf.mul(pulled, 4 / (d * (n - 1)));
    const weight = (i: number) => shaped(part(weights, [i], [1]), 1, 1, 1);
    const sum = [invariance, hinge, covariance]
      .map((term, i) => tf.mul(term, weight(i)) as Tensor)
      .reduce((a, b) => tf.add(a, b));
    return [tf.reshape(tf.mul(sum, weight(3)), z.shape)];
  },
};

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
