// Cases of the kernels that work on maps of the encoder: convolutions, pooling, context bottleneck, means and sums.

import { bottleneck } from '../gpu/kernels/bottleneck.ts';
import { packLevelMatrices } from '../gpu/kernels/levelPool.ts';
import { type Given, given } from '../gpu/kernels/samples.ts';
import { type CaseTable, referenceOf } from './case.ts';

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

const STEM = { size: 3, stride: 2, pad: 1 };

/** A map after a ReLU: half its places are exactly zero, so maxima tie. */
function rectified(shape: readonly number[], seed: number): Given {
  const { data } = given(shape, seed);
  return { shape, data: data.map((value) => Math.max(0, value)) };
}

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

/** Five maps of a network this wide at images of 32 (or, odd, 27) px, and the matrices that pool them. */
function levels(width: number, stem: number) {
  const sides = [0, 1, 2, 3, 4].map((level) => Math.ceil(stem / 2 ** level));
  const channels = [1, 1, 2, 4, 8].map((factor) => factor * width);
  const map = (level: number) => given([2, sides[level]!, sides[level]!, channels[level]!], level + 1);
  const data = packLevelMatrices(
    18,
    sides.map((size) => [size, size] as const),
  );
  return {
    a1: map(0),
    a2: map(1),
    a3: map(2),
    a4: map(3),
    a5: map(4),
    matrices: { shape: [data.length], data },
  };
}

export const MAP_CASES = {
  conv2d: {
    cases: over((convolution) => ({
      detail: convolution.detail,
      inputs: () => ({ x: given(convolution.x, 1), w: filter(convolution) }),
      attrs: { stride: convolution.stride, pad: convolution.pad },
    })),
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
  },
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
  },
  bottleneck: {
    cases: [
      { detail: '2 x 8 x 8 x 8', inputs: () => attended([2, 8, 8, 8]), attrs: {} },
      { detail: '3 x 7 x 9 x 6', inputs: () => attended([3, 7, 9, 6]), attrs: {} },
      { detail: '2 x 2 x 2 x 32', inputs: () => attended([2, 2, 2, 32]), attrs: {} },
    ],
  },
  bottleneckGrad: {
    cases: [
      { detail: '2 x 8 x 8 x 8', inputs: () => attendedGradient([2, 8, 8, 8]), attrs: {} },
      { detail: '3 x 7 x 9 x 6', inputs: () => attendedGradient([3, 7, 9, 6]), attrs: {} },
      { detail: '2 x 2 x 2 x 32', inputs: () => attendedGradient([2, 2, 2, 32]), attrs: {} },
    ],
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
      { detail: '16 to 1 px, width 4', inputs: () => levels(4, 16), attrs: {} },
      { detail: '14 to 1 px, width 3', inputs: () => levels(3, 14), attrs: {} },
    ],
  },
  levelPoolGrad: {
    cases: [
      {
        detail: '16 to 1 px, width 4',
        inputs: () => ({ ...levels(4, 16), dout: given([2, 16, 64], 9) }),
        attrs: {},
      },
      {
        detail: '14 to 1 px, width 3',
        inputs: () => ({ ...levels(3, 14), dout: given([2, 16, 48], 9) }),
        attrs: {},
      },
    ],
  },
} satisfies Partial<CaseTable>;
