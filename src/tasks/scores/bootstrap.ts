// Percentile intervals by resampling whole patients: films of one patient are not independent, so resampling
// films would make every interval too narrow. Nothing is sorted again per resample; films are counted instead.

import { Rng } from '../../util/rng.ts';
import type { Interval } from '../record.ts';

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
