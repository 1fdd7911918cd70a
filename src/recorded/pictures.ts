// What the lessons show of films where no adapter draws it: the pairs of views of the quiz, and the class map of the marked
// set. Recorded by e2e/tools/record.ts; every visit sees the same.

import { presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';

export interface Pair {
  /** Films of the built-in set: the first view is of one, the second of the other. */
  readonly first: number;
  readonly second: number;
  /** Step whose views they are. */
  readonly step: number;
}

export const isSame = ({ first, second }: Pair): boolean => first === second;

/** Three of each kind, in no order that gives it away; the films of two are never of one patient. */
export const PAIRS: readonly Pair[] = [
  { first: 12, second: 12, step: 3 },
  { first: 40, second: 205, step: 5 },
  { first: 333, second: 333, step: 8 },
  { first: 610, second: 610, step: 13 },
  { first: 77, second: 1404, step: 21 },
  { first: 901, second: 150, step: 34 },
];

/** Views large enough to be judged by eye. */
export const pairConfig = (): Config => ({ ...presetConfig('demo'), imageSize: 96 });
