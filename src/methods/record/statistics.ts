// The VICReg statistics (arXiv 2105.04906, section 4): measured on every head's embeddings and on the five levels of the
// encoder, whatever the method, so that methods can be compared. Where a method's loss is made of them they are its terms.

import type { Quantity } from './method.ts';

export const STATISTICS = {
  invariance: {
    label: 'Invariance',
    formula: 'mean over n, j of (a_nj - b_nj)^2',
    meaning:
      'How far the two views of a film lie apart. Falling: the encoder ignores what augmentation changes. Zero with a high variance term: collapse.',
    hue: 'blue',
  },
  variance: {
    label: 'Variance',
    formula: 'sum over views of 1/2 mean_j relu(1 - sqrt(var_j + 1e-4))',
    meaning:
      'How much spread the dimensions lack. Zero: every dimension spreads by one or more. Near one: all films get the same embedding.',
    hue: 'amber',
  },
  covariance: {
    label: 'Covariance',
    formula: 'sum over views of 1/D sum_{j != k} C_jk^2',
    meaning: 'How much dimensions repeat each other. Falling: information spreads over more dimensions.',
    hue: 'green',
  },
} as const satisfies Record<string, Quantity>;
export type Statistic = keyof typeof STATISTICS;
export const STATISTIC_NAMES = Object.keys(STATISTICS) as Statistic[];

/** The statistics as terms of a loss, each with its weight among the rows. */
export const VICREG_TERMS = {
  invariance: { ...STATISTICS.invariance, weightKey: 'invarianceWeight', reads: 'statistics' },
  variance: { ...STATISTICS.variance, weightKey: 'varianceWeight', reads: 'statistics' },
  covariance: { ...STATISTICS.covariance, weightKey: 'covarianceWeight', reads: 'statistics' },
} as const;

export const LEVELS = ['stem', 'stage 1', 'stage 2', 'stage 3', 'stage 4'] as const;
export type Level = 1 | 2 | 3 | 4 | 5;
export const LEVEL_NUMBERS = [1, 2, 3, 4, 5] as const satisfies readonly Level[];
