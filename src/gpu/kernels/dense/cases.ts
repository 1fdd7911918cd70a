// Cases of the dense layers.

import { type CaseTable, given, repeated } from '../parts/case.ts';

/** [n, k, m] with and without a remainder in every direction, and one whose sum is long. */
const DENSE: [readonly [number, number, number], ...(readonly [number, number, number])[]] = [
  [16, 64, 32],
  [7, 33, 5],
  [4, 512, 16],
];

function over<T>(make: (detail: string, n: number, k: number, m: number) => T): [T, ...T[]] {
  const one = ([n, k, m]: readonly [number, number, number]) => make(`${n} films, ${k} to ${m}`, n, k, m);
  const [first, ...rest] = DENSE;
  return [one(first), ...rest.map(one)];
}

/** What is timed. */
const [ROWS, INPUTS, OUTPUTS] = [64, 1024, 512];

export const CASES = {
  dense: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ x: given([n, k], 1), w: given([k, m], 2, 0.2), b: given([m], 3) }),
      attrs: { bias: true },
    })),
    timed: () => ({
      inputs: {
        x: repeated([ROWS, INPUTS], 1),
        w: repeated([INPUTS, OUTPUTS], 2, 0.05),
        b: repeated([OUTPUTS], 3),
      },
      attrs: { bias: true },
    }),
  },
  denseInputGrad: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ dy: given([n, m], 4), w: given([k, m], 2, 0.2) }),
      attrs: {},
    })),
    timed: () => ({
      inputs: { dy: repeated([ROWS, OUTPUTS], 1), w: repeated([INPUTS, OUTPUTS], 2, 0.05) },
      attrs: {},
    }),
  },
  denseFilterGrad: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ x: given([n, k], 1), dy: given([n, m], 4) }),
      attrs: {},
    })),
    timed: () => ({
      inputs: { x: repeated([ROWS, INPUTS], 1), dy: repeated([ROWS, OUTPUTS], 2) },
      attrs: {},
    }),
  },
  columnSums: {
    cases: [
      { detail: '16 x 32', inputs: () => ({ dy: given([16, 32], 4) }), attrs: {} },
      { detail: '130 x 7', inputs: () => ({ dy: given([130, 7], 4) }), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
