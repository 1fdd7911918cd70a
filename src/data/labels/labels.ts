// From label files and film paths to one record per film: the tables that are used are read one by one and put together,
// with the lists and boxes beside them, and a report that accounts for every row of each.

import { LABEL_UNKNOWN, type LabelReport, type Split } from '../../protocol/dataset.ts';
import type { LabelChoice, MatchExample, TableUse } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import type { RawMark } from '../marks.ts';
import type { Said } from '../splitWords.ts';
import { plainName } from './columns.ts';
import { knownParts, nihNames } from './knownLists.ts';
import { DISPUTED, type FilmLabels, type RowChoice, saysPart, settle, TableMerge } from './merge.ts';
import { notesOn, reportOf, unspoken } from './report.ts';
import { columnOf } from './survey.ts';
import { silence, tablesTogether, type UsedTable } from './together.ts';
import { type LabelSurvey, nameFiles } from './understand.ts';

export type { FilmLabels, RowChoice } from './merge.ts';

/** What the labels say about a list of paths. */
export interface LabelAssignment {
  readonly findings: readonly string[];
  /** Per path, in the order of the paths; undefined where no row speaks of it. */
  readonly films: readonly (FilmLabels | undefined)[];
  /** Where the splits come from, in words; null when the labels give none. */
  readonly splitSource: string | null;
  /** Which published split that is, in words; absent where films are not named as those of a set with published lists. */
  readonly knownParts?: string;
  /** Only labelled films are wanted, because rows were chosen by `where`. */
  readonly onlyLabelled: boolean;
  readonly report: LabelReport;
  /** Boxes and masks by place in the list of paths. */
  readonly marks: ReadonlyMap<number, readonly RawMark[]>;
  /** Every row and film that did not fit. */
  readonly problems: readonly MatchExample[];
  /** How each table is used, by its path. */
  readonly uses: ReadonlyMap<string, TableUse>;
}

/** A table that was read. */
export interface ReadTable extends UsedTable {
  readonly merge: TableMerge;
}

/**
 * Applies the tables that belong together, and the lists and boxes beside them.
 * @throws AppError labels-unmatched when no table matches any path, labels-unreadable for an unknown `where` column
 */
export async function applyLabels(
  survey: LabelSurvey,
  choice: LabelChoice = {},
  where?: RowChoice,
  signal?: AbortSignal,
): Promise<LabelAssignment | null> {
  const together = tablesTogether(survey, choice);
  const ofRole = (...roles: UsedTable['role'][]) => together.filter(({ role }) => roles.includes(role));
  const tables = ofRole('labels', 'stacked', 'joined');
  const lists = ofRole('list');
  const drawn = ofRole('marks');
  if (tables.length + lists.length + drawn.length === 0) {
    if (choice.file === null || choice.use || survey.understood.length === 0) return null;
    const matches = together.some(({ films }) => films.size > 0);
    if (!matches) throw new AppError('labels-unmatched', whyUnmatched(survey));
  }
  checkWhere(tables, where);
  const read = (all: readonly UsedTable[], row?: RowChoice) => readAll(all, survey, choice, row, signal);
  const [labelled, listed, marked] = [await read(tables, where), await read(lists), await read(drawn)];
  if (where && tables.length > 0 && !labelled.some(({ merge }) => merge.tally.chosen > 0 && merge.hasWhere)) {
    throw new AppError('labels-unmatched', `no matched row has ${where.column} = ${where.value}.`);
  }
  const findings = unionOf(labelled);
  const readers = choice.readers ?? 'majority';
  const joined = join(labelled, findings, survey.paths.length, readers);
  const own = splitSourceOf(labelled, joined.byName);
  const films = own || listed.length === 0 ? joined.films : withLists(joined.films, listed, findings.length);
  const source = own ?? (listed.length > 0 ? listsInWords(listed) : null);
  const known =
    source === null ? null : await knownParts(namedParts([...labelled, ...listed]), nihNames(survey.paths));
  const marks = marksOf([...labelled, ...marked]);
  const shown = shownTables(labelled, listed, marked);
  const notes = notesOn({
    together,
    labelled,
    listed,
    where,
    ownSplit: own !== null,
    disputed: joined.disputed,
  });
  return {
    findings,
    films: where ? onlyChosen(films, labelled) : films,
    splitSource: known?.published ? `${source}: ${known.words}` : source,
    ...(known && { knownParts: known.words }),
    onlyLabelled: where !== undefined,
    marks,
    problems: [...shown.flatMap(({ merge }) => merge.problems), ...unspoken(survey.paths, shown)],
    report: reportOf(shown, survey, notes, marks),
    uses: new Map(together.map((each) => [each.each.survey.path, useOf(each)])),
  };
}

