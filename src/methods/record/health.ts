// The collapse verdict on one head from what was logged of its embeddings. Two kinds of collapse are told apart: all films
// get the same embedding (spread falls to zero), or the dimensions repeat each other (few effective dimensions). What
// spread a loss asks for is for the method's record to say.

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
  /** The spread of a head in order; null where the loss does not see how large it is. */
  readonly fullSpread: number | null;
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

/** Below this spread all films have the same embedding, but for rounding. */
const SAME = 0.1;

/** `spread` is the share of the full one, `share` that of the attainable dimensions. */
function judge(spread: number, share: number): VerdictName {
  if (!Number.isFinite(spread) || !Number.isFinite(share)) return 'broken';
  if (spread < SAME) return 'collapsed';
  if (spread < 0.5) return 'collapsing';
  if (share < 0.08) return 'collapsed';
  if (share < 0.2) return 'collapsing';
  return share < 0.45 ? 'narrow' : 'healthy';
}

/** What a method's loss asks of the spread, and what counters either collapse, in words. */
interface HealthRule {
  /** The spread that every dimension shall have; null: the loss does not see it, and only its absence counts. */
  readonly fullSpread: number | null;
  readonly againstPoint: string;
  readonly againstRepetition: string;
}

type Figures = Omit<HeadHealth, 'verdict' | 'sentence'>;

/** The logged spread of equal embeddings is the square root of the 1e-4 under it. */
const NO_SPREAD = 0.0101;

const spreadShare = ({ spread, fullSpread }: Pick<Figures, 'spread' | 'fullSpread'>): number =>
  fullSpread === null ? Number(Number.isNaN(spread) ? spread : spread > NO_SPREAD) : spread / fullSpread;

function sentenceOf(verdict: VerdictName, figures: Figures, rule: HealthRule): string {
  const { head, spread, fullSpread, dimensions, attainable } = figures;
  const of = fullSpread === null ? '' : ` of ${fullSpread}`;
  const isPoint = spreadShare(figures) < 0.5;
  switch (verdict) {
    case 'waiting':
      return '';
    case 'healthy':
      return `Spread ${spread.toFixed(2)}${of}, and about ${dimensions.toFixed(0)} of ${attainable.toFixed(0)} dimensions that a batch this size can show.`;
    case 'narrow':
      return `The ${head} head spreads well, but over about ${dimensions.toFixed(0)} of ${attainable.toFixed(0)} dimensions. Usual at the start; it should widen.`;
    case 'collapsing':
      return isPoint
        ? `The ${head} head draws together: spread ${spread.toFixed(2)}${of}. ${rule.againstPoint}`
        : `The ${head} head uses about ${dimensions.toFixed(1)} of ${attainable.toFixed(0)} dimensions. ${rule.againstRepetition}`;
    case 'collapsed':
      return isPoint
        ? `The ${head} head gives all films the same embedding: spread ${spread.toFixed(3)}${of}.`
        : `The dimensions of the ${head} head repeat each other: about ${dimensions.toFixed(1)} carry information.`;
    case 'broken':
      return `A term of the ${head} head is no longer a finite number.`;
    default:
      return verdict satisfies never;
  }
}

/** A verdict by this rule. */
export const healthBy =
  (rule: HealthRule) =>
  ({ head, spread, variance, covariance, width, batchSize }: HeadStatistics): HeadHealth => {
    const attainable = attainableDimensions(width, batchSize);
    const { fullSpread } = rule;
    const share = spreadShare({ spread, fullSpread });
    // What is left of a point is rounding, which fills every dimension and says nothing.
    const dimensions = share < SAME ? 0 : effectiveDimensions(width, spread, covariance);
    const figures = { head, spread, fullSpread, variance, covariance, dimensions, attainable };
    const verdict = judge(share, dimensions / attainable);
    return { ...figures, verdict, sentence: sentenceOf(verdict, figures, rule) };
  };

/** Where the loss asks every dimension for a spread of one. */
export const vicregHealth = healthBy({
  fullSpread: 1,
  againstPoint: 'A higher variance weight counters it.',
  againstRepetition: 'A higher covariance weight counters it.',
});
