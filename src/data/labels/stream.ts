// The records of a label file, block by block: a file is never in memory as a whole, whatever its length. papaparse reads
// it, and says where the last whole record of a block ends. How a file is cut into cells is dialect.ts; says nothing
// about meaning.

import Papa from 'papaparse';
import { AppError } from '../../util/errors.ts';
import { textOf, type Writing } from './text.ts';

/** A record longer than this is no record: an unclosed quote, or no table at all. */
const LONGEST_RECORD = 2 ** 24;

export interface Dialect {
  readonly writing: Writing;
  /** A blank stands for any run of white space. */
  readonly delimiter: string;
  readonly newline: '\n' | '\r';
  /** Lines before the table: comments, a title, "sep=;". */
  readonly skipLines: number;
  /** The first record is the header, and no row. */
  readonly headed: boolean;
  /** Names of the columns; null where the file has none. */
  readonly header: readonly string[] | null;
  /** The last column holds lists: cells beyond it are more of them, parted as the cells are. */
  readonly openEnd?: boolean;
}

/** What papaparse found wrong with quotation marks. */
export interface QuoteFaults {
  count: number;
}

interface Parsed {
  readonly data: string[][];
  readonly errors: readonly { readonly type: string }[];
  readonly meta: { readonly cursor: number };
}

/** Cells of a line parted by white space; a quoted cell may hold some. */
export const cellsByBlanks = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"]|"")*)"(?=\s|$)|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  );

/** Cells of a bare list: a name, and numbers parted by blanks or commas. */
export const cellsOfList = (line: string): string[] => line.trim().split(/[\s,]+/);

function parse(text: string, { delimiter, newline }: Dialect, isLast: boolean): Parsed {
  if (delimiter === ' ' || delimiter === '') {
    const end = isLast ? text.length : text.lastIndexOf(newline) + 1;
    const cells = delimiter === ' ' ? cellsByBlanks : cellsOfList;
    const lines = text.slice(0, end).split(newline);
    return { data: lines.filter((line) => line.trim()).map(cells), errors: [], meta: { cursor: end } };
  }
  return new Papa.Parser({ delimiter, newline }).parse(text, 0, !isLast);
}

/** The text without this many lines at its start; null while they have not all come. */
function afterLines(text: string, lines: number, newline: string): string | null {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = text.indexOf(newline, at);
    if (end < 0) return null;
    at = end + 1;
  }
  return text.slice(at);
}

const isBlank = (row: readonly string[]) => row.every((cell) => cell.trim() === '');

/** Papaparse cuts at "\n"; what "\r\n" leaves at the end of a row is taken off. */
function tidy(row: string[], { openEnd, header, delimiter }: Dialect): string[] {
  const last = row.length - 1;
  if (row[last]?.endsWith('\r')) row[last] = row[last]!.slice(0, -1);
  const end = header?.length ?? 0;
  if (openEnd && row.length > end) row.push(row.splice(end - 1).join(delimiter));
  return row;
}

/**
 * All rows in order, many at a time, without the header and without empty lines.
 * @throws AppError labels-unreadable when the file cannot be read
 */
export async function* recordsOf(
  blob: Blob,
  dialect: Dialect,
  faults: QuoteFaults = { count: 0 },
): AsyncGenerator<string[][]> {
  let rest = '';
  let started = false;
  let header = dialect.headed;
  /** A record that did not end is looked at again when twice as much of it is there. */
  let enough = 0;
  const rowsOf = ({ data, errors }: Parsed): string[][] => {
    faults.count += errors.filter(({ type }) => type === 'Quotes').length;
    const rows = data.map((row) => tidy(row, dialect)).filter((row) => !isBlank(row));
    if (!header || rows.length === 0) return rows;
    header = false;
    return rows.slice(1);
  };
  for await (const piece of textOf(blob, dialect.writing)) {
    rest += piece;
    if (!started) {
      const after = afterLines(rest, dialect.skipLines, dialect.newline);
      if (after === null) continue;
      rest = after;
      started = true;
    }
    if (rest.length >= enough) {
      const parsed = parse(rest, dialect, false);
      if (parsed.meta.cursor > 0) {
        yield rowsOf(parsed);
        rest = rest.slice(parsed.meta.cursor);
      }
      enough = 2 * rest.length;
    }
    if (rest.length > LONGEST_RECORD) {
      throw new AppError('labels-unreadable', 'a record of it is longer than 16 MiB.');
    }
  }
  if (started && rest.trim()) yield rowsOf(parse(rest, dialect, true));
}
