// Cases of the convolutions: those of a ResNet-18, narrow, and each with channel counts that no vector divides.

import { type CaseTable, type Given, given, repeated } from '../parts/case.ts';

interface Convolution {
  readonly detail: string;
  readonly x: readonly [number, number, number, number];
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

/** Those of a ResNet-18, narrow, and each with channel counts that no vector divides. */
const CONVOLUTIONS: [Convolution, ...Convolution[]] = [
  {
    detail: '7 x 7 / 2, 3 to 8 channels, 32 px',
    x: [2, 32, 32, 3],
    outputs: 8,
    kernel: 7,
    stride: 2,
    pad: 3,
  },
  {
    detail: '7 x 7 / 2, 3 to 6 channels, 33 x 29 px',
    x: [2, 33, 29, 3],
    outputs: 6,
    kernel: 7,
    stride: 2,
    pad: 3,
  },
  { detail: '3 x 3, 8 to 8 channels, 16 px', x: [3, 16, 16, 8], outputs: 8, kernel: 3, stride: 1, pad: 1 },
  { detail: '3 x 3, 5 to 6 channels, 9 x 7 px', x: [3, 9, 7, 5], outputs: 6, kernel: 3, stride: 1, pad: 1 },
  {
    detail: '3 x 3 / 2, 8 to 16 channels, 15 px',
    x: [2, 15, 15, 8],
    outputs: 16,
    kernel: 3,
    stride: 2,
    pad: 1,
  },
  { detail: '3 x 3, 64 to 64 channels, 2 px', x: [8, 2, 2, 64], outputs: 64, kernel: 3, stride: 1, pad: 1 },
  {
    detail: '3 x 3, 64 to 72 channels, 9 x 18 px',
    x: [2, 9, 18, 64],
    outputs: 72,
    kernel: 3,
    stride: 1,
    pad: 1,
  },
  {
    detail: '1 x 1 / 2, 8 to 16 channels, 14 px',
    x: [2, 14, 14, 8],
    outputs: 16,
    kernel: 1,
    stride: 2,
    pad: 0,
  },
];

const side = (size: number, { kernel, stride, pad }: Convolution) =>
  Math.floor((size + 2 * pad - kernel) / stride) + 1;

const filter = ({ x, kernel, outputs }: Convolution): Given => {
  const [, , , channels] = x;
  return given([kernel, kernel, channels, outputs], 2, 1 / (kernel * Math.sqrt(channels)));
};

const gradient = (convolution: Convolution): Given => {
  const [films, height, width] = convolution.x;
  return given([films, side(height, convolution), side(width, convolution), convolution.outputs], 3);
};

/** One case for each convolution. */
function over<T>(make: (convolution: Convolution) => T): [T, ...T[]] {
  const [first, ...rest] = CONVOLUTIONS;
  return [make(first), ...rest.map(make)];
}

/** What is timed: a map in the middle of a ResNet-18. */
const map = (films: number) => [films, 28, 28, 64] as const;
const WINDOW = { stride: 1, pad: 1 } as const;
const timedFilter = () => repeated([3, 3, 64, 64], 2, 0.05);

export const CASES = {
  conv2d: {
    cases: over((convolution) => ({
      detail: convolution.detail,
      inputs: () => ({ x: given(convolution.x, 1), w: filter(convolution) }),
      attrs: { stride: convolution.stride, pad: convolution.pad },
    })),
    timed: (films: number) => ({
      inputs: { x: repeated(map(films), 1), w: timedFilter() },
      attrs: WINDOW,
    }),
  },
  conv2dInputGrad: {
    cases: over((convolution) => ({
      detail: convolution.detail,
      inputs: () => ({ dy: gradient(convolution), w: filter(convolution) }),
      attrs: {
        stride: convolution.stride,
        pad: convolution.pad,
        height: convolution.x[1],
        width: convolution.x[2],
      },
    })),
    timed: (films: number) => ({
      inputs: { dy: repeated(map(films), 3), w: timedFilter() },
      attrs: { ...WINDOW, height: 28, width: 28 },
    }),
  },
  conv2dFilterGrad: {
    cases: over((convolution) => ({
      detail: convolution.detail,
      inputs: () => ({ x: given(convolution.x, 1), dy: gradient(convolution) }),
      attrs: {
        stride: convolution.stride,
        pad: convolution.pad,
        kernel: [convolution.kernel, convolution.kernel] as const,
      },
    })),
    timed: (films: number) => ({
      inputs: { x: repeated(map(films), 1), dy: repeated(map(films), 3) },
      attrs: { ...WINDOW, kernel: [3, 3] as const },
    }),
  },
} satisfies Partial<CaseTable>;
