// One pass over a label file, before it is understood: how many rows, what each column holds, and which columns name films,
// studies or persons of the folder. Cells are counted, not kept, so a table of any length costs little memory.

import type { ListSeparator, ScannedColumn } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import {
  FILE_COLUMNS,
  FOLDER_COLUMNS,
  isImageColumn,
  LIST_COLUMNS,
  PATIENT_COLUMNS,
  plainName,
  STUDY_COLUMNS,
} from './columns.ts';
import { dialectOf } from './dialect.ts';
import { countEntries, LONGEST_CELL, MOST_CELLS } from './entries.ts';
import { type FilmIndex, type Found, NO_FILM } from './filmIndex.ts';
import { chosenForm, formOf, type ListForm, ONE_CLASS } from './lists.ts';
import { FILM_NAME } from './match.ts';
import { ColumnMatches, type Lookup, lookupOf } from './rowMatches.ts';
import { type Dialect, type QuoteFaults, recordsOf } from './stream.ts';
import { SenseCounts } from './words.ts';

const SAMPLE = 50;
/** A header of more columns is no header of labels. */
const MOST_COLUMNS = 4096;

export interface SurveyedColumn {
  readonly name: string;
  readonly senses: SenseCounts;
  /** Its cells say 0, 1, -1 or nothing, apart from a few. */
  binary: boolean;
  uncertain: number;
  /** How its cells are taken apart, and the entries with their number; null when there are too many to be classes. */
  form: ListForm;
  entries: ReadonlyMap<string, number> | null;
  /** Null where the column was not tried as a name of films. */
  matches: ColumnMatches | null;
}

/** What a person or another table says about the columns before they are read. */
export interface ColumnHints {
  /** A column that is to be tried as the name of films, whatever it is called. */
  readonly fileColumn?: string | undefined;
  readonly classColumn?: string | undefined;
  readonly separator?: ListSeparator | 'none' | undefined;
  /** Keys that another table gives films to, by column. */
  readonly keys?: { readonly column: string; readonly find: (cell: string) => Found } | undefined;
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
  /** What is wrong with the table as a text, in whole sentences. */
  readonly faults: readonly string[];
}

/** The column of a survey by its name, spelled as in the table or plainly; -1 when there is none. */
export function columnOf(columns: readonly { readonly name: string }[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name);
  return exact >= 0 ? exact : columns.findIndex((column) => plainName(column.name) === plainName(name));
}

export const columnsNamed = (columns: readonly { readonly name: string }[], names: readonly string[]) =>
  names.map((name) => columns.findIndex((column) => plainName(column.name) === name)).filter((at) => at >= 0);

/** Names of films, by the column's name or its first cell: no finding, and no class. */
const isNameColumn = (name: string, first: string) =>
  FILE_COLUMNS.includes(plainName(name)) || FILM_NAME.test(first.trim());

class Counting {
  readonly columns: SurveyedColumn[];
  readonly #lookups: Lookup[];
  readonly #filmCount: number;
  /** Columns of folders, studies and persons. */
  readonly #around: readonly (readonly number[])[];
  readonly #named: boolean[];
  /** Different cells of each column; null once they are too many to be classes. */
  readonly #cells: (Map<string, number> | null)[];
  readonly overflown = new Set<number>();
  readonly sample: string[][] = [];
  rows = 0;
  /** Rows with cells beyond the last column, and the first of them. */
  tooWide = 0;
  firstWide = 0;

