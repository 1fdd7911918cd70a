// Barlow Twins as a record (Zbontar et al., arXiv 2103.03230): the correlations between the dimensions of the two views
// shall be the identity. The published method has no context bottlenecks; they can be put in.

import { type Field, number } from '../../config/fields.ts';
import { healthBy } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS } from '../record/rows.ts';

const ROWS = {
  ...BOTTLENECK_ROWS,
  ...PROJECTOR_ROWS,
  offDiagonalWeight: number({
    group: 'loss',
    when: 'live',
    default: 0.0051,
    min: 0,
    max: 1,
    scale: 'log',
    label: 'Off-diagonal weight',
    short: 'off',
    help: 'Weight of the correlations between different dimensions. There are many more of them than dimensions, hence the small number.',
    source: 'arXiv 2103.03230, section 3',
  }),
} as const satisfies Record<string, Field>;

export const BARLOW = defineMethod({
  label: 'Barlow Twins',
  words:
    'Each dimension of the embedding is standardised over the films, and the correlations between the dimensions of one view and those of the other are taken. A dimension shall agree with itself across the views and with no other. Nothing else keeps the embedding from collapsing; the standardisation takes the spread out of the question.',
  source: 'arXiv 2103.03230',
  rows: ROWS,
  terms: {
    'on-diagonal': {
      label: 'On-diagonal',
      formula: 'sum_j (C_jj - 1)^2',
      meaning:
        'How far a dimension is from agreeing with itself across the two views. At its start it is about the number of dimensions.',
      hue: 'blue',
      weightKey: null,
      reads: 0,
    },
    'off-diagonal': {
      label: 'Off-diagonal',
      formula: 'sum_{j != k} C_jk^2',
      meaning:
        'How much the dimensions of one view say what others of the other view say already. Small batches hold it up: with N films it stays near D^2 / N.',
      hue: 'green',
      weightKey: 'offDiagonalWeight',
      reads: 1,
    },
  },
  heads: { global: globalHead(['on-diagonal', 'off-diagonal']) },
  total: {
    formula: 'L = L_on + λ L_off',
    meaning:
      'What the optimiser lowers: the on-diagonal term and the weighted off-diagonal one. With few films in a batch the off-diagonal term has a floor that no encoder can go below.',
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    fullSpread: null,
    againstPoint: 'A smaller learning rate may counter it.',
    againstRepetition: 'A higher off-diagonal weight counters it.',
  }),
});
