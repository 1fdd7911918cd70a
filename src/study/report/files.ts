// The files that a study leaves beside its page: everything as JSON, the table as CSV and as LaTeX. Numbers are at full
// precision in the first two and at three decimals in the last.

import { type ConfigKey, inForce } from '../../config/schema.ts';
import { METHODS } from '../../methods/records.ts';
import { STUDY_TASKS, type StudyTask } from '../../protocol/study.ts';
import { findingTables } from '../findings.ts';
import { columnsOf, columnWords, differences, sweepSeedsOf } from '../spec.ts';
import type { StudyState } from '../state.ts';
import { chosenFor, sweepRows, sweptScore, sweptText } from '../sweep.ts';
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

/** Every setting that a method was tried with. */
const triedRows = (state: StudyState) =>
  state.spec.methods.flatMap((method) => {
    const chosen = sweptText(chosenFor(state, method) ?? {}, '');
    return sweepRows(state, method).map((row) => ({
      label: METHODS[method.name].label,
      ...row,
      chosen: row.auroc !== null && sweptText(row.swept, '') === chosen,
    }));
  });

/** Of a study on validation films, which has nothing else to tell. */
function triedLines(state: StudyState) {
  const keys = state.spec.sweep.map(({ key }) => key as ConfigKey);
  const seeds = sweepSeedsOf(state.spec).length;
  return [
    ['method', ...keys, 'seeds', 'validation_auroc', 'sd_seeds', 'chosen'],
    ...triedRows(state).map(({ label, swept, auroc, spread, chosen }) => [
      label,
      ...keys.map((key) => swept[key] ?? null),
      ...[seeds, auroc, spread, chosen ? 1 : 0],
    ]),
  ];
}

/** A line per row, task and share; on validation films one per method and setting. */
export function studyCsv(state: StudyState): string {
  const lines =
    state.spec.films === 'validation'
      ? triedLines(state)
      : [
          fieldsOf(fieldOf(state.spec.tasks)),
          ...studyTable(state).flatMap(({ label, cells }) => cells.map((one) => csvRow(label, one))),
        ];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

const escapeTex = (text: string) => text.replace(/[&%$#_{}]/g, (sign) => `\\${sign}`);

function texCell({ score, spread }: Cell): string {
  if (score.value === null) return '--';
  const spreadText = spread.seeds === null ? '' : ` $\\pm$ ${spread.seeds.toFixed(3)}`;
  const interval =
    score.low === null || score.high === null ? '' : ` (${score.low.toFixed(3)}--${score.high.toFixed(3)})`;
  return `${score.value.toFixed(3)}${spreadText}${interval}`;
}

/** A tabular of booktabs. */
function texTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  return [
    '% Needs the package booktabs.',
    '\\begin{table}',
    `\\caption{${caption}}`,
    `\\begin{tabular}{${'l'.repeat(head.length)}}`,
    '\\toprule',
    line(head),
    '\\midrule',
    ...rows.map(line),
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

function triedTex(state: StudyState): string {
  const seeds = sweepSeedsOf(state.spec).length;
  const rows = triedRows(state).map(({ chosen, ...row }) => {
    const score = sweptScore(row).replace(' ± ', ' $\\pm$ ');
    return [escapeTex(row.label), escapeTex(sweptText(row.swept)), chosen ? `\\textbf{${score}}` : score];
  });
  const caption = `AUROC on validation films by a linear layer on frozen features: mean over ${seeds} seed(s) $\\pm$ standard deviation. No test film was scored.`;
  return texTable(caption, ['Method', 'Settings', 'AUROC'], rows);
}

/** The table with what stands in a cell as its caption; on validation films what was tried. */
export function studyTex(state: StudyState): string {
  const { spec, data } = state;
  if (spec.films === 'validation') return triedTex(state);
  const columns = columnsOf(spec).map((column) => escapeTex(columnWords(spec, column)));
  const by = spec.tasks.map((task) => `${STUDY_TASKS[task].measure} by ${STUDY_TASKS[task].by}`).join('; ');
  const films = data ? `${data.films.test} test films of ${data.patients.test} patients` : 'the test films';
  return texTable(
    `Mean ${by}, ${films}: mean over label draws and ${spec.seeds.length} seed(s) $\\pm$ standard deviation over seeds (95\\,\\% interval over patients).`,
    ['Labels', ...columns],
    studyTable(state).map(({ label, cells }) => [escapeTex(label), ...cells.map(texCell)]),
  );
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
