// SimCLR as a record (Chen et al., arXiv 2002.05709): among all views of a batch, each shall find the other one of its film.
// The published method has no context bottlenecks; they can be put in.

import { healthBy } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS, TEMPERATURE_ROWS } from '../record/rows.ts';

const ROWS = { ...BOTTLENECK_ROWS, ...PROJECTOR_ROWS, ...TEMPERATURE_ROWS };

export const SIMCLR = defineMethod({
  label: 'SimCLR',
  words:
    'Every view is compared with all others of the batch, and shall be most alike to the other view of its own film. All other films are taken for different, which the larger the batch is the better a task, and the worse where films of different patients show the same. Only the direction of an embedding counts, not its length.',
  source: 'arXiv 2002.05709',
  rows: ROWS,
  terms: {
    contrastive: {
      label: 'Contrastive',
      formula: 'mean over 2N views of -log softmax(cos / t) at the other view',
      meaning:
        'How hard it is to tell the other view of a film from the views of all other films. At random it is the logarithm of the number of other views; it cannot reach zero where films look alike.',
      hue: 'violet',
      weightKey: null,
      reads: 0,
    },
  },
  heads: { global: globalHead(['contrastive']) },
  total: {
    formula: 'L = L_contrastive',
    meaning:
      'What the optimiser lowers. Its size depends on batch and temperature, so it compares with runs of the same batch and temperature alone.',
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    fullSpread: null,
    againstPoint: 'A smaller learning rate may counter it.',
    againstRepetition: 'A larger batch or a lower temperature may counter it.',
  }),
});
