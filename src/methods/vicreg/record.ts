// VICReg as a record (Bardes, Ponce and LeCun, arXiv 2105.04906): the loss of MLVICX on the encoder's last features alone.
// What MLVICX adds, the local head and the context bottlenecks, is what a comparison with it measures; the bottlenecks are a
// setting here, off unless asked for, because the published method has none.

import { vicregHealth } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { BOTTLENECK_ROWS, PROJECTOR_ROWS, VICREG_WEIGHT_ROWS } from '../record/rows.ts';
import { VICREG_TERMS } from '../record/statistics.ts';

export const VICREG = defineMethod({
  label: 'VICReg',
  words:
    'Two views of a film shall get the same embedding, every dimension shall spread over the films, and no two dimensions shall repeat each other. VICReg asks this of the encoder’s last features alone, after a projector without a norm at its end. The encoder is the plain ResNet-18 of the published method; context bottlenecks can be put in, to see what they do by themselves.',
  source: 'arXiv 2105.04906',
  rows: { ...BOTTLENECK_ROWS, ...PROJECTOR_ROWS, ...VICREG_WEIGHT_ROWS },
  terms: VICREG_TERMS,
  heads: { global: globalHead(['invariance', 'variance', 'covariance']) },
  total: {
    formula: 'L = L_invariance + L_variance + L_covariance',
    meaning:
      'What the optimiser lowers: the three weighted terms. It falls fast, then slowly; a sudden flat line near its start value usually means collapse, so read the variance term before trusting it.',
  },
  bottlenecks: ({ bottlenecks }) => bottlenecks === true,
  health: vicregHealth,
});
