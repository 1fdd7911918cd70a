// Whether two AUROCs on the same films differ: DeLong's test (DeLong, DeLong and Clarke-Pearson, Biometrics 1988), by way of the
// placements of each film, which mid-ranks give in one sort (Sun and Xu, IEEE SPL 2014), the tail of the normal distribution that it
// needs, and Holm's correction for several tests at once. DeLong takes films for independent: where patients have several, the
// bootstrap over patients (bootstrap.ts) is the wider and the right interval.

import type { Ranking } from './auroc.ts';

const BRANCH = 2;

/** erf x = 2 / sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)) */
function erfSeries(x: number): number {
  let power = x;
  let sum = x;
  for (let n = 1; Math.abs(power) > 1e-18 * Math.abs(sum); n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc x = exp(-x^2) / (sqrt(pi) (x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))), from the inside out. */
function erfcFraction(x: number): number {
  let inner = x;
  for (let n = 120; n >= 1; n--) inner = x + n / 2 / inner;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * inner);
}

/** The chance of a value as far from zero as z or farther, in either direction. */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  return x < BRANCH ? 1 - (x === 0 ? 0 : erfSeries(x)) : erfcFraction(x);
}

/**
 * The structural components of an AUROC: for each positive film the share of negatives below it, for each negative film the
 * share of positives above it, ties counting one half; both in the order of the table that was ranked.
 */
export interface Placements {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

export function placements({ rows, positive, groupEnd }: Ranking): Placements {
  const total = positive.reduce((sum, one) => sum + one, 0);
  const above = new Float64Array(positive.length);
  let [positives, negatives, first] = [0, 0, 0];
  for (let i = 0; i < positive.length; i++) {
    if (!groupEnd[i]) continue;
    let tiedPositives = 0;
    for (let at = first; at <= i; at++) tiedPositives += positive[at]!;
    const tiedNegatives = i + 1 - first - tiedPositives;
    for (let at = first; at <= i; at++) {
      above[at] = positive[at]
        ? (negatives + tiedNegatives / 2) / (positive.length - total)
        : (total - positives - tiedPositives / 2) / total;
    }
    positives += tiedPositives;
    negatives += tiedNegatives;
    first = i + 1;
  }
  const inTable = Uint32Array.from(rows.keys()).sort((a, b) => rows[a]! - rows[b]!);
  const those = (wanted: number) =>
    Float64Array.from(
      inTable.filter((at) => positive[at] === wanted),
      (at) => above[at]!,
    );
  return { positives: those(1), negatives: those(0) };
}

/**
 * Of the mean of several AUROCs on the same films: an AUROC is linear in its placements, so the mean has the means of theirs.
 * The variance that follows is over films, the encoders and label draws as they are.
 */
export function meanPlacements(several: readonly Placements[]): Placements {
  const mean = (which: keyof Placements) =>
    several[0]![which].map((_, i) => several.reduce((sum, one) => sum + one[which][i]!, 0) / several.length);
  return { positives: mean('positives'), negatives: mean('negatives') };
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Divided by one less than the number of values. */
function covarianceOf(a: Float64Array, b: Float64Array): number {
  const [centreA, centreB] = [meanOf(a), meanOf(b)];
  return a.reduce((sum, value, i) => sum + (value - centreA) * (b[i]! - centreB), 0) / (a.length - 1);
}

/** S10 / m + S01 / n of two AUROCs on the same films; of one with itself, its variance. */
export const delongCovariance = (a: Placements, b: Placements): number =>
  covarianceOf(a.positives, b.positives) / a.positives.length +
  covarianceOf(a.negatives, b.negatives) / a.negatives.length;

export interface DelongTest {
  readonly aurocA: number;
  readonly aurocB: number;
  readonly varianceA: number;
  readonly varianceB: number;
  readonly covariance: number;
  /** Of the difference A - B. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Null with fewer than two films of either kind, and where the difference has no variance over films, as between two scores
 * without a single error: there is nothing to test it against.
 */
export function delongTest(a: Placements, b: Placements): DelongTest | null {
  if (Math.min(a.positives.length, a.negatives.length) < 2) return null;
  const [aurocA, aurocB] = [meanOf(a.positives), meanOf(b.positives)];
  const [varianceA, varianceB] = [delongCovariance(a, a), delongCovariance(b, b)];
  const covariance = delongCovariance(a, b);
  const variance = varianceA + varianceB - 2 * covariance;
  // Rounding of two sums that should be equal.
  if (!(variance > 1e-15 * (varianceA + varianceB))) return null;
  const z = (aurocA - aurocB) / Math.sqrt(variance);
  return { aurocA, aurocB, varianceA, varianceB, covariance, z, p: twoSided(z) };
}

/** Adjusted p in the order given; null stays null and does not count as a test. */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const tested = ps.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let least = 0;
  for (const [rank, { p, at }] of tested.entries()) {
    least = Math.max(least, Math.min(1, (tested.length - rank) * p));
    adjusted[at] = least;
  }
  return adjusted;
}
