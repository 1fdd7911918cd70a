// What readers of label files share: the plan that a format makes of a table, labels from a list, from columns of
// 0 and 1, and boxes from four columns. Knows no format by name.

import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import { BLANK, type LabelChoice, type LabelFormatId, UNCERTAIN } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import type { RawMark } from '../marks.ts';
import { splitFromWord } from '../splitWords.ts';
import { LIST_COLUMNS, NOT_FINDINGS, orderFindings, plainName, READER_COLUMNS } from './columns.ts';
import { spellingKey, spellings } from './entries.ts';
import { entriesOf, ONE_CLASS } from './lists.ts';
import { columnsNamed, type Survey, type SurveyedColumn } from './survey.ts';
import { absenceAmong, cellReader, isMissingWord } from './words.ts';

export type Row = readonly string[];

/** How rows of the format are read. */
export interface Plan {
  readonly format: LabelFormatId;
  /** In words, for the report. */
  readonly words: string;
  readonly findings: readonly string[];
  /** One value per finding. */
  readonly labelsOf: (row: Row) => Uint8Array;
  readonly markOf?: (row: Row) => RawMark | null;
  /** Where a row holds several. */
  readonly marksOf?: (row: Row) => readonly RawMark[];
  /** Who read the film, where several readers vote. */
  readonly readerOf?: (row: Row) => string;
  /** What could be a finding too if it were chosen. */
  readonly further?: readonly string[];
  /** The column that holds classes, where one does; -1 where none. */
  readonly classColumn?: number;
  /** Several rows of one film are the rule: a row for each box or mask. */
  readonly manyRows: boolean;
  /** The column that holds the person, where its name does not say so; -1 where none. */
  readonly patientColumn?: number;
  /** The split of all its films stands in the name of the file. */
  readonly splitInName?: boolean;
  /** Columns that were read, and columns about which a note says that they were not. */
  readonly accounted: readonly number[];
  readonly notes: readonly string[];
}

export interface FormatReader {
  detect(survey: Survey): boolean;
  plan(survey: Survey, choice: LabelChoice): Omit<Plan, 'format'>;
}

export const has = (survey: Survey, ...names: readonly string[]) =>
  names.every((name) => survey.columns.some((column) => plainName(column.name) === name));
export const at = (survey: Survey, name: string) => columnsNamed(survey.columns, [name])[0] ?? -1;
export const namesFilms = (survey: Survey) => survey.columns.some(({ matches }) => matches);

/** The findings asked for, in the order of those there are. @throws AppError labels-unreadable */
export function chosen(
  all: readonly string[],
  wanted: readonly string[] | undefined,
  further: readonly string[] = [],
): string[] {
  if (!wanted) return [...all];
  const able = [...all, ...further];
  const missing = wanted.find((name) => !able.includes(name));
  if (missing !== undefined) throw new AppError('labels-unreadable', `it has no finding "${missing}".`);
  return able.filter((name) => wanted.includes(name));
}

/** Labels from a column whose cells name a class or list what is there. */
export function listed({ columns }: Survey, column: number, choice: LabelChoice) {
  const { entries, form } = columns[column] ?? { entries: null, form: ONE_CLASS };
  const names = spellings(entries ?? new Map());
  const absent = absenceAmong([...names.values()]);
  const found = orderFindings([...names.values()].filter((entry) => !absent.includes(entry)));
  const findings = chosen(found, choice.findings);
  const place = new Map(findings.map((finding, i) => [spellingKey(finding), i]));
  const labelsOf = (row: Row) => {
    const said = entriesOf(row[column], form).filter((entry) => !isMissingWord(entry));
    const labels = new Uint8Array(findings.length).fill(said.length > 0 ? LABEL_NEGATIVE : LABEL_UNKNOWN);
    for (const entry of said) {
      const i = place.get(spellingKey(entry));
      if (i !== undefined) labels[i] = LABEL_POSITIVE;
    }
    return labels;
  };
  return { findings, labelsOf, classColumn: column, accounted: [column] };
}

/** What cannot be known of the lists in a column, in a sentence. */
export function listNotes({ columns }: Survey, column: number): string[] {
  const { name, form } = columns[column] ?? { name: '', form: ONE_CLASS };
  const { asked, separator } = form;
  if (asked === null) return [];
  const taken = separator === null ? 'is taken for one class' : 'is taken for several findings';
  return [
    `A cell of "${name}" with "${asked}" in it ${taken}; the table does not say for certain. Choose what parts the list if it is otherwise.`,
  ];
}

const isClassColumn = ({ binary, entries }: SurveyedColumn) =>
  !binary && entries !== null && entries.size > 0;

