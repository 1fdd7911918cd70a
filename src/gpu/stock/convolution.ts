// Convolution, its two gradients and max pooling by the backend's own kernels.

import { type Tensor, tf } from '../backend.ts';
import type { InputGradAttrs } from '../kernels/conv/conv2dInputGrad.ts';
import type { FilterGradAttrs } from '../kernels/conv/convFilterTile.ts';
import type { Window } from '../kernels/conv/convTile.ts';
import type { PoolAttrs } from '../kernels/pool/maxPool.ts';
import type { Stock } from '../switches.ts';
import { part, runStock } from './operations.ts';

const attributes = ({ stride, pad }: Window) => ({
  strides: [stride, stride],
  pad,
  dataFormat: 'NHWC',
  dimRoundingMode: 'floor',
});

export const inputGradient = (dy: Tensor, filter: Tensor, inputShape: readonly number[], window: Window) =>
  runStock('Conv2DBackpropInput', { dy, filter }, { ...attributes(window), inputShape });

export const filterGradient = (x: Tensor, dy: Tensor, filterShape: readonly number[], window: Window) =>
  runStock('Conv2DBackpropFilter', { x, dy }, { ...attributes(window), filterShape });

export const conv2d: Stock<'x' | 'w', Window> = {
  instead: 'tf.conv2d',
  run: ({ x, w }, { stride, pad }) => [
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NHWC', 1, 'floor'),
  ],
};

export const conv2dInputGrad: Stock<'dy' | 'w', InputGradAttrs> = {
  instead: 'Conv2DBackpropInput',
  run: ({ dy, w }, { height, width, ...window }) => [
    inputGradient(dy, w, [dy.shape[0]!, height, width, w.shape[2]!], window),
  ],
};

export const conv2dFilterGrad: Stock<'x' | 'dy', FilterGradAttrs> = {
  instead: 'Conv2DBackpropFilter',
  run: ({ x, dy }, { kernel, ...window }) => [
    filterGradient(x, dy, [...kernel, x.shape[3]!, dy.shape[3]!], window),
  ],
};

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
    const [n, height, width, channels] = x.shape as [number, number, number, number];
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
