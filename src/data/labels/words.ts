// What a cell says, whatever program or person wrote it: present, absent, uncertain, nothing, or something that is not
// understood. One table of words; numbers are read with a decimal point or comma.

import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import type { Blank, Uncertain } from '../../protocol/labels.ts';
import { plainName } from './columns.ts';

/** dash: "-", which is "absent" in a column that writes "+", and nothing elsewhere. */
export type Sense = 'present' | 'absent' | 'uncertain' | 'missing' | 'dash' | 'odd';

const WORDS: Readonly<Record<Exclude<Sense, 'odd'>, string>> = {
  present: 'true t wahr vrai vero yes y positive pos present + ja oui si sí',
  absent: 'false f falsch faux falso no n negative neg absent nein non',
  uncertain: 'uncertain equivocal indeterminate',
  missing:
    'na n/a #n/a n.a. <na> nan none null (null) #null! nil . ? -- --- – — \\n missing unknown unk blank undefined ' +
    'nd n.d. n/d unavailable todo tbd',
  dash: '-',
};
const SENSES: ReadonlyMap<string, Sense> = new Map([
  ['', 'missing'],
  ['not available', 'missing'],
  ['not known', 'missing'],
  ['not mentioned', 'missing'],
  ['not applicable', 'missing'],
  ['not done', 'missing'],
  ...Object.entries(WORDS).flatMap(([sense, words]) =>
    words.split(' ').map((word) => [word, sense as Sense] as const),
  ),
]);
const NUMBER = /^[+-]?\d+(?:[.,]\d*)?$/;

function senseOf(text: string): Sense {
  const word = SENSES.get(text);
  if (word) return word;
  if (!NUMBER.test(text)) return 'odd';
  const value = Number(text.replace(',', '.'));
  if (value === 1) return 'present';
  if (value === 0) return 'absent';
  return value === -1 ? 'uncertain' : 'odd';
}

/** Most cells of a table are one of a few texts. */
const known = new Map<string, Sense>();
const MOST_KNOWN = 4096;

/** What a cell of a column of 0 and 1 says. */
export function senseOfCell(cell: string | undefined): Sense {
  const text = cell ?? '';
  let sense = known.get(text);
  if (sense === undefined) {
    sense = senseOf(text.trim().toLowerCase());
    if (known.size < MOST_KNOWN && text.length < 32) known.set(text, sense);
  }
  return sense;
}

export const isNumberCell = (cell: string): boolean => NUMBER.test(cell.trim());

/** In a list or class: nothing is said. "None" there means that nothing was found. */
export const isMissingWord = (word: string): boolean => {
  const sense = senseOfCell(word);
  return (sense === 'missing' && plainName(word) !== 'none') || sense === 'dash';
};

/** Classes and list entries that mean "nothing found"; they make a film negative for every finding. */
const NORMAL_WORDS = new Set([
  'nofinding',
  'nofindings',
  'normal',
  'healthy',
  'none',
  'negative',
  'control',
  'noabnormality',
  'noabnormalities',
  'unremarkable',
  'nodisease',
]);
export const isNormalWord = (word: string): boolean => NORMAL_WORDS.has(plainName(word));

/** Does one name say that what the other names is not there: no_tb, non-COVID, tb negative? */
function denies(name: string, other: string): boolean {
  const [said, what] = [plainName(name), plainName(other)];
  return ['no', 'non', 'not', 'without'].some((word) => said === word + what) || said === `${what}negative`;
}

/** Of the names of classes, those that mean the absence of the others; of two, one may deny the other. */
export function absenceAmong(names: readonly string[]): string[] {
  const normal = names.filter(isNormalWord);
  const [a, b] = names;
  if (normal.length > 0 || names.length !== 2) return normal;
  return [denies(a!, b!) ? [a!] : [], denies(b!, a!) ? [b!] : []].flat();
}

const POLICY: Readonly<Record<Uncertain | Blank, number>> = {
  ignore: LABEL_UNKNOWN,
  zero: LABEL_NEGATIVE,
  one: LABEL_POSITIVE,
};

/**
 * Reads cells of 0/1 columns under the chosen meaning of -1 and of nothing; what is not understood is not known.
 * @param dashIsAbsent the column writes "+" and "-"
 */
export function cellReader(
  uncertain: Uncertain,
  blank: Blank,
): (cell: string | undefined, dashIsAbsent?: boolean) => number {
  const values: Readonly<Record<Sense, number>> = {
    present: LABEL_POSITIVE,
    absent: LABEL_NEGATIVE,
    uncertain: POLICY[uncertain],
    missing: POLICY[blank],
    dash: POLICY[blank],
    odd: LABEL_UNKNOWN,
  };
  return (cell, dashIsAbsent = false) => {
    const sense = senseOfCell(cell);
    return sense === 'dash' && dashIsAbsent ? LABEL_NEGATIVE : values[sense];
  };
}

/** How many cells of a column say what. */
export class SenseCounts {
  present = 0;
  absent = 0;
  uncertain = 0;
  missing = 0;
  dash = 0;
  odd = 0;
  /** "+" was seen. */
  plus = false;
  /** A word such as "positive" was seen, and no bare number or truth value. */
  worded = false;
  readonly #examples = new Set<string>();

  add(cell: string): void {
    const sense = senseOfCell(cell);
    this[sense]++;
    if (sense === 'odd') {
      if (this.#examples.size < 3) this.#examples.add(cell.trim().slice(0, 24));
    } else if (sense === 'present' || sense === 'absent') {
      if (cell.trim() === '+') this.plus = true;
      if (/^\s*(pos|neg|pres|abs)/i.test(cell)) this.worded = true;
    }
  }

  get understood(): number {
    return this.present + this.absent + this.uncertain + (this.plus ? this.dash : 0);
  }

  /** 0 and 1, with at most a third of cells that are neither, and then both of them. */
  get isBinary(): boolean {
    const { present, absent, odd, understood } = this;
    if (present + absent + (this.plus ? this.dash : 0) === 0) return false;
    return odd === 0 || (understood >= 2 * odd && present > 0 && absent + this.dash > 0);
  }

  /** The cells that are not understood, as people wrote them. */
  get examples(): readonly string[] {
    return [...this.#examples];
  }
}
