// VICRegL as a record (Bardes, Ponce and LeCun, arXiv 2210.01571): VICReg on the features of a film and on the places of the
// last map that go together in its two views. It is what the local head of MLVICX is to be held against.

import { type Field, number } from '../../config/fields.ts';
import { vicregHealth } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS, VICREG_WEIGHT_ROWS } from '../record/rows.ts';
import { VICREG_TERMS } from '../record/statistics.ts';

const matches = (view: 1 | 2, count: number) =>
  number({
    group: 'loss',
    when: 'start',
    default: count,
    min: 1,
    max: 49,
    integer: true,
    scale: 'linear',
    unit: 'of 49',
    label: `Matches, view ${view}`,
    short: `m${view}`,
    help: `Pairs of places that lie closest in the film, found from view ${view}: num_matches[${view - 1}]. Of 7 x 7 places, as at 224 px; a smaller or larger map takes the same share of its own.`,
    source: 'arXiv 2210.01571, section 3; published code',
  });

const ROWS = {
  ...BOTTLENECK_ROWS,
  ...PROJECTOR_ROWS,
  localDim: number({
    group: 'model',
    when: 'start',
    default: 512,
    min: 8,
    max: 2048,
    integer: true,
    scale: 'log',
    label: 'Local embedding width',
    short: 'ldim',
    help: 'Width of all three layers of the local projector, which runs on every place of the last map: maps_mlp 512-512-512.',
    source: 'published code',
  }),
  ...VICREG_WEIGHT_ROWS,
  alpha: number({
    group: 'loss',
    when: 'live',
    default: 0.75,
    min: 0.05,
    max: 1,
    scale: 'linear',
    label: 'Global share α',
    short: 'α',
    help: 'Share of the global loss; the rest is for matched places. 1 is the global loss alone.',
    source: 'arXiv 2210.01571, section 3',
  }),
  matchesFrom1: matches(1, 20),
  matchesFrom2: matches(2, 4),
} as const satisfies Record<string, Field>;

const TERMS = ['invariance', 'variance', 'covariance'] as const;

export const VICREGL = defineMethod({
  label: 'VICRegL',
  words:
    'VICReg on the features of the whole film, and VICReg on single places: a place of one view goes with the place of the other that shows the same spot of the film, and with the one whose features are most alike. The features of a pair shall agree, and at every place spread and differ over the films. It keeps where things are, which the features of a whole film need not.',
  source: 'arXiv 2210.01571',
  rows: ROWS,
  terms: {
    ...VICREG_TERMS,
    // Its authors count the covariance of either view half, other than in VICReg.
    covariance: { ...VICREG_TERMS.covariance, factor: 0.5 },
  },
  heads: {
    global: globalHead(TERMS),
    local: {
      label: 'Local',
      symbol: 'p',
      line: 'dashed',
      terms: TERMS,
      weight: { key: 'alpha', sign: '2(1 - α)/α', of: (alpha) => (2 * (1 - alpha)) / alpha },
      dimensions: ({ localDim }) => Number(localDim),
    },
  },
  total: {
    formula: 'L = L_global + 2(1 - α)/α L_local',
    meaning:
      'What the optimiser lowers: the published α L_global + (1 - α) (L_place + L_feature) over α, so that α = 1 is the global loss alone. L_local is the mean of the matchings by place and by feature, either way.',
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: vicregHealth,
});
