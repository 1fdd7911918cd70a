// The collapse verdict on one head from what was logged of its embeddings. Two kinds of collapse are told apart: all films
// get the same embedding (spread falls to zero), or the dimensions repeat each other (few effective dimensions). A spread
// that stands still below the full one is neither: the terms of the loss balance there, and that is said as what it is, no
// collapse. What spread a loss asks for is for the method's record to say.

export const VERDICTS = {
  waiting: 'Too early to say',
  healthy: 'Healthy',
  narrow: 'Narrow',
  resting: 'No collapse',
  low: 'Low spread',
  collapsing: 'Collapsing',
  collapsed: 'Collapsed',
  broken: 'Not a number',
} as const;
export type VerdictName = keyof typeof VERDICTS;
/** From what says nothing to the worst. */
const VERDICT_ORDER = Object.keys(VERDICTS) as VerdictName[];

/** What was measured of a head's embeddings, mean over the last steps. */
export interface HeadStatistics {
  /** `global` and the like. */
  readonly head: string;
  /** Mean standard deviation of the dimensions. */
  readonly spread: number;
  /** The same over as many steps before those; NaN where there were none. */
  readonly spreadBefore: number;
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

/** Below this share of the full spread a head draws together or is held down. */
const LOW = 0.5;
/**
 * Where VICReg rests when the views of a film have nothing in common. With equal weights on the invariance 2 s^2 (1 - r) and
 * on the variance 1 - s, r the correlation of the two views, a dimension rests at s = 1 / (4 (1 - r)): 0.25 at r = 0, 0.4 at
 * r = 0.375. A smaller spread is not at rest.
 */
const NOTHING_SHARED = 0.25;
/**
 * What a head keeps of its spread from twenty steps to the next twenty. Below half the spread, the demo run never keeps less
 * than 0.93 and comes to rest above 0.97; with a variance weight of 0 it keeps 0.91.
 */
const FALLING = 0.92;
const AT_REST = 0.97;
const RISING = 1.05;

/** `spread` is the share of the full one, `trend` its ratio to that of the window before. */
function judgeSpread(spread: number, trend: number, restsLow: boolean): VerdictName {
  if (!Number.isFinite(spread)) return 'broken';
  if (spread < SAME) return 'collapsed';
  if (spread < (restsLow ? NOTHING_SHARED : LOW) && !(trend > RISING)) return 'collapsing';
  if (spread < LOW && trend < FALLING) return 'collapsing';
  if (spread < LOW) return restsLow && trend >= AT_REST && trend <= RISING ? 'resting' : 'low';
  return 'healthy';
}

/** `share` is that of the attainable dimensions. */
function judgeDimensions(share: number): VerdictName {
  if (!Number.isFinite(share)) return 'broken';
  if (share < 0.08) return 'collapsed';
  if (share < 0.2) return 'collapsing';
  return share < 0.45 ? 'narrow' : 'healthy';
}

export const isWorse = (a: VerdictName, b: VerdictName): boolean =>
  VERDICT_ORDER.indexOf(a) > VERDICT_ORDER.indexOf(b);

/** What a method's loss asks of the spread, and what counters either collapse, in words. */
interface HealthRule {
  /** The spread that every dimension shall have; null: the loss does not see it, and only its absence counts. */
  readonly fullSpread: number | null;
  /** Why the loss may come to rest at half the full spread and less; absent: it does not. */
  readonly whyLow?: string;
  readonly againstPoint: string;
  /** Null: few dimensions are what the loss comes to, and no fault. */
  readonly againstRepetition: string | null;
}

type Figures = Omit<HeadHealth, 'verdict' | 'sentence'>;

interface Cause {
  /** The spread decided, not the dimensions. */
  readonly isPoint: boolean;
  readonly trend: number;
}

/** The logged spread of equal embeddings is the square root of the 1e-4 under it. */
const NO_SPREAD = 0.0101;

const spreadShare = ({ spread, fullSpread }: Pick<Figures, 'spread' | 'fullSpread'>): number =>
  fullSpread === null ? Number(Number.isNaN(spread) ? spread : spread > NO_SPREAD) : spread / fullSpread;

function sentenceOf(verdict: VerdictName, figures: Figures, cause: Cause, rule: HealthRule): string {
  const { head, spread, fullSpread, dimensions, attainable } = figures;
  const { isPoint, trend } = cause;
  const of = fullSpread === null ? '' : ` of ${fullSpread}`;
  const used = `about ${dimensions.toFixed(0)} of ${attainable.toFixed(0)} dimensions`;
  switch (verdict) {
    case 'waiting':
      return '';
    case 'healthy':
      return `Spread ${spread.toFixed(2)}${of}, and ${used} that a batch this size can show.`;
    case 'narrow':
      return `The ${head} head spreads well, but over ${used}. Usual at the start; it should widen.`;
    case 'resting':
      return `The ${head} head tells films apart over ${used}. Its spread of ${spread.toFixed(2)}${of} is ${rule.whyLow}.`;
    case 'low':
      if (rule.whyLow && Number.isNaN(trend))
        return `The ${head} head tells films apart over ${used}, spread ${spread.toFixed(2)}${of}; more steps will tell whether it rests there.`;
      if (!rule.whyLow || trend > RISING)
        return `The ${head} head is still small, spread ${spread.toFixed(2)}${of}, but grows, over ${used}.`;
      return `The ${head} head tells films apart over ${used}. Its spread, ${spread.toFixed(2)}${of}, still falls; it should come to rest above ${NOTHING_SHARED}.`;
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
  ({ head, spread, spreadBefore, variance, covariance, width, batchSize }: HeadStatistics): HeadHealth => {
    const attainable = attainableDimensions(width, batchSize);
    const { fullSpread } = rule;
    const share = spreadShare({ spread, fullSpread });
    // What is left of a point is rounding, which fills every dimension and says nothing.
    const dimensions = share < SAME ? 0 : effectiveDimensions(width, spread, covariance);
    const figures = { head, spread, fullSpread, variance, covariance, dimensions, attainable };
    const trend = spread / spreadBefore;
    const point = judgeSpread(share, trend, rule.whyLow !== undefined);
    const repetition = rule.againstRepetition === null ? 'healthy' : judgeDimensions(dimensions / attainable);
    const isPoint = !isWorse(repetition, point);
    const verdict = isPoint ? point : repetition;
    return { ...figures, verdict, sentence: sentenceOf(verdict, figures, { isPoint, trend }, rule) };
  };

/** Where the loss asks every dimension for a spread of one. */
export const vicregHealth = healthBy({
  fullSpread: 1,
  whyLow: 'where the loss balances while the two views of a film agree only in part',
  againstPoint: 'A higher variance weight counters it.',
  againstRepetition: 'A higher covariance weight counters it.',
});
