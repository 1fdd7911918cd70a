// BYOL as a record (Grill et al., arXiv 2006.07733): the prediction of one view against what a slowly moving copy of the
// network makes of the other. The published method has no context bottlenecks; they can be put in.

import { type Field, number } from '../../config/fields.ts';
import { healthBy } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS } from '../record/rows.ts';

const ROWS = {
  ...BOTTLENECK_ROWS,
  ...PROJECTOR_ROWS,
  targetMomentum: number({
    group: 'loss',
    when: 'start',
    default: 0.996,
    min: 0,
    max: 1,
    scale: 'linear',
    label: 'Target momentum',
    short: 'τ',
    help: 'The part of itself that the target network keeps at each step; it rises to one over the run, along a cosine. Lower: the target follows faster, which short runs may need. At zero it is the network itself, one step behind.',
    source: 'arXiv 2006.07733, section 3.2',
  }),
} as const satisfies Record<string, Field>;

export const BYOL = defineMethod({
  label: 'BYOL',
  words:
    'A second network, the target, follows the trained one as a moving average and sees the other view. From the embedding of one view a predictor guesses what the target makes of the other, and only the guess is moved. There are no other films to be told apart; that the target moves slowly, and has a predictor before it, keeps the embedding from collapsing. Only the direction of an embedding counts, so spread is measured on directions: one is full. A step takes about a third longer than with one network.',
  source: 'arXiv 2006.07733',
  rows: ROWS,
  terms: {
    distance: {
      label: 'Distance to the target',
      formula: 'mean (2 - 2 cos(p1, t2)) + mean (2 - 2 cos(p2, t1)), no gradient to t',
      meaning:
        'How far the guesses point from where the target network puts the other view: four at chance, zero at the same direction. Near zero with a spread near zero: collapse.',
      hue: 'violet',
      weightKey: null,
      reads: 0,
    },
  },
  heads: { global: globalHead(['distance']) },
  others: { prediction: { label: 'Prediction' } },
  total: {
    formula: 'L = |n(p1) - n(t2)|² + |n(p2) - n(t1)|²',
    meaning:
      'What the optimiser lowers, between eight and zero. The target moves as well, so it may rise while the encoder gets better; collapse is its lowest value, so read the spread beside it.',
    bounded: true,
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    fullSpread: 1,
    againstPoint: 'A higher target momentum or a smaller learning rate may counter it.',
    againstRepetition: 'A smaller learning rate or a larger batch may counter it.',
  }),
});
