// The fake engine's answer to an evaluation: invented scores in the shape of a real report, one finding without
// positives included. Serves development and tests of the page only.

import type { Config } from '../config/schema.ts';
import type { Predictions } from '../protocol/looks.ts';
import type { EncoderName, FindingScore, RocCurve, ScoredReport } from '../tasks/compared/record.ts';
import { TUNED_STARTS, type TunedEpoch } from '../tasks/finetune/record.ts';
import type { Interval } from '../tasks/record.ts';
import type { Evaluation, ReportOf, TaskName } from '../tasks/records.ts';
import type { MaskExample, SegmentationReport } from '../tasks/segmentation/record.ts';
import { PHANTOMS } from './films.ts';

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

const fakeCurves = (): TunedEpoch[] =>
  TUNED_STARTS.flatMap((start, s) =>
    Array.from({ length: 20 }, (_, at) => ({
      start,
      draw: 0,
      epoch: at + 1,
      loss: 0.65 * Math.exp(-at / (8 + 8 * s)),
      auroc: 0.87 - 0.1 * s - 0.3 * Math.exp(-at / (4 + 6 * s)),
    })),
  );

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
    curves: fakeCurves(),
  }),
  segmentation: fakeMasks,
};

/** A disc, as pairs of gap and length. */
function discRuns(side: number, x: number, y: number, radius: number): number[] {
  const runs: number[] = [];
  let end = 0;
  for (let row = 0; row < side; row++) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (row + 0.5 - y) ** 2));
    const [from, to] = [x - half, x + half].map((edge) => Math.max(0, Math.min(side, Math.round(edge))));
    if (to! <= from!) continue;
    runs.push(row * side + from! - end, to! - from!);
    end = row * side + to!;
  }
  return runs;
}

function fakeMasks(config: Config, step: number): SegmentationReport {
  const side = config.imageSize;
  const compared = (own: number, other: number) => ({
    pretrained: interval(own, 0.04),
    random: interval(other, 0.05),
    gain: interval(own - other, 0.045),
  });
  const scores = {
    dice: compared(0.741, 0.612),
    dicePositive: compared(0.528, 0.317),
    iou: compared(0.664, 0.573),
    empty: compared(0.44, 0.39),
  };
  const means = { dice: 0.61, dicePositive: 0.31, iou: 0.57, empty: 0.4 };
  const example = (film: number, place: MaskExample['place'], dice: number): MaskExample => ({
    film,
    place,
    dice,
    iou: dice / (2 - dice),
    truth: discRuns(side, side * 0.35, side * 0.55, side * 0.14),
    drawn: discRuns(side, side * (0.35 + 0.25 * (1 - dice)), side * 0.55, side * 0.13),
  });
  const places = [
    ['best', 0.91],
    ['median', 0.55],
    ['worst', 0.04],
  ] as const;
  return {
    share: config.labelShare,
    draws: config.labelShare < 1 ? config.labelDraws : 1,
    seed: config.seed,
    step,
    targets: ['Effusion', 'Opacity'],
    encoder: config.maskEncoder,
    side,
    films: {
      train: { withMask: 180, without: 111 },
      val: { withMask: 24, without: 17 },
      test: { withMask: 48, without: 36 },
    },
    labelledFilms: Math.round(291 * config.labelShare),
    leftOut: { unknown: 0, unreadable: 0 },
    scores,
    emptyFilms: interval(0.429, 0.1),
    randomEncoders: Array.from({ length: config.randomEncoders }, () => means),
    bestEpochs: { pretrained: [14], random: [20, 17, 19] },
    examples: places.flatMap(([place, dice], row) =>
      [0, 1, 2, 3].map((i) => example(4 * row + i, place, Math.max(0, dice - 0.03 * i))),
    ),
    fingerprint: PHANTOMS,
    seconds: 61.5,
    protocol: ['Decoder: U-Net on the five levels.', 'Binary cross-entropy plus soft Dice.'],
  };
}

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
