// Lists of findings in one cell: what parts them. A separator is believed where it cannot belong to a name, or where its
// pieces stand alone in other cells; where neither is known it is said, and a person can choose.

import type { ListSeparator } from '../../protocol/labels.ts';
import { NIH_FINDINGS, plainName } from './columns.ts';
import { isNormalWord } from './words.ts';

/** How cells of a column are taken apart; null: each cell is one class. */
export interface ListForm {
  readonly separator: ListSeparator | null;
  /** Nothing in the table says it for certain: it should be looked at. */
  readonly asked: ListSeparator | null;
  /** A cell with the separator that is asked about. */
  readonly example: string;
}

export const ONE_CLASS: ListForm = { separator: null, asked: null, example: '' };

/** always: no name holds it. likely: taken unless the table speaks against it. proven: taken where its pieces stand alone. */
const TRUST: Readonly<Record<Exclude<ListSeparator, 'literal'>, 'always' | 'likely' | 'proven' | 'strict'>> =
  {
    '|': 'always',
    ';': 'always',
    '\n': 'always',
    ',': 'likely',
    '/': 'proven',
    '+': 'proven',
    '&': 'proven',
    ' and ': 'proven',
    ' ': 'strict',
    _: 'strict',
  };

/** A list as Python or JSON writes it. */
const LITERAL = /^\s*(?:\[[\s\S]*\]|\{[\s\S]*\}|\([\s\S]*\))\s*$/;
const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g;

const pieces = (cell: string, separator: string): string[] =>
  cell
    .split(separator)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');

function literalPieces(cell: string): string[] {
  const inner = cell.trim().slice(1, -1);
  const quoted = [...inner.matchAll(QUOTED)].map(([, single, double]) => (single ?? double ?? '').trim());
  return quoted.length > 0 ? quoted.filter((piece) => piece !== '') : pieces(inner, ',');
}

export const entriesOf = (cell: string | undefined, { separator }: ListForm): string[] => {
  const text = (cell ?? '').trim();
  if (text === '') return [];
  if (isNormalWord(text)) return [text];
  if (separator === 'literal' && LITERAL.test(text)) return literalPieces(text);
  if (separator === null || separator === 'literal') return [text];
  return pieces(text, separator);
};

interface Evidence {
  /** Different cells that hold the separator between two pieces. */
  readonly cells: readonly string[][];
  /** Of them, those with a piece that stands alone elsewhere, and with all of them so. */
  readonly some: number;
  readonly all: number;
  /** Of them, those of which every piece stands in another cell too. */
  readonly again: number;
}

const KNOWN_FINDINGS = new Set(NIH_FINDINGS.map(plainName));

function evidenceFor(cells: readonly string[], separator: string): Evidence {
  const alone = new Set(cells.map((cell) => cell.trim().toLowerCase()));
  const parted = cells.map((cell) => pieces(cell, separator)).filter((each) => each.length > 1);
  const times = new Map<string, number>();
  for (const each of parted) {
    for (const piece of new Set(each.map((one) => one.toLowerCase())))
      times.set(piece, (times.get(piece) ?? 0) + 1);
  }
  // "Nodule/Mass" is one class of VinBigData, so that names of findings are believed beside a comma only.
  const isFinding = (piece: string) => separator === ',' && KNOWN_FINDINGS.has(plainName(piece));
  const isAlone = (piece: string) => alone.has(piece.toLowerCase()) || isFinding(piece);
  return {
    cells: parted,
    some: parted.filter((each) => each.some(isAlone)).length,
    all: parted.filter((each) => each.every(isAlone)).length,
    again: parted.filter((each) => each.every((piece) => times.get(piece.toLowerCase())! > 1)).length,
  };
}

/** What parts the findings in a column. @param cells the different cells, or many of them */
export function formOf(cells: readonly string[]): ListForm {
  // "No Finding" is one word, whatever parts the others.
  const spoken = cells.filter((cell) => cell.trim() !== '' && !isNormalWord(cell));
  const literal = spoken.filter((cell) => LITERAL.test(cell)).length;
  if (literal > 0 && literal >= spoken.length / 2) return { ...ONE_CLASS, separator: 'literal' };
  let asked: ListForm | null = null;
  for (const [key, trust] of Object.entries(TRUST)) {
    const separator = key as ListSeparator;
    const { cells: parted, some, all, again } = evidenceFor(spoken, key);
    if (parted.length === 0) continue;
    const half = parted.length / 2;
    const sure =
      trust === 'always' ||
      (trust === 'likely' && (some >= half || again >= half)) ||
      (trust === 'proven' && some >= half) ||
      (trust === 'strict' && all === parted.length);
    if (sure) return { separator, asked: null, example: '' };
    if (trust === 'strict' || asked) continue;
    const example = spoken.find((cell) => pieces(cell, key).length > 1)!.trim();
    asked = { separator: trust === 'likely' ? separator : null, asked: separator, example };
  }
  return asked ?? ONE_CLASS;
}

/** The form a person chose. */
export const chosenForm = (separator: ListSeparator | 'none'): ListForm => ({
  ...ONE_CLASS,
  separator: separator === 'none' ? null : separator,
});
