// MoCo v2 as a record (He et al., arXiv 1911.05722; Chen et al., arXiv 2003.04297): each view shall find the other one of its
// film among the keys of earlier steps, which a slowly moving copy of the network has made. The published method has no
// context bottlenecks; they can be put in.

import { type Field, number } from '../../config/fields.ts';
import { healthBy } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS, TEMPERATURE_ROWS } from '../record/rows.ts';

const ROWS = {
  ...BOTTLENECK_ROWS,
  ...PROJECTOR_ROWS,
  ...TEMPERATURE_ROWS,
  queueLength: number({
    group: 'loss',
    when: 'start',
    default: 1024,
    min: 16,
    max: 65536,
    integer: true,
    scale: 'log',
    unit: 'keys',
    label: 'Queue',
    short: 'queue',
    help: 'Keys of earlier steps that a view is told apart from, two for each film. With more keys than the set has views, a film is told apart from itself. The paper takes 65,536 of 1.3 million films.',
    source: 'arXiv 1911.05722, section 3.2; the default is ours',
  }),
  keyMomentum: number({
    group: 'loss',
    when: 'start',
    default: 0.999,
    min: 0,
    max: 1,
    scale: 'linear',
    label: 'Key momentum',
    short: 'm',
    help: 'The part of itself that the network of the keys keeps at each step. The queue wants it high, so that its keys agree; a run of some hundred steps may want it lower, or the keys stay those of the start.',
    source: 'arXiv 1911.05722, section 3.2',
  }),
} as const satisfies Record<string, Field>;

export const MOCO = defineMethod({
  label: 'MoCo v2',
  words:
    'A second network, a moving average of the trained one, makes keys of both views of each film, and the keys of earlier steps wait in a queue. Each view shall be most alike to the key of the other view of its own film, and unlike all keys in the queue. So even a small batch is told apart from many films; where films of different patients show the same, they are pushed apart all the same. Only the direction of an embedding counts, so spread is measured on directions: one is full. A step takes about a third longer than with one network.',
  source: 'arXiv 2003.04297',
  rows: ROWS,
  terms: {
    contrastive: {
      label: 'Contrastive',
      formula:
        'mean over 2N views of -log softmax([q·k, q·queue] / t) at the key, no gradient to k and queue',
      meaning:
        'How hard it is to tell the key of the other view of a film from the keys in the queue. At random it is the logarithm of the length of the queue and one; it cannot reach zero where films look alike.',
      hue: 'violet',
      weightKey: null,
      reads: 0,
    },
  },
  heads: { global: globalHead(['contrastive']) },
  total: {
    formula: 'L = L_contrastive',
    meaning:
      'What the optimiser lowers. Its size depends on queue and temperature, so it compares with runs of the same two alone. It rises at first, while the random rows of the queue give way to keys, which are harder to tell apart.',
    bounded: true,
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: healthBy({
    // The loss asks for no spread of its own: while the queue fills with keys, all queries draw near them.
    fullSpread: null,
    againstPoint: 'A smaller learning rate may counter it.',
    againstRepetition: 'A longer queue or a lower temperature may counter it.',
  }),
});
