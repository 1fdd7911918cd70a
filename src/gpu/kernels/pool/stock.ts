// Max pooling, means, sums, ReLU and the level operator as compositions of stock operations.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { type InPlace, shape4 } from '../../kernel.ts';
import { joined, part, product, runStock, shaped } from '../parts/operations.ts';
import { type LevelPlace, type LevelPoolGradAttrs, POOLED_SIDE } from './levelPool.ts';
import type { PoolAttrs } from './maxPool.ts';

type Nothing = Record<string, never>;

export const maxPool: Stock<'x', PoolAttrs> = {
  instead: 'tf.maxPool',
  run: ({ x }, { size, stride, pad }) => [tf.maxPool(x as tf.Tensor4D, size, stride, pad, 'floor')],
};

/**
 * The backend gives a window's gradient to the last of equal values and we to the first, so it is given the map
 * turned about. Then the padding at the other end comes first, and rows that no window meets must be left out.
 */
export const maxPoolGrad: Stock<'x' | 'dy', PoolAttrs> = {
  instead: 'tf.maxPool and MaxPoolGrad on the map turned about',
  run({ x, dy }, { size, stride, pad }) {
    const [n, height, width, channels] = shape4(x.shape);
    const reach = (windows: number) => (windows - 1) * stride + size - pad;
    const [high, wide] = [reach(dy.shape[1]!), reach(dy.shape[2]!)];
    const [rows, columns] = [Math.min(height, high), Math.min(width, wide)];
    const turned = (tensor: Tensor) => tf.reverse(tensor, [1, 2]);
    const input = turned(part(x, [0, 0, 0, 0], [n, rows, columns, channels]));
    const padding: [number, number][] = [
      [0, 0],
      [high - rows, pad],
      [wide - columns, pad],
      [0, 0],
    ];
    const explicit = padding as Parameters<typeof tf.maxPool>[3];
    const output = tf.maxPool(input as tf.Tensor4D, size, stride, explicit);
    const attrs = { filterSize: size, strides: stride, pad: padding };
    const dx = turned(runStock('MaxPoolGrad', { dy: turned(dy), input, output }, attrs));
    const missing: [number, number][] = [
      [0, 0],
      [0, height - rows],
      [0, width - columns],
      [0, 0],
    ];
    return [tf.pad(dx, missing)];
  },
};

export const add: Stock<'a' | 'b', InPlace> = {
  instead: 'tf.add',
  run: ({ a, b }) => [tf.add(a, b)],
};

export const spatialMean: Stock<'x', Nothing> = {
  instead: 'tf.mean',
  run: ({ x }) => [tf.mean(x, [1, 2])],
};

export const spatialMeanGrad: Stock<'dy', { height: number; width: number }> = {
  instead: 'tf.div and a product with ones',
  run({ dy }, { height, width }) {
    const [n, c] = dy.shape as [number, number];
    return [tf.mul(shaped(tf.div(dy, height * width), n, 1, 1, c), tf.ones([1, height, width, 1]))];
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

export const relu: Stock<'x', Nothing> = {
  instead: 'tf.relu',
  run: ({ x }) => [tf.relu(x)],
};

export const reluGrad: Stock<'y' | 'dy', Nothing> = {
  instead: 'tf.step and tf.mul',
  run: ({ y, dy }) => [tf.mul(tf.step(y), dy)],
};
