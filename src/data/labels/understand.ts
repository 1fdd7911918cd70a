// A look at every label file of a folder before anything is applied: what format it has, which column names films,
// and how many rows do. A table that cannot be understood is listed with its reason.

import type { SkippedFile } from '../../protocol/dataset.ts';
import { type LabelChoice, type LabelFormatId, labelFormat } from '../../protocol/labels.ts';
import { AppError, toWire } from '../../util/errors.ts';
import { FILE_COLUMNS, plainName } from './columns.ts';
import { detectFormat, planTable, sideColumns } from './formats.ts';
import { PathIndex } from './match.ts';
import { type PlannedTable, planned } from './merge.ts';
import { columnOf, type Survey, surveyTable } from './survey.ts';

export interface LabelSource {
  readonly path: string;
  readonly file: Blob;
}

export interface Understood {
  readonly survey: Survey;
  readonly format: LabelFormatId;
  readonly table: PlannedTable;
}

/** A table that was not understood; its columns, where they could be read, so that a person can say what they are. */
export interface FailedTable extends SkippedFile {
  readonly survey?: Survey;
}

/** A look at every label file; nothing is applied yet. */
export interface LabelSurvey {
  readonly understood: readonly Understood[];
  readonly failed: readonly FailedTable[];
  readonly pathCount: number;
  readonly paths: readonly string[];
}

/** The column that names most films, the likelier name where two are level; -1 where none was tried. */
function fileColumnOf({ columns, file }: Survey, wanted: string | undefined): number {
  if (wanted !== undefined) {
    const column = columnOf(columns, wanted);
    if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${wanted}".`);
    return column;
  }
  const rank = (column: number) => {
    const place = FILE_COLUMNS.indexOf(plainName(columns[column]!.name));
    return place < 0 ? FILE_COLUMNS.length : place;
  };
  const tried = columns.flatMap(({ matches }, column) => (matches ? [column] : []));
  tried.sort((a, b) => columns[b]!.matches!.count - columns[a]!.matches!.count || rank(a) - rank(b));
  return tried[0] ?? -1;
}

/** Is the choice about this table? Without a file named it is about whichever table gives the labels. */
export const isAbout = (choice: LabelChoice, path: string) =>
  choice.file === undefined || choice.file === path;

async function understand(
  source: LabelSource & { readonly name: string },
  index: PathIndex,
  choice: LabelChoice,
  signal?: AbortSignal,
): Promise<Understood> {
  const mine = isAbout(choice, source.path) ? choice : {};
  const survey = await surveyTable(source, index, mine.fileColumn, signal);
  try {
    return settleTable(survey, mine);
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

function settleTable(survey: Survey, mine: LabelChoice): Understood {
  const format = mine.format ?? detectFormat(survey);
  if (!format) {
    throw new AppError('labels-unreadable', `${survey.file} has no column that names films.`);
  }
  const plan = planTable(survey, format, mine);
  const fileColumn = fileColumnOf(survey, mine.fileColumn);
  return { survey, format, table: planned(survey, plan, fileColumn, sideColumns(survey, mine)) };
}

/** What each file is called in words: its own name, with its folders where another is named alike. */
function named(sources: readonly LabelSource[]): (LabelSource & { readonly name: string })[] {
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
  const index = new PathIndex(paths);
  const understood: Understood[] = [];
  const failed: SkippedFile[] = [];
  for (const source of named(sources)) {
    try {
      understood.push(await understand(source, index, choice, signal));
    } catch (error) {
      signal?.throwIfAborted();
      const known = error instanceof NotUnderstood ? error : null;
      failed.push({
        path: source.path,
        error: toWire(known ? known.reason : error),
        ...(known && { survey: known.survey }),
      });
    }
  }
  return { understood, failed, pathCount: paths.length, paths };
}

export const gives = ({ format }: Understood, what: 'labels' | 'boxes' | 'masks' | 'split' | 'patients') =>
  labelFormat(format).gives.includes(what);

export const nameFiles = (tables: readonly Understood[]): string =>
  tables.map(({ survey }) => survey.file).join(', ');
