// How each evaluation of the table (tasks/records.ts) is drawn: what it is before its first report, and the report.

import type { ComponentType } from 'react';
import type { Evaluation, ReportOf, TaskName } from '../../tasks/records.ts';
import { FinetuneIntroduction, FinetuneReportView } from './finetune/FinetuneReport.tsx';
import { LinearIntroduction, LinearReportView } from './linear/LinearReport.tsx';
import { NeighboursIntroduction, NeighboursReportView } from './neighbours/NeighboursReport.tsx';

interface TaskView<Report> {
  readonly Introduction: ComponentType;
  readonly Report: ComponentType<{ readonly report: Report }>;
}

const VIEWS: { readonly [T in TaskName]: TaskView<ReportOf<T>> } = {
  neighbours: { Introduction: NeighboursIntroduction, Report: NeighboursReportView },
  finetune: { Introduction: FinetuneIntroduction, Report: FinetuneReportView },
  linear: { Introduction: LinearIntroduction, Report: LinearReportView },
};

/** The view that draws the report of an evaluation. */
export const viewOf = (task: Evaluation['task']) => VIEWS[task] as TaskView<unknown>;
