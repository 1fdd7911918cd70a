// The kernels of the scripted engine: the real names, with forms and times that are made up.

import { KERNEL_NAMES, type KernelFacts, type KernelName, type KernelOptions } from '../protocol/kernels.ts';

const FORMS: Partial<Record<KernelName, readonly (readonly [string, number])[]>> = {
  conv2d: [
    ['wide', 0.91],
    ['narrow', 0.42],
    ['shared', 0.28],
  ],
  dense: [
    ['wide', 0.2],
    ['narrow', 0.08],
    ['shared', 0.11],
  ],
};

export const fakeKernels = ({ without, forms }: KernelOptions, software: boolean): KernelFacts[] =>
  KERNEL_NAMES.map((name) => {
    const known = FORMS[name] ?? [];
    const measured = forms === 'measured';
    const best = known.toSorted((a, b) => a[1] - b[1])[0]?.[0] ?? null;
    return {
      name,
      on: !without.includes(name),
      instead: 'stock operations',
      form: known.length === 0 ? null : measured ? best : software ? 'wide' : 'narrow',
      forms: known.map(([form, ms]) => ({ name: form, ms: measured ? ms : null })),
    };
  });
