// Cases of rows of unit length and of the contrastive loss.

import { type CaseTable, referenceOf } from '../parts/case.ts';
import { type Given, given } from '../parts/samples.ts';
import { contrastive } from './contrastive.ts';
import { rowNormalise } from './rowNormalise.ts';

const normalised = (rows: number, dimensions: number) => {
  const x = given([rows, dimensions], 1, 0.7);
  const [unit, norms] = referenceOf(rowNormalise, { x }, {}).saved as [Given, Given];
  return { unit, norms };
};

const ATTRS = { temperature: 0.2 };

function lossGradient(films: number, dimensions: number) {
  const { unit } = normalised(2 * films, dimensions);
  const probabilities = referenceOf(contrastive, { unit }, ATTRS).saved[1]!;
  return { unit, probabilities, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

export const CASES = {
  rowNormalise: {
    cases: [
      { detail: '16 rows, 32 dimensions', inputs: () => ({ x: given([16, 32], 1, 0.7) }), attrs: {} },
      { detail: '10 rows, 131 dimensions', inputs: () => ({ x: given([10, 131], 1, 0.7) }), attrs: {} },
    ],
  },
  rowNormaliseGrad: {
    cases: [
      {
        detail: '10 rows, 131 dimensions',
        inputs: () => ({ dunit: given([10, 131], 2), ...normalised(10, 131) }),
        attrs: {},
      },
    ],
  },
  contrastive: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => ({ unit: normalised(16, 32).unit }), attrs: ATTRS },
      { detail: '41 films, 9 dimensions', inputs: () => ({ unit: normalised(82, 9).unit }), attrs: ATTRS },
    ],
  },
  contrastiveGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => lossGradient(8, 32), attrs: ATTRS },
      { detail: '41 films, 9 dimensions', inputs: () => lossGradient(41, 9), attrs: ATTRS },
    ],
  },
} satisfies Partial<CaseTable>;
