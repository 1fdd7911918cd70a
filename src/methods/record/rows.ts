// Rows of settings that several methods share. A method's record names those it takes; a row is shown where one of the
// methods that name it is chosen. What a row must say is in config/fields.ts.

import { type Field, number } from '../../config/fields.ts';

/** The projector of the features. */
export const PROJECTOR_ROWS = {
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
    help: 'Dimensions of the embeddings on which the loss is measured.',
    source: 'section IV-B',
  }),
} as const satisfies Record<string, Field>;

/** The weights of the three VICReg terms. */
export const VICREG_WEIGHT_ROWS = {
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
} as const satisfies Record<string, Field>;

/** For losses that compare cosines. */
export const TEMPERATURE_ROWS = {
  temperature: number({
    group: 'loss',
    when: 'start',
    default: 0.2,
    min: 0.01,
    max: 2,
    scale: 'log',
    label: 'Temperature',
    short: 't',
    help: 'Divides the cosines. The smaller, the more the loss looks at the views that are most alike, false friends among them. SimCLR takes 0.1 with batches of 4096, MoCo 0.2.',
    source: 'arXiv 2002.05709, table 5; arXiv 2003.04297, table 1',
  }),
} as const satisfies Record<string, Field>;

/** For methods whose published form knows no context bottlenecks. */
export const BOTTLENECK_ROWS = {
  bottlenecks: {
    kind: 'toggle',
    group: 'model',
    when: 'start',
    default: false,
    label: 'Context bottlenecks',
    short: 'cbt',
    help: 'Passes each level of the encoder through the context bottleneck of MLVICX. Off: the plain ResNet-18, as published.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;
