// What a vote of nearest neighbours answers: the scores, and how many neighbours voted how sharply.

import { count, type InferOutput, number, object } from '../../util/schema.ts';
import { SCORED_FIELDS } from '../compared/report.ts';

export const NEIGHBOURS_REPORT = object({
  ...SCORED_FIELDS,
  /** Neighbours that were asked for; fewer voted where fewer films were labelled. */
  neighbours: count,
  temperature: number,
});
export type NeighboursReport = InferOutput<typeof NEIGHBOURS_REPORT>;
