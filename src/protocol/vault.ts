// What a run leaves in this browser's storage, and who may write it. Every run has a folder of its own in the origin
// private file system, `runs/<id>/`, and nothing outside it; there is no common index to go out of step.
//
// The vault (src/vault, written by the engine worker alone while a run is at hand) owns in each folder
//   record-0, record-1            the record below, written in turn, each with its checksum: the newest whole one counts
//   series                        one row per step with a check of its own (vault/seriesFile.ts)
//   step-<n>-<serial>.safetensors checkpoints; size and checksum stand in the record (checkpoint/checkpoint.ts reads them)
//   films                         what the films were, for saying which of them have changed (vault/filmList.ts)
// The run library owns every file whose name begins with `library` (name, pin, scores ...). Neither side writes
// the other's files, except that the library removes whole folders and fills new ones (vault/runs.ts).

import { CONFIG_KEYS, type Config, type ConfigValue, parseConfig, parseValue } from '../config/schema.ts';
import { isErrorCode, type WireError } from '../util/errors.ts';
import {
  choice,
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
  parsed,
  parsedField,
  pipe,
  regex,
  string,
  text,
  transform,
  unknown,
} from '../util/schema.ts';
import type { MetricName } from './metrics.ts';

/**
 * running: steps are being taken. paused: halted, may go on. interrupted: was running when its page or worker went
 * away; never written, but what a reader makes of `running` once nobody holds the run's lock. failed: halted by a
 * fault that is named. done: the schedule is finished or the run was ended.
 */
export type RunState = 'running' | 'paused' | 'interrupted' | 'failed' | 'done';

/** A code that is not known any more becomes `internal`; the words stay. */
function readWire(raw: Readonly<Record<string, unknown>>): WireError {
  const { code, message, hint } = raw;
  if (typeof message !== 'string' || typeof hint !== 'string') throw new Error('no error');
  const known = typeof code === 'string' && isErrorCode(code) ? code : 'internal';
  return { ...raw, code: known, message, hint };
}

const STATES = ['running', 'paused', 'failed', 'done'] as const satisfies readonly Exclude<
  RunState,
  'interrupted'
>[];

/** fault: something went wrong and was mended or halted the run. gap: no steps for a while, although the run was on. */
const MARK_KINDS = ['pause', 'change', 'checkpoint', 'fault', 'gap'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** One checkpoint in a run's folder. */
const KEPT_CHECKPOINT = object({
  file: pipe(string('is not text'), regex(/^step-\d+-\d+\.safetensors$/, 'is no name of a checkpoint')),
  /** Optimiser steps taken: the run goes on with this step. */
  step: count,
  bytes: count,
  /** Hex SHA-256 over the digests of its blocks, see vault/records.ts. */
  checksum: text(),
  /** Milliseconds since 1970. */
  savedAt: count,
  /** Total loss averaged over the steps before it; null at step 0. */
  total: numberOrNull,
  /** Kept until its name is taken away; null for those that come and go. */
  name: nullable(text()),
});
export type KeptCheckpoint = InferOutput<typeof KEPT_CHECKPOINT>;

/** Something that happened at a step, as the charts mark it. */
export const RUN_MARK = object({ step: count, kind: choice(MARK_KINDS), text: text(5000) });
export type RunMark = InferOutput<typeof RUN_MARK>;

/** A live setting changed on the way; `step` is the first under the new value. */
export const RUN_CHANGE = pipe(
  object({ step: count, key: choice(CONFIG_KEYS), value: unknown() }),
  parsedField('value', ({ key, value }): ConfigValue => parseValue(key, value)),
);
export type RunChange = InferOutput<typeof RUN_CHANGE>;

const metricName = pipe(
  text(),
  transform((name) => name as MetricName),
);
/** JSON has null for a mean over steps of which one was not finite. */
const numberOrNaN = pipe(
  numberOrNull,
  transform((value) => value ?? Number.NaN),
);
const MOST_ROWS = 1_000_000;

/** What every version of a record says, and of what kind it must be. */
export const RUN_ENTRIES = {
  version: literal(1, 'is another version'),
  id: pipe(string('is not text'), regex(/^[0-9a-f-]{8,64}$/, 'is no name of a run')),
  state: choice(STATES),
  /** Milliseconds since 1970. */
  createdAt: count,
  updatedAt: count,
  /** As the run began; `changes` leads to what it is now. */
  config: parsed((raw): Config => parseConfig(raw)),
  changes: list(RUN_CHANGE, MOST_ROWS),
  /** What the weights were before the first step, in words. */
  start: text(),
  /** Of the data set: its fingerprint and the number of films. */
  data: object({ fingerprint: text(200), films: count }),
  /** The schedule, which other films would alter. */
  totalSteps: count,
  stepsPerEpoch: count,
  /** Whatever else decides the last bit of a number, such as the adapter and the choice of kernels; words for people. */
  computedBy: dictionary(text(2000), 50),
  /** Steps taken and time spent when the record was written. */
  step: count,
  activeSeconds: number,
  /** Oldest first. */
  checkpoints: list(KEPT_CHECKPOINT, MOST_ROWS),
  /** The rows of the file `series`: row i belongs to step `first + i`; values in the order of `metrics`. */
  series: object({ first: count, rows: count, metrics: list(metricName, 1000) }),
  marks: list(RUN_MARK, MOST_ROWS),
  /** The metrics of the last step. */
  last: dictionary(number, 1000),
  /** The total loss in at most 64 means of equal length, for a thumbnail. */
  thumbnail: list(numberOrNaN, 64),
  /** Why it stands at `failed`; what cannot be understood is forgotten. */
  failure: fallback(nullable(parsed(readWire)), null),
};
/** The index record of a run, as this browser keeps it. */
export const RUN_RECORD = object(RUN_ENTRIES);
export type RunRecord = InferOutput<typeof RUN_RECORD>;

/** A run as a list shows it. */
export interface ListedRun extends Omit<RunRecord, 'state'> {
  readonly state: RunState;
  /** Of all its files. */
  readonly bytes: number;
  /** Someone, in this tab or another, has it at hand; it can be read but not resumed or removed. */
  readonly inUse: boolean;
}

/** When checkpoints are written while a run goes on, whichever comes first; a halt writes one in any case. */
export interface KeepingPolicy {
  readonly everySteps: number;
  readonly everySeconds: number;
  /** Writing may take this share of the time at most, however large the model; at 1 training waits for it when the next is due. */
  readonly writingShare: number;
}
export const KEEPING: KeepingPolicy = { everySteps: 200, everySeconds: 15, writingShare: 0.1 };

/** Name of the Web Lock that whoever has a run at hand holds. */
export const runLockName = (id: string): string => `mlvicx-run-${id}`;

/** Name of the folder of all runs in the origin private file system. */
export const RUNS_FOLDER = 'runs';
