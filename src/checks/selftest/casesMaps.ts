// Cases of the kernels that work on maps of the encoder: convolutions, pooling, context bottleneck, means and sums.

import { bottleneck } from '../../gpu/kernels/bottleneck/bottleneck.ts';
import { type Given, given } from '../../gpu/kernels/parts/samples.ts';
import { levelPlaces, packLevelMatrices } from '../../gpu/kernels/pool/levelPool.ts';
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

function attendedAgain(shape: readonly [number, number, number, number]) {
  const [films, height, width, channels] = shape;
  return {
    x: rectified(shape, 1),
    channelGate: given([films, channels], 2),
    spatialGate: given([films, height, width], 3),
  };
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

const LEVELS = { wide: levels(4, 16), narrow: levels(3, 14) };

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
} satisfies Partial<CaseTable>;
