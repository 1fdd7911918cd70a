// The report of a study as one page that needs nothing beside it: no script, no font, no address. What may be said stands on
// top, then the table, the plot, the differences, the findings, what each method cost (the settings tried for it included), and
// everything that a reader needs to repeat it.

import { inForce, SCHEMA } from '../../config/schema.ts';
import { METHODS, type MethodName } from '../../methods/records.ts';
import { STUDY_TASKS, type StudyTask } from '../../protocol/study.ts';
import { gainText, intervalText, percent, scoreText } from '../../tasks/compared/record.ts';
import { formatBytes, formatDuration } from '../../util/format.ts';
import { findingTables } from '../findings.ts';
import { runId } from '../names.ts';
import { isComplete } from '../queue.ts';
import { columnsOf, columnWords, differences, measuresOf, sweepOf, sweepSeedsOf } from '../spec.ts';
import type { StudyState } from '../state.ts';
import { chosenFor, sweepRows, sweptScore, sweptText } from '../sweep.ts';
import { type Cell, type Difference, ofTask, type StudyRow, studyTable } from '../table.ts';
import { verdict } from '../verdict.ts';
import { leftOut, warningsOf } from '../warnings.ts';
import { escaped, STYLE, section, svgPlot, table } from './plot.ts';

interface MethodCost {
  readonly method: MethodName;
  readonly label: string;
  /** Of the runs that stand in the table, each. */
  readonly secondsPerRun: number | null;
  readonly secondsPerStep: number | null;
  /** The most in use, bytes. */
  readonly memory: number | null;
  /** Of everything that was trained for it. */
  readonly secondsInAll: number;
  readonly runs: number;
}

export function costOf(state: StudyState): readonly MethodCost[] {
  const { spec, trained } = state;
  return spec.methods.map((method) => {
    const swept = chosenFor(state, method);
    const shown = spec.seeds.flatMap((seed) => {
      const run = swept && trained[runId(method.name, seed, swept)];
      return run ? [run] : [];
    });
    const ids = spec.seeds.flatMap((seed) =>
      sweepOf(spec, method).map((one) => runId(method.name, seed, one)),
    );
    const all = ids.flatMap((id) => (trained[id] ? [trained[id]] : []));
    const sum = (runs: typeof all) => runs.reduce((total, { seconds }) => total + seconds, 0);
    const steps = shown.reduce((total, run) => total + run.steps, 0);
    const memory = shown.flatMap((run) => (run.memory === null ? [] : [run.memory]));
    return {
      method: method.name,
      label: METHODS[method.name].label,
      secondsPerRun: shown.length > 0 ? sum(shown) / shown.length : null,
      secondsPerStep: steps > 0 ? sum(shown) / steps : null,
      memory: memory.length > 0 ? Math.max(...memory) : null,
      secondsInAll: sum(all),
      runs: all.length,
    };
  });
}

const pText = (p: number | null) => (p === null ? '–' : p < 0.001 ? '&lt; 0.001' : p.toFixed(3));

function scoreCell({ score, spread }: Cell): string {
  if (score.value === null) return '–';
  const seeds = spread.seeds === null ? '' : ` ± ${spread.seeds.toFixed(3)}`;
  return `${scoreText(score.value)}${seeds}<small>${intervalText(score)}</small>`;
}

function differenceCell(difference: Difference | null): string {
  if (!difference || difference.value === null) return '–';
  const { low, high, p, sameSign, seeds } = difference;
  const interval = low === null || high === null ? '' : `${gainText(low)} to ${gainText(high)}`;
  const agree = seeds < 2 ? '' : sameSign ? ', every seed agrees' : ', seeds disagree';
  return `${gainText(difference.value)}<small>${interval}</small><small>p ${pText(p)}${agree}</small>`;
}

const heads = ({ spec }: StudyState) => columnsOf(spec).map((column) => escaped(columnWords(spec, column)));

function scores(state: StudyState, rows: readonly StudyRow[]): string {
  const lines = rows.map(({ label, cells }) => [escaped(label), ...cells.map(scoreCell)]);
  const { seeds, tasks } = state.spec;
  const chance = tasks.every((task) => STUDY_TASKS[task].ranks) ? ' Chance is 0.5.' : '';
  return section(
    `Mean ${measuresOf(state.spec)}`,
    `${table(['Labels', ...heads(state)], lines)}
<p>Mean over findings, label draws and ${seeds.length} seed(s) ± standard deviation over seeds; below it the 95 % interval over patients, the encoders as they are.${chance}</p>
${plots(state, rows)}`,
  );
}

/** One for each task. */
const plots = ({ spec: { tasks } }: StudyState, rows: readonly StudyRow[]): string =>
  tasks
    .map((task) => {
      const title = tasks.length > 1 ? `<h3>${escaped(STUDY_TASKS[task].label)}</h3>` : '';
      return title + svgPlot(ofTask(rows, task), STUDY_TASKS[task].measure);
    })
    .join('');

function againstReference(state: StudyState, rows: readonly StudyRow[]): string {
  const others = rows.filter(({ id }) => id !== state.spec.reference);
  const lines = others.map(({ label, cells }) => [
    escaped(label),
    ...cells.map(({ difference }) => differenceCell(difference)),
  ]);
  const reference = METHODS[state.spec.reference].label;
  return section(
    `Difference to ${escaped(reference)}`,
    `${table(['Labels', ...heads(state)], lines)}
<p>Paired by bootstrap over test patients: 95 % interval, p corrected after Holm over this table. A method is called above or below only where p is under 0.05 and every seed agrees.</p>`,
  );
}

const byTask = ({ spec }: StudyState, task: StudyTask) =>
  spec.tasks.length > 1 ? `, by ${escaped(STUDY_TASKS[task].by)}` : '';

