// Cases of the decoder's maps and of the loss of masks.

import { type CaseTable, given, referenceOf } from '../parts/case.ts';
import { maskLoss } from './maskLoss.ts';

/** Logits, and masks of which the last film has none. */
export function masked(films: number, height: number, width: number) {
  const shape = [films, height, width];
  const { data } = given(shape, 12);
  const pixels = height * width;
  const truth = data.map((value, i) => Number(value > 0.8 && i < (films - 1) * pixels));
  return { logits: given(shape, 11, 2), truth: { shape, data: truth } };
}

function masksWithSums(films: number, height: number, width: number) {
  const inputs = masked(films, height, width);
  return { ...inputs, sums: referenceOf(maskLoss, inputs, {}).saved[1]! };
}

export const CASES = {
  upsample: {
    cases: [
      {
        detail: '2 x 3 x 4 x 8 to 6 x 8',
        inputs: () => ({ x: given([2, 3, 4, 8], 1) }),
        attrs: { height: 6, width: 8 },
      },
      {
        detail: '2 x 3 x 4 x 5 to 5 x 7',
        inputs: () => ({ x: given([2, 3, 4, 5], 1) }),
        attrs: { height: 5, width: 7 },
      },
    ],
  },
  upsampleGrad: {
    cases: [
      { detail: '2 x 6 x 8 x 8', inputs: () => ({ dy: given([2, 6, 8, 8], 2) }), attrs: {} },
      { detail: '2 x 5 x 7 x 5', inputs: () => ({ dy: given([2, 5, 7, 5], 2) }), attrs: {} },
    ],
  },
  concatChannels: {
    cases: [
      {
        detail: '2 x 3 x 4, 8 beside 4 channels',
        inputs: () => ({ a: given([2, 3, 4, 8], 3), b: given([2, 3, 4, 4], 4) }),
        attrs: {},
      },
      {
        detail: '2 x 3 x 4, 6 beside 3 channels',
        inputs: () => ({ a: given([2, 3, 4, 6], 3), b: given([2, 3, 4, 3], 4) }),
        attrs: {},
      },
    ],
  },
  channelPart: {
    cases: [
      {
        detail: '2 x 3 x 4, 4 of 12 channels',
        inputs: () => ({ x: given([2, 3, 4, 12], 5) }),
        attrs: { from: 8, count: 4 },
      },
      {
        detail: '2 x 3 x 4, 6 of 9 channels',
        inputs: () => ({ x: given([2, 3, 4, 9], 5) }),
        attrs: { from: 0, count: 6 },
      },
    ],
  },
  maskLoss: {
    cases: [
      { detail: '3 films of 16 x 16', inputs: () => masked(3, 16, 16), attrs: {} },
      { detail: '2 films of 67 x 65, in parts', inputs: () => masked(2, 67, 65), attrs: {} },
    ],
  },
  maskLossGrad: {
    cases: [{ detail: '3 films of 16 x 15', inputs: () => masksWithSums(3, 16, 15), attrs: {} }],
  },
} satisfies Partial<CaseTable>;
