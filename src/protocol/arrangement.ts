// What is decided about films after they were read. How they are put into training, validation and test: films of one patient are
// never on two sides; where a given split puts them there it is refused, unless a way out is chosen. And what may be wrong with a
// film, measured on the decoded planes or taken from tags and labels: each row is a count in the data panel, a filter of the gallery
// and a tick that leaves such films out. The limits are here too.

export const SPLIT_SOURCES = {
  given: 'as the labels or lists say',
  drawn: 'drawn by patient',
} as const;
type SplitSource = keyof typeof SPLIT_SOURCES;

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

/** Grey values 0..255 of the stored plane unless said otherwise. */
export const QUALITY_LIMITS = {
  /** A film with less deviation shows nothing. */
  deviation: 4,
  /** Darkest of 2,600 real films: 59. */
  mean: 40,
  /** Correlation with a plain chest below which a film looks inverted. */
  polarity: -0.1,
  /** Longer side over shorter side. */
  aspect: 2,
  /** Of 143 bits of the perceptual hash. Closest pair of different films among 2,600: 16. */
  hashBits: 10,
} as const;

export const QUALITY = {
  constant: {
    name: 'Constant',
    explain: `The film shows nothing: its grey values deviate by less than ${QUALITY_LIMITS.deviation} of 255.`,
  },
  dark: {
    name: 'Very dark',
    explain: `Its mean grey value is below ${QUALITY_LIMITS.mean} of 255.`,
  },
  inverted: {
    name: 'Looks inverted',
    explain: 'Air looks white and bone black: it resembles the negative of a frontal chest film.',
  },
  duplicate: {
    name: 'Duplicate',
    explain:
      'It looks the same as an earlier film (perceptual hash), whatever its size, contrast or file name. The first one is kept.',
  },
  lateral: {
    name: 'Lateral view',
    explain: 'The label file or the DICOM tag calls it a lateral view, among frontal ones.',
  },
  aspect: {
    name: 'Odd shape',
    explain: `One side is more than ${QUALITY_LIMITS.aspect} times the other.`,
  },
} as const;

export type QualityFlag = keyof typeof QUALITY;
export const QUALITY_FLAGS = Object.keys(QUALITY) as QualityFlag[];

/** The bit of a flag in tables of flags. */
export const flagBit = (flag: QualityFlag): number => 1 << QUALITY_FLAGS.indexOf(flag);

export interface QualityCount {
  readonly flag: QualityFlag;
  readonly films: number;
  /** Whether such films are left out. */
  readonly leftOut: boolean;
}

export interface QualityReport {
  readonly counts: readonly QualityCount[];
  /** Duplicates to the earlier film that they resemble. */
  readonly duplicateOf: ReadonlyMap<number, number>;
  /** Duplicates that stand in another part than the film they resemble. */
  readonly duplicatesAcross: number;
}

/** Measured once per film where it is decoded, and kept with it. */
export interface FilmMeasures {
  readonly mean: number;
  readonly deviation: number;
  /** Correlation with a plain chest, -1..1. */
  readonly polarity: number;
  /** 143 bits of low frequencies as 36 hex digits; empty for a film that shows nothing. */
  readonly hash: string;
}
