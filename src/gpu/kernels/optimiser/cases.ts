// Cases of both optimisers and of the moving average.

import { type CaseTable, given } from '../parts/case.ts';
import { packHyper } from './optimiser.ts';

/** Parameters of unequal length, adapted and not, with a gap between them that must stay as it is. */
function arena(clip = 0) {
  const size = 1000;
  const rows = [
    [0, 7, 0, 0],
    [7, 500, 1, 0],
    [600, 64, 1, 0],
    [700, 300, 1, 0],
  ];
  const hyper = packHyper({
    rate: 0.1,
    weightDecay: 0.01,
    momentum: 0.9,
    trustCoefficient: 0.02,
    updates: 3,
    clip,
  });
  const { data: second } = given([size], 4);
  return {
    parameters: given([size], 1),
    gradients: given([size], 2),
    moment1: given([size], 3),
    moment2: { shape: [size], data: second.map(Math.abs) },
    segments: { shape: [rows.length, 4], data: Int32Array.from(rows.flat()) },
    hyper: { shape: [hyper.length], data: hyper },
  };
}

function larsArena(clip = 0) {
  const { moment2: _, ...inputs } = arena(clip);
  return inputs;
}

const followed = (target: number, online: number) => ({
  target: given([target], 1),
  online: given([online], 2),
  share: { shape: [1], data: Float32Array.of(0.004) },
});

export const CASES = {
  larsUpdate: {
    cases: [
      { detail: 'four parameters, 1,000 numbers', inputs: () => larsArena(), attrs: {} },
      { detail: 'gradients clipped', inputs: () => larsArena(0.3), attrs: {} },
    ],
  },
  adamwUpdate: {
    cases: [
      { detail: 'four parameters, 1,000 numbers', inputs: () => arena(), attrs: {} },
      { detail: 'gradients clipped', inputs: () => arena(0.3), attrs: {} },
    ],
  },
  movingAverage: {
    cases: [
      { detail: '1,000 numbers', inputs: () => followed(1000, 1000), attrs: {} },
      { detail: '333 numbers of 1,000', inputs: () => followed(333, 1000), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
