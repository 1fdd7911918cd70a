// MLVICX as a record: multi-level variance and covariance exploration, the method that this playground is about
// (arXiv 2403.11504). VICReg on two embeddings: of the last level, and of all five levels together.

import { type Field, number } from '../../config/fields.ts';
import { vicregHealth } from '../record/health.ts';
import { defineMethod, globalHead } from '../record/method.ts';
import { PROJECTOR_ROWS, VICREG_WEIGHT_ROWS } from '../record/rows.ts';
import { VICREG_TERMS } from '../record/statistics.ts';

const ROWS = {
  ...PROJECTOR_ROWS,
  levelChannels: number({
    group: 'model',
    when: 'start',
    default: 512,
    min: 8,
    max: 1024,
    integer: true,
    scale: 'log',
    unit: 'channels',
    label: 'Level channels',
    short: 'lvl',
    help: 'Channels to which every level is projected before the levels are summed.',
    source: 'section III-B',
  }),
  levelSize: number({
    group: 'model',
    when: 'start',
    default: 64,
    min: 4,
    max: 256,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Level map size',
    short: 'map',
    help: 'Side to which the published code resizes every level. It is folded into one small matrix here and costs nothing.',
    source: 'section III-B',
  }),
  trainLevelConvs: {
    kind: 'toggle',
    group: 'model',
    when: 'start',
    default: true,
    quirk: 'Q1',
    label: 'Train the level projections',
    short: 'lvl-train',
    help: 'The published code creates the five level convolutions after the optimiser, so they stay at their random start. On: they are trained.',
    source: 'published code, models/mlvicx',
  },
  projectorFinalNorm: {
    kind: 'toggle',
    group: 'model',
    when: 'start',
    default: true,
    quirk: 'Q20',
    label: 'Batch norm at the end of the projectors',
    short: 'bn-out',
    help: 'The published projectors end in an affine batch norm, which keeps the variance hinge at zero at first. The original VICReg has none.',
    source: 'published code; VICReg section 4',
  },
  ...VICREG_WEIGHT_ROWS,
  localWeight: number({
    group: 'loss',
    when: 'live',
    default: 1,
    min: 0,
    max: 100,
    scale: 'linear',
    label: 'Local weight λ',
    short: 'λ',
    help: 'Weight of the local (multi-level) loss beside the global one.',
    source: 'equation 8',
  }),
} as const satisfies Record<string, Field>;

const TERMS = ['invariance', 'variance', 'covariance'] as const;

export const MLVICX = defineMethod({
  label: 'MLVICX',
  words:
    'Two views of a film shall get the same embedding, every dimension shall spread over the films, and no two dimensions shall repeat each other. MLVICX asks this twice: of the encoder’s last features, and of all five of its levels together, each of which has passed a context bottleneck.',
  source: 'arXiv 2403.11504',
  rows: ROWS,
  terms: VICREG_TERMS,
  heads: {
    global: globalHead(TERMS),
    local: {
      ...globalHead(TERMS),
      label: 'Local',
      symbol: 'd',
      line: 'dashed',
      weight: { key: 'localWeight', sign: 'λ' },
    },
  },
  total: {
    formula: 'L = L_global + λ L_local',
    meaning:
      'What the optimiser lowers: the three weighted terms of the global head, and λ times those of the local head. It falls fast, then slowly; a sudden flat line near its start value usually means collapse, so read the variance term before trusting it.',
  },
  bottlenecks: () => true,
  health: vicregHealth,
});
