// What tests of the convolutions share: a convolution by its sizes, with numbers for all its kernels. Not part of the product.

import { given } from '../parts/testing.ts';
import { convShape } from './conv2d.ts';

/** [n, h, w, cin], [kernel, cout, stride, pad]. */
export type Entry = [number[], number[]];

export function caseOf([shape, [kernel, cout, stride, pad]]: Entry) {
  const w = [kernel!, kernel!, shape[3]!, cout!];
  const window = { stride: stride!, pad: pad! };
  return { x: given(shape, 1), w: given(w, 2, 0.2), dy: given(convShape(shape, w, window), 3), window };
}
