// Reading plain values that strangers wrote: JSON without names that reach into prototypes, and each value by the kind
// it must be of. What does not fit is thrown as Unfit with the place, for the caller to turn into its own error.

export class Unfit extends Error {}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const MOST_DEEP = 40;

export type Plain = Readonly<Record<string, unknown>>;

function checkNames(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MOST_DEEP) throw new Unfit('it is nested too deeply');
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && FORBIDDEN.has(name))
      throw new Unfit(`it holds the forbidden name "${name}"`);
    checkNames(inner, depth + 1);
  }
}

/** JSON in strict UTF-8. @throws Unfit */
export function parsePlain(bytes: Uint8Array): Plain {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Unfit('it is not JSON');
  }
  checkNames(value, 0);
  return record(value, 'it');
}

export function record(value: unknown, place: string): Plain {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Plain;
  throw new Unfit(`${place} is not a table of values`);
}

export function list<T>(
  value: unknown,
  place: string,
  most: number,
  read: (item: unknown, place: string) => T,
): T[] {
  if (!Array.isArray(value)) throw new Unfit(`${place} is not a list`);
  if (value.length > most) throw new Unfit(`${place} has ${value.length} entries; ${most} are the most`);
  return value.map((item, i) => read(item, `${place}[${i}]`));
}

/** Control characters become spaces, so that no text breaks a line of the page. */
export function text(value: unknown, place: string, most = 500): string {
  if (typeof value !== 'string') throw new Unfit(`${place} is not text`);
  if (value.length > most) throw new Unfit(`${place} is longer than ${most} characters`);
  return value.replace(/\p{Cc}/gu, ' ');
}

export function number(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Unfit(`${place} is not a number`);
}

export const numberOrNull = (value: unknown, place: string): number | null =>
  value === null ? null : number(value, place);

/** A whole number from 0 on. */
export function count(value: unknown, place: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new Unfit(`${place} is not a count`);
}

export function choice<T extends string>(value: unknown, place: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Unfit(`${place} is none of ${allowed.join(', ')}`);
  return found;
}
