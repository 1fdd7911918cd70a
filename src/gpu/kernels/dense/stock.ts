// Dense layers and the sums of columns by stock matrix products.

import { tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { product } from '../parts/operations.ts';

type Nothing = Record<string, never>;

export const dense: Stock<'x' | 'w' | 'b', { bias: boolean }> = {
  instead: 'tf.matMul and tf.add',
  run: ({ x, w, b }, { bias }) => [bias ? tf.add(product(x, w), b) : product(x, w)],
};

export const denseInputGrad: Stock<'dy' | 'w', Nothing> = {
  instead: 'tf.matMul',
  run: ({ dy, w }) => [product(dy, w, false, true)],
};

export const denseFilterGrad: Stock<'x' | 'dy', Nothing> = {
  instead: 'tf.matMul',
  run: ({ x, dy }) => [product(x, dy, true, false)],
};

export const columnSums: Stock<'dy', Nothing> = {
  instead: 'tf.sum',
  run: ({ dy }) => [tf.sum(dy, 0)],
};
