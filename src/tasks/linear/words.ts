// What an evaluation says in a sentence, and scores as text. The sentence claims no more than the intervals allow.

import type { Interval } from '../record.ts';
import type { LinearReport } from './report.ts';

/** Differences below this are none: they vanish at two decimals. */
const NO_DIFFERENCE = 0.005;

export const scoreText = (value: number | null, decimals = 3): string =>
  value === null ? '–' : value.toFixed(decimals);

export const intervalText = ({ low, high }: Interval): string =>
  low === null || high === null ? '' : `${scoreText(low)}–${scoreText(high)}`;

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

const overlap = (a: Interval, b: Interval): boolean | null =>
  a.low === null || a.high === null || b.low === null || b.high === null
    ? null
    : a.low <= b.high && b.low <= a.high;

/** One sentence or two on what pretraining bought. */
export function verdict({ mean, share }: Pick<LinearReport, 'mean' | 'share'>): string {
  const { pretrained, random, pixels } = mean;
  if (pretrained.value === null || random.value === null) {
    return 'No finding could be scored, so nothing can be said about pretraining.';
  }
  const labels = share < 1 ? ` with ${percent(share)} of the labels` : ' with all labels';
  const gain = pretrained.value - random.value;
  const [before, after] = [scoreText(random.value, 2), scoreText(pretrained.value, 2)];
  const together = overlap(pretrained, random);
  const claim =
    Math.abs(gain) < NO_DIFFERENCE
      ? `Pretraining leaves the mean AUROC where it was, at ${after}${labels}`
      : `Pretraining ${gain > 0 ? 'lifts' : 'lowers'} the mean AUROC from ${before} to ${after}${labels}`;
  const caution =
    together === null || Math.abs(gain) < NO_DIFFERENCE
      ? '.'
      : together
        ? '; the 95 % intervals overlap, so this may be chance.'
        : '; the 95 % intervals do not overlap.';
  const raw = pixels.value === null ? '' : ` Raw pixels reach ${scoreText(pixels.value, 2)}.`;
  return claim + caution + raw;
}
