// What the engine says of one encoder in a study: the AUROC of every label draw, and what differences to another encoder on
// the same films are made of, namely the AUROCs of common resamples of the test patients and the placements of the films.
// Read back from files and from the browser's storage, so each part says what it may be. Films and patients have no names.

import {
  count,
  type InferOutput,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  text,
} from '../util/schema.ts';
import type { EvaluationRequest } from './engine.ts';

const MOST_FILMS = 2_000_000;
const MOST_FINDINGS = 500;
const scores = list(numberOrNull, 100_000);

const FINDING_SCORES = object({
  finding: text(),
  /** Test films with and without it. */
  positives: count,
  negatives: count,
  /** Of each draw of labels. */
  aurocs: scores,
  /** Mean over draws in each resample of the test patients; null where it is undefined. */
  resampled: scores,
  /** Mean over draws, per test film with and without it in the order of the set (tasks/scores/significance.ts). */
  placements: object({ positives: list(number, MOST_FILMS), negatives: list(number, MOST_FILMS) }),
});
export type FindingScores = InferOutput<typeof FINDING_SCORES>;

const SHARE_SCORES = object({
  /** Share of the training patients whose labels were used. */
  share: number,
  /** Mean number of labelled training films over the draws. */
  labelledFilms: number,
  findings: list(FINDING_SCORES, MOST_FINDINGS),
});
export type ShareScores = InferOutput<typeof SHARE_SCORES>;

export const ENCODER_SCORES = object({
  films: object({ train: count, val: count, test: count }),
  testPatients: count,
  shares: list(SHARE_SCORES, 100),
  /** Findings that cannot be scored, each with its reason. */
  leftOut: list(object({ finding: text(), reason: text() }), MOST_FINDINGS),
  seconds: number,
});
export type EncoderScores = InferOutput<typeof ENCODER_SCORES>;

/** What chose the settings of a method: films of neither the training nor the test labels. */
export const VALIDATION_SCORE = object({
  /** Mean AUROC on the validation films at the best epoch of the linear layer; null without any. */
  auroc: nullable(number),
  /** Validation films of the split, or films of training patients kept for it. */
  films: count,
  seconds: number,
});
export type ValidationScore = InferOutput<typeof VALIDATION_SCORE>;

/** By what the encoders of a study are scored. */
export const STUDY_TASKS = {
  linear: { label: 'Linear layer', by: 'a linear layer on frozen features' },
  neighbours: { label: 'Nearest neighbours', by: 'a vote of the nearest neighbours in frozen features' },
  finetune: { label: 'Fine-tuning', by: 'fine-tuning of all weights' },
} as const;
export type StudyTask = keyof typeof STUDY_TASKS;
export const STUDY_TASK_NAMES = Object.keys(STUDY_TASKS) as StudyTask[];

export interface StudyRequest extends EvaluationRequest {
  readonly task: StudyTask;
  readonly shares: readonly number[];
  /** One for all encoders that are to be compared. */
  readonly resampleSeed: number;
  /** The encoder of the run at hand, or 32 x 32 pixels, which need no run. */
  readonly encoder: 'run' | 'pixels';
}
