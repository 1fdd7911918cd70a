// What the command line says about label files: their columns, what parts lists, and what words for parts mean. Each is
// refused by name before a browser is started.

import type { ParseArgsConfig } from 'node:util';
import { type Placement, SPLITS } from '../../src/protocol/dataset.ts';
import { type LabelChoice, LIST_SEPARATORS, type ListSeparator } from '../../src/protocol/labels.ts';
import { keyAndValue, UsageError } from './arguments.ts';

/** Options of every command that reads label files. */
export const LABEL_FILE_OPTIONS = {
  'film-column': { type: 'string' },
  'class-column': { type: 'string' },
  'patient-column': { type: 'string' },
  'split-column': { type: 'string' },
  separator: { type: 'string' },
  part: { type: 'string', multiple: true, default: [] },
} as const satisfies NonNullable<ParseArgsConfig['options']>;

export interface LabelFileValues {
  'film-column'?: string | undefined;
  'class-column'?: string | undefined;
  'patient-column'?: string | undefined;
  'split-column'?: string | undefined;
  separator?: string | undefined;
  part?: string[] | undefined;
}

const PLACEMENTS: readonly Placement[] = [...SPLITS, 'out'];

/** For the help. */
export const LABEL_FILE_USAGE =
  '--film-column, --class-column, --patient-column, --split-column NAME ("none" for no person or split), ' +
  `--separator ${Object.values(LIST_SEPARATORS).join(' | ')} | none, --part WORD=${PLACEMENTS.join('|')} (any number)`;

/** By its sign or its name. */
function separatorOf(text: string): ListSeparator | 'none' {
  if (text === 'none') return text;
  const found = Object.entries(LIST_SEPARATORS).find(([sign, name]) => sign === text || name === text);
  if (found) return found[0] as ListSeparator;
  throw new UsageError(
    `--separator is one of ${Object.values(LIST_SEPARATORS).join(' ')} none, not ${text}.`,
  );
}

function partsOf(given: readonly string[]): Record<string, Placement> {
  return Object.fromEntries(
    given.map((text) => {
      const [word, part] = keyAndValue(text, 'part');
      if (PLACEMENTS.includes(part as Placement)) return [word.toLowerCase(), part as Placement];
      throw new UsageError(`--part ${text}: the part is one of ${PLACEMENTS.join(', ')}.`);
    }),
  );
}

const orNone = (name: string | undefined) => (name === 'none' ? null : name);

export const labelFileChoice = (
  given: LabelFileValues,
): { readonly [K in keyof LabelChoice]?: LabelChoice[K] | undefined } => ({
  fileColumn: given['film-column'],
  classColumn: given['class-column'],
  patientColumn: orNone(given['patient-column']),
  splitColumn: orNone(given['split-column']),
  separator: given.separator === undefined ? undefined : separatorOf(given.separator),
  parts: given.part && given.part.length > 0 ? partsOf(given.part) : undefined,
});
