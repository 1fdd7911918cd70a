// The files that a study leaves beside its page: everything as JSON, the table as CSV and as LaTeX. Numbers are at full
// precision in the first two and at three decimals in the last.

import { inForce } from '../../config/schema.ts';
import { METHODS } from '../../methods/records.ts';
import { STUDY_TASKS, type StudyTask } from '../../protocol/study.ts';
import { findingTables } from '../findings.ts';
import { columnsOf, columnWords, differences, sweepSeedsOf } from '../spec.ts';
import type { StudyState } from '../state.ts';
import { chosenFor, sweepRows } from '../sweep.ts';
import { type Cell, studyTable } from '../table.ts';
import { verdict } from '../verdict.ts';
import { leftOut, warningsOf } from '../warnings.ts';
import { costOf } from './html.ts';

/** Text with its quotes doubled where a separator, a quote or a line break stands in it. */
const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const fieldsOf = (field: string) => [
  'row',
  'task',
  'label_share',
  'seeds',
  field,
  `${field}_low`,
  `${field}_high`,
  'sd_seeds',
  'sd_label_draws',
  'difference',
  'difference_low',
  'difference_high',
  'difference_p_holm',
];

/** As the scores of all tasks are called, where they are of one kind. */
const fieldOf = (tasks: readonly StudyTask[]): string => {
  const fields = new Set(tasks.map((task) => STUDY_TASKS[task].field));
  return fields.size === 1 ? [...fields][0]! : 'score';
};

const csvRow = (label: string, { task, share, seeds, score, spread, difference }: Cell) => [
  label,
  task,
  share,
  seeds,
  ...[score.value, score.low, score.high, spread.seeds, spread.draws],
  ...[difference?.value ?? null, difference?.low ?? null, difference?.high ?? null, difference?.p ?? null],
];

/** A line per row, task and share. */
export const studyCsv = (state: StudyState): string =>
  [
    fieldsOf(fieldOf(state.spec.tasks)),
    ...studyTable(state).flatMap(({ label, cells }) => cells.map((one) => csvRow(label, one))),
  ]
    .map((line) => `${line.map(cell).join(',')}\r\n`)
    .join('');

const escapeTex = (text: string) => text.replace(/[&%$#_{}]/g, (sign) => `\\${sign}`);

function texCell({ score, spread }: Cell): string {
  if (score.value === null) return '--';
  const spreadText = spread.seeds === null ? '' : ` $\\pm$ ${spread.seeds.toFixed(3)}`;
  const interval =
    score.low === null || score.high === null ? '' : ` (${score.low.toFixed(3)}--${score.high.toFixed(3)})`;
  return `${score.value.toFixed(3)}${spreadText}${interval}`;
}

/** A tabular of booktabs, its caption saying what stands in a cell. */
export function studyTex(state: StudyState): string {
  const { spec, data } = state;
  const columns = columnsOf(spec);
  const by = spec.tasks.map((task) => `${STUDY_TASKS[task].measure} by ${STUDY_TASKS[task].by}`).join('; ');
  const rows = studyTable(state).map(
    ({ label, cells }) => `${escapeTex(label)} & ${cells.map(texCell).join(' & ')} \\\\`,
  );
  const films = data ? `${data.films.test} test films of ${data.patients.test} patients` : 'the test films';
  return [
    '% Needs the package booktabs.',
    '\\begin{table}',
    `\\caption{Mean ${by}, ${films}: mean over label draws and ${spec.seeds.length} seed(s) $\\pm$ standard deviation over seeds (95\\,\\% interval over patients).}`,
    `\\begin{tabular}{l${'l'.repeat(columns.length)}}`,
    '\\toprule',
    `Labels & ${columns.map((column) => escapeTex(columnWords(spec, column))).join(' & ')} \\\\`,
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

/** Everything but the scores of resamples and the placements of films, which stay with the runs. */
export function studyJson(state: StudyState): string {
  const { spec, data, adapter, trained, tried, failed, scored, startedAt } = state;
  const rows = studyTable(state);
  const field = fieldOf(spec.tasks);
  const scores = Object.fromEntries(
    Object.entries(scored).map(([id, { shares, seconds }]) => [
      id,
      {
        seconds,
        shares: shares.map(({ share, labelledFilms, findings }) => ({
          share,
          labelledFilms,
          findings: findings.map(({ finding, aurocs: draws }) => ({ finding, [field]: draws })),
        })),
      },
    ]),
  );
  return `${JSON.stringify(
    {
      verdict: verdict(state, rows),
      warnings: warningsOf(state),
      leftOut: leftOut(state),
      startedAt: new Date(startedAt).toISOString(),
      adapter,
      data,
      study: {
        methods: spec.methods.map(({ name, settings }) => ({ name, label: METHODS[name].label, settings })),
        reference: spec.reference,
        tasks: spec.tasks.map((name) => ({ name, measure: STUDY_TASKS[name].measure })),
        seeds: spec.seeds,
        shares: spec.shares,
        findings: spec.findings,
        sweep: spec.sweep,
        sweepSeeds: sweepSeedsOf(spec),
        films: spec.films,
        settings: inForce(spec.base),
      },
      chosen: Object.fromEntries(
        spec.methods.map((method) => [
          method.name,
          { settings: chosenFor(state, method), tried: sweepRows(state, method) },
        ]),
      ),
      differences: differences(spec, (name) => {
        const method = spec.methods.find((one) => one.name === name)!;
        return chosenFor(state, method) ?? {};
      }),
      table: rows,
      findings: findingTables(state),
      cost: costOf(state),
      runs: { trained, tried, failed, scored: scores },
    },
    null,
    2,
  )}\n`;
}
