// Passes over a table that do something with each number by what belongs to its column and group: a thread takes a few neighbouring
// rows of a column, so that what belongs to it is read once for all of them. Reads are what adapters on the processor take time for.

import { flatGroups, threadFor } from '../../program.ts';

/** Rows of a thread. */
const ROWS = 8;
/** Threads that are not given away for that. */
const THREADS = 2 ** 13;

/** Parameters of such a program. */
export const ROW_FIELDS = {
  rows: 'u32',
  columns: 'u32',
  threads: 'u32',
  blocks: 'u32',
  each: 'u32',
} as const;

/** Their values for groups of `rows` rows, and the rest of what such a dispatch is recorded with. */
export function rowsDispatch(groups: number, rows: number, columns: number) {
  const work = groups * rows * columns;
  const each = Math.max(1, Math.min(ROWS, Math.floor(work / THREADS)));
  const blocks = Math.ceil(rows / each);
  const threads = groups * blocks * columns;
  return [[rows, columns, threads, blocks, each], flatGroups(threads, 64), work] as const;
}

/** A thread for some rows: `start` with its column `c` and group `g` in scope, then `row` for each place `at`, which is row `r` of the group. */
export const rowsOfThread = (start: string, row: string): string => `${threadFor(64, 'p.threads')}
  let c = index % p.columns;
  let block = index / p.columns;
  let g = block / p.blocks;
  ${start}
  let first = block % p.blocks * p.each;
  for (var r = first; r < min(first + p.each, p.rows); r++) {
    let at = (g * p.rows + r) * p.columns + c;
    ${row}
  }`;
