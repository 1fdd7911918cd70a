// How a label file is cut into cells, found from its first lines: what separates them, what stands before the table, and
// whether it has a header. Text itself is text.ts, the rows stream.ts, the meaning of columns survey.ts.

import Papa from 'papaparse';
import { AppError } from '../../util/errors.ts';
import { isColumnName, LIST_COLUMNS, plainName } from './columns.ts';
import { FILM_NAME } from './match.ts';
import { cellsByBlanks, cellsOfList, type Dialect } from './stream.ts';
import { type NamesFilm, writingOf } from './text.ts';

const DELIMITERS = [',', ';', '\t', '|', ' '] as const;
/** Rows that are looked at. */
const SAMPLE = 200;
/** Lines before a table. */
const LONGEST_PREAMBLE = 40;
const COMMENT = /^\s*"?(#|\/\/|%|--)/;
const SEP_LINE = /^"?sep=(.)"?\s*$/i;
const LIST_LINE = /^\s*(\S+)(?:[\s,]+-?\d+(?:\.0+)?)*\s*$/;

interface Cut {
  readonly delimiter: string;
  readonly records: readonly (readonly string[])[];
  /** Cells that most records have. */
  readonly width: number;
  /** Share of the records that have as many. */
  readonly even: number;
}

/** Cells of a record without the empty ones that close it. */
const filled = (record: readonly string[]): string[] => {
  const cells = record.map((cell) => cell.trim());
  while (cells.length > 0 && cells.at(-1) === '') cells.pop();
  return cells;
};

function cutBy(text: string, delimiter: string, newline: string): Cut {
  const lines = text.split(newline).filter((line) => line.trim());
  const records =
    delimiter === ' '
      ? lines.slice(0, SAMPLE).map(cellsByBlanks)
      : Papa.parse<string[]>(text, { delimiter, skipEmptyLines: 'greedy', preview: SAMPLE }).data;
  const widths = new Map<number, number>();
  for (const { length } of records) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [width = 0, times = 0] = [...widths].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  // Programs that number rows may leave the name of that column out.
  const shortHeader = Number(records.length > 1 && records[0]!.length === width - 1);
  return { delimiter, records, width, even: (times + shortHeader) / Math.max(1, records.length) };
}

/** The cut in which most records have equally many cells, and the most of them; white space only where nothing else cuts. */
function bestCut(text: string, newline: string, given: string | undefined): Cut {
  if (given !== undefined) return cutBy(text, given, newline);
  const cuts = DELIMITERS.map((delimiter) => cutBy(text, delimiter, newline)).filter(
    ({ width, even, delimiter }) => width >= 2 && (delimiter === ' ' ? even > 0.9 : even >= 0.5),
  );
  const marks = cuts.filter(({ delimiter }) => delimiter !== ' ');
  const order = (marks.length > 0 ? marks : cuts).sort((a, b) => b.even - a.even || b.width - a.width);
  return order[0] ?? cutBy(text, ',', newline);
}

interface Preamble {
  readonly lines: number;
  readonly delimiter: string | undefined;
  /** The comment right before the table, which may be its header. */
  readonly comment: string | null;
}

function preambleOf(lines: readonly string[]): Preamble {
  let delimiter: string | undefined;
  let comment: string | null = null;
  let at = 0;
  for (; at < Math.min(lines.length, LONGEST_PREAMBLE); at++) {
    const line = lines[at]!.replace(/\r$/, '');
    const sep = SEP_LINE.exec(line);
    if (sep) delimiter = sep[1];
    else if (COMMENT.test(line)) comment = line.replace(COMMENT, '').trim();
    else if (line.trim() !== '') break;
  }
  return { lines: at, delimiter, comment };
}

/** Every line a name and numbers of which at least the first names a film? */
function isBareList(lines: readonly string[], namesFilm: NamesFilm): boolean {
  const names = lines.map((line) => LIST_LINE.exec(line)?.[1]?.replace(/,$/, ''));
  if (names.length === 0 || names.some((name) => name === undefined)) return false;
  if (names.every((name) => FILM_NAME.test(name!))) return true;
  return !isColumnName(names[0]!) && names.some((name) => namesFilm(name!)) && namesAlike(names as string[]);
}

/** No header: its first name looks like the others. */
const namesAlike = ([first, ...others]: readonly string[]): boolean =>
  others.length === 0 || /\d/.test(first!) || !others.every((name) => /\d/.test(name));

const isFilmCell = (cell: string) => FILM_NAME.test(cell.trim());

