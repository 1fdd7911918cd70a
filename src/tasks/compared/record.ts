// What evaluations that score findings by AUROC say alike: what their reports hold, how encoders, shares and differences are put
// into words, and how such a report is read and told. The scores are compared in compare.ts and drawn in ui/evaluate/scores.

import {
  count,
  type InferOutput,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  optional,
  text,
} from '../../util/schema.ts';
import {
  type Headline,
  INTERVAL,
  type Interval,
  type ResultValue,
  type ScoreTable,
  SETS,
  sharedInWords,
} from '../record.ts';

export const ENCODERS = {
  pretrained: 'Pretrained',
  random: 'Random encoder',
  pixels: 'Raw pixels (32 x 32)',
} as const;
export type EncoderName = keyof typeof ENCODERS;
/** What the pretrained encoder is held against. */
export type BaselineName = Exclude<EncoderName, 'pretrained'>;
export const ENCODER_NAMES = Object.keys(ENCODERS) as EncoderName[];

const MOST_FINDINGS = 500;
const MOST_POINTS = 20_000;

const ROC_CURVE = object({ fpr: list(number, MOST_POINTS), tpr: list(number, MOST_POINTS) });
export type RocCurve = InferOutput<typeof ROC_CURVE>;

const INTERVALS = object({ pretrained: INTERVAL, random: INTERVAL, pixels: INTERVAL });
const CURVE = nullable(ROC_CURVE);

const FINDING_SCORE = object({
  finding: text(),
  /** Test films with and without the finding. */
  positives: count,
  negatives: count,
  /** Mean over label draws; interval by bootstrap over test patients. */
  auroc: INTERVALS,
  averagePrecision: object({ pretrained: numberOrNull, random: numberOrNull, pixels: numberOrNull }),
  /** Of the first label draw. */
  roc: object({ pretrained: CURVE, random: CURVE, pixels: CURVE }),
});
export type FindingScore = InferOutput<typeof FINDING_SCORE>;

export const SCORED_FIELDS = {
  /** Share of the training patients whose labels were used. */
  share: number,
  draws: count,
  seed: count,
  /** Optimiser steps behind the pretrained encoder. */
  step: count,
  films: object({ train: count, val: count, test: count }),
  /** Mean number of labelled training films over the draws. */
  labelledFilms: number,
  /** AUROC averaged over the findings. */
  mean: INTERVALS,
  /** How far the mean AUROC of the pretrained encoder lies above each baseline, paired by bootstrap resample. */
  gain: optional(object({ random: INTERVAL, pixels: INTERVAL })),
  /** Mean AUROC of each random encoder; `mean.random` is the mean of these. */
  randomEncoders: optional(list(numberOrNull, 100)),
  findings: list(FINDING_SCORE, MOST_FINDINGS),
  /** Settings of the run that bear on what can be told apart: side of the views, px, and films per step. */
  run: optional(object({ imageSize: count, batchSize: count })),
  /** Findings left out of the mean, each with its reason. */
  leftOut: list(object({ finding: text(), reason: text() }), MOST_FINDINGS),
  /** Where the encoder was pretrained on other films than these. */
  sets: optional(SETS),
  seconds: number,
  /** Switches of the protocol that were on, in words. */
  protocol: list(text(), 100),
};
const SCORED_REPORT = object(SCORED_FIELDS);
export type ScoredReport = InferOutput<typeof SCORED_REPORT>;

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

/** Standard deviation of the scores of several encoders; null with fewer than two. */
export function spreadOf(scores: readonly (number | null)[] = []): number | null {
  const known = scores.filter((score) => score !== null);
  if (known.length < 2) return null;
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  return Math.sqrt(known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (known.length - 1));
}

type Told = Pick<
  ScoredReport,
  'mean' | 'share' | 'gain' | 'randomEncoders' | 'step' | 'films' | 'run' | 'sets'
>;

