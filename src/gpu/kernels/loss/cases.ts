// Cases of the VICReg terms and their gradient.

import { type CaseTable, type Given, given, referenceOf, repeated } from '../parts/case.ts';
import { vicreg } from './vicreg.ts';

function lossGradient(films: number, dimensions: number) {
  const z = given([2 * films, dimensions], 1, 0.7);
  const [, centred, variances, moments] = referenceOf(vicreg, { z }, {}).saved as [
    Given,
    Given,
    Given,
    Given,
  ];
  return { z, centred, variances, moments, weights: { shape: [4], data: Float32Array.of(25, 25, 1, 0.5) } };
}

export const CASES = {
  vicreg: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => ({ z: given([16, 32], 1, 0.7) }), attrs: {} },
      { detail: '6 films, 33 dimensions', inputs: () => ({ z: given([12, 33], 1, 0.7) }), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => ({ z: given([48, 5], 1, 0.7) }), attrs: {} },
    ],
    timed: () => ({ inputs: { z: repeated([128, 512], 1) }, attrs: {} }),
  },
  vicregGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => lossGradient(8, 32), attrs: {} },
      { detail: '6 films, 33 dimensions', inputs: () => lossGradient(6, 33), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => lossGradient(24, 5), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