function findings(state: StudyState): string {
  const ranking = findingTables(state).filter(({ task }) => STUDY_TASKS[task].ranks);
  if (ranking.length === 0) return '';
  const parts = ranking.map(({ task, share, labels, findings: rows }) => {
    const lines = rows.map(({ finding, positives, negatives, cells }) => [
      `${escaped(finding)}<small>${positives} with, ${negatives} without</small>`,
      ...cells.map(({ score, difference, holm }) =>
        difference === null
          ? scoreText(score)
          : `${scoreText(score)}<small>${gainText(difference)}, p ${pText(holm)}</small>`,
      ),
    ]);
    return `<h3>${percent(share)} of the labels${byTask(state, task)}</h3>${table(['Finding', ...labels.map(escaped)], lines)}`;
  });
  return section(
    'Single findings',
    `${parts.join('')}<p>AUROC, mean over label draws and seeds; difference to ${escaped(METHODS[state.spec.reference].label)} by DeLong's test, p corrected after Holm over the findings of a column.</p>`,
  );
}

function cost(state: StudyState): string {
  const lines = costOf(state).map((one) => [
    escaped(one.label),
    one.secondsPerRun === null ? '–' : formatDuration(one.secondsPerRun),
    one.secondsPerStep === null ? '–' : `${(1000 * one.secondsPerStep).toFixed(0)} ms`,
    one.memory === null ? '–' : formatBytes(one.memory),
    `${formatDuration(one.secondsInAll)} in ${one.runs} run(s)`,
  ]);
  return section('Cost', table(['Method', 'A run', 'A step', 'GPU memory', 'In all'], lines));
}

function choices(state: StudyState): string {
  const lines = state.spec.methods.flatMap((method) => {
    const chosen = chosenFor(state, method);
    return sweepRows(state, method).map((row) => [
      METHODS[method.name].label,
      escaped(sweptText(row.swept)),
      sweptScore(row),
      chosen && sweptText(chosen) === sweptText(row.swept) ? 'taken' : '',
    ]);
  });
  const { spec } = state;
  const seeds = sweepSeedsOf(spec);
  const at =
    seeds.length > 1 ? `${seeds.length} seeds, whose mean and deviation stand there,` : `seed ${seeds[0]}`;
  return section(
    'Settings chosen',
    spec.sweep.length > 0 || spec.films === 'validation'
      ? `${table(['Method', 'Setting', 'AUROC on validation films', ''], lines)}<p>Chosen at ${at} on validation films alone, with all training labels; no test film was scored for it.</p>`
      : '<p>Nothing was swept: every method has the settings that were given.</p>',
  );
}

function differing(state: StudyState): string {
  const rows = differences(state.spec, (name) => {
    const method = state.spec.methods.find((one) => one.name === name)!;
    return chosenFor(state, method) ?? {};
  });
  const lines = rows.map(({ method, settings }) => [
    METHODS[method].label,
    settings
      .map(({ key, value, own }) => `${key} ${escaped(String(value))}${own ? ' (its own)' : ''}`)
      .join(', ') || 'nothing',
  ]);
  return section(
    'What differs between the methods',
    `${table(['Method', 'Settings'], lines)}<p>All else is the same at a seed: films, parts, order, views, start of the encoder, steps, label draws. Encoders are scored by ${state.spec.tasks.map((task) => STUDY_TASKS[task].by).join('; and by ')}.</p>`,
  );
}

function common(state: StudyState): string {
  const { spec, adapter, data, startedAt } = state;
  const settings = Object.entries(inForce(spec.base))
    .filter(([key]) => key !== 'method' && key !== 'seed')
    .map(([key, value]) => [key, escaped(SCHEMA[key as keyof typeof SCHEMA].label), escaped(String(value))]);
  const counts = (parts: Readonly<Record<string, number>>) =>
    Object.entries(parts)
      .map(([part, number]) => `${number} ${part}`)
      .join(', ');
  const facts = [
    ['Begun', new Date(startedAt).toISOString()],
    ['Adapter', escaped(adapter ?? 'not known')],
    ['Seeds', spec.seeds.join(', ')],
    ['Findings', spec.findings.length > 0 ? escaped(spec.findings.join(', ')) : 'all of the set'],
    ...(data
      ? [
          ['Films', counts(data.films)],
          ['Patients', counts(data.patients)],
          ['Parts', escaped(data.splitRule)],
          ['Fingerprint of the films', escaped(data.fingerprint)],
        ]
      : []),
  ];
  return section(
    'Films, seeds and settings',
    `${table(['', ''], facts)}<details><summary>All settings</summary>${table(['Key', 'Setting', 'Value'], settings)}</details>`,
  );
}

const listed = (title: string, lines: readonly string[]) =>
  lines.length === 0
    ? ''
    : section(title, `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`);

/** One self-contained page. */
export function studyHtml(state: StudyState): string {
  const rows = studyTable(state);
  const left = leftOut(state).map(({ what, why }) => `${what}: ${why}`);
  const title = `Study: ${state.spec.methods.map(({ name }) => METHODS[name].label).join(', ')}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style></head>
<body>
<h1>${escaped(title)}</h1>
<p class="verdict">${escaped(verdict(state, rows))}</p>
${isComplete(state) ? '' : '<p class="warning">Work in progress: figures will change.</p>'}
${listed('Read with care', warningsOf(state))}
${state.spec.films === 'validation' ? '' : [scores(state, rows), againstReference(state, rows), findings(state)].join('\n')}
${cost(state)}
${choices(state)}
${state.spec.films === 'validation' ? '' : differing(state)}
${listed('Left out', left)}
${common(state)}
</body>
</html>
`;
}
