// How far a study is: what has been trained, tried, scored and what failed, under names that say what each is. Nothing is ever
// taken back, so a state that is written after every piece of work is all that a study needs to go on after a cut. Its films are in
// it as numbers from the summary of the set, without the names of films, patients or label files.

import type { DatasetSummary } from '../protocol/dataset.ts';
import { ENCODER_SCORES, VALIDATION_SCORE } from '../protocol/study.ts';
import { isErrorCode } from '../util/errors.ts';
import {
  boolean,
  count,
  dictionary,
  fallback,
  type InferOutput,
  list,
  literal,
  nullable,
  number,
  numberOrNull,
  object,
  read,
  text,
} from '../util/schema.ts';
import { STUDY_SPEC, type StudySpec } from './spec.ts';

/** What training a run took and where it ended. */
export const TRAINED = object({
  steps: count,
  /** Spent on steps, not on compiling or scoring. */
  seconds: number,
  /** The most GPU memory in use, bytes. */
  memory: numberOrNull,
  /** The total loss in at most 64 means of equal length. */
  curve: list(numberOrNull, 64),
  /** The run in the browser's storage, where it is kept there. */
  runId: fallback(nullable(text(64)), null),
});
export type Trained = InferOutput<typeof TRAINED>;

const FAILURE = object({ code: text(60), message: text(5000) });
type Failure = InferOutput<typeof FAILURE>;

/** The films of a study in numbers, and what a reader should be warned of. Holds no name of a film or patient. */
const STUDY_DATA = object({
  fingerprint: text(200),
  synthetic: boolean(),
  films: object({ train: count, val: count, test: count }),
  patients: object({ train: count, val: count, test: count }),
  splitRule: text(5000),
  /** Rows of the label file that say otherwise than another row of the same film. */
  conflictingRows: count,
  /** Films of one part that look the same as a film of another. */
  duplicatesAcross: count,
});
export type StudyData = InferOutput<typeof STUDY_DATA>;

const MOST = 10_000;
const STUDY_STATE = object({
  version: literal(1, 'is another version'),
  spec: STUDY_SPEC,
  /** Null before the films were looked at. */
  data: nullable(STUDY_DATA),
  /** What computed: the adapter in words. */
  adapter: fallback(nullable(text(500)), null),
  trained: dictionary(TRAINED, MOST),
  tried: dictionary(VALIDATION_SCORE, MOST),
  scored: dictionary(ENCODER_SCORES, MOST),
  failed: dictionary(FAILURE, MOST),
  /** Milliseconds since 1970. */
  startedAt: count,
});
export type StudyState = InferOutput<typeof STUDY_STATE>;

export const beginStudy = (spec: StudySpec, startedAt: number): StudyState => ({
  version: 1,
  spec,
  data: null,
  adapter: null,
  trained: {},
  tried: {},
  scored: {},
  failed: {},
  startedAt,
});

/** One piece of work done, as it is kept. */
export type Finished =
  | { readonly part: 'trained'; readonly id: string; readonly value: Trained }
  | { readonly part: 'tried'; readonly id: string; readonly value: StudyState['tried'][string] }
  | { readonly part: 'scored'; readonly id: string; readonly value: StudyState['scored'][string] }
  | { readonly part: 'failed'; readonly id: string; readonly value: Failure };

export const PARTS: readonly Finished['part'][] = ['trained', 'tried', 'scored', 'failed'];

export const withFinished = (state: StudyState, { part, id, value }: Finished): StudyState => ({
  ...state,
  [part]: { ...state[part], [id]: value },
});

/** @throws Unfit */
export const readState = (raw: unknown): StudyState => read(STUDY_STATE, raw, 'the study');

/** Failures of the run itself, which would come again: they are part of the result. Any other ends the work for now. */
const OF_THE_RUN = ['loss-not-finite', 'loss-exploded', 'model-broken', 'does-not-fit'];
export const isOfTheRun = (code: string): boolean => isErrorCode(code) && OF_THE_RUN.includes(code);

type Summary = Omit<DatasetSummary, 'filmTable'>;

/** The rule of the split without the names of label files, the longest first: one may end as another does. */
export function ruleWithoutFiles({ splitRule, scan, labels }: Summary): string {
  const names = (scan?.tables ?? []).flatMap(({ path: full }) => [full, full.split('/').at(-1)!]);
  names.push(...(labels?.file ? labels.file.split(', ') : []));
  return names
    .sort((a, b) => b.length - a.length)
    .reduce((rule, name) => rule.replaceAll(name, 'the label file'), splitRule);
}

export const studyData = (summary: Summary): StudyData => ({
  fingerprint: summary.fingerprint,
  synthetic: summary.synthetic,
  films: summary.films,
  patients: summary.patients,
  splitRule: ruleWithoutFiles(summary),
  conflictingRows: summary.labels?.conflictingRows ?? 0,
  duplicatesAcross: summary.quality?.duplicatesAcross ?? 0,
});
