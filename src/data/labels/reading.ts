// What readers of label files share: the plan that a format makes of a table, labels from a list, from columns of
// 0 and 1, and boxes from four columns. Knows no format by name.

import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN, type Split } from '../../protocol/dataset.ts';
import { BLANK, type LabelChoice, type LabelFormatId, UNCERTAIN } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import type { RawMark } from '../marks.ts';
import { cellReader, isNormalWord, LIST_COLUMNS, NOT_FINDINGS, orderFindings, plainName } from './columns.ts';
import { columnsNamed, entriesOf, type Survey } from './survey.ts';

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
  /** Who read the film, where several readers vote. */
  readonly readerOf?: (row: Row) => string;
  /** What could be a finding too if it were chosen. */
  readonly further?: readonly string[];
  /** The column that holds classes, where one does; -1 where none. */
  readonly classColumn?: number;
  /** Several rows of one film are the rule: a row for each box or mask. */
  readonly manyRows: boolean;
  readonly splitOfAll?: Split | undefined;
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

/** Labels from a column whose cells list what is there. */
export function listed(survey: Survey, column: number, choice: LabelChoice) {
  const entries = [...(survey.columns[column]?.entries?.keys() ?? [])];
  const found = orderFindings(entries.filter((entry) => !isNormalWord(entry)));
  const findings = chosen(found, choice.findings);
  const place = new Map(findings.map((finding, i) => [finding, i]));
  const labelsOf = (row: Row) => {
    const said = entriesOf(row[column]);
    const labels = new Uint8Array(findings.length).fill(said.length > 0 ? LABEL_NEGATIVE : LABEL_UNKNOWN);
    for (const entry of said) {
      const i = place.get(entry);
      if (i !== undefined) labels[i] = LABEL_POSITIVE;
    }
    return labels;
  };
  return { findings, labelsOf };
}

export const listColumns = (survey: Survey) =>
  columnsNamed(survey.columns, LIST_COLUMNS).filter((column) => {
    const { binary, entries } = survey.columns[column]!;
    return !binary && entries !== null && entries.size > 0;
  });

/** Columns of 0 and 1 that are findings, and notes on those that are not. */
export function binaryColumns({ columns }: Survey): {
  readonly found: number[];
  readonly others: number[];
  readonly notes: string[];
} {
  const found: number[] = [];
  const others: number[] = [];
  const notes: string[] = [];
  columns.forEach(({ name, binary }, column) => {
    if (!binary || name === '') return;
    const reason = NOT_FINDINGS[plainName(name)];
    if (reason) {
      others.push(column);
      notes.push(`The column "${name}" is not a finding (${reason}).`);
    } else found.push(column);
  });
  return { found, others, notes };
}

export function binary(survey: Survey, choice: LabelChoice): Omit<Plan, 'format' | 'words' | 'manyRows'> {
  const { found, others, notes } = binaryColumns(survey);
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
  return {
    findings,
    labelsOf: (row) => Uint8Array.from(taken, (column) => read(row[column])),
    further,
    notes: [...notes.filter((_, i) => !findings.includes(further[i]!)), ...words, ...blank],
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
