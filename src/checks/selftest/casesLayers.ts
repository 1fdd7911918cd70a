// Cases of batch norm and of the dense layers.

import { batchNorm } from '../../gpu/kernels/norm/batchNorm.ts';
import { type Given, given } from '../../gpu/kernels/parts/samples.ts';
import { type CaseTable, referenceOf } from './case.ts';

const NORM = { groups: 2, eps: 1e-5, momentum: 0.1 };

function normInputs(shape: readonly number[]) {
  const channels = shape.at(-1)!;
  return {
    x: given(shape, 1, 1.5, 0.4),
    gamma: given([channels], 2, 0.3, 1),
    beta: given([channels], 3),
    residual: given(shape, 4),
    runningMean: given([channels], 5),
    runningVar: given([channels], 6, 0.1, 1),
  };
}

function normGradient(shape: readonly number[], options: { relu: boolean; residual: boolean }) {
  const { x, gamma, ...rest } = normInputs(shape);
  const [y, stats] = referenceOf(batchNorm, { x, gamma, ...rest }, { ...NORM, ...options }).saved as [
    Given,
    Given,
  ];
  return { x, y, dy: given(shape, 9), gamma, stats };
}

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

export const LAYER_CASES = {
  batchNorm: {
    cases: [
      {
        detail: '4 x 9 x 9 x 8, ReLU, residual',
        inputs: () => normInputs([4, 9, 9, 8]),
        attrs: { ...NORM, relu: true, residual: true },
      },
      {
        detail: '4 x 9 x 7 x 6, ReLU',
        inputs: () => normInputs([4, 9, 7, 6]),
        attrs: { ...NORM, relu: true, residual: false },
      },
      {
        detail: '8 x 33',
        inputs: () => normInputs([8, 33]),
        attrs: { ...NORM, relu: false, residual: false },
      },
    ],
  },
  batchNormEval: {
    cases: [
      {
        detail: '4 x 9 x 9 x 8, ReLU, residual',
        inputs: () => normInputs([4, 9, 9, 8]),
        attrs: { eps: 1e-5, relu: true, residual: true },
      },
      {
        detail: '8 x 33',
        inputs: () => normInputs([8, 33]),
        attrs: { eps: 1e-5, relu: false, residual: false },
      },
    ],
  },
  batchNormGrad: {
    cases: [
      {
        detail: '4 x 9 x 9 x 8, ReLU, residual',
        inputs: () => normGradient([4, 9, 9, 8], { relu: true, residual: true }),
        attrs: { groups: 2, relu: true, residual: true },
      },
      {
        detail: '4 x 9 x 7 x 6, ReLU',
        inputs: () => normGradient([4, 9, 7, 6], { relu: true, residual: false }),
        attrs: { groups: 2, relu: true, residual: false },
      },
      {
        detail: '8 x 33',
        inputs: () => normGradient([8, 33], { relu: false, residual: false }),
        attrs: { groups: 2, relu: false, residual: false },
      },
    ],
  },
  dense: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ x: given([n, k], 1), w: given([k, m], 2, 0.2), b: given([m], 3) }),
      attrs: { bias: true },
    })),
  },
  denseInputGrad: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ dy: given([n, m], 4), w: given([k, m], 2, 0.2) }),
      attrs: {},
    })),
  },
  denseFilterGrad: {
    cases: over((detail, n, k, m) => ({
      detail,
      inputs: () => ({ x: given([n, k], 1), dy: given([n, m], 4) }),
      attrs: {},
    })),
  },
  columnSums: {
    cases: [
      { detail: '16 x 32', inputs: () => ({ dy: given([16, 32], 4) }), attrs: {} },
      { detail: '130 x 7', inputs: () => ({ dy: given([130, 7], 4) }), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
