// What the files of a folder are for: films, label files, or the litter that systems leave behind. Only label
// files are read here; a film is anything else until its first bytes say otherwise (decode.ts).

import type { SkippedFile } from '../protocol/dataset.ts';
import type { IntakeOptions, SourceFile } from '../protocol/intake.ts';
import type { LabelScan } from '../protocol/labels.ts';
import { AppError, fromWire } from '../util/errors.ts';
import { isLitter } from '../util/litter.ts';
import { assignFolders, withFolderClasses } from './labels/folders.ts';
import { applyLabels, type LabelAssignment } from './labels/labels.ts';
import { scanOf } from './labels/report.ts';
import { looksLikeList, startOf } from './labels/stream.ts';
import { surveyLabels } from './labels/understand.ts';

const TABLE = /\.(csv|tsv)$/i;
const LIST = /\.txt$/i;

/** A file as a folder lists it; it is opened when its turn comes. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  open(): Promise<File>;
}

export interface SortedSources {
  /** In path order. */
  readonly films: readonly ListedFile[];
  /** Opened. */
  readonly labelFiles: readonly SourceFile[];
}

const byPath = (a: ListedFile, b: ListedFile) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Dot files and the like are in neither list. A text file is a label file when it begins like a list of names. */
export async function sortSources(
  files: readonly ListedFile[],
  labelFile: string | undefined,
): Promise<SortedSources> {
  const wanted = files.filter(({ path }) => !path.split('/').some(isLitter)).sort(byPath);
  const lists = new Set<string>();
  for (const file of wanted) if (LIST.test(file.path) && (await isList(file))) lists.add(file.path);
  const isLabels = ({ path }: ListedFile) => path === labelFile || TABLE.test(path) || lists.has(path);
  const tables = wanted.filter(isLabels);
  return {
    films: wanted.filter((source) => !isLabels(source)),
    labelFiles: await Promise.all(
      (labelFile === undefined ? tables : tables.filter(({ path }) => path === labelFile)).map(opened),
    ),
  };
}

/** A file that cannot be read is left to the decoder, which says so. */
const isList = (file: ListedFile): Promise<boolean> =>
  file
    .open()
    .then(startOf)
    .then(looksLikeList, () => false);

async function opened(listed: ListedFile): Promise<SourceFile> {
  try {
    return { path: listed.path, file: await listed.open() };
  } catch (cause) {
    throw new AppError('labels-unreadable', `${listed.path} could not be opened.`, { cause });
  }
}

export interface ReadLabels {
  /** Per film of the sorted sources; null when nothing speaks of them. */
  readonly assignment: LabelAssignment | null;
  /** Tables that could not be understood. */
  readonly skipped: readonly SkippedFile[];
  readonly scan: LabelScan;
}

/**
 * Labels from the best label file or the one chosen, else from the folder names.
 * @throws AppError labels-unmatched, labels-missing when rows are to be chosen and there are none;
 *   labels-unreadable when the label file was named in the options
 */
export async function readLabels(
  { films, labelFiles }: SortedSources,
  { labelFile, where, labels = {} }: Pick<IntakeOptions, 'labelFile' | 'where' | 'labels'>,
  signal?: AbortSignal,
): Promise<ReadLabels> {
  const named = labelFile ?? labels.file ?? undefined;
  if (named !== undefined && !labelFiles.some(({ path }) => path === named)) {
    throw new AppError('labels-unreadable', `${named} is not among the files.`);
  }
  const paths = films.map(({ path }) => path);
  const choice = labelFile === undefined ? labels : { ...labels, file: labelFile };
  const survey = await surveyLabels(labelFiles, paths, choice, signal);
  const failure = survey.failed.find(({ path }) => path === named);
  if (failure) throw fromWire(failure.error);
  if (where && survey.understood.length === 0) {
    throw new AppError('labels-missing', 'rows can only be chosen from a label file.');
  }
  const applied = await applyLabels(survey, choice, where, signal);
  const assignment = applied ? withFolderClasses(applied, paths) : assignFolders(paths);
  const skipped = survey.failed.map(({ path, error }) => ({ path, error }));
  return { assignment, skipped, scan: scanOf(survey, assignment) };
}