const useOf = ({ each, role, films, reason }: UsedTable): TableUse => ({
  role,
  by: each.level,
  films: films.size,
  ...(each.through && { through: each.through }),
  ...(reason && { reason }),
});

/** Names of NIH films by part; a list whose name says the part says it of all its rows. */
function namedParts(tables: readonly ReadTable[]): Map<Split, ReadonlySet<string>> {
  const named = new Map<Split, Set<string>>();
  for (const { merge, partOfAll } of tables) {
    for (const [said, names] of merge.nihNames) {
      const part = said ?? (partOfAll && 'part' in partOfAll ? partOfAll.part : null);
      if (part === null || part === 'out') continue;
      const known = named.get(part) ?? new Set();
      for (const name of names) known.add(name);
      named.set(part, known);
    }
  }
  return named;
}

/** Tables of which none is used, with the reasons. */
export function unused(survey: LabelSurvey): LabelAssignment {
  const together = tablesTogether(survey, {});
  const told = { together, labelled: [], listed: [], where: undefined, ownSplit: false, disputed: 0 };
  return {
    findings: [],
    films: survey.paths.map(() => undefined),
    splitSource: null,
    onlyLabelled: false,
    marks: new Map(),
    problems: [],
    report: reportOf([], survey, notesOn(told), new Map()),
    uses: new Map(together.map((each) => [each.each.survey.path, useOf(each)])),
  };
}

/** Rows are counted of the tables that give the labels; of others where none does. */
function shownTables(
  labelled: readonly ReadTable[],
  listed: readonly ReadTable[],
  marked: readonly ReadTable[],
): readonly ReadTable[] {
  const rows = labelled.filter(({ each, role }) => role !== 'joined' || each.table.plan.findings.length > 0);
  if (rows.length > 0) return rows;
  return listed.length > 0 ? listed : marked;
}

function whyUnmatched({ understood }: LabelSurvey): string {
  const [first] = understood;
  const example = first?.survey.sample[0]?.[Math.max(0, first.table.fileColumn)] ?? '';
  const reasons = understood.map((each) => `${each.survey.file}: ${silence(each)}`);
  return `${reasons.join('; ')}. ${nameFiles(understood.slice(0, 1))} speaks of "${example}", for example.`;
}

/** @throws AppError labels-unreadable when no table has the column */
function checkWhere(tables: readonly UsedTable[], where: RowChoice | undefined): void {
  if (!where || tables.length === 0) return;
  const has = tables.some(({ each }) => columnOf(each.survey.columns, where.column) >= 0);
  const files = nameFiles(tables.map(({ each }) => each));
  if (!has) throw new AppError('labels-unreadable', `${files} has no column "${where.column}".`);
}

