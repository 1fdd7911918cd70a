// Named layers over the defaults of schema.ts. `paper` is the defaults; smaller presets say only what differs.
// Order matters: when a configuration does not fit, the first later preset that fits is proposed. The preset that has all
// quirks of the published code says which of them a configuration reproduces; docs/method.md explains each.

import type { Field } from './fields.ts';
import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  defaultConfig,
  keysInForce,
  SCHEMA,
} from './schema.ts';

interface Preset {
  readonly label: string;
  /** One sentence: whom it is for. */
  readonly description: string;
  readonly values: Partial<Config>;
}

/** A gentler crop and AdamW: what makes short runs on small batches learn. */
const SHORT_RUN: Partial<Config> = {
  optimiser: 'adamw',
  learningRate: 2e-3,
  weightDecay: 1e-4,
  warmupEpochs: 1,
  minCropScale: 0.3,
};

export const PRESETS = {
  paper: {
    label: 'Paper',
    description: 'ResNet-18, 224 px, batch 64, heads 4096 wide, LARS: the published configuration.',
    values: {},
  },
  'paper-official': {
    label: 'Paper, as published',
    description: 'The paper preset with every quirk of the published code switched on.',
    values: { trainLevelConvs: false, probeFeatures: 'plain', probeNorm: 'batch', probeStandardise: false },
  },
  laptop: {
    label: 'Laptop',
    description: 'Half-width encoder at 128 px with heads 512 wide: an evening on an integrated GPU.',
    values: {
      ...SHORT_RUN,
      imageSize: 128,
      planeSize: 256,
      syntheticDifficulty: 'fine',
      width: 32,
      projectorHidden: 512,
      embeddingDim: 512,
      levelChannels: 128,
      localDim: 128,
      epochs: 100,
    },
  },
  demo: {
    label: 'Demo',
    description: '48 px and a narrow encoder: something to watch within minutes.',
    values: {
      ...SHORT_RUN,
      // Some hundred steps are few: at 2e-3 the views have hardly been drawn together when the schedule ends. Rate, crop and batch are the
      // best of what was tried on films of Kermany (docs/comparison.md, "Recipes by sweep").
      learningRate: 6e-3,
      imageSize: 48,
      planeSize: 256,
      width: 8,
      projectorHidden: 256,
      embeddingDim: 256,
      levelChannels: 64,
      localDim: 64,
      // Views that vary as the built-in films do, and no more: a crop that takes half a lung away takes its finding, too.
      minCropScale: 0.5,
      blurProbability1: 0.5,
      blurProbability2: 0.5,
      solariseProbability2: 0,
      batchSize: 32,
      maxSteps: 440,
      // Of what was tried on films of Kermany the best with all labels (docs/comparison.md, "Linear, neighbours and fine-tuning").
      tuneRate: 3e-3,
      tuneViews: 'augmented',
    },
  },
  smoke: {
    label: 'Smoke',
    description: 'The smallest whole run, for tests: seconds on any adapter.',
    values: {
      ...SHORT_RUN,
      imageSize: 32,
      planeSize: 64,
      width: 8,
      projectorHidden: 32,
      embeddingDim: 32,
      levelChannels: 16,
      localDim: 16,
      levelSize: 16,
      batchSize: 8,
      maxSteps: 40,
      diagnoseEvery: 0,
      probeEpochs: 20,
      tuneEpochs: 3,
      maskEpochs: 3,
      labelDraws: 2,
      randomEncoders: 1,
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

export const isPresetName = (text: string): text is PresetName => Object.hasOwn(PRESETS, text);

/** The complete configuration of a preset. */
export function presetConfig(name: PresetName): Config {
  return { ...defaultConfig(), ...PRESETS[name].values };
}

/** The preset whose values equal the configuration in every setting but method and seed, if there is one. */
export function presetOf(config: Config): PresetName | null {
  const equals = (name: PresetName) => {
    const preset = presetConfig(name);
    return keysInForce(config).every(
      (key) => key === 'seed' || key === 'method' || preset[key] === config[key],
    );
  };
  return PRESET_NAMES.find(equals) ?? null;
}

export interface QuirkSwitch {
  /** As docs/method.md numbers them, e.g. Q1. */
  readonly quirk: string;
  readonly setting: ConfigKey;
  readonly value: ConfigValue;
  readonly asPublished: boolean;
}

/** Every switch that the configuration has with its value, in the order of the table. */
export function quirkSwitches(config: Config): QuirkSwitch[] {
  const published = presetConfig('paper-official');
  return keysInForce(config).flatMap((setting) => {
    const { quirk }: Field = SCHEMA[setting];
    if (!quirk) return [];
    const value = config[setting];
    return [{ quirk, setting, value, asPublished: value === published[setting] }];
  });
}
