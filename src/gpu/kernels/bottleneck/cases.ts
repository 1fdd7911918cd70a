// Cases of the context bottleneck.

import { type CaseTable, type Given, given, rectified, referenceOf, repeated } from '../parts/case.ts';
import { bottleneck } from './bottleneck.ts';

function attended(shape: readonly [number, number, number, number]) {
  const half = Math.floor(shape[3] / 2);
  return {
    x: rectified(shape, 1),
    w1: given([1, 1, shape[3], half], 2, 0.5),
    w2: given([1, 1, half, shape[3]], 3, 0.5),
    ws: given([7, 7, 2, 1], 4, 0.3),
  };
}

function attendedGradient(shape: readonly [number, number, number, number]) {
  const inputs = attended(shape);
  const [, channelGate, spatialGate, pooled, hidden, spatial] = referenceOf(bottleneck, inputs, {}).saved as [
    Given,
    Given,
    Given,
    Given,
    Given,
    Given,
  ];
  return { ...inputs, dout: given(shape, 9), channelGate, spatialGate, pooled, hidden, spatial };
}

function attendedAgain(shape: readonly [number, number, number, number]) {
  const [films, height, width, channels] = shape;
  return {
    x: rectified(shape, 1),
    channelGate: given([films, channels], 2),
    spatialGate: given([films, height, width], 3),
  };
}

/** What is timed: a map of the first level, where sums are longest. */
function timedInputs(batch: number) {
  const shape = [2 * Math.ceil(batch / 2), 56, 56, 64] as const;
  const [films, height, width, channels] = shape;
  return {
    x: repeated(shape, 1),
    dout: repeated(shape, 2),
    w1: repeated([1, 1, channels, channels / 2], 3, 0.2),
    w2: repeated([1, 1, channels / 2, channels], 4, 0.2),
    ws: repeated([7, 7, 2, 1], 5, 0.1),
    channelGate: repeated([films, channels], 6, 0.1, 0.5),
    spatialGate: repeated([films, height, width], 7, 0.1, 0.5),
    pooled: repeated([films, 3, channels], 8),
    hidden: repeated([films, 2, channels / 2], 9),
    spatial: repeated([films, height, width, 3], 10),
  };
}

export const CASES = {
  bottleneck: {
    cases: [
      { detail: '2 x 8 x 8 x 8', inputs: () => attended([2, 8, 8, 8]), attrs: {} },
      { detail: '3 x 7 x 9 x 6', inputs: () => attended([3, 7, 9, 6]), attrs: {} },
      { detail: '2 x 2 x 2 x 32', inputs: () => attended([2, 2, 2, 32]), attrs: {} },
    ],
    timed: (films: number) => {
      const { x, w1, w2, ws } = timedInputs(films);
      return { inputs: { x, w1, w2, ws }, attrs: {} };
    },
  },
  bottleneckApply: {
    cases: [
      { detail: '2 x 8 x 8 x 8', inputs: () => attendedAgain([2, 8, 8, 8]), attrs: {} },
      {
        detail: '3 x 7 x 9 x 6, in place',
        inputs: () => attendedAgain([3, 7, 9, 6]),
        attrs: { inPlace: true },
      },
    ],
  },
  bottleneckGrad: {
    cases: [
      { detail: '2 x 8 x 8 x 8', inputs: () => attendedGradient([2, 8, 8, 8]), attrs: {} },
      { detail: '3 x 7 x 9 x 6', inputs: () => attendedGradient([3, 7, 9, 6]), attrs: {} },
      { detail: '2 x 2 x 2 x 32', inputs: () => attendedGradient([2, 2, 2, 32]), attrs: {} },
    ],
    timed: (films: number) => ({ inputs: timedInputs(films), attrs: {} }),
  },
} satisfies Partial<CaseTable>;
