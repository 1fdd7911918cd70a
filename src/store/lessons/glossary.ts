// What an entry of the glossary shows beside its words: a formula, taken from the table that the program computes by, and which
// numbers of the run are its own. Texts are in words/<language>/glossary.ts under the same names.

import type { ConfigKey } from '../../config/schema.ts';
import { MEASURES } from '../../diagnostics/measures.ts';
import { STATISTICS } from '../../methods/record/statistics.ts';
import { METHODS } from '../../methods/records.ts';
import type { TaskName } from '../../tasks/records.ts';
import { GLOSSARY_EN } from '../../words/en/glossary.ts';
import type { EntryId } from '../../words/words.ts';

export interface EntryFacts {
  /** As the tables write it; null for what is no quantity. */
  readonly formula: string | null;
  /** Metrics: `group/name`, or a bare name that every head of the method has. */
  readonly numbers: readonly string[];
  /** Evaluations whose newest score belongs to it. */
  readonly scores: readonly TaskName[];
  /** Settings that it explains. */
  readonly settings: readonly ConfigKey[];
}

const NOTHING: EntryFacts = { formula: null, numbers: [], scores: [], settings: [] };
const entry = (facts: Partial<EntryFacts>): EntryFacts => ({ ...NOTHING, ...facts });

const AUROC = 'share of pairs of one film with and one without the finding that are in the right order';

export const GLOSSARY: Readonly<Record<EntryId, EntryFacts>> = {
  view: entry({ settings: ['imageSize'] }),
  encoder: entry({ settings: ['width'] }),
  embedding: entry({ settings: ['embeddingDim'] }),
  total: entry({ formula: METHODS.vicreg.total.formula, numbers: ['loss/total'] }),
  invariance: entry({
    formula: STATISTICS.invariance.formula,
    numbers: ['invariance'],
    settings: ['invarianceWeight'],
  }),
  variance: entry({
    formula: STATISTICS.variance.formula,
    numbers: ['variance', 'std'],
    settings: ['varianceWeight'],
  }),
  covariance: entry({
    formula: STATISTICS.covariance.formula,
    numbers: ['covariance'],
    settings: ['covarianceWeight'],
  }),
  spread: entry({ formula: 'mean over views and j of sqrt(var_j + 1e-4)', numbers: ['std'] }),
  vicreg: entry({ formula: METHODS.vicreg.total.formula, numbers: ['loss/total'] }),
  mlvicx: entry({ formula: METHODS.mlvicx.total.formula, numbers: ['loss/total'], settings: ['method'] }),
  simsiam: entry({ formula: METHODS.simsiam.total.formula, numbers: ['loss/total'] }),
  'stop-gradient': entry({
    formula: METHODS.simsiam.terms.cosine.formula,
    numbers: ['global/cosine'],
    settings: ['stopGradient'],
  }),
  collapse: entry({ numbers: ['std', 'rankme', 'participation'] }),
  spectrum: entry({ formula: MEASURES.alpha.formula, numbers: ['alpha'] }),
  rankme: entry({ formula: MEASURES.rankme.formula, numbers: ['rankme'] }),
  participation: entry({ formula: MEASURES.participation.formula, numbers: ['participation'] }),
  neighbours: entry({
    formula: 'sum over the k nearest of exp(cos / t) y',
    numbers: ['neighbours/mean'],
    scores: ['neighbours'],
    settings: ['neighbourCount'],
  }),
  linear: entry({ formula: 'logit_k = weight_k . x + bias_k', scores: ['linear'] }),
  auroc: entry({ formula: AUROC, scores: ['neighbours', 'linear'] }),
  random: entry({ scores: ['neighbours', 'linear'] }),
  'class-map': entry({ formula: 'max(0, weight_k . x(place)) / places' }),
  shortcut: entry({ settings: ['syntheticTrap'] }),
  leak: entry({}),
  temperature: entry({ formula: 'softmax(cos / t)', settings: ['temperature'] }),
  batch: entry({ settings: ['batchSize'] }),
  crop: entry({ settings: ['minCropScale'] }),
  rate: entry({
    formula: 'warm-up, then cosine',
    numbers: ['optim/learning-rate'],
    settings: ['learningRate'],
  }),
};

export const ENTRY_IDS = Object.keys(GLOSSARY_EN) as EntryId[];

/** The entry that explains a setting, where there is one. */
export const entryOfSetting = (key: ConfigKey): EntryId | null =>
  ENTRY_IDS.find((id) => GLOSSARY[id].settings.includes(key)) ?? null;
