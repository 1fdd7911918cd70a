// The linear evaluation as its record: a linear layer on the frozen encoder's features, beside a random encoder of the same
// shape and raw pixels; its settings, and what its report holds, which is what every evaluation by AUROC has. How it is computed
// is in evaluate.ts; how its scores are told, in ../compared/record.ts.

import { type Field, number } from '../../config/fields.ts';
import { object, read } from '../../util/schema.ts';
import { SCORED, SCORED_FIELDS, type ScoredReport } from '../compared/record.ts';
import { FEATURE_ROWS, LABEL_ROWS, type TaskRecord } from '../record.ts';

const LINEAR_ROWS = {
  ...LABEL_ROWS,
  ...FEATURE_ROWS,
  probeRate: number({
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
    default: true,
    label: 'Flip training films',
    short: 'pflip',
    help: "Adds mirrored films to the probe's training features, as published.",
    source: 'published code',
  },
  probeStandardise: {
    kind: 'toggle',
    group: 'evaluation',
    when: 'evaluation',
    default: true,
    label: 'Standardise features',
    short: 'pstd',
    help: 'Brings every feature to mean 0 and deviation 1 over the training films. Without it, as published, features of a random encoder are about a thousandth in size, the layer cannot learn from them, and the comparison flatters pretraining.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;

const LINEAR_REPORT = object(SCORED_FIELDS);
export type LinearReport = ScoredReport;

export const LINEAR = {
  ...SCORED,
  label: 'Linear evaluation',
  short: 'linear',
  answers:
    'How well a single linear layer on the frozen encoder tells findings apart, on films of patients that it has never seen.',
  rows: LINEAR_ROWS,
  read: (raw: unknown, place: string): LinearReport => read(LINEAR_REPORT, raw, place),
} satisfies TaskRecord<LinearReport>;
