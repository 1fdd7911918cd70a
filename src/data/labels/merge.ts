// Puts the rows of one table onto films, and accounts for every row: matched, without a film, fitting several,
// repeated, or in conflict. Rows that contradict each other about a film make the finding unknown there; where a
// format has a row for each box, mask or reader, several rows are no repetition and readers vote.

import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN, type Split } from '../../protocol/dataset.ts';
import type { MatchExample, MatchProblem, Readers } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import type { RawMark } from '../marks.ts';
import { splitFromWord } from '../split.ts';
import { isLateralView } from './columns.ts';
import type { SideColumns } from './formats.ts';
import type { Plan } from './reading.ts';
import { recordsOf } from './stream.ts';
import { AMBIGUOUS, type ColumnMatches, columnOf, NO_FILM, type Survey } from './survey.ts';

export interface FilmLabels {
  /** One value per finding. */
  readonly labels: Uint8Array;
  readonly patient?: string | undefined;
  readonly split?: Split | undefined;
  /** Further splits in which the film stands, where it stands in several. */
  readonly alsoIn?: readonly Split[] | undefined;
  /** Said to be a lateral view. */
  readonly lateral?: boolean | undefined;
}

export interface RowChoice {
  readonly column: string;
  readonly value: string;
}

/** A table whose format, columns and options are settled. */
export interface PlannedTable {
  readonly survey: Survey;
  readonly plan: Plan;
  readonly side: SideColumns;
  readonly fileColumn: number;
  readonly matches: ColumnMatches;
}

export interface Tally {
  rows: number;
  matched: number;
  chosen: number;
  'no-film': number;
  ambiguous: number;
  duplicate: number;
  conflict: number;
}

interface Kept {
  labels: Uint8Array;
  patient: string | undefined;
  splits: Split[];
  lateral: boolean | undefined;
  /** Hashes of the rows seen, where many rows are the rule. */
  seen: Set<number> | null;
  votes: Map<string, Uint8Array> | null;
}

/** Everything the tables say, film by film. Tables are added one after the other. */
export class Merge {
  readonly films: (Kept | undefined)[];
  readonly spokenOf: Uint8Array;
  readonly marks = new Map<number, RawMark[]>();
  readonly problems: MatchExample[] = [];
  readonly tally: Tally = {
    rows: 0,
    matched: 0,
    chosen: 0,
    'no-film': 0,
    ambiguous: 0,
    duplicate: 0,
    conflict: 0,
  };
  readonly #where: RowChoice | undefined;

  constructor(pathCount: number, where?: RowChoice) {
    this.films = new Array(pathCount).fill(undefined);
    this.spokenOf = new Uint8Array(pathCount);
    this.#where = where;
  }

  /** @throws AppError labels-unreadable */
  async add(table: PlannedTable, signal?: AbortSignal): Promise<void> {
    const { survey, matches } = table;
    const depth = deepest(matches, this.films.length);
    const chosen = chooseRows(survey, this.#where);
    let at = survey.headed ? -1 : 0;
    for await (const block of recordsOf(survey.blob, survey.dialect)) {
      signal?.throwIfAborted();
      for (const row of block) {
        if (at >= 0) this.#row(table, row, at, depth, chosen);
        at++;
      }
    }
  }

  #row(
    table: PlannedTable,
    row: string[],
    at: number,
    depth: Uint8Array,
    chosen: (row: readonly string[]) => boolean,
  ): void {
    this.tally.rows++;
    const film = table.matches.films[at] ?? NO_FILM;
    const nearer = film >= 0 && table.matches.depths[at]! < depth[film]!;
    if (film < 0 || nearer) {
      this.#problem(film === AMBIGUOUS ? 'ambiguous' : 'no-film', table, row, at);
      return;
    }
    this.tally.matched++;
    this.spokenOf[film] = 1;
    if (!chosen(row)) return;
    this.tally.chosen++;
    this.#mark(film, table, row);
    const kept = this.films[film];
    if (!kept) this.films[film] = begin(table, row);
    else this.#again(kept, table, row, at);
  }

