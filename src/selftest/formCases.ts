// What the forms of each kernel are timed at: a shape in the middle of a ResNet-18, small enough that all kernels
// together take well under a second on a graphics adapter, and large enough to fill a part of one.

import { given } from '../gpu/kernels/samples.ts';
import type { KERNEL_TABLE, KernelName } from '../gpu/kernels/table.ts';
import type { CaseOf } from './case.ts';

type Formed<N extends KernelName> = Omit<CaseOf<(typeof KERNEL_TABLE)[N]>, 'inputs' | 'detail'> & {
  readonly inputs: ReturnType<CaseOf<(typeof KERNEL_TABLE)[N]>['inputs']>;
};

const MAP = [16, 28, 28, 64] as const;
const WINDOW = { stride: 1, pad: 1 } as const;
const filter = () => given([3, 3, 64, 64], 2, 0.05);
const [FILMS, INPUTS, OUTPUTS] = [64, 1024, 512];

/** Kernels in the order of what a good choice saves, because time may run out. */
export const FORM_CASES = {
  conv2d: (): Formed<'conv2d'> => ({ inputs: { x: given(MAP, 1), w: filter() }, attrs: WINDOW }),
  conv2dFilterGrad: (): Formed<'conv2dFilterGrad'> => ({
    inputs: { x: given(MAP, 1), dy: given(MAP, 3) },
    attrs: { ...WINDOW, kernel: [3, 3] },
  }),
  conv2dInputGrad: (): Formed<'conv2dInputGrad'> => ({
    inputs: { dy: given(MAP, 3), w: filter() },
    attrs: { ...WINDOW, height: 28, width: 28 },
  }),
  dense: (): Formed<'dense'> => ({
    inputs: {
      x: given([FILMS, INPUTS], 1),
      w: given([INPUTS, OUTPUTS], 2, 0.05),
      b: given([OUTPUTS], 3),
    },
    attrs: { bias: true },
  }),
  denseFilterGrad: (): Formed<'denseFilterGrad'> => ({
    inputs: { x: given([FILMS, INPUTS], 1), dy: given([FILMS, OUTPUTS], 2) },
    attrs: {},
  }),
  denseInputGrad: (): Formed<'denseInputGrad'> => ({
    inputs: { dy: given([FILMS, OUTPUTS], 1), w: given([INPUTS, OUTPUTS], 2, 0.05) },
    attrs: {},
  }),
  maxPoolGrad: (): Formed<'maxPoolGrad'> => ({
    inputs: { x: given([16, 28, 28, 64], 1), dy: given([16, 14, 14, 64], 2) },
    attrs: { size: 3, stride: 2, pad: 1 },
  }),
} as const;
