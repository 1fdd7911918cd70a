// What is told about the labels: the report that accounts for every row and film, the notes, and the scan that a
// person confirms. Nothing is matched or merged here.

import { LABEL_NEGATIVE, LABEL_POSITIVE, type LabelReport, type Placement } from '../../protocol/dataset.ts';
import {
  JOIN_LEVELS,
  type LabelFormatId,
  type LabelScan,
  type ListQuestion,
  type MatchExample,
  type ScannedTable,
  TABLE_ROLES,
} from '../../protocol/labels.ts';
import type { RawMark } from '../marks.ts';
import { unknownParts } from '../split.ts';
import { planTable } from './formats.ts';
import type { LabelAssignment, ReadTable } from './labels.ts';
import type { RowChoice } from './merge.ts';
import { type Survey, scannedColumns } from './survey.ts';
import type { UsedTable } from './together.ts';
import { type LabelSurvey, nameFiles, type Understood } from './understand.ts';

const number = (value: number) => value.toLocaleString('en-US');

interface Told {
  readonly together: readonly UsedTable[];
  readonly labelled: readonly ReadTable[];
  readonly listed: readonly ReadTable[];
  readonly where: RowChoice | undefined;
  /** The tables say the split themselves. */
  readonly ownSplit: boolean;
  /** Films on which tables contradict each other. */
  readonly disputed: number;
}

/** What is said of each table that is used, and why the others are not. */
export function notesOn({ together, labelled, listed, where, ownSplit, disputed }: Told): string[] {
  const notes = labelled.flatMap((table) => tableNotes(table, labelled.length > 1));
  for (const { each, role, reason } of together) {
    if (role === 'unused' && reason === 'as chosen') continue;
    if (role === 'unused') notes.push(`${each.survey.file} was not used: ${reason}.`);
    if (role === 'marks' && reason) notes.push(`${each.survey.file}: ${reason}.`);
    if (role === 'marks' || role === 'list') notes.push(...faultNotes(each));
  }
  if (disputed > 0) {
    notes.push(
      `On ${number(disputed)} film(s) the tables contradict each other: what they dispute is not known.`,
    );
  }
  if (ownSplit && listed.length > 0) {
    notes.push(
      `${nameFiles(listed.map(({ each }) => each))} were not used: the labels say the split themselves.`,
    );
  }
  const ambiguous = labelled.reduce((sum, { merge }) => sum + merge.tally.ambiguous, 0);
  if (ambiguous > 0) notes.push(`${ambiguous} row(s) fit several films and were not used.`);
  for (const { merge } of where ? labelled.filter((table) => table.merge.hasWhere) : []) {
    const { chosen, matched } = merge.tally;
    notes.push(`${chosen} of ${matched} matched rows have ${where!.column} = ${where!.value}.`);
  }
  return [...new Set(notes)];
}

const faultNotes = ({ survey }: Understood): string[] =>
  survey.faults.map((fault) => `${survey.file}: ${fault}`);

function tableNotes({ each, role, merge }: ReadTable, several: boolean): string[] {
  const { survey, table, level, through } = each;
  const { rows, matched } = merge.tally;
  const by = `${JOIN_LEVELS[level]}${through ? ` through ${through}` : ''}`;
  const how = `${TABLE_ROLES[role]}${role === 'joined' || level !== 'film' ? ` ${by}` : ''}`;
  const use = `${survey.file}: ${how}; ${number(matched)} of ${number(rows)} rows match.`;
  const { encoding } = survey.dialect.writing;
  const written = encoding === 'utf-8' ? [] : [`${survey.file} is written in ${encoding}.`];
  return [
    ...(several || level !== 'film' ? [use] : []),
    ...written,
    ...faultNotes(each),
    ...table.plan.notes,
    ...table.side.notes,
    ...(role === 'joined' && table.plan.findings.length === 0 ? [] : unreadNote(each)),
  ];
}

/** Names told of columns that are not read. */
const NAMES_TOLD = 12;

/** Columns that nothing was taken from. */
function unreadNote({ survey: { columns }, table: { plan, side, fileColumn } }: Understood): string[] {
  const read = new Set([
    fileColumn,
    side.patient,
    side.split,
    side.view,
    ...side.flags.map(({ column }) => column),
    ...plan.accounted,
  ]);
  const unread = columns
    .filter(({ name }, column) => name !== '' && !read.has(column))
    .map(({ name }) => name);
  if (unread.length === 0) return [];
  const told = unread.slice(0, NAMES_TOLD).map((name) => `"${name}"`);
  const more = unread.length > NAMES_TOLD ? ` and ${unread.length - NAMES_TOLD} more` : '';
  const none = plan.findings.length === 0 ? ' Choose one of them if it holds classes.' : '';
  return [`Columns that were not read: ${told.join(', ')}${more}.${none}`];
}

