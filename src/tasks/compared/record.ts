// How the scores of a ScoredReport are told: as a headline, a sentence, a table, lines of text and the line for scripts. The
// records of the tasks that score findings by AUROC take it whole or replace parts of it.

import type { Headline, Interval, ResultValue, ScoreTable } from '../record.ts';
import { ENCODER_NAMES, ENCODERS, type FindingScore, type ScoredReport } from './report.ts';
import { percent, scoreText, spreadOf, verdict } from './words.ts';

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
