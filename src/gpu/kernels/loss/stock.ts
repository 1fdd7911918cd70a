// The VICReg terms and their gradient as compositions of stock operations, by the formulas of vicreg.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { joined, part, product, shaped } from '../parts/operations.ts';
import { usesGram, type VicregAttrs } from './vicreg.ts';
import { VICREG_EPS, VICREG_STD } from './vicregPrograms.ts';

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
    const deviation = tf.sqrt(tf.add(variances, VICREG_EPS));
    const perView = (x: Tensor) => tf.sum(tf.reshape(tf.square(x), [2, -1]), 1);
    const covariance = gram ? tf.sub(perView(moments), perView(variances)) : perView(moments);
    const [first, other] = [0, 1].map((view) => part(z, [view * n, 0], [n, d])) as [Tensor, Tensor];
    const terms = joined(
      [
        shaped(tf.div(tf.sum(tf.square(tf.sub(first, other))), n * d), 1),
        tf.div(tf.sum(tf.relu(tf.sub(VICREG_STD, deviation)), 1), 2 * d),
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
    const deviation = tf.sqrt(tf.add(variance, VICREG_EPS));
    const pulled = usesGram(n, d, attrs)
      ? tf.sub(product(moments, c), tf.mul(variance, c))
      : product(c, moments);
    const views = shaped(z, 2, n, d);
    const invariance = tf.mul(tf.sub(views, tf.reverse(views, 0)), 2 / (n * d));
    const inside = tf.cast(tf.less(deviation, VICREG_STD), 'float32');
    const hinge = tf.mul(tf.div(tf.mul(c, inside), deviation), -1 / (2 * d * (n - 1)));
    const covariance = tf.mul(pulled, 4 / (d * (n - 1)));
    const weight = (i: number) => shaped(part(weights, [i], [1]), 1, 1, 1);
    const sum = [invariance, hinge, covariance]
      .map((term, i) => tf.mul(term, weight(i)) as Tensor)
      .reduce((a, b) => tf.add(a, b));
    return [tf.reshape(tf.mul(sum, weight(3)), z.shape)];
  },
};