async function readAll(
  all: readonly UsedTable[],
  { index }: LabelSurvey,
  { parts }: LabelChoice,
  where: RowChoice | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadTable[]> {
  const read: ReadTable[] = [];
  for (const used of all) {
    const rules = { index, where, parts };
    read.push({ ...used, merge: await TableMerge.of(used.each.table, rules, signal) });
  }
  return read;
}

/** Findings of all tables; those of the same name are one, spelled as in the table that leads. */
function unionOf(tables: readonly ReadTable[]): string[] {
  const names = new Map<string, string>();
  for (const { each } of tables) {
    for (const finding of each.table.plan.findings) {
      if (!names.has(plainName(finding))) names.set(plainName(finding), finding);
    }
  }
  return [...names.values()];
}

/** What all tables say of each film. Facts of the table that leads come first; findings on which they disagree are unknown. */
function join(
  tables: readonly ReadTable[],
  findings: readonly string[],
  filmCount: number,
  readers: NonNullable<LabelChoice['readers']>,
): { readonly films: (FilmLabels | undefined)[]; readonly disputed: number; readonly byName: boolean } {
  const films: (FilmLabels | undefined)[] = new Array(filmCount).fill(undefined);
  const plain = findings.map(plainName);
  const named = new Map<number, Said[]>();
  let disputed = 0;
  for (const { each, merge, partOfAll } of tables) {
    const places = each.table.plan.findings.map((finding) => plain.indexOf(plainName(finding)));
    merge.finish(readers).forEach((film, at) => {
      if (!film) return;
      if (partOfAll) named.set(at, [...(named.get(at) ?? []), partOfAll]);
      const labels = new Uint8Array(findings.length).fill(LABEL_UNKNOWN);
      places.forEach((place, i) => {
        labels[place] = film.labels[i]!;
      });
      const before = films[at];
      if (!before) films[at] = { ...film, labels };
      else {
        if (settle(before.labels, labels) > 0) disputed++;
        films[at] = joinFacts(before, film);
      }
    });
  }
  for (const film of films) {
    film?.labels.forEach((value, i) => {
      if (value === DISPUTED) film.labels[i] = LABEL_UNKNOWN;
    });
  }
  let byName = false;
  for (const [at, said] of named) {
    const film = films[at]!;
    // A column says more of a film than the name of its table.
    if (film.split !== undefined || film.unknownPart !== undefined) continue;
    films[at] = said.reduce(
      (before, each) => joinFacts(before, { labels: before.labels, ...placeOf(each) }),
      film,
    );
    byName = true;
  }
  return { films, disputed, byName };
}

export const placeOf = (said: Said | undefined): Pick<FilmLabels, 'split' | 'unknownPart'> =>
  !said
    ? { split: undefined }
    : 'part' in said
      ? { split: said.part }
      : { split: undefined, unknownPart: said.unknown };

function joinFacts(film: FilmLabels, more: FilmLabels): FilmLabels {
  const splits = [film.split, ...(film.alsoIn ?? []), more.split, ...(more.alsoIn ?? [])];
  const [split, ...alsoIn] = new Set(splits.filter((part) => part !== undefined && part !== 'out'));
  const out = film.split === 'out' || more.split === 'out';
  return {
    labels: film.labels,
    patient: film.patient?.trim() ? film.patient : more.patient,
    split: out ? 'out' : split,
    ...(alsoIn.length > 0 ? { alsoIn } : {}),
    unknownPart: film.unknownPart ?? more.unknownPart,
    lateral: film.lateral ?? more.lateral,
  };
}

/** Films of the rows that were asked for, in the tables that have the column. */
function onlyChosen(films: readonly (FilmLabels | undefined)[], tables: readonly ReadTable[]) {
  const having = tables.filter(({ merge }) => merge.hasWhere);
  if (having.length === 0) return films;
  return films.map((film, at) => (having.some(({ merge }) => merge.films[at]) ? film : undefined));
}

function marksOf(tables: readonly ReadTable[]): Map<number, readonly RawMark[]> {
  const joined = new Map<number, readonly RawMark[]>();
  for (const { merge } of tables) {
    for (const [film, found] of merge.marks) joined.set(film, [...(joined.get(film) ?? []), ...found]);
  }
  return joined;
}

const listsInWords = ({ length }: readonly unknown[]) =>
  `the lists of names (${length} file${length === 1 ? '' : 's'})`;

/** What gives the split among the tables that are used, in words; null where none does. @param byName names of tables do */
function splitSourceOf(tables: readonly ReadTable[], byName: boolean): string | null {
  const columns = tables
    .filter(({ merge }) => merge.films.some((kept) => kept && saysPart(kept)))
    .map(({ each: { survey, table } }) => {
      const { split } = table.side;
      return split >= 0
        ? `column "${survey.columns[split]!.name}" of ${survey.file}`
        : `columns of parts in ${survey.file}`;
    });
  const rows = tables.filter(({ partOfAll }) => partOfAll);
  const isList = rows.every(({ each }) => each.table.plan.splitInName);
  const names = isList ? listsInWords(rows) : `the names of the tables (${rows.length} files)`;
  return [...columns, ...(byName ? [names] : [])].join(' and ') || null;
}

function withLists(
  films: readonly (FilmLabels | undefined)[],
  lists: readonly ReadTable[],
  findings: number,
): (FilmLabels | undefined)[] {
  const given = join(lists, [], films.length, 'any').films;
  return films.map((film, at) => {
    const { split, alsoIn, unknownPart } = given[at] ?? {};
    if (!split && unknownPart === undefined) return film;
    const labels = film?.labels ?? new Uint8Array(findings).fill(LABEL_UNKNOWN);
    return {
      ...film,
      labels,
      split,
      ...(alsoIn ? { alsoIn } : {}),
      ...(unknownPart === undefined ? {} : { unknownPart }),
    };
  });
}
