// The seam between the page and the intake worker, which turns files into a data set: it decodes in a pool of
// its own workers, reads label files, splits by patient and hands the planes to the engine over a port.

import type { DatasetSummary, Thumbnail } from './dataset.ts';
import type { LabelChoice } from './labels.ts';

export interface SourceFile {
  /** Path below the chosen folder, with forward slashes. */
  readonly path: string;
  readonly file: File;
}

export interface IntakeOptions {
  /** Shown in the page, e.g. the folder's name. */
  readonly name: string;
  /** Longest side of a stored plane, px. */
  readonly planeSize: number;
  readonly seed: number;
  /** Keep only rows of the label file whose column has this value, e.g. id_matched = 1. */
  readonly where?: { readonly column: string; readonly value: string };
  /** Path of the one label file to use. Its failures are thrown; those of files found by the way are listed. */
  readonly labelFile?: string;
  /** What was decided about the labels; what is left out is detected. */
  readonly labels?: LabelChoice;
  /** Keep at most this many films, the first in path order; 0 keeps all. */
  readonly limit?: number;
}

export interface SyntheticOptions {
  readonly patients: number;
  /** Side of the generated films, px. */
  readonly size: number;
  readonly planeSize: number;
  readonly seed: number;
}

/** The built-in set, the same in the page and in the runner; size in px. */
export const SYNTHETIC_SET = { patients: 160, size: 160, seed: 1 } as const;

/** Splits do not depend on the run's seed, so that runs with different seeds are scored on the same films. */
export const SPLIT_SEED = 1;

export type IntakeEvent =
  | { readonly type: 'progress'; readonly done: number; readonly total: number; readonly skipped: number }
  | { readonly type: 'thumbnails'; readonly thumbnails: readonly Thumbnail[] };

export interface IntakeApi {
  /** The port over which finished sets go to the engine, as one EngineDataset message each. */
  connectEngine(port: MessagePort): void;
  /** @throws AppError folder-empty, labels-unmatched, labels-unreadable, split-impossible, cancelled */
  readFiles(
    files: readonly SourceFile[],
    options: IntakeOptions,
    onEvent: (event: IntakeEvent) => void,
  ): Promise<DatasetSummary>;
  synthesise(options: SyntheticOptions, onEvent: (event: IntakeEvent) => void): Promise<DatasetSummary>;
  cancel(): void;
}
