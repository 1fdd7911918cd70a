// Mistakes that real collections have, built into the set on purpose so that a lesson can find them: a marker that stands on
// the films of one finding alone, and follow-up films of one patient on both sides of a split. A row says what is other
// than in the plain set; nothing else in this folder knows which trap it is.

import type { Config } from '../../config/schema.ts';
import type { SyntheticFinding } from './findings.ts';

export type Trap = Config['syntheticTrap'];

export interface TrapRow {
  /** Every film with this finding, and no other, carries the marker. */
  readonly marked: SyntheticFinding | null;
  /** All films of a patient show the same findings and are taken alike, as on the days of one stay. */
  readonly alike: boolean;
  /** The table names every film as a patient of its own, so that a split by patient is one by film. */
  readonly namesFilms: boolean;
  /** Spread of the anatomy among people where it is not that of the difficulty. */
  readonly people: number | null;
}

const PLAIN: TrapRow = { marked: null, alike: false, namesFilms: false, people: null };
/** Grown people differ by about 1. */
const FOLLOW_UP: TrapRow = { ...PLAIN, alike: true, people: 1 };

export const TRAPS: Readonly<Record<Trap, TrapRow>> = {
  none: PLAIN,
  marker: { ...PLAIN, marked: 'Opacity' },
  'follow-up': FOLLOW_UP,
  leak: { ...FOLLOW_UP, namesFilms: true },
};

/** Sides of the marker, its bars and its distance from the corner, in shares of the film. */
const MARKER = { high: 0.17, wide: 0.12, bar: 0.05, away: 0.05 } as const;
const LEAD = 255;

/** A bright "L" in the upper right corner of the film, wherever the body lies. */
export function burnMarker(plane: Uint8Array, size: number): void {
  const px = (share: number) => Math.round(share * size);
  const [top, left] = [px(MARKER.away), px(1 - MARKER.away - MARKER.wide)];
  for (let row = top; row < top + px(MARKER.high); row++) {
    const foot = row >= top + px(MARKER.high - MARKER.bar);
    plane.fill(LEAD, row * size + left, row * size + left + px(foot ? MARKER.wide : MARKER.bar));
  }
}
