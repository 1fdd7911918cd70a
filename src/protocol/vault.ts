// What a run leaves in this browser's storage, and who may write it. Every run has a folder of its own in the origin
// private file system, `runs/<id>/`, and nothing outside it; there is no common index to go out of step.
//
// The vault (src/vault, written by the engine worker alone while a run is at hand) owns in each folder
//   record-0, record-1            the record below, written in turn, each with its checksum: the newest whole one counts
//   series                        one row per step with a check of its own (vault/seriesFile.ts)
//   step-<n>-<serial>.safetensors checkpoints; size and checksum stand in the record (checkpoint/checkpoint.ts reads them)
//   films                         what the films were, for saying which of them have changed (vault/filmList.ts)
// The run library owns every file whose name begins with `library` (name, pin, probe scores ...). Neither side writes
// the other's files, except that the library removes whole folders and fills new ones (vault/runs.ts).

import type { Config, ConfigKey, ConfigValue } from '../config/schema.ts';
import type { WireError } from '../util/errors.ts';
import type { MetricName } from './metrics.ts';

/**
 * running: steps are being taken. paused: halted, may go on. interrupted: was running when its page or worker went
 * away; never written, but what a reader makes of `running` once nobody holds the run's lock. failed: halted by a
 * fault that is named. done: the schedule is finished or the run was ended.
 */
export type RunState = 'running' | 'paused' | 'interrupted' | 'failed' | 'done';

/** One checkpoint in a run's folder. */
export interface KeptCheckpoint {
  readonly file: string;
  /** Optimiser steps taken: the run goes on with this step. */
  readonly step: number;
  readonly bytes: number;
  /** Hex SHA-256 over the digests of its blocks, see vault/checksum.ts. */
  readonly checksum: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Total loss averaged over the steps before it; null at step 0. */
  readonly total: number | null;
  /** Kept until its name is taken away; null for those that come and go. */
  readonly name: string | null;
}

/** Something that happened at a step, as the charts mark it. */
export interface RunMark {
  readonly step: number;
  readonly kind: MarkKind;
  readonly text: string;
}
/** fault: something went wrong and was mended or halted the run. gap: no steps for a while, although the run was on. */
export type MarkKind = 'pause' | 'change' | 'checkpoint' | 'fault' | 'gap';

/** A live setting changed on the way. */
export interface RunChange {
  /** The first step under the new value. */
  readonly step: number;
  readonly key: ConfigKey;
  readonly value: ConfigValue;
}

/** The index record of a run. */
export interface RunRecord {
  readonly version: 1;
  readonly id: string;
  readonly state: Exclude<RunState, 'interrupted'>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** As the run began; `changes` leads to what it is now. */
  readonly config: Config;
  readonly changes: readonly RunChange[];
  /** What the weights were before the first step, in words. */
  readonly start: string;
  /** Of the data set: its fingerprint and the number of films. */
  readonly data: { readonly fingerprint: string; readonly films: number };
  /** The schedule, which other films would alter. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** Whatever else decides the last bit of a number, such as the adapter and the choice of kernels; words for people. */
  readonly computedBy: Readonly<Record<string, string>>;
  /** Steps taken and time spent when the record was written. */
  readonly step: number;
  readonly activeSeconds: number;
  /** Oldest first. */
  readonly checkpoints: readonly KeptCheckpoint[];
  /** The rows of the file `series`: row i belongs to step `first + i`; values in the order of `metrics`. */
  readonly series: { readonly first: number; readonly rows: number; readonly metrics: readonly MetricName[] };
  readonly marks: readonly RunMark[];
  /** The metrics of the last step. */
  readonly last: Readonly<Partial<Record<MetricName, number>>>;
  /** The total loss in at most 64 means of equal length, for a small picture. */
  readonly thumbnail: readonly number[];
  /** Why it stands at `failed`. */
  readonly failure: WireError | null;
}

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