/** Examples shown of each problem; the whole list is there on request. */
const EXAMPLES = 5;

/** @param shown the tables whose rows are counted */
export function reportOf(
  shown: readonly ReadTable[],
  { paths }: LabelSurvey,
  notes: readonly string[],
  marks: ReadonlyMap<number, readonly RawMark[]>,
): LabelReport {
  const seen = new Map<string, number>();
  const problems = shown.flatMap(({ merge }) => merge.problems);
  const examples = [...problems, ...unspoken(paths, shown, EXAMPLES)].filter(({ problem }) => {
    seen.set(problem, (seen.get(problem) ?? 0) + 1);
    return seen.get(problem)! <= EXAMPLES;
  });
  let [boxes, masks] = [0, 0];
  for (const found of marks.values()) {
    for (const { kind } of found) kind === 'box' ? boxes++ : masks++;
  }
  const sum = (of: keyof ReadTable['merge']['tally']) =>
    shown.reduce((total, { merge }) => total + merge.tally[of], 0);
  const [first] = shown;
  return {
    file: nameFiles(shown.map(({ each }) => each)),
    format: first?.each.table.plan.words ?? 'no label file in use',
    formatId: first?.each.format ?? null,
    rows: sum('rows'),
    matchedRows: sum('matched'),
    rowsWithoutFile: sum('no-film'),
    filesWithoutRow: unspoken(paths, shown).length,
    duplicateRows: sum('duplicate'),
    conflictingRows: sum('conflict'),
    ambiguousRows: sum('ambiguous'),
    notes,
    examples,
    ...(boxes + masks > 0 ? { marks: { films: marks.size, boxes, masks } } : {}),
  };
}

/** Films that no row of these tables speaks of. */
export function unspoken(
  paths: readonly string[],
  tables: readonly ReadTable[],
  most = Number.POSITIVE_INFINITY,
): MatchExample[] {
  const found: MatchExample[] = [];
  for (let at = 0; at < paths.length && found.length < most; at++) {
    if (tables.some(({ merge }) => merge.spokenOf[at])) continue;
    found.push({ problem: 'no-row', file: '', row: 0, name: paths[at]! });
  }
  return found;
}

/** Every finding there could be, whichever were chosen. */
function possible(survey: Survey, format: LabelFormatId, classColumn = -1) {
  const column = survey.columns[classColumn]?.name;
  const { findings, further = [] } = planTable(
    survey,
    format,
    column === undefined || format === 'nih-labels' ? {} : { classColumn: column },
  );
  return { findings, furtherFindings: further };
}

function listQuestion({ columns }: Survey, classColumn: number): ListQuestion | null {
  const form = columns[classColumn]?.form;
  return form ? { separator: form.separator, asked: form.asked, example: form.example } : null;
}

/** What a look at the label files found, and what applying the choice gives, for a person to confirm. */
export function scanOf(survey: LabelSurvey, assignment: LabelAssignment | null): LabelScan {
  const uses = assignment?.uses ?? new Map();
  const tables = survey.understood.map(({ survey: each, format, table }): ScannedTable => {
    const use = uses.get(each.path);
    const list = listQuestion(each, table.plan.classColumn ?? -1);
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
      ...(use && { use }),
      ...(list && { list }),
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
  const films = assignment?.films ?? [];
  const having = (value: number) =>
    findings.map((_, at) => films.reduce((sum, film) => sum + Number(film?.labels[at] === value), 0));
  return {
    tables: [...tables, ...failed],
    report: assignment?.report ?? null,
    findings,
    positives: having(LABEL_POSITIVE),
    negatives: having(LABEL_NEGATIVE),
    ...(assignment?.splitSource && { parts: partsOf(films) }),
    films: survey.paths.length,
    unknownParts: unknownParts(films.flatMap((film) => film ?? [])),
  };
}

function partsOf(films: LabelAssignment['films']): Record<Placement, number> {
  const parts: Record<Placement, number> = { train: 0, val: 0, test: 0, out: 0 };
  for (const film of films) {
    const part = film?.unknownPart === undefined ? film?.split : 'out';
    if (part) parts[part]++;
  }
  return parts;
}
