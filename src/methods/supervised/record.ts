// Supervised training as a record: the encoder learns the findings themselves, from all labels of the training part. It is no
// self-supervised method and no rival of one, but the line above which a method without labels is not expected.

import { type Field, number } from '../../config/fields.ts';
import { healthBy } from '../record/health.ts';
import { defineMethod } from '../record/method.ts';
import { BOTTLENECK_ROWS } from '../record/rows.ts';

const ROWS = {
  ...BOTTLENECK_ROWS,
  classifierOutputs: number({
    group: 'model',
    when: 'start',
    default: 32,
    min: 1,
    max: 512,
    integer: true,
    scale: 'log',
    label: 'Classifier outputs',
    short: 'out',
    help: 'Outputs of the linear layer behind the features, nn.Linear(8 width, outputs): as many as the set has findings, or more, which then learn nothing.',
    source: 'ours',
  }),
} as const satisfies Record<string, Field>;

export const SUPERVISED = defineMethod({
  label: 'Supervised',
  words:
    'No pretraining without labels: a linear layer on the encoder’s features says which findings a film has, and all labels of the training part tell encoder and layer how wrong it is. Both views of a film are trained on, each with its labels; a label that is not known has no say. It starts at random or with given weights, and is an upper line for methods that see no label, not a rival of theirs.',
  source: 'ours',
  isUpperLine: true,
  rows: ROWS,
  terms: {
    'cross-entropy': {
      label: 'Cross-entropy',
      formula: 'mean over known labels of -y log p - (1 - y) log(1 - p)',
      meaning:
        'How wrong the findings of both views are said, over all labels that are known. It begins near log 2 = 0.69; far below what the share of positives alone would give, films are learnt by heart.',
      hue: 'violet',
      weightKey: null,
      reads: 0,
    },
  },
  heads: {
    global: {
      label: 'Features',
      symbol: 'z',
      line: 'solid',
      terms: ['cross-entropy'],
      weight: null,
      dimensions: ({ width }) => 8 * Number(width),
    },
  },
  total: {
    formula: 'L = L_cross-entropy',
    meaning: 'What the optimiser lowers. It says nothing of films that were not trained on.',
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    fullSpread: null,
    againstPoint: 'A smaller learning rate may counter it.',
    againstRepetition: null,
  }),
});
