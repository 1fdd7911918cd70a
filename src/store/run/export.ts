// Curves and scores as files: every logged value at full precision, empty (CSV) or null (JSON) where a metric
// was not measured. Only metric names, settings, finding names and scores go in, never file names or patients;
// the match report is the one that names files, and says so.

import Papa from 'papaparse';
import { inForce } from '../../config/schema.ts';
import { MATCH_PROBLEMS, type MatchExample } from '../../protocol/labels.ts';
import { type Evaluation, taskOf } from '../../tasks/records.ts';
import { scalarsRecord, settingsRecord, versionRecord } from '../../util/eventFile.ts';
import { joinBytes } from '../../util/protobuf.ts';
import type { Series } from '../curves/series.ts';
import type { Run } from './runs.ts';

const cell = (value: number | null) => (value === null || Number.isNaN(value) ? '' : String(value));
const numbers = (values: Iterable<number>) =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

/** One line per step: step, active_seconds, then every metric of the table. */
export function seriesCsv(series: Series): string {
  const columns = series.metrics.map((name) => series.column(name));
  const rows = Array.from({ length: series.length }, (_, i) => [
    cell(series.steps.at(i)),
    cell(series.activeSeconds.at(i)),
    ...columns.map((column) => cell(column.at(i))),
  ]);
  return Papa.unparse(
    { fields: ['step', 'active_seconds', ...series.metrics], data: rows },
    { newline: '\n' },
  );
}

/** A TensorBoard event file of the curves, with the settings for its HParams view. Wall time is that of training, halts left out. */
export function seriesEvents(
  series: Series,
  { config, startedAt }: Pick<Run, 'config' | 'startedAt'>,
): Uint8Array<ArrayBuffer> {
  const began = startedAt / 1000;
  const columns = series.metrics.map((name) => [name, series.column(name)] as const);
  const steps = Array.from({ length: series.length }, (_, i) =>
    scalarsRecord(
      began + series.activeSeconds.at(i),
      series.steps.at(i),
      columns.map(([name, column]) => [name, column.at(i)] as const),
    ),
  );
  return joinBytes([versionRecord(began), settingsRecord(began, inForce(config), ['loss/total']), ...steps]);
}

function seriesRecord(series: Series) {
  return {
    steps: numbers(series.steps.toArray()),
    activeSeconds: numbers(series.activeSeconds.toArray()),
    metrics: Object.fromEntries(series.metrics.map((name) => [name, numbers(series.column(name).toArray())])),
    markers: series.markers,
  };
}

/** Runs with configuration, curves and scores. */
export function runsJson(runs: readonly Run[]): string {
  const records = runs.map(({ name, preset, config, start, startedAt, series, evaluations }) => ({
    name,
    preset,
    startedAt: new Date(startedAt).toISOString(),
    config,
    start,
    ...seriesRecord(series),
    evaluations,
  }));
  return JSON.stringify({ runs: records }, null, 1);
}

/** Its scores at full precision. */
export function evaluationCsv(evaluation: Evaluation): string {
  const { fields, rows } = taskOf(evaluation).table(evaluation.report);
  const data = rows.map((row) => row.map((value) => (typeof value === 'string' ? value : cell(value))));
  return Papa.unparse({ fields: [...fields], data }, { newline: '\n' });
}

export const evaluationJson = (evaluation: Evaluation): string => JSON.stringify(evaluation, null, 1);

/** Rows and films that did not fit, one line each. It holds names, so it is made only when asked for. */
export function problemsCsv(problems: readonly MatchExample[]): string {
  const data = problems.map(({ problem, file, row, name }) => [
    MATCH_PROBLEMS[problem].one,
    file,
    row || '',
    name,
  ]);
  return Papa.unparse(
    { fields: ['problem', 'label_file', 'row', 'name'], data },
    { newline: '\n', escapeFormulae: true },
  );
}
