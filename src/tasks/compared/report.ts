// What an evaluation answers that scores findings by AUROC. Three encoders are always scored side by side, because an
// AUROC means nothing alone: the pretrained one, untrained ones of the same shape, and raw pixels. A task's own report
// may add fields to these.

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
import { INTERVAL } from '../record.ts';

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
  seconds: number,
  /** Switches of the protocol that were on, in words. */
  protocol: list(text(), 100),
};
const SCORED_REPORT = object(SCORED_FIELDS);
export type ScoredReport = InferOutput<typeof SCORED_REPORT>;
