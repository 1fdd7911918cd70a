// What fine-tuning answers: the scores, and after how many epochs the best of each training came.

import { type InferOutput, list, number, object } from '../../util/schema.ts';
import { SCORED_FIELDS } from '../compared/report.ts';

/** Label draws are 50 at most. */
const MOST_DRAWS = 100;

export const FINETUNE_REPORT = object({
  ...SCORED_FIELDS,
  /** Per label draw, the epoch whose weights were scored, counted from 1. */
  bestEpochs: object({ pretrained: list(number, MOST_DRAWS), random: list(number, MOST_DRAWS) }),
});
export type FinetuneReport = InferOutput<typeof FINETUNE_REPORT>;
