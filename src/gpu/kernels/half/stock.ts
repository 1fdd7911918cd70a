// Storage in 16 bits as compositions of stock operations, which know no bits: a word is put together as the float32 that
// has them, from whole numbers and powers of two. Powers come from tables, because only those are exact everywhere.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { type Shape, sizeOf } from '../../kernel.ts';
import { joined, ones, part, shaped } from '../parts/operations.ts';
import { LARGEST_HALF } from './half.ts';

/** 2 to the power of whole numbers from `least` on, by those numbers. */
function powers(least: number, most: number): (exponent: Tensor) => Tensor {
  const table = Float32Array.from({ length: most - least + 1 }, (_, i) => 2 ** (least + i));
  return (exponent) => tf.gather(tf.tensor1d(table), tf.cast(tf.sub(exponent, least), 'int32'));
}

/** The exponent of positive numbers within bounds; the logarithm may be off by one beside a power of two. */
function exponentOf(x: Tensor, least: number, most: number, power: (exponent: Tensor) => Tensor): Tensor {
  const about = tf.clipByValue(tf.floor(tf.div(tf.log(x), Math.LN2)), least, most - 1);
  const high = ones(tf.greaterEqual(x, power(tf.add(about, 1))));
  const low = ones(tf.less(x, power(about)));
  return tf.clipByValue(tf.sub(tf.add(about, high), low), least, most);
}

/** The 15 bits of a half without its sign, as whole numbers. */
function magnitudeBits(x: Tensor): Tensor {
  const power = powers(-25, 17);
  const cut = tf.minimum(tf.abs(x), LARGEST_HALF);
  const exponent = exponentOf(tf.maximum(cut, 2 ** -24), -24, 15, power);
  const kept = tf.maximum(exponent, -14);
  const steps = tf.round(tf.mul(cut, powers(-5, 24)(tf.sub(10, kept))));
  return tf.add(tf.mul(tf.add(kept, 14), 1024), steps);
}

export const toHalf: Stock<'x', Record<string, never>> = {
  instead: 'tf.gather with powers of two and arithmetic',
  run({ x }) {
    const words = Math.ceil(x.size / 2);
    const flat = shaped(x, x.size);
    const pairs = shaped(x.size % 2 ? joined([flat, tf.zeros([1])], 0) : flat, words, 2);
    const [first, second] = [0, 1].map((i) => shaped(part(pairs, [0, i], [words, 1]), words)) as [
      Tensor,
      Tensor,
    ];
    const low = tf.add(magnitudeBits(first), tf.mul(ones(tf.less(first, 0)), 2 ** 15));
    const high = magnitudeBits(second);
    const exponent = tf.floor(tf.div(high, 128));
    const fraction = tf.add(tf.mul(tf.sub(high, tf.mul(exponent, 128)), 2 ** 16), low);
    const size = tf.mul(tf.add(tf.mul(fraction, 2 ** -23), 1), powers(-126, 126)(tf.sub(exponent, 126)));
    return [tf.where(tf.less(second, 0), tf.neg(size), size)];
  },
};

/** The value of 15 bits. */
function halfValues(bits: Tensor): Tensor {
  const exponent = tf.floor(tf.div(bits, 1024));
  const fraction = tf.sub(bits, tf.mul(exponent, 1024));
  const normal = tf.mul(tf.add(fraction, 1024), powers(-25, 7)(tf.sub(exponent, 25)));
  return tf.where(tf.equal(exponent, 0), tf.mul(fraction, 2 ** -24), normal);
}

export const fromHalf: Stock<'packed', { shape: Shape }> = {
  instead: 'tf.gather with powers of two and arithmetic',
  run({ packed }, { shape }) {
    const power = powers(-126, 127);
    const magnitude = tf.abs(packed);
    const exponent = exponentOf(magnitude, -126, 126, power);
    const fraction = tf.mul(tf.sub(tf.mul(magnitude, power(tf.neg(exponent))), 1), 2 ** 23);
    const upper = tf.floor(tf.div(fraction, 2 ** 16));
    const low = tf.sub(fraction, tf.mul(upper, 2 ** 16));
    const high = tf.add(tf.mul(tf.add(exponent, 126), 128), upper);
    const second = tf.mul(halfValues(high), tf.sub(1, tf.mul(ones(tf.less(packed, 0)), 2)));
    const negative = ones(tf.greaterEqual(low, 2 ** 15));
    const first = tf.mul(halfValues(tf.sub(low, tf.mul(negative, 2 ** 15))), tf.sub(1, tf.mul(negative, 2)));
    const values = shaped(tf.stack([first, second], 1), 2 * packed.size);
    return [tf.reshape(part(values, [0], [sizeOf(shape)]), [...shape])];
  },
};
