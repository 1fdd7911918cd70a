// Every hyper-parameter of the product, once. Forms, URL, command line, validation, run names and reports are
// derived from this table. Defaults are the paper's (arXiv 2403.11504) or, where the published code does
// something questionable, the recommended choice; each such switch names its quirk (docs/method.md).
// Presets layer other values over these (presets.ts); nothing here knows about forms or files.

import { AppError } from '../util/errors.ts';
import type { Field, NumberField, ValueOf } from './fields.ts';

type Row = Omit<NumberField, 'kind'>;
const number = <R extends Row>(row: R) => ({ kind: 'number' as const, ...row });
const probability = (row: Omit<Row, 'min' | 'max' | 'scale' | 'group' | 'when'>) =>
  number({ group: 'views', when: 'start', min: 0, max: 1, scale: 'linear', ...row });

export const SCHEMA = {
  imageSize: number({
    group: 'data',
    when: 'start',
    default: 224,
    min: 32,
    max: 512,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Image size',
    short: 'px',
    help: 'Side of the square views that the encoder sees. Time and memory grow with its square.',
    source: 'section IV-B',
  }),
  planeSize: number({
    group: 'data',
    when: 'start',
    default: 512,
    min: 64,
    max: 2048,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Stored size',
    short: 'plane',
    help: 'Longest side at which decoded films are kept; crops are cut from it. Larger keeps finer detail for small crops.',
    source: 'ours',
  }),

  width: number({
    group: 'model',
    when: 'start',
    default: 64,
    min: 4,
    max: 128,
    integer: true,
    scale: 'log',
    unit: 'channels',
    label: 'Encoder width',
    short: 'w',
    help: 'Channels of the stem and first stage; later stages double three times. 64 is ResNet-18.',
    source: 'section III-A',
  }),
  projectorHidden: number({
    group: 'model',
    when: 'start',
    default: 4096,
    min: 16,
    max: 8192,
    integer: true,
    scale: 'log',
    label: 'Global projector hidden width',
    short: 'hid',
    help: 'Width of the hidden layers of the global projector.',
    source: 'section IV-B',
  }),
  embeddingDim: number({
    group: 'model',
    when: 'start',
    default: 4096,
    min: 16,
    max: 8192,
    integer: true,
    scale: 'log',
    label: 'Embedding width',
    short: 'dim',
    help: 'Dimensions of the two embeddings z and d on which the loss is measured.',
    source: 'section IV-B',
  }),
  levelChannels: number({
    group: 'model',
    when: 'start',
    default: 512,
    min: 8,
    max: 1024,
    integer: true,
    scale: 'log',
    unit: 'channels',
    label: 'Level channels',
    short: 'lvl',
    help: 'Channels to which every level is projected before the levels are summed.',
    source: 'section III-B',
  }),
  levelSize: number({
    group: 'model',
    when: 'start',
    default: 64,
    min: 4,
    max: 256,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Level map size',
    short: 'map',
    help: 'Side to which the published code resizes every level. It is folded into one small matrix here and costs nothing.',
    source: 'section III-B',
  }),
  trainLevelConvs: {
    kind: 'toggle',
    group: 'model',
    when: 'start',
    default: true,
    quirk: 'Q1',
    label: 'Train the level projections',
    short: 'lvl-train',
    help: 'The published code creates the five level convolutions after the optimiser, so they stay at their random start. On: they are trained.',
    source: 'published code, models/mlvicx',
  },
  projectorFinalNorm: {
    kind: 'toggle',
    group: 'model',
    when: 'start',
    default: true,
    quirk: 'Q20',
    label: 'Batch norm at the end of the projectors',
    short: 'bn-out',
    help: 'The published projectors end in an affine batch norm, which keeps the variance hinge at zero at first. The original VICReg has none.',
    source: 'published code; VICReg section 4',
  },

  invarianceWeight: number({
    group: 'loss',
    when: 'live',
    default: 25,
    min: 0,
    max: 1000,
    scale: 'linear',
    label: 'Invariance weight',
    short: 'inv',
    help: 'Pulls the two views of a film together. At zero nothing ties the views.',
    source: 'equation 5',
  }),
  varianceWeight: number({
    group: 'loss',
    when: 'live',
    default: 25,
    min: 0,
    max: 1000,
    scale: 'linear',
    label: 'Variance weight',
    short: 'var',
    help: 'Keeps the spread of each dimension above one. At zero the embedding may collapse to a point.',
    source: 'equation 5',
  }),
  covarianceWeight: number({
    group: 'loss',
    when: 'live',
    default: 1,
    min: 0,
    max: 1000,
    scale: 'linear',
    label: 'Covariance weight',
    short: 'cov',
    help: 'Decorrelates the dimensions. At zero they may all carry the same information.',
    source: 'equation 5',
  }),
  localWeight: number({
    group: 'loss',
    when: 'live',
    default: 1,
    min: 0,
    max: 100,
    scale: 'linear',
    label: 'Local weight λ',
    short: 'λ',
    help: 'Weight of the local (multi-level) loss beside the global one.',
    source: 'equation 8',
  }),

  optimiser: {
    kind: 'choice',
    group: 'optimiser',
    when: 'start',
    default: 'lars',
    choices: { lars: 'LARS', adamw: 'AdamW' },
    label: 'Optimiser',
    short: 'opt',
    help: 'LARS is the published choice and suits large batches; AdamW learns faster in short runs with small batches.',
    source: 'section IV-B',
  },
  learningRate: number({
    group: 'optimiser',
    when: 'live',
    default: 0.2,
    min: 1e-6,
    max: 10,
    scale: 'log',
    label: 'Learning rate',
    short: 'lr',
    help: 'Base rate. LARS multiplies it by batch / 256; AdamW takes it as it is.',
    source: 'section IV-B',
  }),
  weightDecay: number({
    group: 'optimiser',
    when: 'start',
    default: 1e-6,
    min: 0,
    max: 0.5,
    scale: 'log',
    label: 'Weight decay',
    short: 'wd',
    help: 'Pulls weights of two or more dimensions towards zero; biases and norms are left alone.',
    source: 'section IV-B',
  }),
  momentum: number({
    group: 'optimiser',
    when: 'start',
    default: 0.9,
    min: 0,
    max: 0.999,
    scale: 'linear',
    label: 'Momentum',
    short: 'mom',
    help: 'Share of the last update that carries on (LARS), or the first-moment decay (AdamW).',
    source: 'published code',
  }),
  trustCoefficient: number({
    group: 'optimiser',
    when: 'start',
    default: 1e-3,
    min: 1e-5,
    max: 10,
    scale: 'log',
    label: 'LARS trust coefficient',
    short: 'eta',
    help: "Scales each tensor's step to the norm of its weights.",
    source: 'published code',
  }),
  warmupEpochs: number({
    group: 'optimiser',
    when: 'start',
    default: 2,
    min: 0,
    max: 100,
    scale: 'linear',
    unit: 'epochs',
    label: 'Warm-up',
    short: 'warm',
    help: 'Epochs over which the rate rises linearly from zero.',
    source: 'published code',
  }),

  minCropScale: probability({
    default: 0.08,
    quirk: 'Q14',
    label: 'Smallest crop',
    short: 'crop',
    unit: 'of the area',
    help: 'Lower bound of the random crop. 0.08 is the ImageNet default and strong for films; 0.3 keeps more anatomy.',
    source: 'published code',
  }),
  flipProbability: probability({
    default: 0.5,
    label: 'Flip',
    short: 'flip',
    help: 'Chance of a horizontal mirror image.',
    source: 'published code',
  }),
  jitterProbability: probability({
    default: 0.8,
    label: 'Jitter',
    short: 'jit',
    help: 'Chance that brightness and contrast are changed.',
    source: 'published code',
  }),
  brightness: probability({
    default: 0.4,
    label: 'Brightness range',
    short: 'bri',
    help: 'Brightness factor is drawn from 1 minus to 1 plus this.',
    source: 'published code',
  }),
  contrast: probability({
    default: 0.4,
    label: 'Contrast range',
    short: 'con',
    help: 'Contrast factor is drawn from 1 minus to 1 plus this.',
    source: 'published code',
  }),
  blurProbability1: probability({
    default: 1,
    quirk: 'Q15',
    label: 'Blur, view 1',
    short: 'blur1',
    help: 'Chance of a Gaussian blur in view 1. The published views are not exchangeable: view 1 is always blurred.',
    source: 'published code',
  }),
  blurProbability2: probability({
    default: 0.1,
    quirk: 'Q15',
    label: 'Blur, view 2',
    short: 'blur2',
    help: 'Chance of a Gaussian blur in view 2.',
    source: 'published code',
  }),
  solariseProbability1: probability({
    default: 0,
    quirk: 'Q15',
    label: 'Solarise, view 1',
    short: 'sol1',
    help: 'Chance that bright pixels are inverted in view 1.',
    source: 'published code',
  }),
  solariseProbability2: probability({
    default: 0.2,
    quirk: 'Q15',
    label: 'Solarise, view 2',
    short: 'sol2',
    help: 'Chance that bright pixels are inverted in view 2.',
    source: 'published code',
  }),

  batchSize: number({
    group: 'run',
    when: 'start',
    default: 64,
    min: 2,
    max: 1024,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Batch size',
    short: 'b',
    help: 'Films per step. Variance and covariance are measured over the batch, so small batches make them noisy.',
    source: 'published configuration',
  }),
  epochs: number({
    group: 'run',
    when: 'start',
    default: 300,
    min: 1,
    max: 10000,
    integer: true,
    scale: 'log',
    unit: 'epochs',
    label: 'Epochs',
    short: 'ep',
    help: 'Passes over the training films; sets the length of the cosine schedule.',
    source: 'published configuration',
  }),
  maxSteps: number({
    group: 'run',
    when: 'start',
    default: 0,
    min: 0,
    max: 10_000_000,
    integer: true,
    scale: 'linear',
    unit: 'steps',
    label: 'Steps',
    short: 'st',
    help: 'Length of the run in steps; 0 takes it from the epochs.',
    source: 'ours',
  }),
  seed: number({
    group: 'run',
    when: 'start',
    default: 1,
    min: 0,
    max: 4294967295,
    integer: true,
    scale: 'linear',
    label: 'Seed',
    short: 'seed',
    help: 'Fixes initialisation, order of films and all views: the same seed gives the same run.',
    source: 'ours',
  }),

  labelShare: number({
    group: 'probe',
    when: 'probe',
    default: 1,
    min: 0.001,
    max: 1,
    scale: 'log',
    label: 'Label share',
    short: 'share',
    help: 'Share of the training patients whose labels are used.',
    source: 'section IV-C',
  }),
  labelDraws: number({
    group: 'probe',
    when: 'probe',
    default: 5,
    min: 1,
    max: 50,
    integer: true,
    scale: 'linear',
    label: 'Label draws',
    short: 'draws',
    help: 'How many random draws of labelled patients are averaged when the share is below one.',
    source: 'ours',
  }),
  probeFeatures: {
    kind: 'choice',
    group: 'probe',
    when: 'probe',
    default: 'attended',
    quirk: 'Q2',
    choices: { attended: 'With context bottlenecks', plain: 'Without (published)' },
    label: 'Features',
    short: 'feat',
    help: 'The published evaluation drops the context bottlenecks although every stage was trained behind them.',
    source: 'published code, ln_cls',
  },
  probeNorm: {
    kind: 'choice',
    group: 'probe',
    when: 'probe',
    default: 'running',
    quirk: 'Q3',
    choices: { running: 'Running statistics', batch: 'Batch statistics (published)' },
    label: 'Batch norm of the frozen encoder',
    short: 'bn',
    help: 'The published probe leaves the frozen encoder in training mode, so features depend on the batch.',
    source: 'published code, ln_cls',
  },
  probeRate: number({
    group: 'probe',
    when: 'probe',
    default: 0.003,
    min: 1e-6,
    max: 1,
    scale: 'log',
    label: 'Probe learning rate',
    short: 'plr',
    help: 'AdamW rate of the linear layer; cosine with warm restarts after 10, 30, 70 … epochs.',
    source: 'published code',
  }),
  probeEpochs: number({
    group: 'probe',
    when: 'probe',
    default: 300,
    min: 1,
    max: 5000,
    integer: true,
    scale: 'log',
    unit: 'epochs',
    label: 'Probe epochs',
    short: 'pep',
    help: 'At most this many passes over the labelled films.',
    source: 'published code',
  }),
  probePatience: number({
    group: 'probe',
    when: 'probe',
    default: 10,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'linear',
    unit: 'epochs',
    label: 'Patience',
    short: 'pat',
    help: 'Stop after this many epochs without a better mean AUROC on the validation films.',
    source: 'published code',
  }),
  probeBatch: number({
    group: 'probe',
    when: 'probe',
    default: 128,
    min: 2,
    max: 4096,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Probe batch size',
    short: 'pb',
    help: 'Films per step of the linear layer.',
    source: 'published code',
  }),
  probeFlip: {
    kind: 'toggle',
    group: 'probe',
    when: 'probe',
    default: true,
    label: 'Flip training films',
    short: 'pflip',
    help: "Adds mirrored films to the probe's training features, as published.",
    source: 'published code',
  },
  probeStandardise: {
    kind: 'toggle',
    group: 'probe',
    when: 'probe',
    default: true,
    label: 'Standardise features',
    short: 'pstd',
    help: 'Brings every feature to mean 0 and deviation 1 over the training films. Without it, as published, features of a random encoder are about a thousandth in size, the layer cannot learn from them, and the comparison flatters pretraining.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;

export type Schema = typeof SCHEMA;
export type ConfigKey = keyof Schema;
/** A complete configuration: a value for every row of the table. */
export type Config = { [K in ConfigKey]: ValueOf<Schema[K]> };
export type ConfigValue = Config[ConfigKey];

export const CONFIG_KEYS = Object.keys(SCHEMA) as ConfigKey[];

export const isConfigKey = (text: string): text is ConfigKey => Object.hasOwn(SCHEMA, text);

export function defaultConfig(): Config {
  const entries = CONFIG_KEYS.map((key) => [key, SCHEMA[key].default]);
  return Object.fromEntries(entries) as Config;
}

/** Reads one value from text or JSON. @throws AppError `config-invalid` with the found value and the range. */
export function parseValue<K extends ConfigKey>(key: K, raw: unknown): Config[K] {
  const field: Field = SCHEMA[key];
  const refuse = (range: string): never => {
    throw new AppError('config-invalid', `${key} = ${String(raw).slice(0, 40)}, expected ${range}.`);
  };
  if (field.kind === 'toggle') {
    if (raw === true || raw === 'true' || raw === '1') return true as Config[K];
    if (raw === false || raw === 'false' || raw === '0') return false as Config[K];
    return refuse('true or false');
  }
  if (field.kind === 'choice') {
    if (typeof raw === 'string' && Object.hasOwn(field.choices, raw)) return raw as Config[K];
    return refuse(`one of ${Object.keys(field.choices).join(', ')}`);
  }
  const value =
    typeof raw === 'number' ? raw : typeof raw === 'string' && raw.trim() ? Number(raw) : Number.NaN;
  const inRange = Number.isFinite(value) && value >= field.min && value <= field.max;
  if (!inRange || (field.integer && !Number.isInteger(value))) {
    return refuse(`${field.integer ? 'an integer' : 'a number'} from ${field.min} to ${field.max}`);
  }
  return value as Config[K];
}

/** A complete configuration from any record; unknown keys and bad values are refused by name. */
export function parseConfig(raw: Readonly<Record<string, unknown>>, base: Config = defaultConfig()): Config {
  const config: Record<string, ConfigValue> = { ...base };
  for (const [key, value] of Object.entries(raw)) {
    if (!isConfigKey(key)) throw new AppError('config-invalid', `there is no setting called ${key}.`);
    config[key] = parseValue(key, value);
  }
  return config as Config;
}
