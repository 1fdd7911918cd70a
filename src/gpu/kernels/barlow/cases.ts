// Cases of the terms of Barlow Twins and their gradient.

import { type CaseTable, type Given, given, referenceOf } from '../parts/case.ts';
import { barlow } from './barlow.ts';

function barlowGradient(films: number, dimensions: number) {
  const z = given([2 * films, dimensions], 1, 0.7);
  const [, standardised, scales, diagonal, grams] = referenceOf(barlow, { z }, {}).saved as [
    Given,
    Given,
    Given,
    Given,
    Given,
  ];
  const weights = { shape: [3], data: Float32Array.of(1, 0.0051, 0.5) };
  return { standardised, scales, diagonal, grams, weights };
}

export const CASES = {
  barlow: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => ({ z: given([16, 32], 1, 0.7) }), attrs: {} },
      { detail: '6 films, 33 dimensions', inputs: () => ({ z: given([12, 33], 1, 0.7) }), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => ({ z: given([48, 5], 1, 0.7) }), attrs: {} },
    ],
  },
  barlowGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => barlowGradient(8, 32), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => barlowGradient(24, 5), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
