// From label files and film paths to one record per film: which table gives the labels, which lists give the split,
// which files hold boxes and masks, and a report that accounts for every row of the table that was used.

import { LABEL_UNKNOWN, type LabelReport } from '../../protocol/dataset.ts';
import { LABEL_FORMAT_IDS, type LabelChoice, type MatchExample } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import type { RawMark } from '../marks.ts';
import { type FilmLabels, Merge, type RowChoice } from './merge.ts';
import { notesOn, reportOf, unspoken } from './report.ts';
import { gives, isAbout, type LabelSurvey, nameFiles, type Understood } from './understand.ts';

export type { FilmLabels, RowChoice } from './merge.ts';

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
  /** Boxes and masks by place in the list of paths. */
  readonly marks: ReadonlyMap<number, readonly RawMark[]>;
  /** Every row and film that did not fit. */
  readonly problems: readonly MatchExample[];
}

/** The table that gives the labels, and its fellows where a format comes in several files. */
function labelTables({ understood }: LabelSurvey, choice: LabelChoice): Understood[] {
  if (choice.file === null) return [];
  const able = understood.filter(
    (each) =>
      each.table.matches.count > 0 &&
      (gives(each, 'labels') || gives(each, 'patients')) &&
      isAbout(choice, each.survey.path),
  );
  able.sort(
    (a, b) =>
      Number(b.table.plan.findings.length > 0) - Number(a.table.plan.findings.length > 0) ||
      b.table.matches.count - a.table.matches.count ||
      LABEL_FORMAT_IDS.indexOf(a.format) - LABEL_FORMAT_IDS.indexOf(b.format) ||
      (a.survey.file < b.survey.file ? -1 : 1),
  );
  const [best] = able;
  if (!best) return [];
  const together = best.format === 'mlvicx-list' && choice.file === undefined;
  return together ? able.filter(({ format }) => format === 'mlvicx-list') : [best];
}

/**
 * Applies the table that matches most rows, one with findings before one without, and the lists and boxes beside it.
 * @throws AppError labels-unmatched when no table matches any path, labels-unreadable for an unknown `where` column
 */
export async function applyLabels(
  survey: LabelSurvey,
  choice: LabelChoice = {},
  where?: RowChoice,
  signal?: AbortSignal,
): Promise<LabelAssignment | null> {
  const tables = labelTables(survey, choice);
  const lists = survey.understood.filter(
    (each) => each.format === 'nih-list' && each.table.matches.count > 0 && each.table.plan.splitOfAll,
  );
  const marked = survey.understood.filter(
    (each) => (gives(each, 'boxes') || gives(each, 'masks')) && each.table.matches.count > 0,
  );
  if (tables.length === 0 && lists.length === 0 && marked.length === 0) {
    if (choice.file === null || survey.understood.length === 0) return null;
    const [first] = survey.understood;
    const example = first?.survey.sample[0]?.[Math.max(0, first.table.fileColumn)] ?? '';
    throw new AppError(
      'labels-unmatched',
      `${nameFiles(survey.understood)} speaks of "${example}", for example.`,
    );
  }
  const merge = await mergeAll(tables, survey.pathCount, where, signal);
  if (where && tables.length > 0 && merge.tally.chosen === 0) {
    throw new AppError('labels-unmatched', `no matched row has ${where.column} = ${where.value}.`);
  }
  let films = merge.finish(choice.readers ?? 'majority');
  const besides = marked.filter((each) => !tables.includes(each));
  const drawn = await mergeAll(besides, survey.pathCount, undefined, signal);
  const marks = joinMarks(merge.marks, drawn.marks);
  const own = splitSourceOf(tables, films);
  const listed = own ? null : await mergeAll(lists, survey.pathCount, undefined, signal);
  const findings = tables[0]?.table.plan.findings ?? [];
  if (listed) films = withSplits(films, listed, findings.length);
  const notes = notesOn(survey, tables, lists, merge, where, own !== null);
  const [shown, basis] =
    tables.length > 0 ? [tables, merge] : listed && lists.length > 0 ? [lists, listed] : [besides, drawn];
  return {
    findings,
    films,
    splitSource: own ?? (lists.length > 0 ? listsInWords(lists) : null),
    onlyLabelled: where !== undefined,
    marks,
    problems: [...basis.problems, ...unspoken(survey.paths, basis.spokenOf)],
    report: reportOf(shown, basis, survey, notes, marks),
  };
}

const listsInWords = ({ length }: readonly Understood[]) =>
  `the lists of names (${length} file${length === 1 ? '' : 's'})`;

async function mergeAll(
  tables: readonly Understood[],
  pathCount: number,
  where: RowChoice | undefined,
  signal: AbortSignal | undefined,
): Promise<Merge> {
  const merge = new Merge(pathCount, where);
  for (const { table } of tables) await merge.add(table, signal);
  return merge;
}

function joinMarks(
  own: ReadonlyMap<number, readonly RawMark[]>,
  others: ReadonlyMap<number, readonly RawMark[]>,
): Map<number, readonly RawMark[]> {
  const joined = new Map(own);
  for (const [film, found] of others) joined.set(film, [...(joined.get(film) ?? []), ...found]);
  return joined;
}

function splitSourceOf(
  tables: readonly Understood[],
  films: readonly (FilmLabels | undefined)[],
): string | null {
  if (!films.some((film) => film?.split)) return null;
  const { survey, table } = tables[0]!;
  if (table.plan.splitOfAll) return listsInWords(tables);
  return `column "${survey.columns[table.side.split]!.name}" of ${survey.file}`;
}

function withSplits(
  films: readonly (FilmLabels | undefined)[],
  listed: Merge,
  findings: number,
): (FilmLabels | undefined)[] {
  const given = listed.finish('any');
  return films.map((film, at) => {
    const { split, alsoIn } = given[at] ?? {};
    if (!split) return film;
    const labels = film?.labels ?? new Uint8Array(findings).fill(LABEL_UNKNOWN);
    return { ...film, labels, split, ...(alsoIn ? { alsoIn } : {}) };
  });
}
