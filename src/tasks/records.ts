// The evaluations, in one table: a task is a folder here, a row below, a row in tasks/evaluate.ts and one in
// ui/evaluate/views.tsx. Settings, protocol, stored runs, page and headless runner are derived from it.

import { list, object, read, text, unknown } from '../util/schema.ts';
import { FINETUNE } from './finetune/record.ts';
import { LINEAR } from './linear/record.ts';
import { NEIGHBOURS } from './neighbours/record.ts';
import type { TaskRecord } from './record.ts';
import { SEGMENTATION } from './segmentation/record.ts';

/** In the order in which they are offered: the one that takes seconds comes first. */
export const TASKS = {
  neighbours: NEIGHBOURS,
  linear: LINEAR,
  finetune: FINETUNE,
  segmentation: SEGMENTATION,
} as const;
export type TaskName = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as TaskName[];

export type ReportOf<T extends TaskName> = ReturnType<(typeof TASKS)[T]['read']>;

/** A report with the task it is of. */
export type Evaluation = {
  [T in TaskName]: { readonly task: T; readonly report: ReportOf<T> };
}[TaskName];

type AtOnce<R> = (R extends unknown ? (rows: R) => void : never) extends (rows: infer All) => void
  ? All
  : never;
/** All rows at once; those that tasks share stand in each of them and are the same. */
type AllRows = AtOnce<(typeof TASKS)[TaskName]['rows']>;
export const EVALUATION_ROWS: AllRows = Object.assign({}, ...TASK_NAMES.map((name) => TASKS[name].rows));

/** The record that reads and tells the report of an evaluation. */
export const taskOf = ({ task }: Pick<Evaluation, 'task'>) => TASKS[task] as TaskRecord<unknown>;

const MOST = 1000;

/**
 * The evaluations of a stored run. Older versions knew the linear evaluation alone and kept its reports as `probes`;
 * tasks that this version does not know are dropped. @throws Unfit
 */
export function readEvaluations(stored: { readonly evaluations?: unknown; readonly probes?: unknown }) {
  const raw: unknown =
    stored.evaluations === undefined && Array.isArray(stored.probes)
      ? stored.probes.map((report: unknown) => ({ task: 'linear', report }))
      : stored.evaluations;
  const entries = read(list(object({ task: text(40), report: unknown() }), MOST), raw, 'the scores');
  return entries.flatMap(({ task, report }, i): Evaluation[] => {
    const known = TASK_NAMES.find((name) => name === task);
    if (!known) return [];
    return [{ task: known, report: TASKS[known].read(report, `the scores[${i}]`) } as Evaluation];
  });
}
