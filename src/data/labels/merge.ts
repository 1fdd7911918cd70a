// Puts the rows of one table onto films, and accounts for every row: matched, without a film, fitting several, repeated, or
// in conflict. Rows that contradict each other about a film make the finding unknown there; where a format has a row for
// each box, mask or reader, several rows are no repetition and readers vote.

import {
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  LABEL_UNKNOWN,
  type Placement,
  type Split,
} from '../../protocol/dataset.ts';
import type { MatchExample, MatchProblem, Readers } from '../../protocol/labels.ts';
import type { RawMark } from '../marks.ts';
import { isLateralView } from './columns.ts';
import { AMBIGUOUS, type FilmIndex, NO_FILM } from './filmIndex.ts';
import { nihName } from './knownLists.ts';
import type { Plan } from './reading.ts';
import type { ColumnMatches } from './rowMatches.ts';
import { type SideColumns, saidInRow } from './side.ts';
import { recordsOf } from './stream.ts';
import { columnOf, type Survey } from './survey.ts';

export interface FilmLabels {
  /** One value per finding; DISPUTED where rows of the table contradict each other. */
  readonly labels: Uint8Array;
  readonly patient?: string | undefined;
  /** Out: by a person's choice. */
  readonly split?: Placement | undefined;
  /** Further splits in which the film stands, where it stands in several. */
  readonly alsoIn?: readonly Split[] | undefined;
  /** A word for a part that is none of those known. */
  readonly unknownPart?: string | undefined;
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

/** What is decided about all rows of a table before they are read. */
export interface RowRules {
  readonly index: FilmIndex;
  readonly where?: RowChoice | undefined;
  /** What a person said of words for parts. */
  readonly parts?: Readonly<Record<string, Placement>> | undefined;
}

interface Kept {
  labels: Uint8Array;
  patient: string | undefined;
  splits: Split[];
  out: boolean;
  unknownPart: string | undefined;
  lateral: boolean | undefined;
  /** Hashes of the rows seen, where many rows are the rule. */
  seen: Set<number> | null;
  votes: Map<string, Uint8Array> | null;
}

/** Everything one table says, film by film. */
export class TableMerge {
  readonly films: (Kept | undefined)[];
  readonly spokenOf: Uint8Array;
  readonly marks = new Map<number, RawMark[]>();
  readonly problems: MatchExample[] = [];
  /** Names of NIH films by the part that their row says, whether such films are here or not; null where a row says none. */
  readonly nihNames = new Map<Split | null, Set<string>>();
  readonly tally: Tally = {
    rows: 0,
    matched: 0,
    chosen: 0,
    'no-film': 0,
    ambiguous: 0,
    duplicate: 0,
    conflict: 0,
  };
  /** It has the column by which rows are chosen. */
  readonly hasWhere: boolean;
  readonly #table: PlannedTable;
  readonly #rules: RowRules;
  readonly #chosen: (row: readonly string[]) => boolean;
  readonly #depth: Uint8Array;

  private constructor(table: PlannedTable, rules: RowRules) {
    const { length } = rules.index.paths;
    this.films = new Array(length).fill(undefined);
    this.spokenOf = new Uint8Array(length);
    this.#table = table;
    this.#rules = rules;
    this.hasWhere = rules.where !== undefined && columnOf(table.survey.columns, rules.where.column) >= 0;
    this.#chosen = chooseRows(table.survey, this.hasWhere ? rules.where : undefined);
    this.#depth = deepest(table.matches, length);
  }

  /** @throws AppError labels-unreadable */
  static async of(table: PlannedTable, rules: RowRules, signal?: AbortSignal): Promise<TableMerge> {
    const merge = new TableMerge(table, rules);
    const { blob, dialect } = table.survey;
    let at = 0;
    for await (const block of recordsOf(blob, dialect)) {
      signal?.throwIfAborted();
      for (const row of block) merge.#row(row, at++);
    }
    return merge;
  }

  #row(row: string[], at: number): void {
    const { matches } = this.#table;
    this.tally.rows++;
    this.#noteName(row);
    const target = matches.targets[at] ?? NO_FILM;
    const isFilm = target >= 0 && target < this.films.length;
    const nearer = isFilm && matches.depths[at]! < this.#depth[target]!;
    if (target < 0 || nearer) {
      this.#problem(target === AMBIGUOUS ? 'ambiguous' : 'no-film', row, at);
      return;
    }
    this.tally.matched++;
    const films = this.#rules.index.filmsOf(target);
    for (const film of films) this.spokenOf[film] = 1;
    if (!this.#chosen(row)) return;
    this.tally.chosen++;
    const found = new Set<'duplicate' | 'conflict'>();
    for (const film of films) {
      this.#mark(film, row);
      const kept = this.films[film];
      if (!kept) this.films[film] = begin(this.#table, this.#rules, row);
      else this.#again(kept, row, found);
    }
    for (const problem of found) this.#problem(problem, row, at);
  }

  #noteName(row: string[]): void {
    const { fileColumn, side } = this.#table;
    const name = nihName(row[fileColumn] ?? '');
    if (name === null) return;
    const said = saidInRow(side, row, this.#rules.parts);
    const part = said && 'part' in said && said.part !== 'out' ? said.part : null;
    const known = this.nihNames.get(part);
    if (known) known.add(name);
    else this.nihNames.set(part, new Set([name]));
  }

  #mark(film: number, row: string[]): void {
    const { plan } = this.#table;
    const mark = plan.markOf?.(row);
    const marks = plan.marksOf?.(row) ?? (mark ? [mark] : []);
    if (marks.length === 0) return;
    const known = this.marks.get(film);
    if (known) known.push(...marks);
    else this.marks.set(film, [...marks]);
  }

