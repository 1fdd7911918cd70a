// What is told about the labels: the report that accounts for every row and film, the notes, and the scan that a
// person confirms. Nothing is matched or merged here.

import { LABEL_POSITIVE, type LabelReport } from '../../protocol/dataset.ts';
import type { LabelFormatId, LabelScan, MatchExample, ScannedTable } from '../../protocol/labels.ts';
import type { RawMark } from '../marks.ts';
import { planTable } from './formats.ts';
import type { LabelAssignment } from './labels.ts';
import type { Merge, RowChoice } from './merge.ts';
import { type Survey, scannedColumns } from './survey.ts';
import { gives, type LabelSurvey, nameFiles, type Understood } from './understand.ts';

export function notesOn(
  survey: LabelSurvey,
  tables: readonly Understood[],
  lists: readonly Understood[],
  { tally }: Merge,
  where: RowChoice | undefined,
  ownSplit: boolean,
): string[] {
  const notes = [...(tables[0]?.table.plan.notes ?? [])];
  const usable = survey.understood.filter(
    (each) => !tables.includes(each) && each.table.matches.count > 0 && each.format !== 'nih-boxes',
  );
  for (const each of usable.filter((other) => !lists.includes(other))) {
    const drawn = gives(each, 'boxes') || gives(each, 'masks');
    const unused = drawn ? 'but only what is drawn in it was used' : 'but was not used';
    notes.push(`${each.survey.file} matches too, ${unused}.`);
  }
  if (ownSplit && lists.length > 0) {
    notes.push(`${nameFiles(lists)} were not used: the labels say the split themselves.`);
  }
  if (tally.ambiguous > 0) notes.push(`${tally.ambiguous} row(s) fit several films and were not used.`);
  if (where) {
    notes.push(`${tally.chosen} of ${tally.matched} matched rows have ${where.column} = ${where.value}.`);
  }
  return notes;
}

/** Examples shown of each problem; the whole list is there on request. */
const EXAMPLES = 5;

export function reportOf(
  tables: readonly Understood[],
  { tally, spokenOf, problems }: Merge,
  { paths }: LabelSurvey,
  notes: readonly string[],
  marks: ReadonlyMap<number, readonly RawMark[]>,
): LabelReport {
  const shown = new Map<string, number>();
  const examples = [...problems, ...unspoken(paths, spokenOf, EXAMPLES)].filter(({ problem }) => {
    shown.set(problem, (shown.get(problem) ?? 0) + 1);
    return shown.get(problem)! <= EXAMPLES;
  });
  let [boxes, masks] = [0, 0];
  for (const found of marks.values()) {
    for (const { kind } of found) kind === 'box' ? boxes++ : masks++;
  }
  return {
    file: nameFiles(tables),
    format: tables[0]?.table.plan.words ?? '',
    formatId: tables[0]?.format ?? null,
    rows: tally.rows,
    matchedRows: tally.matched,
    rowsWithoutFile: tally['no-film'],
    filesWithoutRow: spokenOf.reduce((sum, spoken) => sum + 1 - spoken, 0),
    duplicateRows: tally.duplicate,
    conflictingRows: tally.conflict,
    ambiguousRows: tally.ambiguous,
    notes,
    examples,
    ...(boxes + masks > 0 ? { marks: { films: marks.size, boxes, masks } } : {}),
  };
}

export function unspoken(
  paths: readonly string[],
  spokenOf: Uint8Array,
  most = Number.POSITIVE_INFINITY,
): MatchExample[] {
  const found: MatchExample[] = [];
  for (let at = 0; at < paths.length && found.length < most; at++) {
    if (!spokenOf[at]) found.push({ problem: 'no-row', file: '', row: 0, name: paths[at]! });
  }
  return found;
}

/** Every finding there could be, whichever were chosen. */
function possible(survey: Survey, format: LabelFormatId, classColumn = -1) {
  const column = survey.columns[classColumn]?.name;
  const { findings, further = [] } = planTable(
    survey,
    format,
    column === undefined ? {} : { classColumn: column },
  );
  return { findings, furtherFindings: further };
}

/** What a look at the label files found, and what applying the choice gives, for a person to confirm. */
export function scanOf(survey: LabelSurvey, assignment: LabelAssignment | null): LabelScan {
  const tables = survey.understood.map(({ survey: each, format, table }): ScannedTable => {
    const nameOf = (column: number) => each.columns[column]?.name ?? null;
    return {
      path: each.path,
      format,
      error: null,
      rows: each.rows,
      matched: table.matches.count,
      columns: scannedColumns(each),
      fileColumn: nameOf(table.fileColumn),
      classColumn: nameOf(table.plan.classColumn ?? -1),
      patientColumn: nameOf(table.side.patient),
      splitColumn: nameOf(table.side.split),
      ...possible(each, format, table.plan.classColumn),
    };
  });
  const failed = survey.failed.map(
    ({ path, error, survey: each }): ScannedTable => ({
      path,
      format: null,
      error,
      rows: each?.rows ?? 0,
      matched: 0,
      columns: each ? scannedColumns(each) : [],
      fileColumn: null,
      classColumn: null,
      patientColumn: null,
      splitColumn: null,
      findings: [],
      furtherFindings: [],
    }),
  );
  const findings = assignment?.findings ?? [];
  return {
    tables: [...tables, ...failed],
    report: assignment?.report ?? null,
    findings,
    positives: findings.map((_, at) =>
      (assignment?.films ?? []).reduce((sum, film) => sum + Number(film?.labels[at] === LABEL_POSITIVE), 0),
    ),
    films: survey.pathCount,
  };
}
