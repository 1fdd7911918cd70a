// Reads a CSV or TSV of labels and understands its columns. Says nothing yet about which films it is for
// (labels.ts does). Four forms are understood: NIH lists ("Finding Labels"), a column with the class of the
// film, columns of 0 and 1 (blank or -1: not known), and a table with only patients or splits.

import Papa from 'papaparse';
import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import {
  FILE_COLUMNS,
  isNormalWord,
  LIST_COLUMNS,
  labelOfCell,
  NOT_FINDINGS,
  orderFindings,
  PATIENT_COLUMNS,
  plainName,
  SPLIT_COLUMNS,
} from './labelsColumns.ts';

/** A column of free text is not a list of findings. */
const MOST_FINDINGS = 100;

export interface LabelTable {
  readonly file: string;
  /** How it was understood, in words. */
  readonly format: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that may name the image, likeliest first. */
  readonly fileColumns: readonly number[];
  /** -1 where the table has none. */
  readonly patientColumn: number;
  readonly splitColumn: number;
  readonly findings: readonly string[];
  /** One value per finding. */
  readonly labelsOf: (row: readonly string[]) => Uint8Array;
  /** What the reader should know about columns left out. */
  readonly notes: readonly string[];
}

/** The column of a table by its name, spelled as in the table or plainly; -1 when there is none. */
export function columnOf(header: readonly string[], name: string): number {
  const exact = header.indexOf(name);
  return exact >= 0 ? exact : header.findIndex((column) => plainName(column) === plainName(name));
}

const columnsNamed = (header: readonly string[], names: readonly string[]): number[] =>
  names.map((name) => header.findIndex((column) => plainName(column) === name)).filter((at) => at >= 0);

/** @throws AppError labels-unreadable */
export function parseLabelTable(text: string, file: string): LabelTable {
  const { data } = Papa.parse<string[]>(text, {
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', '\t', ';'],
  });
  const header = (data[0] ?? []).map((name) => name.trim());
  const rows = data.slice(1);
  const fileColumns = columnsNamed(header, FILE_COLUMNS);
  if (fileColumns.length === 0) throw new AppError('labels-unreadable', `${file} has no file column.`);
  if (rows.length === 0) throw new AppError('labels-unreadable', `${file} has a header but no rows.`);
  const reading = readList(header, rows) ?? readBinary(header, rows, fileColumns);
  return {
    file,
    header,
    rows,
    fileColumns,
    patientColumn: columnsNamed(header, PATIENT_COLUMNS)[0] ?? -1,
    splitColumn: columnsNamed(header, SPLIT_COLUMNS)[0] ?? -1,
    ...reading,
  };
}

type Reading = Pick<LabelTable, 'format' | 'findings' | 'labelsOf' | 'notes'>;

const entriesOf = (cell: string | undefined): string[] =>
  (cell ?? '')
    .split('|')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** A column that lists findings, or holds one class; null when no column does. */
function readList(header: readonly string[], rows: readonly string[][]): Reading | null {
  for (const column of columnsNamed(header, LIST_COLUMNS)) {
    if (rows.every((row) => labelOfCell(row[column]) !== undefined)) continue;
    const entries = new Set<string>();
    for (const row of rows) for (const entry of entriesOf(row[column])) entries.add(entry);
    if (entries.size > MOST_FINDINGS) continue;
    const findings = orderFindings([...entries].filter((entry) => !isNormalWord(entry)));
    const place = new Map(findings.map((finding, at) => [finding, at]));
    const labelsOf = (row: readonly string[]) => {
      const listed = entriesOf(row[column]);
      const labels = new Uint8Array(findings.length).fill(listed.length > 0 ? LABEL_NEGATIVE : LABEL_UNKNOWN);
      for (const entry of listed) {
        const at = place.get(entry);
        if (at !== undefined) labels[at] = LABEL_POSITIVE;
      }
      return labels;
    };
    const nih = plainName(header[column]!) === 'findinglabels';
    const format = nih ? 'NIH finding labels' : `classes in the column "${header[column]}"`;
    return { format, findings, labelsOf, notes: [] };
  }
  return null;
}

/** Columns of 0 and 1 are findings unless the table of names says otherwise. */
function readBinary(
  header: readonly string[],
  rows: readonly string[][],
  fileColumns: readonly number[],
): Reading {
  const columns: number[] = [];
  const notes: string[] = [];
  header.forEach((name, column) => {
    if (name === '' || fileColumns.includes(column)) return;
    const cells = rows.map((row) => labelOfCell(row[column]));
    const known = cells.some((cell) => cell === LABEL_POSITIVE || cell === LABEL_NEGATIVE);
    if (!known || cells.includes(undefined)) return;
    const reason = NOT_FINDINGS[plainName(name)];
    if (reason) notes.push(`The column "${name}" is not a finding (${reason}).`);
    else columns.push(column);
  });
  return {
    format: columns.length > 0 ? 'columns of 0 and 1' : 'patients or splits only, no findings',
    findings: columns.map((column) => header[column]!),
    labelsOf: (row) => Uint8Array.from(columns, (column) => labelOfCell(row[column]) ?? LABEL_UNKNOWN),
    notes,
  };
}
