// The fake engine's answer to an evaluation: invented scores in the shape of a real report, one finding without
// positives included. Serves development and tests of the page only.

import type { Config } from '../config/schema.ts';
import type { Predictions } from '../protocol/looks.ts';
import type { EncoderName, FindingScore, RocCurve, ScoredReport } from '../tasks/compared/record.ts';
import type { Interval } from '../tasks/record.ts';
import type { Evaluation, ReportOf, TaskName } from '../tasks/records.ts';

const interval = (value: number, half: number): Interval => ({
  value,
  low: value - half,
  high: Math.min(1, value + half),
});

/** Binormal ROC of a given area, roughly: true positive rate = fpr^(1/area - 1). */
function roc(area: number): RocCurve {
  const fpr = Array.from({ length: 41 }, (_, i) => i / 40);
  return { fpr, tpr: fpr.map((x) => x ** (1 / area - 1)) };
}

const each = <T>(make: (encoder: EncoderName) => T): Record<EncoderName, T> => ({
  pretrained: make('pretrained'),
  random: make('random'),
  pixels: make('pixels'),
});

function score(finding: string, areas: Record<EncoderName, number>, positives: number): FindingScore {
  return {
    finding,
    positives,
    negatives: 84 - positives,
    auroc: each((encoder) => interval(areas[encoder], 0.045)),
    averagePrecision: each((encoder) => areas[encoder] - 0.22),
    roc: each((encoder) => roc(areas[encoder])),
  };
}

function fakeScores(config: Config, step: number): ScoredReport {
  return {
    share: config.labelShare,
    draws: config.labelShare < 1 ? config.labelDraws : 1,
    seed: config.seed,
    step,
    films: { train: 291, val: 41, test: 84 },
    labelledFilms: Math.round(291 * config.labelShare),
    mean: {
      pretrained: interval(0.861, 0.03),
      random: interval(0.722, 0.04),
      pixels: interval(0.768, 0.035),
    },
    findings: [
      score('Opacity', { pretrained: 0.88, random: 0.74, pixels: 0.79 }, 25),
      score('Nodule', { pretrained: 0.71, random: 0.58, pixels: 0.61 }, 15),
      score('Effusion', { pretrained: 0.93, random: 0.81, pixels: 0.86 }, 20),
      score('Cardiomegaly', { pretrained: 0.92, random: 0.76, pixels: 0.81 }, 13),
    ],
    leftOut: [{ finding: 'Pneumothorax', reason: 'no film of the test split has it' }],
    seconds: 4.2,
    protocol: ['Context bottlenecks kept.', 'Running statistics.', 'Training films also mirrored.'],
  };
}

const REPORTS: { readonly [T in TaskName]: (config: Config, step: number) => ReportOf<T> } = {
  neighbours: (config, step) => ({
    ...fakeScores(config, step),
    neighbours: config.neighbourCount,
    temperature: config.neighbourTemperature,
  }),
  linear: fakeScores,
  finetune: (config, step) => ({
    ...fakeScores(config, step),
    bestEpochs: { pretrained: [7, 11, 9], random: [21, 17, 30] },
  }),
};

/** @param names of the films of the run and of others, where it is these that are evaluated on */
export function fakeEvaluation(
  task: TaskName,
  config: Config,
  step: number,
  names: { readonly own: string; readonly other: string } | null = null,
): Evaluation {
  const report = REPORTS[task](config, step);
  const sets = names && { evaluated: names.other, pretrained: [names.own], test: 84, shared: 3 };
  return { task, report: sets ? { ...report, sets } : report } as Evaluation;
}

/** Of three test films and two findings. */
export const fakePredictions = (): Predictions => ({
  findings: ['Opacity', 'Nodule'],
  films: Uint32Array.of(0, 1, 2),
  labels: Uint8Array.of(1, 0, 0, 1, 0, 255),
  scores: each(() => Float64Array.of(2.5, -1, -0.5, 1.25, -2, 0)),
});
