// Fine-tuning as its record: every weight goes on learning from the labels, from the pretrained start and from the random one; its
// settings, and what its report adds: after how many epochs the best of each training came. How it is computed is in evaluate.ts
// and tuner.ts; how its scores are told, in ../compared/record.ts.

import { type Field, number } from '../../config/fields.ts';
import {
  choice,
  count,
  type InferOutput,
  list,
  number as measured,
  numberOrNull,
  object,
  optional,
  read,
} from '../../util/schema.ts';
import { SCORED, SCORED_FIELDS } from '../compared/record.ts';
import { LABEL_ROWS, type TaskRecord } from '../record.ts';

const bestOf = (epochs: readonly number[]) => epochs.join(', ');

const FINETUNE_ROWS = {
  ...LABEL_ROWS,
  tuneRate: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 3e-4,
    min: 1e-6,
    max: 1,
    scale: 'log',
    label: 'Fine-tuning rate of the encoder',
    short: 'tlr',
    help: 'AdamW rate of the encoder; it does not change on the way. The larger, the further it goes from where it began.',
    source: 'ours',
  }),
  tuneLayerFactor: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 1,
    min: 0.01,
    max: 1000,
    scale: 'log',
    label: 'Rate of the layer, times that',
    short: 'tlf',
    help: 'The linear layer begins at random, so it may learn faster than an encoder that has learnt already: at 10 its rate is ten times the rate of the encoder.',
    source: 'BenchX, 10',
  }),
  tunePositives: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 1,
    min: 1,
    max: 1000,
    scale: 'log',
    label: 'Weight of positives, at most',
    short: 'tpos',
    help: 'A positive label counts as often as there are negatives for it among the labelled films, up to this; 1 counts all labels alike.',
    source: 'ours',
  }),
  tuneDecay: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 1e-4,
    min: 0,
    max: 1,
    scale: 'linear',
    label: 'Fine-tuning weight decay',
    short: 'twd',
    help: 'Decoupled decay of matrices and convolutions; norms and biases have none.',
    source: 'ours',
  }),
  tuneEpochs: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 40,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'log',
    unit: 'epochs',
    label: 'Fine-tuning epochs',
    short: 'tep',
    help: 'At most this many passes over the labelled films; an epoch has at least eight steps.',
    source: 'ours',
  }),
  tunePatience: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 10,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'linear',
    unit: 'epochs',
    label: 'Fine-tuning patience',
    short: 'tpat',
    help: 'Stop after this many epochs without a better mean AUROC on the validation films; the best of them counts.',
    source: 'BenchX, 10',
  }),
  tuneBatch: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 32,
    min: 2,
    max: 512,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Fine-tuning batch size',
    short: 'tb',
    help: 'Films per step; all labelled films where there are fewer. Batch norm counts over them.',
    source: 'ours',
  }),
  tuneViews: {
    kind: 'choice',
    group: 'evaluation',
    when: 'evaluation',
    default: 'whole',
    choices: { whole: 'Whole films, mirrored half of the time', augmented: 'Views as in pretraining' },
    label: 'Films while fine-tuning',
    short: 'tv',
    help: 'Views cut and change films as in pretraining, two of each film a step. Films that are scored are always whole.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;

/** Label draws are 50 at most. */
const MOST_DRAWS = 100;

export const TUNED_STARTS = ['pretrained', 'random'] as const;

const TUNED_EPOCH = object({
  start: choice(TUNED_STARTS),
  /** Of labels, counted from 0. */
  draw: count,
  /** Counted from 1. */
  epoch: count,
  /** Mean over its steps. */
  loss: measured,
  /** Mean AUROC of the validation films; null without any. */
  auroc: numberOrNull,
});
export type TunedEpoch = InferOutput<typeof TUNED_EPOCH>;

const FINETUNE_REPORT = object({
  ...SCORED_FIELDS,
  /** Per label draw, the epoch whose weights were scored, counted from 1. */
  bestEpochs: object({ pretrained: list(measured, MOST_DRAWS), random: list(measured, MOST_DRAWS) }),
  /** Every epoch of every training, in the order in which they were trained. */
  curves: optional(list(TUNED_EPOCH, 2 * MOST_DRAWS * 1000)),
});
export type FinetuneReport = InferOutput<typeof FINETUNE_REPORT>;

export const FINETUNE = {
  ...SCORED,
  label: 'Fine-tuning',
  short: 'tuned',
  answers:
    'How far labels carry the whole network from the pretrained start, beside the same from a random start: what pretraining is for in practice.',
  batch: 'tuneBatch',
  rows: FINETUNE_ROWS,
  read: (raw: unknown, place: string): FinetuneReport => read(FINETUNE_REPORT, raw, place),
  print: (report: FinetuneReport) =>
    `${SCORED.print(report)}\nbest epochs: pretrained ${bestOf(report.bestEpochs.pretrained)}; random ${bestOf(report.bestEpochs.random)}`,
} satisfies TaskRecord<FinetuneReport>;
