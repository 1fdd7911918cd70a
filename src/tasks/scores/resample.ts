// AUROCs of one encoder in every resample of the test patients. Which patients a resample draws depends on the seed and its
// number alone, so two encoders resampled with the same seed on the same films may be subtracted value by value: that is the
// paired bootstrap.

import type { Interval } from '../record.ts';
import { type Ranking, rankedAuroc } from './auroc.ts';
import { denseGroups, drawCounts, percentileInterval, RESAMPLES } from './bootstrap.ts';
import { meanOf } from './spread.ts';

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
