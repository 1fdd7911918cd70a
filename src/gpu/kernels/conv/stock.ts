// Convolution and its two gradients by the backend's own kernels.

import { tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { filterGradient, inputGradient } from '../parts/operations.ts';
import type { InputGradAttrs } from './conv2d.ts';
import type { FilterGradAttrs } from './convFilterTile.ts';
import type { Window } from './convTile.ts';

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
