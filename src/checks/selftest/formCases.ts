// What the forms of each kernel are timed at: a shape in the middle of a ResNet-18, small enough that all kernels
// together take well under a second on a graphics adapter, and large enough to fill a part of one.

import { sizeOf } from '../../gpu/kernels/parts/common.ts';
import { type Given, values } from '../../gpu/kernels/parts/samples.ts';
import type { KERNEL_TABLE, KernelName } from '../../gpu/kernels/table.ts';
import type { CaseOf } from './case.ts';

type Formed<N extends KernelName> = Omit<CaseOf<(typeof KERNEL_TABLE)[N]>, 'inputs' | 'detail'> & {
  readonly inputs: ReturnType<CaseOf<(typeof KERNEL_TABLE)[N]>['inputs']>;
};

/** Normal values that repeat after some thousands: drawing millions would take longer than what is timed. */
function given(shape: readonly number[], seed: number, scale = 1, offset = 0): Given {
  const data = new Float32Array(sizeOf(shape));
  const drawn = values([Math.min(PERIOD, data.length)], seed, scale, offset);
  for (let at = 0; at < data.length; at += PERIOD) data.set(drawn.subarray(0, data.length - at), at);
  return { shape, data };
}

const PERIOD = 4099;
/** Films of a map: an adapter on the processor is full with one. */
type Films = number;

const map = (films: Films) => [films, 28, 28, 64] as const;
const WINDOW = { stride: 1, pad: 1 } as const;
const filter = () => given([3, 3, 64, 64], 2, 0.05);
const [ROWS, INPUTS, OUTPUTS] = [64, 1024, 512];

/** A map of the first level, where sums are longest. */
const large = (films: Films) => [Math.ceil(films / 2) * 2, 56, 56, 64] as const;
const normed = (films: Films) => ({
  x: given(large(films), 1),
  y: given(large(films), 2),
  dy: given(large(films), 3),
  gamma: given([64], 4, 0.1, 1),
});

function attended(batch: Films) {
  const shape = large(batch);
  const [films, height, width, channels] = shape;
  return {
    x: given(shape, 1),
    dout: given(shape, 2),
    w1: given([1, 1, channels, channels / 2], 3, 0.2),
    w2: given([1, 1, channels / 2, channels], 4, 0.2),
    ws: given([7, 7, 2, 1], 5, 0.1),
    channelGate: given([films, channels], 6, 0.1, 0.5),
    spatialGate: given([films, height, width], 7, 0.1, 0.5),
    pooled: given([films, 3, channels], 8),
    hidden: given([films, 2, channels / 2], 9),
    spatial: given([films, height, width, 3], 10),
  };
}

/** Kernels in the order of what a good choice saves, because time may run out. */
export const FORM_CASES = {
  conv2d: (films: Films): Formed<'conv2d'> => ({
    inputs: { x: given(map(films), 1), w: filter() },
    attrs: WINDOW,
  }),
  conv2dFilterGrad: (films: Films): Formed<'conv2dFilterGrad'> => ({
    inputs: { x: given(map(films), 1), dy: given(map(films), 3) },
    attrs: { ...WINDOW, kernel: [3, 3] },
  }),
  conv2dInputGrad: (films: Films): Formed<'conv2dInputGrad'> => ({
    inputs: { dy: given(map(films), 3), w: filter() },
    attrs: { ...WINDOW, height: 28, width: 28 },
  }),
  dense: (): Formed<'dense'> => ({
    inputs: {
      x: given([ROWS, INPUTS], 1),
      w: given([INPUTS, OUTPUTS], 2, 0.05),
      b: given([OUTPUTS], 3),
    },
    attrs: { bias: true },
  }),
  denseFilterGrad: (): Formed<'denseFilterGrad'> => ({
    inputs: { x: given([ROWS, INPUTS], 1), dy: given([ROWS, OUTPUTS], 2) },
    attrs: {},
  }),
  denseInputGrad: (): Formed<'denseInputGrad'> => ({
    inputs: { dy: given([ROWS, OUTPUTS], 1), w: given([INPUTS, OUTPUTS], 2, 0.05) },
    attrs: {},
  }),
  bottleneckGrad: (films: Films): Formed<'bottleneckGrad'> => ({ inputs: attended(films), attrs: {} }),
  bottleneck: (films: Films): Formed<'bottleneck'> => {
    const { x, w1, w2, ws } = attended(films);
    return { inputs: { x, w1, w2, ws }, attrs: {} };
  },
  batchNormGrad: (films: Films): Formed<'batchNormGrad'> => {
    const { x, y, dy, gamma } = normed(films);
    const stats = given([2, 2, 64], 6, 0.1, 1);
    return { inputs: { x, y, dy, gamma, stats }, attrs: { groups: 2, relu: true, residual: false } };
  },
  batchNorm: (films: Films): Formed<'batchNorm'> => {
    const { x, gamma } = normed(films);
    const channels = {
      beta: given([64], 3),
      runningMean: given([64], 4),
      runningVar: given([64], 5, 0.1, 1),
    };
    const attrs = { groups: 2, relu: true, residual: false, eps: 1e-5, momentum: 0 };
    return { inputs: { x, gamma, residual: gamma, ...channels }, attrs };
  },
  vicreg: (): Formed<'vicreg'> => ({ inputs: { z: given([2 * ROWS, OUTPUTS], 1) }, attrs: {} }),
  maxPoolGrad: (films: Films): Formed<'maxPoolGrad'> => ({
    inputs: { x: given(map(films), 1), dy: given([films, 14, 14, 64], 2) },
    attrs: { size: 3, stride: 2, pad: 1 },
  }),
} as const;