  #mark(film: number, { plan }: PlannedTable, row: string[]): void {
    const mark = plan.markOf?.(row);
    if (!mark) return;
    const known = this.marks.get(film);
    if (known) known.push(mark);
    else this.marks.set(film, [mark]);
  }

  #again(kept: Kept, table: PlannedTable, row: string[], at: number): void {
    const { plan, side } = table;
    const labels = plan.labelsOf(row);
    kept.patient ??= side.patient >= 0 ? row[side.patient] : undefined;
    const split = splitOf(table, row);
    if (split && !kept.splits.includes(split)) kept.splits.push(split);
    if (plan.manyRows) {
      // A class that is written once for each box is no repetition; the same box twice is.
      const key = hashText(row.join('\t'));
      if (kept.seen?.has(key)) this.#problem('duplicate', table, row, at);
      kept.seen?.add(key);
    } else {
      this.#problem('duplicate', table, row, at);
    }
    if (plan.readerOf) vote(kept, plan.readerOf(row), labels);
    else if (!agree(kept.labels, labels)) {
      this.#problem('conflict', table, row, at);
      settle(kept.labels, labels);
    }
  }

  #problem(
    problem: Exclude<MatchProblem, 'no-row'>,
    { survey, fileColumn }: PlannedTable,
    row: string[],
    at: number,
  ) {
    this.tally[problem]++;
    this.problems.push({ problem, file: survey.file, row: at + 1, name: row[fileColumn] ?? '' });
  }

  /** The films as they are known now. @param readers how votes are counted */
  finish(readers: Readers): (FilmLabels | undefined)[] {
    return this.films.map((kept) => {
      if (!kept) return undefined;
      const { patient, splits, lateral, votes } = kept;
      const labels = votes ? count(votes, kept.labels.length, readers) : kept.labels;
      const [split, ...alsoIn] = splits;
      return {
        labels,
        patient,
        split,
        ...(alsoIn.length > 0 ? { alsoIn } : {}),
        ...(lateral === undefined ? {} : { lateral }),
      };
    });
  }
}

/** 53 bits of a text, so that rows are told apart without being kept; after cyrb53. */
function hashText(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** How many trailing parts of the path the best row of each film shares with it. */
function deepest({ films, depths }: ColumnMatches, pathCount: number): Uint8Array {
  const depth = new Uint8Array(pathCount);
  films.forEach((film, at) => {
    if (film >= 0 && depths[at]! > depth[film]!) depth[film] = depths[at]!;
  });
  return depth;
}

function begin(table: PlannedTable, row: string[]): Kept {
  const { plan, side } = table;
  const labels = plan.labelsOf(row);
  const votes = plan.readerOf ? new Map<string, Uint8Array>() : null;
  const view = side.view >= 0 ? (row[side.view] ?? '').trim() : '';
  const split = splitOf(table, row);
  const kept: Kept = {
    labels,
    patient: side.patient >= 0 ? row[side.patient] : undefined,
    splits: split ? [split] : [],
    lateral: view === '' ? undefined : isLateralView(view),
    seen: plan.manyRows && plan.markOf ? new Set([hashText(row.join('\t'))]) : null,
    votes,
  };
  if (plan.readerOf) vote(kept, plan.readerOf(row), labels);
  return kept;
}

const splitOf = ({ plan, side }: PlannedTable, row: readonly string[]): Split | undefined =>
  plan.splitOfAll ?? (side.split >= 0 ? splitFromWord(row[side.split]) : undefined);

/** A reader names a finding when any of his rows does. */
function vote({ votes }: Kept, reader: string, labels: Uint8Array): void {
  const before = votes!.get(reader);
  if (!before) votes!.set(reader, labels);
  else for (let i = 0; i < labels.length; i++) before[i] = Math.max(before[i]!, labels[i]!);
}

function count(votes: ReadonlyMap<string, Uint8Array>, findings: number, readers: Readers): Uint8Array {
  const named = new Uint16Array(findings);
  for (const labels of votes.values()) {
    for (let i = 0; i < findings; i++) named[i]! += Number(labels[i] === LABEL_POSITIVE);
  }
  const needed = { any: 1, majority: Math.floor(votes.size / 2) + 1, all: votes.size }[readers];
  return Uint8Array.from(named, (times) => (times >= needed ? LABEL_POSITIVE : LABEL_NEGATIVE));
}

const agree = (kept: Uint8Array, other: Uint8Array): boolean => kept.every((value, i) => value === other[i]);

/** Makes every finding on which two rows disagree unknown in the first. */
function settle(kept: Uint8Array, other: Uint8Array): void {
  kept.forEach((value, i) => {
    if (value !== other[i]) kept[i] = LABEL_UNKNOWN;
  });
}

function chooseRows(
  { columns, file }: Survey,
  where: RowChoice | undefined,
): (row: readonly string[]) => boolean {
  if (!where) return () => true;
  const column = columnOf(columns, where.column);
  if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${where.column}".`);
  const wanted = where.value.trim().toLowerCase();
  return (row) => (row[column] ?? '').trim().toLowerCase() === wanted;
}

/** Settles the file column of a table: the one asked for, else the one that names most films. */
export function planned(survey: Survey, plan: Plan, fileColumn: number, side: SideColumns): PlannedTable {
  const matches = survey.columns[fileColumn]?.matches ?? { films: [], depths: [], count: 0 };
  return { survey, plan, side, fileColumn, matches };
}
