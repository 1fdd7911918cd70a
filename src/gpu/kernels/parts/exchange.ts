// How neighbouring threads of a subgroup share what a register tile reads. Two or four of them make other columns (channels) of the
// same rows (pixels of some images), so all would load the same numbers. Instead each loads those of its own rows and has the others'
// by swaps within the quad. A swap is with the thread whose number differs in some bits, so each thread counts rows from its own.
// It takes the threads of a quad for neighbours in order, as every driver has them for workgroups of one dimension.

import { range } from './lanes.ts';

/** Threads that exchange what they load. */
export type Together = 1 | 2 | 4;

interface Exchanging {
  readonly together: Together;
}

/** As many as have rows to load and four columns each to make, all of them. */
export function togetherFor(rows: number, columns: number): Together {
  if (rows >= 4 && columns % 16 === 0) return 4;
  return rows >= 2 && columns % 8 === 0 ? 2 : 1;
}

/** By which bits of their numbers two threads differ. */
const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'];

/** What a program that exchanges is given beside its text. */
export const inQuads = ({ together }: Exchanging) =>
  together > 1 ? ({ enable: ['subgroups'], quadsTogether: true } as const) : {};

/** Declares `member`, which rowOf needs: the thread's number among those that exchange. */
export const memberOf = ({ together }: Exchanging): string =>
  together > 1 ? `let member = subgroupLane % ${together}u;` : '';

/** Which row of the tile a thread calls its `i`th. */
export const rowOf = ({ together }: Exchanging, i: number): string =>
  together > 1 ? `${i - (i % together)}u + (member ^ ${i % together}u)` : `${i}u`;

/** Those of so many rows that a thread loads by itself. */
export const ownRows = ({ together }: Exchanging, rows: number): number[] =>
  range(rows).filter((i) => i % together === 0);

/** Declares by `name` what the others loaded, next to the thread's `own` row. */
export const exchange = ({ together }: Exchanging, own: number, name: (row: number) => string): string =>
  range(together)
    .slice(1)
    .map((i) => `let ${name(own + i)} = ${SWAPS[i]}(${name(own)});`)
    .join('\n');