  #again(kept: Kept, row: string[], found: Set<'duplicate' | 'conflict'>): void {
    const { plan, side } = this.#table;
    const labels = plan.labelsOf(row);
    kept.patient ??= side.patient >= 0 ? row[side.patient] : undefined;
    place(kept, this.#table, this.#rules, row);
    if (plan.manyRows) {
      // A class that is written once for each box is no repetition; the same box twice is.
      const key = hashText(row.join('\t'));
      if (kept.seen?.has(key)) found.add('duplicate');
      kept.seen?.add(key);
    } else {
      found.add('duplicate');
    }
    if (plan.readerOf) vote(kept, plan.readerOf(row), labels);
    else if (settle(kept.labels, labels) > 0) found.add('conflict');
  }

  #problem(problem: Exclude<MatchProblem, 'no-row'>, row: string[], at: number): void {
    const { survey, fileColumn } = this.#table;
    this.tally[problem]++;
    this.problems.push({ problem, file: survey.file, row: at + 1, name: row[fileColumn] ?? '' });
  }

  /** The films as they are known now. @param readers how votes are counted */
  finish(readers: Readers): (FilmLabels | undefined)[] {
    return this.films.map((kept) => {
      if (!kept) return undefined;
      const { patient, splits, out, unknownPart, lateral, votes } = kept;
      const labels = votes ? count(votes, kept.labels.length, readers) : kept.labels;
      const [first, ...alsoIn] = splits;
      const split = out ? 'out' : first;
      return {
        labels,
        patient,
        split,
        ...(alsoIn.length > 0 ? { alsoIn } : {}),
        ...(unknownPart === undefined ? {} : { unknownPart }),
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
function deepest({ targets, depths }: ColumnMatches, pathCount: number): Uint8Array {
  const depth = new Uint8Array(pathCount);
  targets.forEach((target, at) => {
    if (target >= 0 && target < pathCount && depths[at]! > depth[target]!) depth[target] = depths[at]!;
  });
  return depth;
}

function begin(table: PlannedTable, rules: RowRules, row: string[]): Kept {
  const { plan, side } = table;
  const labels = plan.labelsOf(row);
  const view = side.view >= 0 ? (row[side.view] ?? '').trim() : '';
  const kept: Kept = {
    labels,
    patient: side.patient >= 0 ? row[side.patient] : undefined,
    splits: [],
    out: false,
    unknownPart: undefined,
    lateral: view === '' ? undefined : isLateralView(view),
    seen: plan.manyRows && (plan.markOf || plan.readerOf) ? new Set([hashText(row.join('\t'))]) : null,
    votes: plan.readerOf ? new Map() : null,
  };
  place(kept, table, rules, row);
  if (plan.readerOf) vote(kept, plan.readerOf(row), labels);
  return kept;
}

export const saysPart = ({ splits, out, unknownPart }: Kept): boolean =>
  out || splits.length > 0 || unknownPart !== undefined;

/** The part that a row says. */
function place(kept: Kept, { side }: PlannedTable, { parts }: RowRules, row: string[]): void {
  const said = saidInRow(side, row, parts);
  if (!said) return;
  if ('unknown' in said) kept.unknownPart ??= said.unknown;
  else if (said.part === 'out') kept.out = true;
  else if (!kept.splits.includes(said.part)) kept.splits.push(said.part);
}

/** A reader names a finding when any of his rows does; what he says nothing of is not known from him. */
function vote({ votes }: Kept, reader: string, labels: Uint8Array): void {
  const before = votes!.get(reader);
  if (!before) votes!.set(reader, labels.slice());
  else {
    for (let i = 0; i < labels.length; i++) {
      if (before[i] === LABEL_UNKNOWN || labels[i] === LABEL_POSITIVE) before[i] = labels[i]!;
    }
  }
}

function count(votes: ReadonlyMap<string, Uint8Array>, findings: number, readers: Readers): Uint8Array {
  const named = new Uint16Array(findings);
  const spoken = new Uint16Array(findings);
  for (const labels of votes.values()) {
    for (let i = 0; i < findings; i++) {
      named[i]! += Number(labels[i] === LABEL_POSITIVE);
      spoken[i]! += Number(labels[i] !== LABEL_UNKNOWN);
    }
  }
  return Uint8Array.from(named, (times, i) => {
    if (spoken[i] === 0) return LABEL_UNKNOWN;
    const needed = { any: 1, majority: Math.floor(spoken[i]! / 2) + 1, all: spoken[i]! }[readers];
    return times >= needed ? LABEL_POSITIVE : LABEL_NEGATIVE;
  });
}

/** While rows are put together: some say that a finding is there and some that it is not. It ends as not known. */
export const DISPUTED = 254;

/** Takes over what the other row knows. A row that says nothing contradicts none. Returns how many findings are disputed. */
export function settle(kept: Uint8Array, other: Uint8Array): number {
  let conflicts = 0;
  other.forEach((value, i) => {
    if (value === LABEL_UNKNOWN || value === kept[i]) return;
    if (kept[i] === LABEL_UNKNOWN) kept[i] = value;
    else {
      kept[i] = DISPUTED;
      conflicts++;
    }
  });
  return conflicts;
}

function chooseRows({ columns }: Survey, where: RowChoice | undefined): (row: readonly string[]) => boolean {
  if (!where) return () => true;
  const column = columnOf(columns, where.column);
  const wanted = where.value.trim().toLowerCase();
  return (row) => (row[column] ?? '').trim().toLowerCase() === wanted;
}
