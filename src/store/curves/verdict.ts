// The collapse detector: what the last steps say about the embeddings, in words and with the numbers behind them.
// Two kinds of collapse are told apart: all films get the same embedding (spread falls to zero), or the dimensions
// repeat each other (few effective dimensions). It reads logged metrics only and decides nothing about the run.

import {
  HEAD_NAMES,
  type Head,
  METRIC_NAMES,
  type MetricName,
  type StepSample,
} from '../../protocol/metrics.ts';

export const VERDICTS = {
  waiting: 'Too early to say',
  healthy: 'Healthy',
  narrow: 'Narrow',
  collapsing: 'Collapsing',
  collapsed: 'Collapsed',
  broken: 'Not a number',
} as const;
export type VerdictName = keyof typeof VERDICTS;

export interface HeadHealth {
  readonly head: Head;
  readonly verdict: VerdictName;
  /** Mean standard deviation of the dimensions. */
  readonly spread: number;
  readonly variance: number;
  readonly covariance: number;
  /** About how many dimensions carry information of their own. */
  readonly dimensions: number;
  /** How many a batch of this size could show if every film were independent. */
  readonly attainable: number;
}

export interface Verdict {
  readonly name: VerdictName;
  readonly sentence: string;
  readonly step: number;
  readonly heads: readonly HeadHealth[];
}

export const NO_VERDICT: Verdict = {
  name: 'waiting',
  sentence: 'The verdict comes after the first ten steps.',
  step: 0,
  heads: [],
};

const WINDOW = 20;
const FIRST = 10;
const ORDER: readonly VerdictName[] = ['waiting', 'healthy', 'narrow', 'collapsing', 'collapsed', 'broken'];
const INDEX = new Map(METRIC_NAMES.map((name, index) => [name, index]));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const over = (samples: readonly StepSample[], name: MetricName) =>
  mean(samples.map((sample) => sample.values[INDEX.get(name)!] ?? Number.NaN));

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

function judge(spread: number, share: number): VerdictName {
  if (!Number.isFinite(spread) || !Number.isFinite(share)) return 'broken';
  if (spread < 0.1) return 'collapsed';
  if (spread < 0.5) return 'collapsing';
  if (share < 0.08) return 'collapsed';
  if (share < 0.2) return 'collapsing';
  return share < 0.45 ? 'narrow' : 'healthy';
}

function healthOf(head: Head, samples: readonly StepSample[], dim: number, batch: number): HeadHealth {
  const spread = over(samples, `${head}/std`);
  const covariance = over(samples, `${head}/covariance`);
  const attainable = attainableDimensions(dim, batch);
  const dimensions = effectiveDimensions(dim, spread, covariance);
  return {
    head,
    verdict: judge(spread, dimensions / attainable),
    spread,
    variance: over(samples, `${head}/variance`),
    covariance,
    dimensions,
    attainable,
  };
}

const SENTENCES: Record<VerdictName, (health: HeadHealth) => string> = {
  waiting: () => NO_VERDICT.sentence,
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

/** The verdict on the last samples of a run; the worse head speaks. */
export function verdictOf(samples: readonly StepSample[], dim: number, batch: number): Verdict {
  const last = samples.at(-1);
  if (!last || samples.length < FIRST) return NO_VERDICT;
  const window = samples.slice(-WINDOW);
  const heads = HEAD_NAMES.map((head) => healthOf(head, window, dim, batch));
  const worst = heads.reduce((a, b) => (ORDER.indexOf(b.verdict) > ORDER.indexOf(a.verdict) ? b : a));
  return { name: worst.verdict, sentence: SENTENCES[worst.verdict](worst), step: last.step, heads };
}