  constructor(
    header: readonly string[],
    first: readonly string[],
    hints: ColumnHints,
    index: FilmIndex,
    near: string,
  ) {
    this.columns = header.map((name) => ({
      name,
      senses: new SenseCounts(),
      binary: false,
      uncertain: 0,
      form: ONE_CLASS,
      entries: null,
      matches: null,
    }));
    this.#named = header.map((name, at) => isNameColumn(name, first[at] ?? ''));
    const wanted = hints.fileColumn === undefined ? -1 : columnOf(this.columns, hints.fileColumn);
    this.#filmCount = index.paths.length;
    this.#around = [FOLDER_COLUMNS, STUDY_COLUMNS, PATIENT_COLUMNS].map((names) =>
      columnsNamed(this.columns, names),
    );
    this.#lookups = header.map((name, at) =>
      lookupOf(name, this.#named[at]! || at === wanted, hints, index, near),
    );
    this.#cells = header.map((_, at) => (this.#named[at] ? null : new Map()));
  }

  add(row: string[]): void {
    if (this.rows++ < SAMPLE) this.sample.push(row);
    for (let at = 0; at < this.columns.length; at++) {
      const cell = row[at] ?? '';
      const column = this.columns[at]!;
      const { find, level } = this.#lookups[at]!;
      const found = find(cell, () => this.#within(row, at));
      if (!column.matches && found.target !== NO_FILM) {
        column.matches = new ColumnMatches(this.#filmCount, level, this.rows - 1);
      }
      column.matches?.add(found, cell);
      if (!this.#named[at]) this.#count(column, cell, at);
    }
    if (
      row.length > this.columns.length &&
      row.slice(this.columns.length).some((cell) => cell.trim() !== '')
    ) {
      if (this.tooWide++ === 0) this.firstWide = this.rows;
    }
  }

  /** Folders that other cells of the row name: person and study together, then each. */
  #within(row: readonly string[], own: number): string[] {
    const cells = (columns: readonly number[]) =>
      columns.filter((at) => at !== own && (row[at] ?? '').trim() !== '').map((at) => row[at]!.trim());
    const [folders, studies, persons] = this.#around.map(cells) as [string[], string[], string[]];
    const both = persons.flatMap((person) => studies.map((study) => `${person}/${study}`));
    return [...folders, ...both, ...persons, ...studies];
  }

  #count(column: SurveyedColumn, cell: string, at: number): void {
    column.senses.add(cell);
    const cells = this.#cells[at];
    if (!cells || cell.trim() === '') return;
    const times = cells.get(cell);
    if (times !== undefined) cells.set(cell, times + 1);
    else if (cell.length > LONGEST_CELL || cells.size >= MOST_CELLS) this.overflown.add(at);
    else cells.set(cell, 1);
  }

  /** Settles what each column is, once all rows were seen. Returns the columns whose entries are still to be counted. */
  finish({ classColumn, separator }: ColumnHints): number[] {
    const wanted = classColumn === undefined ? -1 : columnOf(this.columns, classColumn);
    const open: number[] = [];
    this.columns.forEach((column, at) => {
      const isList = LIST_COLUMNS.includes(plainName(column.name)) || at === wanted;
      const { senses } = column;
      column.matches?.dropDoubtful();
      if (!column.matches && this.#named[at])
        column.matches = new ColumnMatches(this.#filmCount, 'study', this.rows);
      const cells = this.#cells[at];
      if (!cells) return;
      column.binary = senses.isBinary && !(isList && (senses.odd > 0 || senses.worded));
      column.uncertain = senses.uncertain;
      if (this.overflown.has(at) && !isList) return;
      const chosen = separator !== undefined && (at === wanted || (wanted < 0 && isList));
      column.form = chosen ? chosenForm(separator) : formOf([...cells.keys()]);
      if (this.overflown.has(at)) open.push(at);
      else column.entries = countEntries(cells, column.form, isList);
    });
    return open;
  }
}

/**
 * @throws AppError labels-unreadable
 */
export async function surveyTable(
  { path, name: file, file: blob }: { readonly path: string; readonly name: string; readonly file: Blob },
  index: FilmIndex,
  hints: ColumnHints = {},
  signal?: AbortSignal,
): Promise<Survey> {
  const dialect = await dialectOf(blob, index.namesFilm);
  const quotes: QuoteFaults = { count: 0 };
  let counting: Counting | null = null;
  for await (const block of recordsOf(blob, dialect, quotes)) {
    signal?.throwIfAborted();
    const [first] = block;
    if (!counting && first) {
      const header = dialect.header ?? numbered(first, dialect);
      if (header.length > MOST_COLUMNS) {
        throw new AppError('labels-unreadable', `${file} has ${header.length} columns.`);
      }
      counting = new Counting(header, first, hints, index, path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    }
    for (const row of block) counting!.add(row);
  }
  if (!counting) throw new AppError('labels-unreadable', `${file} has a header but no rows.`);
  const { rows, sample, columns } = counting;
  for (const at of counting.finish(hints)) {
    columns[at]!.entries = await entriesOfColumn(blob, dialect, at, columns[at]!.form, signal);
  }
  const faults = faultsOf(counting, quotes);
  return { path, file, blob, dialect, headed: dialect.header !== null, columns, sample, rows, faults };
}

/** Names for the columns of a table without a header. */
const numbered = (first: readonly string[], { delimiter }: Dialect): string[] =>
  first.map((_, at) => (delimiter !== '' ? `column ${at + 1}` : at ? `${at}` : 'file'));

/** A second look, for a column with more different cells than were kept. */
async function entriesOfColumn(
  blob: Blob,
  dialect: Dialect,
  at: number,
  form: ListForm,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number> | null> {
  const all = new Map<string, number>();
  for await (const block of recordsOf(blob, dialect)) {
    signal?.throwIfAborted();
    const cells = new Map<string, number>();
    for (const row of block) cells.set(row[at] ?? '', (cells.get(row[at] ?? '') ?? 0) + 1);
    const counted = countEntries(cells, form, true);
    if (!counted) return null;
    for (const [entry, times] of counted) all.set(entry, (all.get(entry) ?? 0) + times);
  }
  return countEntries(all, ONE_CLASS, true);
}

function faultsOf({ tooWide, firstWide }: Counting, quotes: QuoteFaults): string[] {
  const faults: string[] = [];
  if (quotes.count > 0) {
    faults.push(
      `${quotes.count} quotation mark(s) are out of place or never closed: rows may have been run together.`,
    );
  }
  if (tooWide > 0) {
    faults.push(
      `${tooWide} row(s) have more cells than there are columns (the first is row ${firstWide}): what stands beyond the last column was not read, and cells may have slipped.`,
    );
  }
  return faults;
}

/** Does the table name images one by one, so that a person or study in it is no name of a film? */
export const speaksOfImages = ({ columns, sample }: Survey): boolean =>
  columns.some(({ name }, at) => {
    const cells = sample.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '');
    if (cells.some((cell) => FILM_NAME.test(cell))) return true;
    const isId = new Set(cells).size >= 0.9 * cells.length && !cells.some((cell) => /\s/.test(cell));
    return isImageColumn(name) && cells.length > 0 && isId;
  });

export function scannedColumns({ columns }: Survey): ScannedColumn[] {
  return columns.map(({ name, binary, uncertain, entries, matches }) => ({
    name,
    kind: binary ? 'binary' : entries ? 'classes' : 'text',
    matches: matches?.count ?? -1,
    uncertain,
  }));
}
