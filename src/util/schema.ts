// JSON that strangers wrote: strict UTF-8, no names that reach into prototypes, no endless nesting. And the kinds of value that
// records consist of, as valibot schemas whose refusals name the place: counts, finite numbers, short texts, short lists. The
// first refusal is thrown as Unfit, for the caller to turn into its own error.

import * as v from 'valibot';

/** Checks and rebuilds a value of unknown origin; names that the schema does not know are dropped. @throws Unfit */
export function read<S extends v.GenericSchema>(schema: S, value: unknown, place: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
  throw new Unfit(`${place}${path.join('')} ${issue.message}`);
}

export const number = v.pipe(v.number('is not a number'), v.finite('is not a number'));
export const numberOrNull = v.nullable(number);

/** A whole number from 0 on. */
export const count = v.pipe(
  v.number('is not a count'),
  v.safeInteger('is not a count'),
  v.minValue(0, 'is not a count'),
);

/** Control characters become spaces, so that no text breaks a line of the page. */
export const text = (most = 500) =>
  v.pipe(
    v.string('is not text'),
    v.maxLength(most, `is longer than ${most} characters`),
    v.transform((words) => words.replace(/\p{Cc}/gu, ' ')),
  );

export const choice = <const T extends readonly string[]>(allowed: T) =>
  v.picklist(allowed, `is none of ${allowed.join(', ')}`);

/** At most `most` items; the length is looked at before any of them. */
export const list = <S extends v.GenericSchema>(item: S, most: number) =>
  v.pipe(
    v.array(v.unknown(), 'is not a list'),
    v.check(
      (items) => items.length <= most,
      ({ input }) => `has ${input.length} entries; ${most} are the most`,
    ),
    v.array(item),
    v.readonly(),
  );

const isTable = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields by their names; all others are dropped. */
export const object = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(
    v.unknown(),
    v.check(isTable, 'is not a table of values'),
    v.object(entries, 'is missing'),
    v.readonly(),
  );

/** Values of one kind under any names, at most `most` of them. */
export const dictionary = <S extends v.GenericSchema>(value: S, most: number) =>
  v.pipe(
    v.unknown(),
    v.check(isTable, 'is not a table of values'),
    v.transform((entries) => Object.fromEntries(Object.entries(entries as object).slice(0, most))),
    v.record(v.string(), value),
    v.readonly(),
  );

const refusal = (thrown: unknown) =>
  `is not valid: ${thrown instanceof Error ? thrown.message : String(thrown)}`;

/** A table of values that `parse` reads and refuses in its own words. */
export const parsed = <T>(parse: (raw: Readonly<Record<string, unknown>>) => T) =>
  v.pipe(
    v.unknown(),
    v.check(isTable, 'is not a table of values'),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value as Readonly<Record<string, unknown>>);
      } catch (thrown) {
        addIssue({ message: refusal(thrown) });
        return NEVER;
      }
    }),
  );

/** Behind an object: one of its fields read by `parse`, which sees the others. */
export const parsedField = <I extends object, K extends keyof I & string, T>(
  field: K,
  parse: (whole: I) => T,
) =>
  v.rawTransform<I, Omit<I, K> & { readonly [N in K]: T }>(({ dataset, addIssue, NEVER }) => {
    const whole = dataset.value;
    try {
      return { ...whole, [field]: parse(whole) } as Omit<I, K> & { readonly [N in K]: T };
    } catch (thrown) {
      const input = whole as Record<string, unknown>;
      const place = { type: 'object', origin: 'value', input, key: field, value: whole[field] } as const;
      addIssue({ message: refusal(thrown), path: [place] });
      return NEVER;
    }
  });

export {
  boolean,
  fallback,
  type InferOutput,
  literal,
  nullable,
  optional,
  pipe,
  regex,
  string,
  transform,
  unknown,
} from 'valibot';

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
