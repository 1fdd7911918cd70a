// A look at every label file of a folder before anything is applied: what format it has, which column names films,
// and how many rows do. A table that cannot be understood is listed with its reason.

import type { SkippedFile } from '../../protocol/dataset.ts';
import { type LabelChoice, type LabelFormatId, labelFormat } from '../../protocol/labels.ts';
import { AppError, toWire } from '../../util/errors.ts';
import { bridge } from './bridge.ts';
import { FILE_COLUMNS, plainName } from './columns.ts';
import { FilmIndex, type JoinLevel } from './filmIndex.ts';
import { detectFormat, planTable } from './formats.ts';
import type { PlannedTable } from './merge.ts';
import { ColumnMatches } from './rowMatches.ts';
import { sideColumns } from './side.ts';
import { type ColumnHints, columnOf, type Survey, speaksOfImages, surveyTable } from './survey.ts';

export interface LabelSource {
  readonly path: string;
  readonly file: Blob;
}

export interface NamedSource extends LabelSource {
  readonly name: string;
}

export interface Understood {
  readonly survey: Survey;
  readonly format: LabelFormatId;
  readonly table: PlannedTable;
  /** What its rows are about. */
  readonly level: JoinLevel;
  /** The table whose keys its rows were found by. */
  readonly through?: string | undefined;
}

/** A table that was not understood; its columns, where they could be read, so that a person can say what they are. */
export interface FailedTable extends SkippedFile {
  readonly survey?: Survey;
}

/** A look at every label file; nothing is applied yet. */
export interface LabelSurvey {
  readonly understood: readonly Understood[];
  readonly failed: readonly FailedTable[];
  readonly index: FilmIndex;
  readonly paths: readonly string[];
}

const LEVELS: readonly JoinLevel[] = ['film', 'study', 'patient'];

/**
 * The column that names most films, the likelier name where two are level; a study or person where none names films and
 * the table speaks of no images; -1 where no column was tried.
 */
function fileColumnOf(survey: Survey, wanted: string | undefined): number {
  const { columns, file } = survey;
  if (wanted !== undefined) {
    const column = columnOf(columns, wanted);
    if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${wanted}".`);
    return column;
  }
  const rank = (column: number) => {
    const place = FILE_COLUMNS.indexOf(plainName(columns[column]!.name));
    return place < 0 ? FILE_COLUMNS.length : place;
  };
  const images = speaksOfImages(survey);
  const countOf = (column: number) => {
    const { level, count } = columns[column]!.matches!;
    return images && level !== 'film' ? 0 : count;
  };
  const worth = (column: number) =>
    countOf(column) === 0 ? LEVELS.length : LEVELS.indexOf(columns[column]!.matches!.level);
  const tried = columns.flatMap(({ matches }, column) => (matches ? [column] : []));
  tried.sort((a, b) => worth(a) - worth(b) || countOf(b) - countOf(a) || rank(a) - rank(b));
  return tried[0] ?? -1;
}

/** Is what was chosen about one table about this one? Without a file named it is about whichever table gives the labels. */
export const isAbout = (choice: LabelChoice, path: string) =>
  choice.file === undefined || choice.file === path;

/** What was chosen that concerns a table. */
function choiceFor(choice: LabelChoice, path: string): LabelChoice {
  const { findings, uncertain, blank, readers, parts } = choice;
  const policies = { findings, uncertain, blank, readers, parts } as LabelChoice;
  return { ...(isAbout(choice, path) ? choice : policies), ...choice.tables?.[path] };
}

const hintsFrom = ({ fileColumn, classColumn, separator }: LabelChoice): ColumnHints => ({
  fileColumn,
  classColumn,
  separator,
});

async function understand(
  source: NamedSource,
  index: FilmIndex,
  choice: LabelChoice,
  signal?: AbortSignal,
  keys?: ColumnHints['keys'],
): Promise<Understood> {
  const mine = choiceFor(choice, source.path);
  const survey = await surveyTable(source, index, { ...hintsFrom(mine), keys }, signal);
  try {
    return settleTable(survey, keys ? { ...mine, fileColumn: keys.column } : mine, index);
  } catch (error) {
    throw new NotUnderstood(survey, error);
  }
}

/** Carries what was read of a table that could not be understood. */
class NotUnderstood {
  readonly survey: Survey;
  readonly reason: unknown;

  constructor(survey: Survey, reason: unknown) {
    this.survey = survey;
    this.reason = reason;
  }
}

function settleTable(survey: Survey, mine: LabelChoice, index: FilmIndex): Understood {
  const format = mine.format ?? detectFormat(survey);
  if (!format) {
    throw new AppError('labels-unreadable', `${survey.file} has no column that names films.`);
  }
  const fileColumn = fileColumnOf(survey, mine.fileColumn);
  const plan = planTable(survey, format, { ...mine, ...ownFindings(survey, format, mine) });
  const side = sideColumns(survey, mine, plan);
  const found = survey.columns[fileColumn]?.matches;
  const speaksOfOthers =
    found && found.level !== 'film' && speaksOfImages(survey) && mine.fileColumn === undefined;
  const matches =
    found && !speaksOfOthers ? found : new ColumnMatches(index.paths.length, 'study', survey.rows);
  return { survey, format, table: { survey, plan, side, fileColumn, matches }, level: matches.level };
}

/** Of the findings chosen, those that this table has: the others are in another. */
function ownFindings(survey: Survey, format: LabelFormatId, { findings, ...mine }: LabelChoice) {
  if (!findings) return {};
  const { findings: own, further = [] } = planTable(survey, format, mine);
  return { findings: [...own, ...further].filter((name) => findings.includes(name)) };
}

/** What each file is called in words: its own name, with its folders where another is named alike. */
function named(sources: readonly LabelSource[]): NamedSource[] {
  const own = ({ path }: LabelSource) => path.split('/').at(-1)!;
  const times = new Map<string, number>();
  for (const source of sources) times.set(own(source), (times.get(own(source)) ?? 0) + 1);
  return sources.map((source) => {
    const name = own(source);
    return { ...source, name: times.get(name) === 1 ? name : source.path };
  });
}

/** Looks at every table. A table that cannot be understood is listed, not thrown. */
export async function surveyLabels(
  sources: readonly LabelSource[],
  paths: readonly string[],
  choice: LabelChoice = {},
  signal?: AbortSignal,
): Promise<LabelSurvey> {
  const index = new FilmIndex(paths);
  const understood: Understood[] = [];
  const failed: FailedTable[] = [];
  const all = named(sources);
  for (const source of all) {
    try {
      understood.push(await understand(source, index, choice, signal));
    } catch (error) {
      signal?.throwIfAborted();
      failed.push(failureOf(source, error));
    }
  }
  const joined = await bridge(understood, failed, index, async (survey, keys) => {
    const source = all.find(({ path }) => path === survey.path)!;
    return understand(source, index, choice, signal, keys);
  });
  return { ...joined, index, paths };
}

function failureOf({ path }: NamedSource, error: unknown): FailedTable {
  const known = error instanceof NotUnderstood ? error : null;
  return { path, error: toWire(known ? known.reason : error), ...(known && { survey: known.survey }) };
}

export const gives = ({ format }: Understood, what: 'labels' | 'boxes' | 'masks' | 'split' | 'patients') =>
  labelFormat(format).gives.includes(what);

export const nameFiles = (tables: readonly Understood[]): string =>
  tables.map(({ survey }) => survey.file).join(', ');
