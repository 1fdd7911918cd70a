// Cases of the storage of maps in 16 bits: values of every size that halves have, and an odd number of them.

import { type CaseTable, type Given, given, referenceOf } from '../parts/case.ts';
import { toHalf } from './half.ts';

/** Of either sign, from the smallest halves to beyond the largest, zeros among them. */
function sizes(shape: readonly number[]): Given {
  const { data } = given(shape, 1);
  return { shape, data: data.map((value, i) => (i % 7 === 0 ? 0 : value * 2 ** ((i % 40) - 22))) };
}

const packed = (shape: readonly number[]) => ({
  packed: referenceOf(toHalf, { x: sizes(shape) }, {}).saved[0]!,
});

/** WGSL lets an adapter round to either neighbour; a step in the upper half of a word is as much of the word. */
const EITHER_NEIGHBOUR = 2 ** -7;

export const CASES = {
  toHalf: {
    cases: [
      {
        detail: '2 x 5 x 4 x 8',
        inputs: () => ({ x: sizes([2, 5, 4, 8]) }),
        attrs: {},
        tolerance: EITHER_NEIGHBOUR,
      },
      { detail: '101 values', inputs: () => ({ x: sizes([101]) }), attrs: {}, tolerance: EITHER_NEIGHBOUR },
    ],
  },
  fromHalf: {
    cases: [
      {
        detail: '2 x 5 x 4 x 8',
        inputs: () => packed([2, 5, 4, 8]),
        attrs: { shape: [2, 5, 4, 8] },
        tolerance: 0,
      },
      { detail: '101 values', inputs: () => packed([101]), attrs: { shape: [101] }, tolerance: 0 },
    ],
  },
} satisfies Partial<CaseTable>;
