// SimSiam as a record (Chen and He, arXiv 2011.10566): no negatives, no second network, no statistics; what keeps it from
// collapsing is that the gradient is stopped at one side. The published method has no context bottlenecks; they can be put in.

import { type Field, number } from '../../config/fields.ts';
import { healthBy } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS } from '../record/rows.ts';

const ROWS = {
  ...BOTTLENECK_ROWS,
  ...PROJECTOR_ROWS,
  predictorBottleneck: number({
    group: 'model',
    when: 'start',
    default: 4,
    min: 0.25,
    max: 64,
    scale: 'log',
    label: 'Predictor bottleneck',
    short: 'pred',
    help: 'How many times narrower the predictor’s hidden layer is than the embedding: 512 of 2048 in the paper.',
    source: 'arXiv 2011.10566, section 3',
  }),
  stopGradient: {
    kind: 'toggle',
    group: 'loss',
    when: 'start',
    default: true,
    label: 'Stop-gradient',
    short: 'stop',
    help: 'The loss moves the predictions towards the embeddings of the other view, and never those towards the predictions. Off: it does both, and within a hundred steps or so all dimensions come to say the same.',
    source: 'arXiv 2011.10566, section 4.1',
  },
} as const satisfies Record<string, Field>;

export const SIMSIAM = defineMethod({
  label: 'SimSiam',
  words:
    'From the embedding of one view a small predictor guesses that of the other view, and only the guess is moved. There are no other films to be told apart and no statistics to keep; nothing but the stopped gradient keeps the embedding from collapsing. Take it away to see that happen: the norm at the end of the projector holds the spread up, so what falls first is the number of dimensions that say anything of their own. Only the direction of an embedding counts, so spread is measured on directions: one is full.',
  source: 'arXiv 2011.10566',
  rows: ROWS,
  terms: {
    cosine: {
      label: 'Negative cosine',
      formula: '-1/2 [mean cos(p1, z2) + mean cos(p2, z1)], no gradient to z',
      meaning:
        'Minus how alike the guess and the other view’s embedding point: -1 is the same direction, 0 is chance. Near -1 within a hundred steps, with one or two dimensions left: collapse.',
      hue: 'violet',
      weightKey: null,
      reads: 0,
    },
  },
  heads: { global: globalHead(['cosine']) },
  others: { prediction: { label: 'Prediction' } },
  total: {
    formula: 'L = -1/2 [cos(p1, z2) + cos(p2, z1)]',
    meaning:
      'What the optimiser lowers, between 1 and -1. It says little by itself: collapse is its lowest value, so read spread and dimensions beside it.',
    bounded: true,
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    fullSpread: 1,
    againstPoint: 'A smaller learning rate may counter it.',
    againstRepetition: 'The stop-gradient counters it; a smaller learning rate may.',
  }),
});
