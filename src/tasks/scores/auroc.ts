// Rank metrics of one finding: AUROC, average precision and the ROC curve, exact under ties; and the mean AUROC over findings, the
// one number by which trainings on labels are stopped and penalties chosen. Undefined scores (no positives, or no negatives) are
// null, never a number that looks like one. Films whose label is unknown do not take part.

import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { AppError } from '../../util/errors.ts';

/** Films in order of rising score, with what the rank metrics need of each. */
export interface Ranking {
  /** Row in the table that was ranked. */
  readonly rows: Uint32Array;
  readonly scores: Float64Array;
  /** 1 for a positive film. */
  readonly positive: Uint8Array;
  /** 1 on the last film of each group of equal scores. */
  readonly groupEnd: Uint8Array;
}

/** @throws AppError internal when a score is not a number */
export function rank(scores: ArrayLike<number>, labels: ArrayLike<number>): Ranking {
  const known: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    if (labels[row] !== LABEL_NEGATIVE && labels[row] !== LABEL_POSITIVE) continue;
    if (Number.isNaN(scores[row]))
      throw new AppError('internal', `the score of film ${row} is not a number.`);
    known.push(row);
  }
  const rows = Uint32Array.from(known).sort((a, b) => scores[a]! - scores[b]!);
  const sorted = Float64Array.from(rows, (row) => scores[row]!);
  const positive = Uint8Array.from(rows, (row) => (labels[row] === LABEL_POSITIVE ? 1 : 0));
  const groupEnd = Uint8Array.from(sorted, (score, i) => (score === sorted[i + 1] ? 0 : 1));
  return { rows, scores: sorted, positive, groupEnd };
}

/**
 * AUROC = (sum of mid-ranks of the positives - P (P + 1) / 2) / (P N), written as the share of (positive, negative)
 * pairs in the right order, ties counting one half. One pass, so that thousands of resamples stay cheap.
 * @param weights how often each film counts, by position in the ranking; once when left out
 */
export function rankedAuroc({ positive, groupEnd }: Ranking, weights?: ArrayLike<number>): number | null {
  let pairs = 0;
  let positives = 0;
  let negatives = 0;
  let groupPositives = 0;
  let groupNegatives = 0;
  for (let i = 0; i < positive.length; i++) {
    const weight = weights ? weights[i]! : 1;
    if (positive[i]) groupPositives += weight;
    else groupNegatives += weight;
    if (!groupEnd[i]) continue;
    pairs += groupPositives * (negatives + groupNegatives / 2);
    positives += groupPositives;
    negatives += groupNegatives;
    groupPositives = 0;
    groupNegatives = 0;
  }
  return positives > 0 && negatives > 0 ? pairs / (positives * negatives) : null;
}

export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  return rankedAuroc(rank(scores, labels));
}

interface Counts {
  readonly thresholds: number[];
  readonly truePositives: number[];
  readonly falsePositives: number[];
}

/** Films at or above each distinct score, from the highest score down. */
function countsByThreshold({ scores, positive, groupEnd }: Ranking): Counts {
  const counts: Counts = { thresholds: [], truePositives: [], falsePositives: [] };
  let above = 0;
  let truePositives = 0;
  for (let i = scores.length - 1; i >= 0; i--) {
    above++;
    truePositives += positive[i]!;
    if (i > 0 && !groupEnd[i - 1]) continue;
    counts.thresholds.push(scores[i]!);
    counts.truePositives.push(truePositives);
    counts.falsePositives.push(above - truePositives);
  }
  return counts;
}

/** sum_k (R_k - R_{k-1}) P_k over distinct scores from the highest, without interpolation; null without positives. */
export function averagePrecision(ranking: Ranking): number | null {
  const { truePositives, falsePositives } = countsByThreshold(ranking);
  const positives = truePositives.at(-1) ?? 0;
  if (positives === 0) return null;
  let sum = 0;
  let before = 0;
  for (const [k, found] of truePositives.entries()) {
    sum += ((found - before) / positives) * (found / (found + falsePositives[k]!));
    before = found;
  }
  return sum;
}

interface RocPoints {
  readonly fpr: number[];
  readonly tpr: number[];
  /** A film is called positive at score >= threshold; the first is +infinity. */
  readonly thresholds: number[];
}

/**
 * One point per distinct score, after (0, 0).
 * @param points `corners` leaves out points on a straight line between their neighbours
 */
export function rocCurve(ranking: Ranking, points: 'all' | 'corners' = 'corners'): RocPoints | null {
  const { thresholds, truePositives: tp, falsePositives: fp } = countsByThreshold(ranking);
  const positives = tp.at(-1) ?? 0;
  const negatives = fp.at(-1) ?? 0;
  if (positives === 0 || negatives === 0) return null;
  const curve: RocPoints = { fpr: [0], tpr: [0], thresholds: [Number.POSITIVE_INFINITY] };
  const bends = (counts: number[], k: number) => counts[k + 1]! - 2 * counts[k]! + counts[k - 1]! !== 0;
  for (let k = 0; k < thresholds.length; k++) {
    const inner = k > 0 && k < thresholds.length - 1;
    if (points === 'corners' && inner && !bends(tp, k) && !bends(fp, k)) continue;
    curve.fpr.push(fp[k]! / negatives);
    curve.tpr.push(tp[k]! / positives);
    curve.thresholds.push(thresholds[k]!);
  }
  return curve;
}

/** Labels of a whole set, films x classes: 0, 1 or 255. */
interface LabelColumns {
  readonly labels: Uint8Array;
  readonly classes: number;
}

/** Mean over the findings for which the AUROC of these films is defined; the caller makes sure there is one. */
export function meanAuroc(
  logits: Float64Array,
  { labels, classes }: LabelColumns,
  rows: Uint32Array,
): number {
  let sum = 0;
  let defined = 0;
  for (let k = 0; k < classes; k++) {
    const scores = Float64Array.from(rows, (_, i) => logits[i * classes + k]!);
    const value = auroc(
      scores,
      Uint8Array.from(rows, (row) => labels[row * classes + k]!),
    );
    if (value === null) continue;
    sum += value;
    defined++;
  }
  return sum / defined;
}
