// What the files of a folder are for: films, label files, or the litter that systems leave behind. Only label
// files are read here; a film is anything else until its first bytes say otherwise (decode.ts).

import type { SkippedFile } from '../protocol/dataset.ts';
import type { IntakeOptions, SourceFile } from '../protocol/intake.ts';
import { AppError, toWire } from '../util/errors.ts';
import { assignLabels, type LabelAssignment } from './labels.ts';
import { assignFolders } from './labelsFolders.ts';
import { type LabelTable, parseLabelTable } from './labelsTable.ts';

const LITTER = /(^|\/)(\.[^/]*|__MACOSX|thumbs\.db|desktop\.ini)(\/|$)/i;
const TABLE = /\.(csv|tsv)$/i;

export interface SortedSources {
  /** In path order. */
  readonly films: readonly SourceFile[];
  readonly labelFiles: readonly SourceFile[];
}

const byPath = (a: SourceFile, b: SourceFile) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Dot files and the like are in neither list. */
export function sortSources(files: readonly SourceFile[], labelFile: string | undefined): SortedSources {
  const wanted = files.filter((source) => !LITTER.test(source.path)).sort(byPath);
  const isLabels = ({ path }: SourceFile) => path === labelFile || TABLE.test(path);
  const tables = wanted.filter(isLabels);
  return {
    films: wanted.filter((source) => !isLabels(source)),
    labelFiles: labelFile === undefined ? tables : tables.filter(({ path }) => path === labelFile),
  };
}

export interface ReadLabels {
  /** Per film of the sorted sources; null when nothing speaks of them. */
  readonly assignment: LabelAssignment | null;
  /** Tables that could not be understood. */
  readonly skipped: readonly SkippedFile[];
}

async function readTable({ path, file }: SourceFile): Promise<LabelTable> {
  let text: string;
  try {
    text = await file.text();
  } catch (cause) {
    throw new AppError('labels-unreadable', `${path} could not be read.`, { cause });
  }
  return parseLabelTable(text, path.split('/').at(-1)!);
}

/**
 * Labels from the best label file, else from the folder names.
 * @throws AppError labels-unmatched, labels-missing when rows are to be chosen and there are none;
 *   labels-unreadable when the label file was named in the options
 */
export async function readLabels(
  { films, labelFiles }: SortedSources,
  { labelFile, where }: Pick<IntakeOptions, 'labelFile' | 'where'>,
): Promise<ReadLabels> {
  if (labelFile !== undefined && labelFiles.length === 0) {
    throw new AppError('labels-unreadable', `${labelFile} is not among the files.`);
  }
  const tables: LabelTable[] = [];
  const skipped: SkippedFile[] = [];
  for (const source of labelFiles) {
    try {
      tables.push(await readTable(source));
    } catch (error) {
      if (labelFile !== undefined) throw error;
      skipped.push({ path: source.path, error: toWire(error) });
    }
  }
  const paths = films.map(({ path }) => path);
  if (tables.length > 0) return { assignment: assignLabels(tables, paths, where), skipped };
  if (where) throw new AppError('labels-missing', 'rows can only be chosen from a label file.');
  return { assignment: assignFolders(paths), skipped };
}
