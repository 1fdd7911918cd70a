// Rows of the parity table and the distances they hold. Every row takes its tolerance and its measure from the one
// table; nothing that could not be compared is left out: it becomes a failed row with its reason.

import type { ParityRow } from '../../protocol/device.ts';
import { type Measure, TOLERANCES, type ToleranceName } from './tolerances.ts';

export type Numbers = ArrayLike<number>;

export const norm = (values: Numbers): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
};

export function distance(a: Numbers, b: Numbers): number {
  if (a.length !== b.length) throw new Error(`${a.length} values were computed, ${b.length} are recorded`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

export function relativeDistance(found: Numbers, wanted: Numbers): number {
  const size = norm(wanted);
  return distance(found, wanted) / (size > 0 ? size : 1);
}

/** Equal infinities differ by nothing. */
const difference = (a: number, b: number) => (a === b ? 0 : Math.abs(a - b));

const MEASURES: Record<Exclude<Measure, 'share'>, (found: Numbers, wanted: Numbers) => number> = {
  relative: relativeDistance,
  each: (found, wanted) => worst(found, wanted, (a, b) => difference(a, b) / (b === 0 ? 1 : Math.abs(b))),
  largest: (found, wanted) => worst(found, wanted, difference),
  mean: (found, wanted) => {
    let sum = 0;
    worst(found, wanted, (a, b) => {
      sum += difference(a, b);
      return 0;
    });
    return sum / Math.max(1, wanted.length);
  },
};

/** A value that is not a number is worse than any. */
function worst(found: Numbers, wanted: Numbers, of: (a: number, b: number) => number): number {
  if (found.length !== wanted.length) {
    throw new Error(`${found.length} values were computed, ${wanted.length} are recorded`);
  }
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const value = of(found[i]!, wanted[i]!);
    if (!(value <= largest)) largest = value;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}

/**
 * Sum of x_i (((7919 i) mod 1009) / 1009 - 0.5) in row-major order of PyTorch's layout: finds mistakes of layout
 * that norms hide.
 */
export function checksum(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * (((i * 7919) % 1009) / 1009 - 0.5);
  return sum;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export const failedRow = (fixture: string, quantity: string, note: string): ParityRow => ({
  fixture,
  quantity,
  error: 1,
  tolerance: TOLERANCES.agreement.value,
  ok: false,
  note,
});

/** What this program does not have, and so cannot be wrong about: said by name, never counted as within. */
export const uncheckedRow = (fixture: string, quantity: string, note: string): ParityRow => ({
  fixture,
  quantity,
  error: 0,
  tolerance: 0,
  ok: false,
  unchecked: true,
  note,
});

/** The rows of one fixture. */
export class Rows {
  readonly list: ParityRow[] = [];
  readonly #fixture: string;

  constructor(fixture: string) {
    this.#fixture = fixture;
  }

  /** Measures as the table says. */
  compare(tolerance: ToleranceName, quantity: string, found: Numbers, wanted: Numbers, of?: string): void {
    const { measure } = TOLERANCES[tolerance];
    if (measure === 'share') throw new Error(`${tolerance} is measured by its caller`);
    this.add(tolerance, quantity, MEASURES[measure](found, wanted), of);
  }

  value(tolerance: ToleranceName, quantity: string, found: number, wanted: number, of?: string): void {
    this.compare(tolerance, quantity, [found], [wanted], of);
  }

  /** With the error already measured. */
  add(tolerance: ToleranceName, quantity: string, error: number, of?: string): void {
    const { value } = TOLERANCES[tolerance];
    this.list.push({
      fixture: this.#fixture,
      quantity,
      ...(of === undefined ? {} : { of }),
      error: Number.isFinite(error) ? error : Number.MAX_VALUE,
      tolerance: value,
      ok: error <= value,
    });
  }

  /** A quantity that agrees or does not. */
  agree(quantity: string, agrees: boolean, of?: string): void {
    this.add('agreement', quantity, agrees ? 0 : 1, of);
  }

  fail(quantity: string, note: string): void {
    this.list.push(failedRow(this.#fixture, quantity, note));
  }

  skip(quantity: string, note: string): void {
    this.list.push(uncheckedRow(this.#fixture, quantity, note));
  }
}
