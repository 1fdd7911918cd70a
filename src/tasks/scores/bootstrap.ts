// Two spreads of a score that are not the same. Over patients: percentile intervals by resampling whole patients, since films of
// one patient are not independent; which patients a resample draws depends on the seed and its number alone, so two encoders
// resampled on the same films may be subtracted value by value: the paired bootstrap. Over seeds and draws of labels: how much a
// repetition with other random numbers would move, on the same films.

import { Rng } from '../../util/rng.ts';
import type { Interval } from '../record.ts';
import { type Ranking, rankedAuroc } from './auroc.ts';

export interface Spread {
  /** Of the means of the seeds; null without a score. */
  readonly mean: number | null;
  /** Standard deviation of the means of the seeds; null with fewer than two. */
  readonly seeds: number | null;
  /** Standard deviation of the draws around the mean of their seed, pooled over seeds; null where no seed has two. */
  readonly draws: number | null;
}

export const meanOf = (values: readonly (number | null)[]): number | null => {
  const defined = values.filter((value) => value !== null);
  return defined.length > 0 ? defined.reduce((sum, value) => sum + value, 0) / defined.length : null;
};

const squares = (values: readonly number[], centre: number) =>
  values.reduce((sum, value) => sum + (value - centre) ** 2, 0);

/** @param scores per seed, the score of each draw of labels; null where it is undefined */
export function spreadOverSeeds(scores: readonly (readonly (number | null)[])[]): Spread {
  const seeds = scores
    .map((draws) => draws.filter((score) => score !== null))
    .filter((draws) => draws.length > 0)
    .map((draws) => ({ draws, mean: meanOf(draws)! }));
  const means = seeds.map(({ mean }) => mean);
  const mean = meanOf(means);
  const freedom = seeds.reduce((sum, { draws }) => sum + draws.length - 1, 0);
  const within = seeds.reduce((sum, { draws, mean: centre }) => sum + squares(draws, centre), 0);
  return {
    mean,
    seeds: mean === null || means.length < 2 ? null : Math.sqrt(squares(means, mean) / (means.length - 1)),
    draws: freedom > 0 ? Math.sqrt(within / freedom) : null,
  };
}

export const RESAMPLES = 1000;
/** Below this many defined resamples a percentile would be a guess. */
const FEWEST_DEFINED = RESAMPLES / 10;

/** Dense numbers 0 .. patients - 1 in order of first appearance. */
export function denseGroups(patients: ArrayLike<number>): { group: Uint32Array; groups: number } {
  const seen = new Map<number, number>();
  const group = Uint32Array.from(patients, (patient) => {
    const known = seen.get(patient);
    if (known !== undefined) return known;
    seen.set(patient, seen.size);
    return seen.size - 1;
  });
  return { group, groups: seen.size };
}

/** How often each of `groups` patients is drawn in resample `index`, drawing as many as there are. */
export function drawCounts(seed: number, index: number, groups: number, counts: Uint32Array): void {
  counts.fill(0);
  const rng = new Rng(seed, 'bootstrap', index);
  for (let i = 0; i < groups; i++) counts[rng.int(groups)]!++;
}

/** Quantile of ascending values with linear interpolation between neighbours. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const place = q * (ascending.length - 1);
  const below = Math.floor(place);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (place - below);
}

/** The 95 % percentile interval around a score; resamples in which the score is undefined are NaN. */
export function percentileInterval(value: number | null, resampled: Float64Array): Interval {
  const defined = resampled.filter((score) => !Number.isNaN(score)).sort();
  if (value === null || defined.length < FEWEST_DEFINED) return { value, low: null, high: null };
  return { value, low: quantile(defined, 0.025), high: quantile(defined, 0.975) };
}

const orNaN = (value: number | null) => value ?? Number.NaN;

/**
 * @param rankings per finding, of each draw of labels
 * @param patients of each row that was ranked
 * @returns per finding, the mean AUROC over draws in each resample; NaN where it is undefined
 */
export async function resampledAurocs(
  rankings: readonly (readonly Ranking[])[],
  patients: ArrayLike<number>,
  seed: number,
  onResample: (done: number, total: number) => Promise<void>,
): Promise<Float64Array[]> {
  const { group, groups } = denseGroups(patients);
  const counts = new Uint32Array(groups);
  const weights = new Uint32Array(patients.length);
  const weighted = (ranking: Ranking): number | null => {
    const { rows } = ranking;
    for (let i = 0; i < rows.length; i++) weights[i] = counts[group[rows[i]!]!]!;
    return rankedAuroc(ranking, weights);
  };
  const resampled = rankings.map(() => new Float64Array(RESAMPLES));
  for (let b = 0; b < RESAMPLES; b++) {
    drawCounts(seed, b, groups, counts);
    for (const [k, draws] of rankings.entries()) resampled[k]![b] = orNaN(meanOf(draws.map(weighted)));
    if (b % 20 === 19) await onResample(b + 1, RESAMPLES);
  }
  return resampled;
}

/** Value by value, the mean of what is defined: over findings, or over seeds. */
export const meanResampled = (several: readonly Float64Array[]): Float64Array =>
  Float64Array.from({ length: several[0]?.length ?? 0 }, (_, b) =>
    orNaN(meanOf(several.map((values) => (Number.isNaN(values[b]!) ? null : values[b]!)))),
  );

/** A - B with its 95 % interval over patients, both resampled with one seed on the same films. */
export function pairedDifference(
  a: { readonly value: number | null; readonly resampled: Float64Array },
  b: { readonly value: number | null; readonly resampled: Float64Array },
): Interval {
  const value = a.value === null || b.value === null ? null : a.value - b.value;
  return percentileInterval(
    value,
    a.resampled.map((score, i) => score - b.resampled[i]!),
  );
}
