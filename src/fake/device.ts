// The device of the scripted engine: the real kernels by name, with forms and times that are made up, and what a
// configuration needs, rough sizes of the right order with the rule by which one is refused. The real numbers are planned in
// plan/budget.ts.

import { PRESET_NAMES, presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import { nearestPreset } from '../config/share.ts';
import {
  type AdapterLimits,
  type Budget,
  bufferLimit,
  KERNEL_NAMES,
  type KernelFacts,
  type KernelName,
  type KernelOptions,
  type SelfTestRow,
} from '../protocol/device.ts';

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

const FLOAT = 4;

const largest = ({ batchSize, width, imageSize }: Config): number =>
  2 * batchSize * width * Math.ceil(imageSize / 2) ** 2 * FLOAT;

export function fakeBudget(config: Config, limits: AdapterLimits): Budget {
  const { width, projectorHidden, embeddingDim, levelChannels } = config;
  const heads = projectorHidden * (8 * width + projectorHidden + embeddingDim);
  const parameters = 2728 * width ** 2 + heads + embeddingDim * (16 * levelChannels + 2 * embeddingDim);
  const parameterBytes = 2 * FLOAT * parameters;
  const activationBytes = 8 * largest(config);
  const needed = {
    parameters,
    parameterBytes,
    activationBytes,
    totalBytes: parameterBytes + activationBytes,
    largestBufferBytes: largest(config),
    largestBufferName: 'the kernel "Convolution"',
  };
  const limit = bufferLimit(limits);
  if (needed.largestBufferBytes <= limit) return { ...needed, fits: true };
  const smaller = PRESET_NAMES.slice(PRESET_NAMES.indexOf(nearestPreset(config)));
  const proposal = smaller.find((name) => largest(presetConfig(name)) <= limit);
  const batch = Math.floor((config.batchSize * limit) / needed.largestBufferBytes);
  const reason = `${needed.largestBufferName} needs a buffer that the adapter does not allow.`;
  return { ...needed, fits: false, reason, batch, ...(proposal && { proposal }) };
}

/** Of the self-test. */
export const fakeRows = (broken: boolean): SelfTestRow[] => [
  {
    part: 'kernel',
    name: 'Convolution',
    detail: '3 x 3, 8 to 8 channels, 16 px',
    error: broken ? null : 3.1e-7,
    unit: 'relative',
    tolerance: 1e-5,
    ok: !broken,
    ...(broken ? { fault: 'The driver refused the program.' } : {}),
  },
  {
    part: 'kernel',
    name: 'Augmented views',
    detail: '32 px',
    error: 1,
    unit: 'levels',
    tolerance: 3,
    ok: true,
  },
  {
    part: 'step',
    name: 'One training step',
    detail: 'terms of the loss',
    error: 8.9e-7,
    unit: 'relative',
    tolerance: 1e-4,
    ok: true,
  },
];
