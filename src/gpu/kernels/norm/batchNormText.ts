// WGSL that several programs of batch norm have in common: which numbers a thread is at, which statistics belong to it, and
// where a fused ReLU let the gradient through.

import { flatGroups, threadFor } from '../../program.ts';
import { type VectorLanes, zeroOf } from '../parts/lanes.ts';

/** Mean and rstd of channel `c` in group `g`. */
export const STATISTICS = `let mean = stats[g * 2u * p.columns + c];
  let rstd = stats[(g * 2u + 1u) * p.columns + c];`;

/** Rows of a thread, so that what belongs to its channel is read once for all of them. */
const ROWS = 8;
/** Threads that are not given away for that. */
const THREADS = 2 ** 13;

/** Fields that ROWS_OF_CHANNEL needs, after what else a program is told. */
export const ROW_FIELDS = {
  rows: 'u32',
  columns: 'u32',
  threads: 'u32',
  blocks: 'u32',
  each: 'u32',
} as const;

/** Their values for groups of `rows` rows, and the rest of what such a dispatch is recorded with. */
export function rowsOfChannel(groups: number, rows: number, columns: number) {
  const work = groups * rows * columns;
  const each = Math.max(1, Math.min(ROWS, Math.floor(work / THREADS)));
  const blocks = Math.ceil(rows / each);
  const threads = groups * blocks * columns;
  return [[rows, columns, threads, blocks, each], flatGroups(threads, 64), work] as const;
}

/**
 * A thread for a few neighbouring rows of a channel: `start` with its channel, group and their statistics in scope, then `row` for
 * each place `at`.
 */
export const rowsOfThread = (start: string, row: string): string => `${threadFor(64, 'p.threads')}
  let c = index % p.columns;
  let block = index / p.columns;
  let g = block / p.blocks;
  ${STATISTICS}
  ${start}
  let first = block % p.blocks * p.each;
  for (var r = first; r < min(first + p.each, p.rows); r++) {
    let at = (g * p.rows + r) * p.columns + c;
    ${row}
  }`;

/** A thread for each channel and each chunk of a group's rows, which takes every chunks-th of them. */
export const PER_CHUNK = `${threadFor(64, 'p.groups * p.chunks * p.columns')}
  let c = index % p.columns;
  let chunk = (index / p.columns) % p.chunks;
  let g = index / (p.columns * p.chunks);`;

/** Whether there is a ReLU, and what says where it was open: y, or x with beta bound in its place. */
export type Mask = false | 'x' | 'y';

export const maskName = (mask: Mask) => (mask === 'x' ? 'x' : mask ? 'r' : '');

/** What openGradient needs of a channel, `mean`, `rstd` and `c` being in scope: x is normalised as the forward pass does it. */
export const opening = (mask: Mask): string =>
  mask === 'x' ? 'let open = rstd * gamma[c]; let shift = y[c];' : '';

/** The gradient where the ReLU was open, `v` being x there. In place, dy stands where dx will. */
export function openGradient(lanes: VectorLanes, mask: Mask, dy: 'dy' | 'dx' = 'dy'): string {
  if (!mask) return `${dy}[at]`;
  const made = mask === 'y' ? 'y[at]' : '(v - mean) * open + shift';
  return `select(${zeroOf(lanes)}, ${dy}[at], ${made} > ${zeroOf(lanes)})`;
}
