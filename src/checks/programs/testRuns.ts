// The configurations whose programs the tests look at, derived from the tables: every preset and shapes that no vector
// divides, with every method, and with every value of every setting of few values that means something for it; changed
// alone where a run is small, all together where it is large. Not part of the product.

import type { Field } from '../../config/fields.ts';
import { PRESET_NAMES, presetConfig } from '../../config/presets.ts';
import {
  type Config,
  type ConfigKey,
  defaultConfig,
  keysInForce,
  parseConfig,
  SCHEMA,
} from '../../config/schema.ts';

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
  'turned views': { rotation: 10, imageSize: 34 },
};

/** Every other value of a setting that a training step may depend on; numbers are left to the odd shapes. */
function others(base: Config): [string, Partial<Config>][] {
  return keysInForce(base).flatMap((key): [string, Partial<Config>][] => {
    const field: Field = SCHEMA[key];
    if (key === 'method' || field.when === 'evaluation' || field.kind === 'number') return [];
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

/** Sides up to which each change gets a run of its own: a large run takes a second, and asks for the same programs. */
const SMALL = 64;

function changed(name: string, config: Config): NamedRun[] {
  const changes = others(config);
  const together = Object.assign({}, ...changes.map(([, values]) => values)) as Partial<Config>;
  // What other methods share with the first is changed alone there; here all of it at once, and what is the method's own alone.
  const first = new Set(keysInForce({ ...config, method: defaultConfig().method }));
  const own = changes.filter(([, values]) => Object.keys(values).some((key) => !first.has(key as ConfigKey)));
  const alone = config.method === defaultConfig().method ? changes : own;
  const all: [string, Partial<Config>] = ['all else', together];
  const list = config.imageSize > SMALL ? [all] : alone === changes ? changes : [...own, all];
  return list.map(([change, values]) => ({
    name: `${name}, ${change}`,
    config: { ...config, ...values },
    alone: false,
  }));
}

export function runsToLookAt(): NamedRun[] {
  const bases = [
    ...PRESET_NAMES.map((name) => ({ name: name as string, config: presetConfig(name) })),
    ...Object.entries(ODD).map(([name, changes]) => ({
      name,
      config: parseConfig(changes, presetConfig('smoke')),
    })),
  ];
  const methods = Object.keys(SCHEMA.method.choices) as Config['method'][];
  return bases.flatMap(({ name, config }) =>
    methods.flatMap((method) => {
      const run = { name: `${name}, ${method}`, config: { ...config, method }, alone: true };
      return [run, ...changed(run.name, run.config)];
    }),
  );
}
