// The collapse verdict on one head from what was logged of its embeddings. Two kinds of collapse are told apart: all films
// get the same embedding (spread falls to zero), or the dimensions repeat each other (few effective dimensions). The
// verdict here is for losses that ask each dimension for a spread of one; which method uses it is for its record to say.

export const VERDICTS = {
  waiting: 'Too early to say',
  healthy: 'Healthy',
  narrow: 'Narrow',
  collapsing: 'Collapsing',
  collapsed: 'Collapsed',
  broken: 'Not a number',
} as const;
export type VerdictName = keyof typeof VERDICTS;
/** From what says nothing to the worst. */
export const VERDICT_ORDER = Object.keys(VERDICTS) as VerdictName[];

/** What was measured of a head's embeddings, mean over the last steps. */
export interface HeadStatistics {
  /** `global` and the like. */
  readonly head: string;
  /** Mean standard deviation of the dimensions. */
  readonly spread: number;
  readonly variance: number;
  readonly covariance: number;
  /** Width of the embedding. */
  readonly width: number;
  readonly batchSize: number;
}

export interface HeadHealth {
  readonly head: string;
  readonly verdict: VerdictName;
  readonly sentence: string;
  readonly spread: number;
  /** The spread of a head in order. */
  readonly fullSpread: number;
  readonly variance: number;
  readonly covariance: number;
  /** About how many dimensions carry information of their own. */
  readonly dimensions: number;
  /** How many a batch of this size could show if every film were independent. */
  readonly attainable: number;
}

/**
 * Participation ratio of the covariance's eigenvalues, (tr C)^2 / ||C||_F^2, from the logged terms: with equal
 * spreads s and the covariance term c summed over two views it is D s^4 / (s^4 + c / 2).
 */
export function effectiveDimensions(dim: number, spread: number, covariance: number): number {
  const power = spread ** 4;
  return power === 0 ? 0 : (dim * power) / (power + covariance / 2);
}

/** The same ratio for independent Gaussian films: sampling noise alone correlates dimensions in a small batch. */
export const attainableDimensions = (dim: number, batch: number): number =>
  (dim * (batch - 1)) / (dim + batch - 1);

/** `spread` is the share of the full one, `share` that of the attainable dimensions. */
function judge(spread: number, share: number): VerdictName {
  if (!Number.isFinite(spread) || !Number.isFinite(share)) return 'broken';
  if (spread < 0.1) return 'collapsed';
  if (spread < 0.5) return 'collapsing';
  if (share < 0.08) return 'collapsed';
  if (share < 0.2) return 'collapsing';
  return share < 0.45 ? 'narrow' : 'healthy';
}

type Figures = Omit<HeadHealth, 'verdict' | 'sentence'>;

const SENTENCES: Record<VerdictName, (health: Figures) => string> = {
  waiting: () => '',
  healthy: ({ spread, dimensions, attainable }) =>
    `Spread ${spread.toFixed(2)} of 1, and about ${dimensions.toFixed(0)} of ${attainable.toFixed(0)} dimensions that a batch this size can show.`,
  narrow: ({ head, dimensions, attainable }) =>
    `The ${head} head spreads well, but over about ${dimensions.toFixed(0)} of ${attainable.toFixed(0)} dimensions. Usual at the start; it should widen.`,
  collapsing: ({ head, spread, dimensions, attainable }) =>
    spread < 0.5
      ? `The ${head} head draws together: spread ${spread.toFixed(2)} of 1. A higher variance weight counters it.`
      : `The ${head} head uses about ${dimensions.toFixed(1)} of ${attainable.toFixed(0)} dimensions. A higher covariance weight counters it.`,
  collapsed: ({ head, spread, dimensions }) =>
    spread < 0.1
      ? `The ${head} head gives all films the same embedding: spread ${spread.toFixed(3)} of 1.`
      : `The dimensions of the ${head} head repeat each other: about ${dimensions.toFixed(1)} carry information.`,
  broken: ({ head }) => `A term of the ${head} head is no longer a finite number.`,
};

/** The verdict where the loss asks every dimension for a spread of one. */
export function vicregHealth(statistics: HeadStatistics): HeadHealth {
  const { head, spread, variance, covariance, width, batchSize } = statistics;
  const attainable = attainableDimensions(width, batchSize);
  const dimensions = effectiveDimensions(width, spread, covariance);
  const figures = { head, spread, fullSpread: 1, variance, covariance, dimensions, attainable };
  const verdict = judge(spread, dimensions / attainable);
  return { ...figures, verdict, sentence: SENTENCES[verdict](figures) };
}
