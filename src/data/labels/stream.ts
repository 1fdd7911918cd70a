// The records of a CSV, TSV or plain list, block by block: a file is never in memory as a whole, whatever its length.
// A block ends at the last line break that lies outside quotes; papaparse reads it. Says nothing about meaning.

import Papa from 'papaparse';
import { AppError } from '../../util/errors.ts';

/** Characters in a block, about. */
const BLOCK = 2 ** 20;
/** A record longer than this is no record: an unclosed quote, or no table at all. */
const LONGEST_RECORD = 2 ** 24;

export interface Dialect {
  readonly delimiter: string;
}

const LIST_LINE = /^\s*\S+\.(?:png|jpe?g|dcm|dicom)(?:[\s,]+-?\d+(?:\.0+)?)*\s*$/i;
const LOOKED_AT = 4096;

/** Does this text begin like a bare list of film names, with or without numbers after them? */
export function looksLikeList(start: string): boolean {
  const lines = start.split(/\r?\n/);
  // The last line may be cut.
  const whole = (start.length >= LOOKED_AT ? lines.slice(0, -1) : lines).filter((line) => line.trim());
  return whole.length > 0 && whole.every((line) => LIST_LINE.test(line));
}

export const startOf = (blob: Blob): Promise<string> => blob.slice(0, LOOKED_AT).text();

/** Pieces of the text, decoded as UTF-8 without byte order mark. */
async function* textOf(blob: Blob): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for (let at = 0; at < blob.size; at += BLOCK) {
    yield decoder.decode(await blob.slice(at, at + BLOCK).arrayBuffer(), { stream: true });
  }
  yield decoder.decode();
}

const quotesIn = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
};

/** One past the last line break outside quotes; 0 when there is none. Quotes alternate between open and closed. */
function lastBreak(text: string): number {
  let end = text.lastIndexOf('\n') + 1;
  let quotes = quotesIn(text.slice(0, end));
  while (end > 0 && quotes % 2 === 1) {
    // Nothing changes until the quote before is passed.
    const quote = text.lastIndexOf('"', end - 1);
    end = text.lastIndexOf('\n', quote) + 1;
    quotes -= quotesIn(text.slice(end, quote + 1));
  }
  return end;
}

function parse(text: string, dialect: Dialect): string[][] {
  if (dialect.delimiter === ' ') {
    const lines = text.split(/\r?\n/).filter((line) => line.trim());
    return lines.map((line) => line.trim().split(/[\s,]+/));
  }
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter: dialect.delimiter });
  return data;
}

/** The delimiter of a table; a blank for a bare list. */
export async function dialectOf(blob: Blob): Promise<Dialect> {
  const start = await startOf(blob);
  if (looksLikeList(start)) return { delimiter: ' ' };
  // A line that is cut would count as one with fewer fields.
  const whole = start.length < LOOKED_AT ? start : start.slice(0, start.lastIndexOf('\n') + 1) || start;
  const { meta } = Papa.parse<string[]>(whole, {
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', '\t', ';'],
  });
  return { delimiter: meta.delimiter };
}

/** All records in order, many at a time. @throws AppError labels-unreadable when the file cannot be read */
export async function* recordsOf(blob: Blob, dialect: Dialect): AsyncGenerator<string[][]> {
  let rest = '';
  for await (const piece of textOf(blob)) {
    const text = rest + piece;
    const end = lastBreak(text);
    if (end > 0) yield parse(text.slice(0, end), dialect);
    rest = text.slice(end);
    if (rest.length > LONGEST_RECORD) {
      throw new AppError('labels-unreadable', 'a record of it is longer than 16 MiB.');
    }
  }
  if (rest.trim()) yield parse(rest, dialect);
}
