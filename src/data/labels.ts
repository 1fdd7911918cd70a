// From label files and file paths to one record per film, with a report that accounts for every row.
// A row is never dropped silently: it is matched, without a film, ambiguous, a duplicate or in conflict.
// Rows that contradict each other about a film make the finding unknown there.

import { LABEL_UNKNOWN, type LabelReport, type Split } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { type Match, PathIndex } from './labelsMatch.ts';
import { columnOf, type LabelTable } from './labelsTable.ts';
import { splitFromWord } from './split.ts';

export interface FilmLabels {
  /** One value per finding. */
  readonly labels: Uint8Array;
  readonly patient?: string | undefined;
  readonly split?: Split | undefined;
}

/** What the labels say about a list of paths. */
export interface LabelAssignment {
  readonly findings: readonly string[];
  /** Per path, in the order of the paths; undefined where no row speaks of it. */
  readonly films: readonly (FilmLabels | undefined)[];
  /** Where the splits come from, in words; null when the labels give none. */
  readonly splitSource: string | null;
  /** Only labelled films are wanted, because rows were chosen by `where`. */
  readonly onlyLabelled: boolean;
  readonly report: LabelReport;
}

export interface RowChoice {
  readonly column: string;
  readonly value: string;
}

interface Matched {
  readonly table: LabelTable;
  readonly matches: readonly Match[];
  readonly count: number;
}

/** Matches a table by whichever of its file columns fits most rows. */
function matchTable(table: LabelTable, index: PathIndex): Matched {
  let best: Matched = { table, matches: [], count: -1 };
  for (const column of table.fileColumns) {
    const matches = table.rows.map((row) => index.find(row[column] ?? ''));
    const count = matches.reduce((sum, match) => sum + Number(match.film !== null), 0);
    if (count > best.count) best = { table, matches, count };
  }
  return best;
}

/**
 * Takes the table that matches most rows, one with findings before one without, and applies it.
 * @param paths of all files that may be films
 * @throws AppError labels-unmatched when no table matches any path, labels-unreadable for an unknown `where` column
 */
export function assignLabels(
  tables: readonly LabelTable[],
  paths: readonly string[],
  where?: RowChoice,
): LabelAssignment {
  const index = new PathIndex(paths);
  const fits = tables.map((table) => matchTable(table, index)).filter((fit) => fit.count > 0);
  fits.sort(
    (a, b) =>
      Number(b.table.findings.length > 0) - Number(a.table.findings.length > 0) ||
      b.count - a.count ||
      (a.table.file < b.table.file ? -1 : 1),
  );
  const best = fits[0];
  if (!best) {
    const example = tables[0]?.rows[0]?.[tables[0].fileColumns[0]!] ?? '';
    const names = tables.map((table) => table.file).join(', ');
    throw new AppError('labels-unmatched', `${names} speaks of "${example}", for example.`);
  }
  const unused = fits.slice(1).map((fit) => `${fit.table.file} matches too, but was not used.`);
  return applyTable(best, paths.length, where, unused);
}

function applyTable(
  { table, matches }: Matched,
  pathCount: number,
  where: RowChoice | undefined,
  extraNotes: readonly string[],
): LabelAssignment {
  const chosen = chooseRows(table, where);
  const depth = new Uint8Array(pathCount);
  for (const { film, depth: d } of matches) if (film !== null && d > depth[film]!) depth[film] = d;

  const films: (FilmLabels | undefined)[] = new Array(pathCount).fill(undefined);
  const spokenOf = new Uint8Array(pathCount);
  const tally = { matched: 0, without: 0, ambiguous: 0, duplicate: 0, conflict: 0, chosen: 0 };
  matches.forEach((match, at) => {
    if (match.ambiguous) tally.ambiguous++;
    if (match.film === null || match.depth < depth[match.film]!) {
      if (!match.ambiguous) tally.without++;
      return;
    }
    const row = table.rows[at]!;
    tally.matched++;
    spokenOf[match.film] = 1;
    if (!chosen(row)) return;
    tally.chosen++;
    const record = recordOf(table, row);
    const earlier = films[match.film];
    if (earlier) tally.duplicate++;
    if (earlier && settle(earlier.labels, record.labels)) tally.conflict++;
    if (!earlier) films[match.film] = record;
  });
  if (tally.chosen === 0) {
    throw new AppError('labels-unmatched', `no matched row has ${where?.column} = ${where?.value}.`);
  }

  const notes = [...table.notes, ...extraNotes];
  if (tally.ambiguous > 0) notes.push(`${tally.ambiguous} row(s) fit several films and were not used.`);
  if (where) {
    notes.push(`${tally.chosen} of ${tally.matched} matched rows have ${where.column} = ${where.value}.`);
  }
  const splits = table.splitColumn >= 0 && films.some((film) => film?.split);
  return {
    findings: table.findings,
    films,
    splitSource: splits ? `column "${table.header[table.splitColumn]}" of ${table.file}` : null,
    onlyLabelled: where !== undefined,
    report: {
      file: table.file,
      format: table.format,
      rows: table.rows.length,
      matchedRows: tally.matched,
      rowsWithoutFile: tally.without,
      filesWithoutRow: spokenOf.reduce((sum, spoken) => sum + 1 - spoken, 0),
      duplicateRows: tally.duplicate,
      conflictingRows: tally.conflict,
      ambiguousRows: tally.ambiguous,
      notes,
    },
  };
}

function chooseRows(table: LabelTable, where: RowChoice | undefined): (row: readonly string[]) => boolean {
  if (!where) return () => true;
  const column = columnOf(table.header, where.column);
  if (column < 0) throw new AppError('labels-unreadable', `${table.file} has no column "${where.column}".`);
  const wanted = where.value.trim().toLowerCase();
  return (row) => (row[column] ?? '').trim().toLowerCase() === wanted;
}

function recordOf(table: LabelTable, row: readonly string[]): FilmLabels {
  return {
    labels: table.labelsOf(row),
    patient: table.patientColumn >= 0 ? row[table.patientColumn] : undefined,
    split: table.splitColumn >= 0 ? splitFromWord(row[table.splitColumn]) : undefined,
  };
}

/** Makes every finding on which two rows disagree unknown in the first. Did any? */
function settle(kept: Uint8Array, other: Uint8Array): boolean {
  let conflict = false;
  kept.forEach((value, at) => {
    if (value === other[at]) return;
    conflict = true;
    kept[at] = LABEL_UNKNOWN;
  });
  return conflict;
}
