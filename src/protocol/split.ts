// How films are put into training, validation and test: what a person may choose, and the defaults. Films of one
// patient are never on two sides; where a given split puts them there it is refused, unless a way out is chosen.

export const SPLIT_SOURCES = {
  given: 'as the labels or lists say',
  drawn: 'drawn by patient',
} as const;
export type SplitSource = keyof typeof SPLIT_SOURCES;

/** What the parts are to have alike. */
export const STRATIFY = {
  every: 'each finding',
  any: 'any finding',
  none: 'nothing',
} as const;
export type Stratify = keyof typeof STRATIFY;

/** What becomes of films and patients that a given split puts on two sides. */
export const OVERLAP = {
  refuse: 'refused',
  'leave-out': 'left out of the earlier part, kept in test before validation before training',
  'keep-training': 'left out of validation and test, kept in training',
} as const;
export type Overlap = keyof typeof OVERLAP;

/** Per cent of patients, together 100. */
export interface SplitShares {
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

export const DEFAULT_SHARES: SplitShares = { train: 70, val: 10, test: 20 };

export interface SplitChoice {
  /** Left out: given where something gives it, else drawn. */
  readonly source?: SplitSource;
  readonly shares?: SplitShares;
  /** Splits do not depend on the run's seed, so that runs with different seeds are scored on the same films. */
  readonly seed?: number;
  readonly stratify?: Stratify;
  readonly overlap?: Overlap;
}
