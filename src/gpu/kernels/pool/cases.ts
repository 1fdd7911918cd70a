// Cases of max pooling, means, sums, ReLU and the level operator.

import { type CaseTable, given, rectified, repeated } from '../parts/case.ts';
import { levelPlaces, packLevelMatrices } from './levelPool.ts';

const STEM = { size: 3, stride: 2, pad: 1 };

/** The five levels of a network this wide, the first with a side of `stem`. */
function levels(width: number, stem: number) {
  const maps = [1, 1, 2, 4, 8].map((factor, level) => {
    const side = Math.ceil(stem / 2 ** level);
    return [side, side, factor * width] as const;
  });
  const data = packLevelMatrices(
    18,
    maps.map(([height, across]) => [height, across] as const),
  );
  const summary = [2, 16, 16 * width];
  return levelPlaces(maps).map((place) => ({
    place,
    a: given([2, place.height, place.width, place.channels], place.channels),
    matrices: { shape: [data.length], data },
    summary: given(summary, 8),
    dout: given(summary, 9),
  }));
}

/** What is timed: a map in the middle of a ResNet-18. */
const map = (films: number) => [films, 28, 28, 64] as const;

const LEVELS = { wide: levels(4, 16), narrow: levels(3, 14) };

export const CASES = {
  maxPool: {
    cases: [
      {
        detail: '3 x 3 / 2, 2 x 16 x 16 x 8',
        inputs: () => ({ x: rectified([2, 16, 16, 8], 1) }),
        attrs: STEM,
      },
      { detail: '3 x 3 / 2, 2 x 15 x 9 x 5', inputs: () => ({ x: given([2, 15, 9, 5], 2) }), attrs: STEM },
    ],
  },
  maxPoolGrad: {
    cases: [
      {
        detail: '3 x 3 / 2, 2 x 16 x 16 x 8',
        inputs: () => ({ x: rectified([2, 16, 16, 8], 1), dy: given([2, 8, 8, 8], 3) }),
        attrs: STEM,
      },
      {
        detail: '3 x 3 / 2, 2 x 15 x 9 x 5',
        inputs: () => ({ x: given([2, 15, 9, 5], 2), dy: given([2, 8, 5, 5], 3) }),
        attrs: STEM,
      },
    ],
    timed: (films: number) => ({
      inputs: { x: repeated(map(films), 1), dy: repeated([films, 14, 14, 64], 2) },
      attrs: { size: 3, stride: 2, pad: 1 },
    }),
  },
  spatialMean: {
    cases: [
      { detail: '2 x 7 x 7 x 8', inputs: () => ({ x: given([2, 7, 7, 8], 1) }), attrs: {} },
      { detail: '3 x 5 x 2 x 6', inputs: () => ({ x: given([3, 5, 2, 6], 1) }), attrs: {} },
    ],
  },
  spatialMeanGrad: {
    cases: [
      { detail: '2 x 7 x 7 x 8', inputs: () => ({ dy: given([2, 8], 1) }), attrs: { height: 7, width: 7 } },
      { detail: '3 x 5 x 2 x 6', inputs: () => ({ dy: given([3, 6], 1) }), attrs: { height: 5, width: 2 } },
    ],
  },
  add: {
    cases: [
      {
        detail: '2 x 4 x 4 x 8',
        inputs: () => ({ a: given([2, 4, 4, 8], 1), b: given([2, 4, 4, 8], 2) }),
        attrs: {},
      },
      {
        detail: '3 x 5 x 3 x 3',
        inputs: () => ({ a: given([3, 5, 3, 3], 1), b: given([3, 5, 3, 3], 2) }),
        attrs: {},
      },
    ],
  },
  levelPool: {
    cases: [
      {
        detail: 'level 1 of 5, 16 px, width 4',
        inputs: () => LEVELS.wide[0]!,
        attrs: { place: LEVELS.wide[0]!.place },
      },
      {
        detail: 'level 3 of 5, 4 px, width 3',
        inputs: () => LEVELS.narrow[2]!,
        attrs: { place: LEVELS.narrow[2]!.place },
      },
    ],
  },
  levelPoolGrad: {
    cases: [
      {
        detail: 'level 1 of 5, 16 px, width 4, onto another',
        inputs: () => ({ ...LEVELS.wide[0]!, prior: LEVELS.wide[0]!.a }),
        attrs: { place: LEVELS.wide[0]!.place, onto: true },
      },
      {
        detail: 'level 3 of 5, 4 px, width 3',
        inputs: () => ({ ...LEVELS.narrow[2]!, prior: LEVELS.narrow[2]!.a }),
        attrs: { place: LEVELS.narrow[2]!.place, onto: false },
      },
    ],
  },
  relu: {
    cases: [
      { detail: '8 x 36', inputs: () => ({ x: given([8, 36], 1) }), attrs: {} },
      { detail: '5 x 33', inputs: () => ({ x: given([5, 33], 1) }), attrs: {} },
    ],
  },
  reluGrad: {
    cases: [
      { detail: '8 x 36', inputs: () => ({ y: rectified([8, 36], 1), dy: given([8, 36], 2) }), attrs: {} },
      { detail: '5 x 33', inputs: () => ({ y: rectified([5, 33], 1), dy: given([5, 33], 2) }), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