/** Titles before the header: fewer cells than the rows, or one that is filled, and none the name of a column. */
function titleRows({ records, width }: Cut): number {
  let at = 0;
  while (at < Math.min(LONGEST_PREAMBLE, records.length - 1)) {
    const cells = filled(records[at]!);
    const short = cells.length < width - 1 || cells.filter((cell) => cell !== '').length === 1;
    const title = width >= 2 && short && !cells.some((cell) => isColumnName(cell) || isFilmCell(cell));
    if (!title) break;
    at++;
  }
  return at < records.length - 1 ? at : 0;
}

/** Programs that number rows may leave the name of that column out. */
function headerOf(first: readonly string[], { width, even }: Cut): string[] {
  const names = first.map((name) => name.trim());
  return names.length === width - 1 && even > 0.5 ? ['', ...names] : names;
}

/** The first record is none where a cell of it is called as films are, or names one, as the cells below it do. */
function isHeader([first = [], ...others]: Cut['records'], namesFilm: NamesFilm): boolean {
  if (first.some(isFilmCell)) return false;
  if (first.some((cell) => isColumnName(cell))) return true;
  const names = (cell: string | undefined) => cell !== undefined && cell.trim() !== '' && namesFilm(cell);
  return !first.some(
    (cell, at) => names(cell) && (others.length === 0 || others.some((row) => names(row[at]))),
  );
}

const isListName = (name: string) => LIST_COLUMNS.includes(plainName(name));

/** How to read a label file. @throws AppError labels-unreadable when it is empty, or its bytes are no text */
export const dialectOf = async (blob: Blob, namesFilm: NamesFilm = () => false): Promise<Dialect> =>
  (await lookAt(blob, namesFilm)).dialect;

interface Look {
  readonly dialect: Dialect;
  readonly first: readonly string[];
  /** Share of the rows that have as many cells as most. */
  readonly even: number;
}

async function lookAt(blob: Blob, namesFilm: NamesFilm): Promise<Look> {
  const { head, ...writing } = await writingOf(blob, namesFilm);
  const newline = head.includes('\n') || !head.includes('\r') ? '\n' : '\r';
  const cut = head.lastIndexOf(newline);
  const whole = head.length > 2 ** 14 && cut > 0 ? head.slice(0, cut + 1) : head;
  const preamble = preambleOf(whole.split(newline));
  const rest = whole.split(newline).slice(preamble.lines);
  const lines = rest.filter((line) => line.trim());
  if (lines.length === 0) throw new AppError('labels-unreadable', 'it is empty.');
  const common = { writing, newline, skipLines: preamble.lines } as const;
  if (isBareList(lines, namesFilm)) {
    const dialect = { ...common, delimiter: '', headed: false, header: null };
    return { dialect, first: cellsOfList(lines[0]!), even: 1 };
  }
  const best = bestCut(rest.join(newline), newline, preamble.delimiter);
  const titles = titleRows(best);
  const first = best.records[titles] ?? [];
  const { delimiter } = best;
  const skipLines = preamble.lines + linesOf(rest, titles);
  if (isHeader(best.records.slice(titles), namesFilm)) {
    const header = headerOf(first, best);
    const openEnd = (',;|/+&'.includes(delimiter) || delimiter === ' ') && isListName(header.at(-1)!);
    return {
      dialect: { ...common, skipLines, delimiter, headed: true, header, openEnd },
      first,
      even: best.even,
    };
  }
  const said = preamble.comment === null ? [] : cutBy(preamble.comment, delimiter, newline).records[0]!;
  const header = said.length === best.width && said.length > 1 ? said.map((name) => name.trim()) : null;
  return { dialect: { ...common, skipLines, delimiter, headed: false, header }, first, even: best.even };
}

/** Lines that this many records take, empty ones between them included. */
function linesOf(lines: readonly string[], records: number): number {
  let at = 0;
  for (let left = records; left > 0 && at < lines.length; at++) if (lines[at]!.trim()) left--;
  return at;
}

/** Is a text file a label file: a list of films, or a table whose columns or cells speak of films? */
export async function isLabelText(blob: Blob, namesFilm: NamesFilm): Promise<boolean> {
  const { dialect, first, even } = await lookAt(blob, namesFilm);
  if (dialect.delimiter === '') return true;
  const { headed, header } = dialect;
  if (headed) return header!.length >= 2 && even >= 0.8 && header!.some((name) => isColumnName(name));
  return first.length >= 2 ? even >= 0.8 : !/\s/.test(first[0]!.trim());
}
