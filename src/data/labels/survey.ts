// One pass over a label file, before it is understood: how many rows, what each column holds, and which columns
// name films of the folder. Cells are counted, not kept, so a table of any length costs little memory.

import type { ScannedColumn } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import { FILE_COLUMNS, labelOfCell, plainName } from './columns.ts';
import type { PathIndex } from './match.ts';
import { type Dialect, dialectOf, recordsOf } from './stream.ts';

/** A column with more different entries than this is free text. */
export const MOST_FINDINGS = 100;
/** Longer cells are no class names. */
const LONGEST_NAME = 80;
const SAMPLE = 50;
/** A header of more columns is no header of labels. */
const MOST_COLUMNS = 4096;
const FILM_NAME = /\.(?:png|jpe?g|dcm|dicom)$/i;

export const NO_FILM = -1;
export const AMBIGUOUS = -2;

/** Which film each row means by one of the columns. */
export interface ColumnMatches {
  /** Per row: a film, NO_FILM or AMBIGUOUS. */
  readonly films: number[];
  /** Per row: trailing parts of the path that agree. */
  readonly depths: number[];
  /** Rows that name a film. */
  count: number;
}

export interface SurveyedColumn {
  readonly name: string;
  /** Every cell says 0, 1, -1 or nothing, and one at least says 0 or 1. */
  binary: boolean;
  uncertain: number;
  /** Entries, split at "|", with their number; null when there are too many to be classes. */
  entries: Map<string, number> | null;
  /** Null where the column was not tried as a name of films. */
  matches: ColumnMatches | null;
}

export interface Survey {
  readonly path: string;
  /** What it is called in words: the last part of the path, or all of it where another file is named alike. */
  readonly file: string;
  readonly blob: Blob;
  readonly dialect: Dialect;
  /** False for a bare list: its columns are numbered. */
  readonly headed: boolean;
  readonly columns: readonly SurveyedColumn[];
  readonly sample: readonly (readonly string[])[];
  readonly rows: number;
}

/** The column of a survey by its name, spelled as in the table or plainly; -1 when there is none. */
export function columnOf(columns: readonly { readonly name: string }[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name);
  return exact >= 0 ? exact : columns.findIndex((column) => plainName(column.name) === plainName(name));
}

export const columnsNamed = (columns: readonly { readonly name: string }[], names: readonly string[]) =>
  names.map((name) => columns.findIndex((column) => plainName(column.name) === name)).filter((at) => at >= 0);

export const entriesOf = (cell: string | undefined): string[] => {
  if (!cell) return [];
  if (!cell.includes('|')) return cell.trim() === '' ? [] : [cell.trim()];
  return cell
    .split('|')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
};

const newMatches = (): ColumnMatches => ({ films: [], depths: [], count: 0 });

class Counting {
  readonly columns: SurveyedColumn[];
  readonly #known: boolean[];
  readonly sample: string[][] = [];
  rows = 0;

  constructor(header: readonly string[], first: readonly string[], wanted: string | undefined) {
    this.columns = header.map((name, at) => {
      const isNamed = FILE_COLUMNS.includes(plainName(name)) || FILM_NAME.test((first[at] ?? '').trim());
      const matches = isNamed ? newMatches() : null;
      return { name, binary: true, uncertain: 0, entries: new Map<string, number>(), matches };
    });
    if (wanted !== undefined) {
      const column = this.columns[columnOf(this.columns, wanted)];
      if (column) column.matches ??= newMatches();
    }
    this.#known = header.map(() => false);
  }

  add(row: string[], index: PathIndex): void {
    if (this.rows++ < SAMPLE) this.sample.push(row);
    for (let at = 0; at < this.columns.length; at++) {
      const cell = row[at] ?? '';
      const column = this.columns[at]!;
      if (column.matches) match(column.matches, cell, index);
      else this.#count(column, cell, at);
    }
  }

  #count(column: SurveyedColumn, cell: string, at: number): void {
    if (column.binary) {
      const label = labelOfCell(cell);
      if (label === undefined) column.binary = false;
      else if (label !== 255) this.#known[at] = true;
      else if (cell.trim().startsWith('-')) column.uncertain++;
    }
    const { entries } = column;
    if (!entries) return;
    if (cell.length > LONGEST_NAME && !cell.includes('|')) column.entries = null;
    else for (const entry of entriesOf(cell)) entries.set(entry, (entries.get(entry) ?? 0) + 1);
    if (entries.size > MOST_FINDINGS) column.entries = null;
  }

  finish(): SurveyedColumn[] {
    this.columns.forEach((column, at) => {
      column.binary &&= this.#known[at]! && column.matches === null;
      if (column.matches) column.entries = null;
    });
    return this.columns;
  }
}

function match(matches: ColumnMatches, cell: string, index: PathIndex): void {
  const { film, depth, ambiguous } = index.find(cell);
  matches.films.push(film ?? (ambiguous ? AMBIGUOUS : NO_FILM));
  matches.depths.push(depth);
  if (film !== null) matches.count++;
}

/**
 * @param wanted a column that is to be tried as the name of films, whatever it is called
 * @throws AppError labels-unreadable
 */
export async function surveyTable(
  { path, name: file, file: blob }: { readonly path: string; readonly name: string; readonly file: Blob },
  index: PathIndex,
  wanted?: string,
  signal?: AbortSignal,
): Promise<Survey> {
  const dialect = await dialectOf(blob);
  const headed = dialect.delimiter !== ' ';
  let counting: Counting | null = null;
  for await (const block of recordsOf(blob, dialect)) {
    signal?.throwIfAborted();
    let rows = block;
    if (!counting) {
      const [first = [], second = []] = block;
      const header = headed
        ? first.map((name) => name.trim())
        : first.map((_, at) => (at ? `${at}` : 'file'));
      if (header.length > MOST_COLUMNS) {
        throw new AppError('labels-unreadable', `${file} has ${header.length} columns.`);
      }
      counting = new Counting(header, headed ? second : first, wanted);
      if (headed) rows = block.slice(1);
    }
    for (const row of rows) counting.add(row, index);
  }
  if (!counting) throw new AppError('labels-unreadable', `${file} is empty.`);
  if (counting.rows === 0) throw new AppError('labels-unreadable', `${file} has a header but no rows.`);
  const { rows, sample } = counting;
  return { path, file, blob, dialect, headed, columns: counting.finish(), sample, rows };
}

export function scannedColumns({ columns }: Survey): ScannedColumn[] {
  return columns.map(({ name, binary, uncertain, entries, matches }) => ({
    name,
    kind: binary ? 'binary' : entries ? 'classes' : 'text',
    matches: matches?.count ?? -1,
    uncertain,
  }));
}
