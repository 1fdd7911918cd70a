// Cases of batch norm: with and without ReLU and residual, maps and the rows of a head.

import { type CaseTable, type Given, given, referenceOf, repeated } from '../parts/case.ts';
import { batchNorm } from './batchNorm.ts';

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

function normAgain(shape: readonly [number, number, number, number]) {
  const channels = shape[3];
  return {
    x: given(shape, 1, 1.5, 0.4),
    stats: given([2, 2, channels], 2),
    gamma: given([channels], 3, 0.3, 1),
    beta: given([channels], 4),
    residual: given(shape, 5),
  };
}

/** What is timed: a map of the first level, where sums are longest. */
function timedInputs(films: number) {
  const shape = [2 * Math.ceil(films / 2), 56, 56, 64] as const;
  return {
    x: repeated(shape, 1),
    y: repeated(shape, 2),
    dy: repeated(shape, 3),
    gamma: repeated([64], 4, 0.1, 1),
  };
}

export const CASES = {
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
    timed: (films: number) => {
      const { x, gamma } = timedInputs(films);
      const channels = {
        beta: repeated([64], 3),
        runningMean: repeated([64], 4),
        runningVar: repeated([64], 5, 0.1, 1),
      };
      const attrs = { groups: 2, relu: true, residual: false, eps: 1e-5, momentum: 0 };
      return { inputs: { x, gamma, residual: gamma, ...channels }, attrs };
    },
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
  batchNormApply: {
    cases: [
      {
        detail: '4 x 9 x 9 x 8, ReLU, residual',
        inputs: () => normAgain([4, 9, 9, 8]),
        attrs: { relu: true, residual: true },
      },
      {
        detail: '4 x 9 x 7 x 6',
        inputs: () => normAgain([4, 9, 7, 6]),
        attrs: { relu: false, residual: false },
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
    timed: (films: number) => {
      const { x, y, dy, gamma } = timedInputs(films);
      const stats = repeated([2, 2, 64], 6, 0.1, 1);
      return { inputs: { x, y, dy, gamma, stats }, attrs: { groups: 2, relu: true, residual: false } };
    },
  },
} satisfies Partial<CaseTable>;
