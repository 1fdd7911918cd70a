// What the engine says of one encoder in a study: the score of every label draw, and what differences to another encoder on
// the same films are made of, namely the scores of common resamples of the test patients and the placements of the films.
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
  /** Of each draw of labels; AUROC, or what else the task measures by. */
  aurocs: scores,
  /** Mean over draws in each resample of the test patients; null where it is undefined. */
  resampled: scores,
  /** Mean over draws, per test film with and without it in the order of the set (tasks/scores/significance.ts); none of masks. */
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

/** What a score of a study is, in words, and as columns and keys of its files call it. */
interface Measure {
  readonly measure: string;
  readonly field: string;
  /** It ranks films by finding: chance is 0.5, raw pixels can be scored as well, and DeLong's test compares findings. */
  readonly ranks: boolean;
}
const AUROC: Measure = { measure: 'AUROC', field: 'auroc', ranks: true };
const DICE: Measure = { measure: 'Dice of films with a mask', field: 'dice_positive', ranks: false };

/** By what the encoders of a study are scored. */
export const STUDY_TASKS = {
  linear: { label: 'Linear layer', by: 'a linear layer on frozen features', ...AUROC },
  neighbours: {
    label: 'Nearest neighbours',
    by: 'a vote of the nearest neighbours in frozen features',
    ...AUROC,
  },
  finetune: { label: 'Fine-tuning', by: 'fine-tuning of all weights', ...AUROC },
  segmentation: { label: 'Segmentation', by: 'the masks that a decoder on its levels draws', ...DICE },
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
