// The seam between the page and the intake worker, which turns files into a data set: it decodes in a pool of
// its own workers, reads label files, splits by patient and hands the planes to the engine over a port.

import type { Config } from '../config/schema.ts';
import type { QualityFlag, SplitChoice } from './arrangement.ts';
import type { CacheState } from './cache.ts';
import type { DatasetSummary, Thumbnail } from './dataset.ts';
import type { FilmMarks, FilmView, StoredReading, StoredRow } from './film.ts';
import type { LabelChoice, LabelScan, MatchExample } from './labels.ts';

export interface SourceFile {
  /** Path below the chosen folder, with forward slashes. */
  readonly path: string;
  readonly file: File;
}

/** A picked or dropped folder or file, to be walked in the intake worker. */
export interface SourceHandle {
  /** Path of the entry below the whole; empty for the folder that is the whole. */
  readonly path: string;
  readonly handle: FileSystemHandle;
}

/** Handles to walk, and what the browser hides from them. */
export interface HandleSource {
  readonly handles: readonly SourceHandle[];
  /** Files that `keepFiles` handed over lie in the same folder; those that the walk finds as well are taken once. */
  readonly besides?: 'kept';
  /** Paths of files that the page could not open. */
  readonly unopened?: readonly string[];
}

/**
 * Files by themselves; or handles, which the worker walks; or `kept`, the files handed over by `keepFiles`. A set of many
 * files should come by one of the latter two, so that the page holds none of them.
 */
export type IntakeSource = readonly SourceFile[] | HandleSource | 'kept';

export interface IntakeOptions extends Decisions {
  /** Shown in the page, e.g. the folder's name. */
  readonly name: string;
  /** Longest side of a stored plane, px. */
  readonly planeSize: number;
  readonly seed: number;
  /** Keep only rows of the label file whose column has this value, e.g. id_matched = 1. */
  readonly where?: { readonly column: string; readonly value: string };
  /** Paths of the only label files to use. Their failures are thrown; those of files found by the way are listed. */
  readonly labelFile?: string | readonly string[];
  /** Keep at most this many films, the first in path order; 0 keeps all. */
  readonly limit?: number;
  /** Without the cache every file is decoded, and all planes are held in memory. Default: with it. */
  readonly cache?: boolean;
  /** Decode workers; default: as many as suit the machine. One decodes strictly one file after another. */
  readonly workers?: number;
}

/** What can be decided anew about films that are read already. */
export interface Arrangement {
  /** What was decided about the labels; what is left out is detected. */
  readonly labels?: LabelChoice;
  /** How films are put into training, validation and test; its seed is that of the reading unless it names one. */
  readonly split?: SplitChoice;
  /** Films with one of these flags are put in no part. */
  readonly leaveOut?: readonly QualityFlag[];
  /** Films below one of these folders are put in no part and have no labels; as util/folders.ts has them. */
  readonly leaveOutFolders?: readonly string[];
}

/** What can be decided about films; some of it needs another reading. */
export interface Decisions extends Arrangement {
  /** Folders whose pictures are films, though they are named after masks and lie beside films; as util/folders.ts has them. */
  readonly keepFolders?: readonly string[];
}

export interface SyntheticOptions {
  readonly patients: number;
  readonly difficulty: Config['syntheticDifficulty'];
  /** A mistake that is built in; left out for none. */
  readonly trap?: Config['syntheticTrap'];
  /** Another seed is another set of the same kind. */
  readonly seed: number;
  /** Films are drawn no larger than this, px. */
  readonly planeSize: number;
}

/** Two to four films each. */
const SYNTHETIC_PATIENTS = 720;

/** The built-in set that a configuration asks for, the same in the page and in the runner. */
export const syntheticOptions = (
  config: Pick<Config, 'syntheticSeed' | 'syntheticDifficulty' | 'syntheticTrap' | 'planeSize'>,
): SyntheticOptions => ({
  patients: SYNTHETIC_PATIENTS,
  difficulty: config.syntheticDifficulty,
  trap: config.syntheticTrap,
  seed: config.syntheticSeed,
  planeSize: config.planeSize,
});

/** Splits do not depend on the run's seed, so that runs with different seeds are scored on the same films. */
export const SPLIT_SEED = 1;

/** found: of those done, how many lay in the cache. */
export interface IntakeProgress {
  readonly done: number;
  readonly total: number;
  readonly skipped: number;
  readonly found: number;
}

export type IntakeEvent =
  | { readonly type: 'listing'; readonly listed: number }
  | ({ readonly type: 'progress' } & IntakeProgress)
  /** Something about storage that is better known before it happens. */
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'thumbnails'; readonly thumbnails: readonly Thumbnail[] };

export interface IntakeApi {
  /** The port over which finished sets go to the engine, as one EngineDataset message each. */
  connectEngine(port: MessagePort): void;
  /** @throws AppError folder-empty, labels-unmatched, labels-unreadable, split-impossible, split-overlap, cancelled */
  readFiles(
    files: IntakeSource,
    options: IntakeOptions,
    onEvent: (event: IntakeEvent) => void,
  ): Promise<DatasetSummary>;
  /** One film of the set that was read last, at full resolution. @throws AppError with the reason it cannot be shown */
  view(path: string): Promise<FilmView>;
  /** What is stored in every file, in no particular order. @throws AppError worker-failed */
  stored(
    files: readonly SourceFile[],
    onRows: (rows: readonly StoredRow[]) => unknown,
  ): Promise<StoredReading>;
  synthesise(options: SyntheticOptions, onEvent: (event: IntakeEvent) => void): Promise<DatasetSummary>;
  /** Adds to the files that `kept` stands for; `first` forgets those before. */
  keepFiles(files: readonly SourceFile[], first: boolean): void;
  /** Of films of the set at hand, in their order; none for a film whose plane cannot be had. */
  thumbnails(films: readonly number[]): Promise<Thumbnail[]>;
  cacheState(): Promise<CacheState>;
  /**
   * Erases every decoded film on disk, and gives up a set that was read from there. Returns what is left: bytes that
   * another tab still reads.
   */
  eraseCache(): Promise<CacheState>;
  cancel(): void;
  /**
   * Labels and parts anew for the films read last, without decoding them again; the engine is told.
   * @throws AppError not-ready, labels-unmatched, labels-unreadable, split-impossible, split-overlap
   */
  arrange(arrangement: Arrangement): Promise<DatasetSummary>;
  /** Understands and matches the label files among `files` without opening a film. @throws AppError as readFiles */
  scanLabels(
    files: IntakeSource,
    options: Pick<IntakeOptions, 'labelFile' | 'labels' | 'where'>,
  ): Promise<LabelScan>;
  /** Every row and film of the set read last that did not fit. */
  matchProblems(): readonly MatchExample[];
  /** Boxes and masks of a film; null where it has none. */
  marksOf(film: number): Promise<FilmMarks | null>;
}
