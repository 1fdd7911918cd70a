// The columns beside the findings: person, part and view. Which column says the part is known by its name, or by what it
// holds; a part may also stand in columns of 0 and 1 such as is_valid.

import { type Placement, SPLITS, type Split } from '../../protocol/dataset.ts';
import type { LabelChoice } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import { type Said, saidPart, splitFromWord } from '../splitWords.ts';
import { MAYBE_SPLIT_COLUMNS, PATIENT_COLUMNS, SPLIT_COLUMNS, VIEW_COLUMNS } from './columns.ts';
import type { Plan, Row } from './reading.ts';
import { columnOf, columnsNamed, type Survey } from './survey.ts';
import { senseOfCell } from './words.ts';

export interface SideColumns {
  readonly patient: number;
  readonly split: number;
  /** Columns of 0 and 1 for the parts, where no column names them. */
  readonly flags: readonly { readonly column: number; readonly part: Split }[];
  readonly view: number;
  /** What should be known about them, in whole sentences. */
  readonly notes: readonly string[];
}

/** More words than this are no parts. */
const MOST_WORDS = 40;
const WORDS_TOLD = 4;

const wordsOf = ({ columns }: Survey, column: number): string[] | null => {
  const { entries, matches } = columns[column]!;
  return entries && !matches && entries.size > 0 && entries.size <= MOST_WORDS ? [...entries.keys()] : null;
};

/** A column by its usual name; by another name where a word in it is a part; or by any, where all are and several. */
function splitColumn(survey: Survey): { readonly column: number; readonly notes: string[] } {
  const [usual] = columnsNamed(survey.columns, SPLIT_COLUMNS).filter((column) => wordsOf(survey, column));
  if (usual !== undefined) return { column: usual, notes: [] };
  const notes: string[] = [];
  for (const column of columnsNamed(survey.columns, MAYBE_SPLIT_COLUMNS)) {
    const words = wordsOf(survey, column);
    if (!words) continue;
    if (words.some((word) => splitFromWord(word))) return { column, notes };
    const told = words.slice(0, WORDS_TOLD).map((word) => `"${word}"`);
    const more = words.length > WORDS_TOLD ? ` and ${words.length - WORDS_TOLD} more` : '';
    notes.push(
      `The column "${survey.columns[column]!.name}" (${told.join(', ')}${more}) names no part that is known and was not used; choose it as the split if it is one.`,
    );
  }
  const any = survey.columns.findIndex((_, column) => {
    const parts = wordsOf(survey, column)?.map(splitFromWord) ?? [];
    return parts.every((part) => part !== undefined) && new Set(parts).size > 1;
  });
  return { column: any, notes };
}

/** Columns called after a part, with 0 and 1 in them. */
function flagColumns({ columns }: Survey): SideColumns['flags'] {
  return columns.flatMap(({ name, binary }, column) => {
    const part = binary ? splitFromWord(name) : undefined;
    return part ? [{ column, part }] : [];
  });
}

function flagNotes({ columns }: Survey, flags: SideColumns['flags']): string[] {
  if (flags.length === 0) return [];
  const names = flags.map(({ column, part }) => `"${columns[column]!.name}" (1 is ${part})`).join(', ');
  const rest = flags.some(({ part }) => part === 'train') ? 'of no known part' : 'for training';
  return [`The split stands in ${names}; films with 0 are ${rest}.`];
}

/** Where person, split and view stand; -1 where nowhere. @throws AppError labels-unreadable for a name that is not there */
export function sideColumns(survey: Survey, choice: LabelChoice, plan: Plan): SideColumns {
  const { columns, file } = survey;
  const find = (wanted: string | null | undefined, detected: () => number) => {
    if (wanted === null) return -1;
    if (wanted === undefined) return detected();
    const column = columnOf(columns, wanted);
    if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${wanted}".`);
    return column;
  };
  let notes: readonly string[] = [];
  const split = find(choice.splitColumn, () => {
    const detected = splitColumn(survey);
    notes = detected.notes;
    return detected.column;
  });
  const flags = split < 0 && choice.splitColumn === undefined ? flagColumns(survey) : [];
  return {
    patient: find(
      choice.patientColumn,
      () => columnsNamed(columns, PATIENT_COLUMNS)[0] ?? plan.patientColumn ?? -1,
    ),
    split,
    flags,
    view: columnsNamed(columns, VIEW_COLUMNS)[0] ?? -1,
    notes: [...notes, ...flagNotes(survey, flags)],
  };
}

/** What a row says about the part of its films. */
export function saidInRow(
  { split, flags }: SideColumns,
  row: Row,
  chosen: Readonly<Record<string, Placement>> | undefined,
): Said | undefined {
  if (split >= 0) return saidPart(row[split], chosen);
  if (flags.length === 0) return undefined;
  const senses = flags.map(({ column }) => senseOfCell(row[column]));
  const part = SPLITS.toReversed().find((each) =>
    flags.some((flag, i) => flag.part === each && senses[i] === 'present'),
  );
  if (part) return { part };
  if (senses.some((sense) => sense !== 'absent')) return undefined;
  return flags.some((flag) => flag.part === 'train') ? saidPart('not training', chosen) : { part: 'train' };
}