/** Columns of classes or lists. The less usual names count only where no columns of 0 and 1 are there to be findings. */
export function listColumns(survey: Survey): number[] {
  const few = binaryColumns(survey).found.length < 2;
  return columnsNamed(survey.columns, few ? LIST_COLUMNS : LIST_COLUMNS.slice(0, USUAL_LISTS)).filter(
    (column) => isClassColumn(survey.columns[column]!),
  );
}
const USUAL_LISTS = LIST_COLUMNS.indexOf('classname') + 1;

/** A column that says who read the film; -1 where none. */
export const readerColumn = ({ columns }: Survey): number => columnsNamed(columns, READER_COLUMNS)[0] ?? -1;

/** Nearly 0 and 1: this share of the cells that say something are understood. */
const NEARLY = 0.2;

/** Columns of 0 and 1 that are findings, and notes on those that are not. */
export function binaryColumns({ columns }: Survey): {
  readonly found: number[];
  readonly others: number[];
  readonly nearly: number[];
  readonly notes: string[];
} {
  const found: number[] = [];
  const others: number[] = [];
  const nearly: number[] = [];
  const notes: string[] = [];
  columns.forEach(({ name, binary, senses }, column) => {
    if (name === '') return;
    const reason = NOT_FINDINGS[plainName(name)] ?? (splitFromWord(name) && 'a split');
    const { present, absent, odd, understood, examples } = senses;
    if (binary && reason) {
      others.push(column);
      notes.push(`The column "${name}" is not a finding (${reason}).`);
    } else if (binary) found.push(column);
    else if (!reason && odd > 0 && present + absent > 0 && understood >= NEARLY * (odd + understood)) {
      nearly.push(column);
      notes.push(
        `The column "${name}" is left out: ${odd} of its ${odd + understood} cells are not 0 or 1, e.g. ${inQuotes(examples)}.`,
      );
    }
  });
  return { found, others, nearly, notes };
}

const inQuotes = (words: readonly string[]) => words.map((word) => `"${word}"`).join(', ');

/** Cells that are not understood in columns that are taken. */
function oddNotes(columns: readonly SurveyedColumn[]): string[] {
  return columns
    .filter(({ senses }) => senses.odd > 0)
    .map(({ name, senses: { odd, examples } }) => {
      const cells = odd === 1 ? 'cell is not understood and counts' : 'cells are not understood and count';
      return `${odd} ${cells} as not known in "${name}": ${inQuotes(examples)}.`;
    });
}

export function binary(survey: Survey, choice: LabelChoice): Omit<Plan, 'format' | 'words' | 'manyRows'> {
  const { found, others, nearly, notes } = binaryColumns(survey);
  const nameOf = (column: number) => survey.columns[column]!.name;
  const further = others.map(nameOf);
  const findings = chosen(found.map(nameOf), choice.findings, further);
  const taken = [...found, ...others].filter((column) => findings.includes(nameOf(column)));
  const read = cellReader(choice.uncertain ?? 'ignore', choice.blank ?? 'ignore');
  const uncertain = taken.reduce((sum, column) => sum + survey.columns[column]!.uncertain, 0);
  const words =
    uncertain > 0
      ? [
          `${uncertain} ${uncertain === 1 ? 'cell says' : 'cells say'} -1: ${UNCERTAIN[choice.uncertain ?? 'ignore']}.`,
        ]
      : [];
  const blank = choice.blank && choice.blank !== 'ignore' ? [`Blank cells: ${BLANK[choice.blank]}.`] : [];
  const plus = taken.map((column) => survey.columns[column]!.senses.plus);
  return {
    findings,
    labelsOf: (row) => Uint8Array.from(taken, (column, i) => read(row[column], plus[i])),
    further,
    accounted: [...found, ...others, ...nearly],
    notes: [
      ...notes.filter((_, i) => !findings.includes(further[i]!)),
      ...oddNotes(taken.map((column) => survey.columns[column]!)),
      ...words,
      ...blank,
    ],
  };
}

/** A box in four columns, or null where they are blank. */
export function boxReader(columns: readonly number[], corners: boolean) {
  return (row: Row): Pick<Extract<RawMark, { kind: 'box' }>, 'x' | 'y' | 'width' | 'height'> | null => {
    const [x, y, third, fourth] = columns.map((column) => Number.parseFloat(row[column] ?? '')) as [
      number,
      number,
      number,
      number,
    ];
    const width = corners ? third - x : third;
    const height = corners ? fourth - y : fourth;
    return width > 0 && height > 0 && x >= 0 && y >= 0 ? { x, y, width, height } : null;
  };
}

export function markFrom(
  box: { x: number; y: number; width: number; height: number } | null,
  finding: string,
  reader: string,
  frame: readonly [number, number] | null,
): RawMark | null {
  return box && { kind: 'box', ...box, finding: finding.trim(), reader: reader.trim(), frame };
}
