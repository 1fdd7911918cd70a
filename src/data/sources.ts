// What the files of a folder are for: films, label files, or other things. Only label files are read here; a film is what is
// called so, or what its first bytes say (sniff.ts). Films that are there twice are taken once (copies.ts).

import type { SkippedFile } from '../protocol/dataset.ts';
import type { IntakeOptions, SourceFile } from '../protocol/intake.ts';
import type { LabelScan } from '../protocol/labels.ts';
import { AppError, type ErrorCode, fromWire, toWire } from '../util/errors.ts';
import { isLitter } from '../util/folders.ts';
import { type Copy, copiesAmong } from './copies.ts';
import { isLabelText } from './labels/dialect.ts';
import { FilmIndex } from './labels/filmIndex.ts';
import { assignFolders, speakPlainly, withFolders } from './labels/folders.ts';
import { applyLabels, type LabelAssignment, unused } from './labels/labels.ts';
import { FILM_NAME } from './labels/match.ts';
import { scanOf } from './labels/report.ts';
import { surveyLabels } from './labels/understand.ts';
import { isArchivePath } from './raster/npz.ts';
import { SNIFF_BYTES, sniff } from './sniff.ts';

const TABLE = /\.(csv|tsv|tab|psv)(\.(gz|zip))?$/i;
const LIST = /\.(txt|text|lst|list)(\.gz)?$/i;
const WORKBOOK = /\.(xlsx?|xlsm|ods|numbers)$/i;

/** A file as a folder lists it; it is opened when its turn comes. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  open(): Promise<File>;
}

const TWICE: Readonly<Record<Copy['alike'], string>> = {
  bytes: 'a file with the same bytes lies in another folder of the set.',
  names: 'its folder lies inside one that has the same folders and names in it.',
};

export interface SortedSources {
  /** In path order. */
  readonly films: readonly ListedFile[];
  /** Opened. */
  readonly labelFiles: readonly SourceFile[];
  /** Files that are neither, and films that are there twice, with the reason why they are left out. */
  readonly leftOut: readonly SkippedFile[];
}

const byPath = (a: ListedFile, b: ListedFile) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Dot files and the like are in no list. A text file is a label file when it begins like a table or list of films. */
export async function sortSources(
  files: readonly ListedFile[],
  labelFile: string | readonly string[] | undefined,
): Promise<SortedSources> {
  const named = labelFile === undefined ? [] : [labelFile].flat();
  const wanted = files.filter(({ path }) => !path.split('/').some(isLitter)).sort(byPath);
  const isTable = ({ path }: ListedFile) => named.includes(path) || TABLE.test(path);
  const leftOut: SkippedFile[] = [];
  const films: ListedFile[] = [];
  for (const { file, refusal } of await judged(wanted.filter((file) => !isTable(file)))) {
    if (refusal) leftOut.push(refusal);
    else films.push(file);
  }
  const texts = await labelTexts(wanted, leftOut, films);
  const tables = wanted.filter((file) => isTable(file) || texts.has(file.path));
  const copies = await copiesAmong(films);
  const twice = new Set(copies.map(({ path }) => path));
  return {
    films: films.filter(({ path }) => !twice.has(path)),
    labelFiles: await Promise.all(
      (named.length === 0 ? tables : tables.filter(({ path }) => named.includes(path))).map(opened),
    ),
    leftOut: [
      ...leftOut.filter(({ path }) => !texts.has(path)),
      ...copies.map(({ path, alike }) => ({
        path,
        error: toWire(new AppError('film-twice', TWICE[alike])),
      })),
    ],
  };
}

