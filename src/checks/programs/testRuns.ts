// The configurations whose programs the tests look at, derived from the tables: every preset, each with every value of
// every setting of few values changed alone, and shapes that no vector divides. Not part of the product.

import type { Field } from '../../config/fields.ts';
import { PRESET_NAMES, presetConfig } from '../../config/presets.ts';
import { CONFIG_KEYS, type Config, parseConfig, SCHEMA } from '../../config/schema.ts';

/** Widths and sides that neither four nor two nor three divides, more rows than columns, a batch of one short group. */
const ODD: Readonly<Record<string, Partial<Config>>> = {
  'width 6': {
    width: 6,
    imageSize: 45,
    projectorHidden: 30,
    embeddingDim: 30,
    levelChannels: 10,
    batchSize: 5,
  },
  'width 5': { width: 5, imageSize: 50, embeddingDim: 33, levelChannels: 9, batchSize: 7 },
  'width 7': {
    width: 7,
    imageSize: 37,
    projectorHidden: 29,
    embeddingDim: 17,
    levelChannels: 11,
    batchSize: 3,
  },
  'batch 48': { batchSize: 48 },
};

/** Every other value of a setting that a training step may depend on; numbers are left to the odd shapes. */
function others(base: Config): [string, Partial<Config>][] {
  return CONFIG_KEYS.flatMap((key): [string, Partial<Config>][] => {
    const field: Field = SCHEMA[key];
    if (field.when === 'evaluation' || field.kind === 'number') return [];
    const values = field.kind === 'toggle' ? [true, false] : Object.keys(field.choices);
    return values
      .filter((value) => value !== base[key])
      .map((value) => [`${key} ${value}`, { [key]: value } as Partial<Config>]);
  });
}

export interface NamedRun {
  readonly name: string;
  readonly config: Config;
  /** Of a preset or shape as it is, no setting changed. */
  readonly alone: boolean;
}

export function runsToLookAt(): NamedRun[] {
  const bases = [
    ...PRESET_NAMES.map((name) => ({ name: name as string, config: presetConfig(name) })),
    ...Object.entries(ODD).map(([name, changes]) => ({
      name,
      config: parseConfig(changes, presetConfig('smoke')),
    })),
  ];
  return bases.flatMap(({ name, config }) => [
    { name, config, alone: true },
    ...others(config).map(([change, values]) => ({
      name: `${name}, ${change}`,
      config: { ...config, ...values },
      alone: false,
    })),
  ]);
}
