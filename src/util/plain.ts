// Reading JSON that strangers wrote: strict UTF-8, no names that reach into prototypes, no endless nesting. What does not fit
// is thrown as Unfit, for the caller to turn into its own error; what the values must be is for a schema (schema.ts).

export class Unfit extends Error {}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const MOST_DEEP = 40;

function checkNames(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MOST_DEEP) throw new Unfit('it is nested too deeply');
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && FORBIDDEN.has(name))
      throw new Unfit(`it holds the forbidden name "${name}"`);
    checkNames(inner, depth + 1);
  }
}

/** A table of values. @throws Unfit */
export function parsePlain(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Unfit('it is not JSON');
  }
  checkNames(value, 0);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Unfit('it is not a table of values');
}
