// What an evaluation says in a sentence, and scores as text. The sentence claims no more than the intervals allow.

import type { Interval } from '../record.ts';
import type { ScoredReport } from './report.ts';

/** Differences below this are none: they vanish at two decimals. */
const NO_DIFFERENCE = 0.005;

export const scoreText = (value: number | null, decimals = 3): string =>
  value === null ? '–' : value.toFixed(decimals);

export const intervalText = ({ low, high }: Interval): string =>
  low === null || high === null ? '' : `${scoreText(low)}–${scoreText(high)}`;

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** With its sign, e.g. +0.104. */
export const gainText = (value: number | null, decimals = 3): string =>
  value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`;

/** Mean and standard deviation of the random encoders' mean scores; null with fewer than two. */
export function spreadOf(scores: readonly (number | null)[] = []): number | null {
  const known = scores.filter((score) => score !== null);
  if (known.length < 2) return null;
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  return Math.sqrt(known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (known.length - 1));
}

type Told = Pick<ScoredReport, 'mean' | 'share' | 'gain' | 'randomEncoders' | 'step' | 'films' | 'run'>;

/** Passes over the training films below which a run is a short one. */
const FEW_PASSES = 20;
/** Side of the views, px, below which fine findings are lost. */
const SMALL_VIEWS = 128;
/** A gain is told from none at half this width of its interval, which some hundred test films have. */
const WIDE_INTERVAL = 0.06;
const FEW_TEST_FILMS = 200;

/** What may be behind a gain that is none, each with what to change; only what the report itself suggests. */
function likelyReasons({ step, films, run, gain }: Told): string[] {
  const reasons: string[] = [];
  if (run) {
    const passes = (step * run.batchSize) / Math.max(1, films.train);
    if (passes < FEW_PASSES) {
      const times = passes < 1 ? 'less than one pass' : `${Math.round(passes)} passes`;
      reasons.push(`${step} steps are ${times} over the films (raise Steps)`);
    }
    if (run.imageSize < SMALL_VIEWS) {
      reasons.push(`findings may be too fine for ${run.imageSize} px (raise Image size)`);
    }
  }
  const wide = gain?.random.low != null && gain.random.high! - gain.random.low > WIDE_INTERVAL;
  if (wide || films.test < FEW_TEST_FILMS) {
    reasons.push(
      `${films.test} test films tell only large differences (take more films, or a larger test part)`,
    );
  }
  return reasons;
}

/** What pretraining bought, with the interval of the gain, and where that is nothing what may be behind it. */
export function verdict(report: Told): string {
  const { mean, share, gain, randomEncoders } = report;
  const { pretrained, random, pixels } = mean;
  if (pretrained.value === null || random.value === null) {
    return 'No finding could be scored, so nothing can be said about pretraining.';
  }
  const labels = share < 1 ? ` with ${percent(share)} of the labels` : ' with all labels';
  const difference = pretrained.value - random.value;
  const [before, after] = [scoreText(random.value, 2), scoreText(pretrained.value, 2)];
  const none = Math.abs(difference) < NO_DIFFERENCE;
  const several = (randomEncoders?.length ?? 1) > 1 ? ` of ${randomEncoders!.length} random encoders` : '';
  const claim = none
    ? `Pretraining leaves the mean AUROC where it was, at ${after}${labels}`
    : `Pretraining ${difference > 0 ? 'lifts' : 'lowers'} the mean AUROC from ${before}${several} to ${after}${labels}`;
  const { low = null, high = null } = gain?.random ?? {};
  const known = low !== null && high !== null;
  const interval = known ? `95 % interval ${gainText(low, 2)} to ${gainText(high, 2)}` : '';
  const caution = !known
    ? '.'
    : low > 0 || high < 0
      ? `: a gain of ${gainText(difference, 2)}, ${interval}.`
      : `: a gain of ${gainText(difference, 2)}, but its ${interval} holds none, so this may be chance.`;
  const raw = pixels.value === null ? '' : ` Raw pixels reach ${scoreText(pixels.value, 2)}.`;
  const helps = known ? low > 0 : difference >= NO_DIFFERENCE;
  const reasons = helps ? [] : likelyReasons(report);
  const why = reasons.length > 0 ? ` Likely reasons: ${reasons.join('; ')}.` : '';
  return claim + caution + raw + why;
}
