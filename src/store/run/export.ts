// Curves and scores as files: every logged value at full precision, empty (CSV) or null (JSON) where a metric
// was not measured. Only metric names, settings, finding names and scores go in, never file names or patients;
// the match report is the one that names files, and says so.

import Papa from 'papaparse';
import { MATCH_PROBLEMS, type MatchExample } from '../../protocol/labels.ts';
import { METRIC_NAMES } from '../../protocol/metrics.ts';
import { ENCODER_NAMES, type FindingScore, type Interval, type ProbeReport } from '../../protocol/probe.ts';
import type { Series } from '../curves/series.ts';
import type { Run } from './runs.ts';

const cell = (value: number | null) => (value === null || Number.isNaN(value) ? '' : String(value));
const numbers = (values: Iterable<number>) =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

/** One line per step: step, active_seconds, then every metric of the table. */
export function seriesCsv(series: Series): string {
  const columns = METRIC_NAMES.map((name) => series.column(name));
  const rows = Array.from({ length: series.length }, (_, i) => [
    cell(series.steps.at(i)),
    cell(series.activeSeconds.at(i)),
    ...columns.map((column) => cell(column.at(i))),
  ]);
  return Papa.unparse({ fields: ['step', 'active_seconds', ...METRIC_NAMES], data: rows }, { newline: '\n' });
}

function seriesRecord(series: Series) {
  return {
    steps: numbers(series.steps.toArray()),
    activeSeconds: numbers(series.activeSeconds.toArray()),
    metrics: Object.fromEntries(METRIC_NAMES.map((name) => [name, numbers(series.column(name).toArray())])),
    markers: series.markers,
  };
}

/** Runs with configuration, curves and scores. */
export function runsJson(runs: readonly Run[]): string {
  const records = runs.map(({ name, preset, config, start, startedAt, series, probes }) => ({
    name,
    preset,
    startedAt: new Date(startedAt).toISOString(),
    config,
    start,
    ...seriesRecord(series),
    probes,
  }));
  return JSON.stringify({ runs: records }, null, 1);
}

const intervalCells = ({ value, low, high }: Interval) => [cell(value), cell(low), cell(high)];

/** One line per finding and a last one for the mean; left-out findings follow with their reason. */
export function probeCsv(report: ProbeReport): string {
  const fields = [
    'finding',
    'positives',
    'negatives',
    ...ENCODER_NAMES.flatMap((name) => [
      `auroc_${name}`,
      `auroc_${name}_low`,
      `auroc_${name}_high`,
      `average_precision_${name}`,
    ]),
    'left_out_because',
  ];
  const line = (score: FindingScore) => [
    score.finding,
    String(score.positives),
    String(score.negatives),
    ...ENCODER_NAMES.flatMap((name) => [
      ...intervalCells(score.auroc[name]),
      cell(score.averagePrecision[name]),
    ]),
    '',
  ];
  const mean = [
    'mean',
    '',
    '',
    ...ENCODER_NAMES.flatMap((name) => [...intervalCells(report.mean[name]), '']),
    '',
  ];
  const blanks = Array<string>(fields.length - 2).fill('');
  const leftOut = report.leftOut.map(({ finding, reason }) => [finding, ...blanks, reason]);
  return Papa.unparse({ fields, data: [...report.findings.map(line), mean, ...leftOut] }, { newline: '\n' });
}

export const probeJson = (report: ProbeReport): string => JSON.stringify(report, null, 1);

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