/** Text files among what is left out that are tables or lists of films. */
async function labelTexts(
  files: readonly ListedFile[],
  leftOut: readonly SkippedFile[],
  films: readonly ListedFile[],
): Promise<ReadonlySet<string>> {
  const left = new Set(leftOut.map(({ path }) => path));
  // Reports may lie beside films by the thousand; lists stand near the top.
  const depth = ({ path }: ListedFile) => path.split('/').length;
  const texts = files
    .filter(({ path }) => LIST.test(path) && left.has(path))
    .sort((a, b) => depth(a) - depth(b))
    .slice(0, MOST_TEXTS);
  if (texts.length === 0) return new Set();
  const { namesFilm } = new FilmIndex(films.map(({ path }) => path));
  const found = new Set<string>();
  for (const text of texts) {
    const isLabels = await text
      .open()
      .then((file) => isLabelText(file, namesFilm))
      .catch(() => false);
    if (isLabels) found.add(text.path);
  }
  return found;
}

interface Judged {
  readonly file: ListedFile;
  /** Null for a film, as far as its name and first bytes say. */
  readonly refusal: SkippedFile | null;
}

/** Files looked into at a time, and at most: in a larger folder the others are left to the decoder. */
const AT_ONCE = 64;
const MOST_LOOKED_INTO = 20_000;
/** Text files that are looked into for tables and lists. */
const MOST_TEXTS = 500;

/** A file is a film by its name, and otherwise by its first bytes. An archive is left to the decoder, which knows why it is none. */
async function judged(files: readonly ListedFile[]): Promise<Judged[]> {
  const found: Judged[] = [];
  let looked = 0;
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const judge = async (file: ListedFile): Promise<Judged> => {
      const isNamed = FILM_NAME.test(file.path) || isArchivePath(file.path);
      if (isNamed || ++looked > MOST_LOOKED_INTO) return { file, refusal: null };
      return { file, refusal: await refusalOf(file) };
    };
    found.push(...(await Promise.all(files.slice(from, from + AT_ONCE).map(judge))));
  }
  return found;
}

async function refusalOf(listed: ListedFile): Promise<SkippedFile | null> {
  const refuse = (code: ErrorCode, detail = '') => ({
    path: listed.path,
    error: toWire(new AppError(code, detail)),
  });
  if (WORKBOOK.test(listed.path)) {
    return refuse(
      'labels-unreadable',
      'workbooks of spreadsheet programs are not read; save the sheet as CSV.',
    );
  }
  try {
    const file = await listed.open();
    if (file.size === 0) return refuse('file-empty');
    const head = new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer());
    return sniff(head) === null ? refuse('format-unknown') : null;
  } catch {
    // The decoder says why it cannot be opened.
    return null;
  }
}

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
  { films, labelFiles }: Pick<SortedSources, 'films' | 'labelFiles'>,
  { labelFile, where, labels = {} }: Pick<IntakeOptions, 'labelFile' | 'where' | 'labels'>,
  signal?: AbortSignal,
): Promise<ReadLabels> {
  const named = [labelFile ?? labels.file ?? labels.use ?? []].flat();
  const missing = named.find((name) => !labelFiles.some(({ path }) => path === name));
  if (missing !== undefined) throw new AppError('labels-unreadable', `${missing} is not among the files.`);
  const paths = films.map(({ path }) => path);
  const survey = await surveyLabels(labelFiles, paths, labels, signal);
  const failure = survey.failed.find(({ path }) => named.includes(path));
  if (failure) throw fromWire(failure.error);
  if (where && survey.understood.length === 0) {
    throw new AppError('labels-missing', 'rows can only be chosen from a label file.');
  }
  const applied = await applyLabels(survey, labels, where, signal).catch((error) => {
    // A table of something else beside folders of classes or parts; where it was named, or nothing else speaks, it is a fault.
    const isOther =
      error instanceof AppError && error.code === 'labels-unmatched' && !where && named.length === 0;
    const isOf = survey.understood.some(({ table }) => table.matches.ambiguous > 0);
    if (!isOther || isOf || !speakPlainly(paths)) throw error;
    return unused(survey);
  });
  const assignment = applied ? withFolders(applied, paths, labels.parts) : assignFolders(paths, labels.parts);
  const skipped = survey.failed.map(({ path, error }) => ({ path, error }));
  return { assignment, skipped, scan: scanOf(survey, assignment) };
}
