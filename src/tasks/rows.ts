// Settings that evaluations share: which labels they may use and what the frozen encoder hands them. Each task names
// those that it reads in its record. What a row must say is in config/fields.ts.

import { type Field, number } from '../config/fields.ts';

export const LABEL_ROWS = {
  labelShare: number({
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
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
} as const satisfies Record<string, Field>;

export const FEATURE_ROWS = {
  probeFeatures: {
    kind: 'choice',
    group: 'evaluation',
    when: 'evaluation',
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
    group: 'evaluation',
    when: 'evaluation',
    default: 'running',
    quirk: 'Q3',
    choices: { running: 'Running statistics', batch: 'Batch statistics (published)' },
    label: 'Batch norm of the frozen encoder',
    short: 'bn',
    help: 'The published probe leaves the frozen encoder in training mode, so features depend on the batch.',
    source: 'published code, ln_cls',
  },
  randomEncoders: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 3,
    min: 1,
    max: 20,
    integer: true,
    scale: 'linear',
    label: 'Random encoders',
    short: 'rand',
    help: 'How many untrained encoders are scored beside the pretrained one. Their mean is what it is held against; one alone moves by 0.05 from seed to seed.',
    source: 'ours',
  }),
} as const satisfies Record<string, Field>;