/** Passes over the training films below which a run is a short one. */
const FEW_PASSES = 20;
/** Side of the views, px, below which fine findings are lost. */
const SMALL_VIEWS = 128;
/** A gain is told from none at half this width of its interval, which some hundred test films have. */
const WIDE_INTERVAL = 0.06;
const FEW_TEST_FILMS = 200;

/** What may be behind a gain that is none, each with what to change; only what the report itself suggests. */
function likelyReasons({ step, films, run, gain, sets }: Told): string[] {
  const reasons: string[] = [];
  if (run) {
    const passes = (step * run.batchSize) / Math.max(1, films.train);
    // Of a run on other films the report does not know how many they were.
    if (passes < FEW_PASSES && !sets) {
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
  const seen = report.sets?.shared === 0 || !report.sets ? '' : ` ${sharedInWords(report.sets)}`;
  return claim + caution + raw + why + seen;
}

export const SCORED = {
  headline({ share, step, mean: { pretrained, random, pixels } }: ScoredReport): Headline {
    const [score, chance, raw] = [pretrained, random, pixels].map(({ value }) => scoreText(value));
    return {
      score: score!,
      condition: percent(share),
      step,
      sentence: `${percent(share)} of the labels, step ${step.toLocaleString('en')}: ${score} (random ${chance}, pixels ${raw})`,
    };
  },
  verdict,
  table,
  print,
  result: ({ share, mean }: ScoredReport): { readonly [name: string]: ResultValue } => ({
    share,
    auroc: Object.fromEntries(ENCODER_NAMES.map((name) => [name, mean[name].value])),
  }),
};

/** One line per finding and one for the mean; left-out findings follow with their reason. */
function table({ findings, mean, leftOut }: ScoredReport): ScoreTable {
  const fields = [
    'finding',
    'positives',
    'negatives',
    ...ENCODER_NAMES.flatMap((name) => [
      `auroc_${name}`,
      `auroc_${name}_low`,
      `auroc_${name}_high`,
      `average_precision_${name}`,
    ]),
    'left_out_because',
  ];
  const interval = ({ value, low, high }: Interval) => [value, low, high];
  const line = ({ finding, positives, negatives, auroc, averagePrecision }: FindingScore) => [
    ...[finding, positives, negatives],
    ...ENCODER_NAMES.flatMap((name) => [...interval(auroc[name]), averagePrecision[name]]),
    null,
  ];
  const means = ENCODER_NAMES.flatMap((name) => [...interval(mean[name]), null]);
  const blanks = Array<null>(fields.length - 2).fill(null);
  return {
    fields,
    rows: [
      ...findings.map(line),
      ['mean', null, null, ...means, null],
      ...leftOut.map(({ finding, reason }) => [finding, ...blanks, reason]),
    ],
  };
}

/** The mean AUROC of each random encoder, where there are several. */
function eachRandom(scores: ScoredReport['randomEncoders']): string[] {
  const spread = spreadOf(scores);
  if (!scores || spread === null) return [];
  const each = scores.map((score) => scoreText(score)).join(', ');
  return [`random encoders: ${each}; standard deviation ${scoreText(spread)}`];
}

/** AUROC with interval, a row per finding, then the mean, one column per encoder. */
function print({ findings, mean, leftOut, randomEncoders }: ScoredReport): string {
  const width = Math.max(8, ...findings.map(({ finding }) => finding.length)) + 2;
  const row = (name: string, cells: string[]) =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(22)).join('');
  const shown = (value: number | null) => (value === null ? '     –' : value.toFixed(4));
  const interval = ({ value, low, high }: Interval) =>
    low === null || high === null ? shown(value) : `${shown(value)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  const cells = (of: ScoredReport['mean']) => ENCODER_NAMES.map((name) => interval(of[name]));
  return [
    row('AUROC', Object.values(ENCODERS)),
    ...findings.map(({ finding, auroc }) => row(finding, cells(auroc))),
    row('mean', cells(mean)),
    ...eachRandom(randomEncoders),
    ...leftOut.map(({ finding, reason }) => `${finding} left out: ${reason}`),
  ].join('\n');
}
