// The entries of a column of classes or lists, counted: spelled in one way, without words that say that nothing is known.
// Where a column has too many of them it holds no classes but text.

import { plainName } from './columns.ts';
import { entriesOf, type ListForm } from './lists.ts';
import { isMissingWord, isNumberCell } from './words.ts';

/** Different cells of a column that are kept while it is looked at. */
export const MOST_CELLS = 4096;
/** Longer cells are text. */
export const LONGEST_CELL = 1024;
/** A column with more different entries than this is free text; one that is called a list of findings may have more. */
const MOST_FINDINGS = { plain: 100, list: 400 } as const;
/** Longer entries are no class names. */
const LONGEST_NAME = 80;

/** Entries with their number; null when they are no classes. */
export function countEntries(
  cells: ReadonlyMap<string, number>,
  form: ListForm,
  isList: boolean,
): ReadonlyMap<string, number> | null {
  const entries = new Map<string, number>();
  for (const [cell, times] of cells) {
    for (const entry of entriesOf(cell, form)) {
      if (isMissingWord(entry)) continue;
      if (entry.length > LONGEST_NAME) return null;
      entries.set(entry, (entries.get(entry) ?? 0) + times);
    }
    if (entries.size > MOST_FINDINGS[isList ? 'list' : 'plain']) return null;
  }
  // [0, 1, 0] is a place for each of some findings that nothing names.
  const vectors = form.separator === 'literal' && [...entries.keys()].every(isNumberCell);
  return vectors ? null : entries;
}

/** One name for each finding, the spelling that is met most often; by plain name. */
export function spellings(entries: ReadonlyMap<string, number>): ReadonlyMap<string, string> {
  const best = new Map<string, string>();
  for (const [entry, times] of entries) {
    const key = spellingKey(entry);
    const known = best.get(key);
    if (known === undefined || times > entries.get(known)!) best.set(key, entry);
  }
  return best;
}

/** Alike for entries that differ in case, blanks or punctuation only; "+" and "-" at the end of a name are kept apart. */
export const spellingKey = (entry: string): string =>
  plainName(entry) + (/[+-]$/.exec(entry.trim())?.[0] ?? '');
