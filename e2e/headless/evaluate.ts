// `evaluate`: scores a checkpoint by one of the tasks of tasks/records.ts; `probe` is its linear evaluation under the name
// that scripts know. The last line printed is the result as JSON.

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { presetConfig, quirkSwitches } from '../../src/config/presets.ts';
import { type Config, defaultConfig, isConfigKey, SCHEMA } from '../../src/config/schema.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import type { ResultValue } from '../../src/tasks/record.ts';
import { type Evaluation, TASK_NAMES, type TaskName, taskOf } from '../../src/tasks/records.ts';
import { againWhereLost } from './again.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  presetName,
  readOptions,
  required,
  settings,
  UsageError,
  weightsFile,
} from './arguments.ts';
import { type Session, withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import { KeptEvaluation } from './keptEvaluation.ts';
import { machineReport } from './kernels.ts';
import { dataReport, makeFolder, readSeen, writeReport } from './outputs.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  init: { type: 'string' },
  preset: { type: 'string' },
  findings: { type: 'string', default: '' },
  share: { type: 'string', default: '1' },
  task: { type: 'string' },
  names: { type: 'boolean', default: false },
} as const;

function readTask(name: string): TaskName {
  const task = TASK_NAMES.find((known) => known === name);
  if (!task) throw new UsageError(`there is no task called ${name}, but ${TASK_NAMES.join(', ')}.`);
  return task;
}

/** @param fixed the task, where the command leaves no choice */
function readArguments(argv: readonly string[], fixed?: TaskName) {
  const values = readOptions(argv, OPTIONS);
  if (fixed && values.task)
    throw new UsageError(`this command is the ${fixed} evaluation; --task belongs to evaluate.`);
  const task = fixed ?? readTask(required(values.task, 'task'));
  const given: Record<string, string> = { labelShare: values.share, ...settings(values.set) };
  return {
    task,
    given,
    encoder: readEncoder(values, given),
    findings: values.findings.split(',').filter(Boolean),
    data: dataArguments(values),
    out: required(values.out, 'out'),
    names: values.names,
  };
}

/** The encoder to evaluate: a checkpoint, or an encoder from a file as a run would begin with it. */
type Encoder =
  | { readonly kind: 'checkpoint'; readonly file: string }
  | { readonly kind: 'init'; readonly file: string; readonly config: Config };

interface EncoderValues {
  readonly checkpoint?: string | undefined;
  readonly init?: string | undefined;
  readonly preset?: string | undefined;
}

function readEncoder(
  { checkpoint, init, preset }: EncoderValues,
  given: Readonly<Record<string, string>>,
): Encoder {
  if (init !== undefined) {
    if (checkpoint !== undefined) throw new UsageError('--checkpoint and --init are two encoders; give one.');
    const config = configure(presetConfig(presetName(preset ?? 'demo')), given);
    return { kind: 'init', file: weightsFile(init, 'init'), config };
  }
  if (preset !== undefined) throw new UsageError('--preset is for --init; a checkpoint has its settings.');
  const trained = Object.keys(given).find((key) => isConfigKey(key) && SCHEMA[key].when !== 'evaluation');
  if (trained) throw new UsageError(`${trained} belongs to the checkpoint; the evaluation cannot change it.`);
  configure(defaultConfig(), given);
  return { kind: 'checkpoint', file: weightsFile(required(checkpoint, 'checkpoint'), 'checkpoint') };
}

/** Hands the encoder to the engine. */
async function takeUp(session: Session, encoder: Encoder): Promise<{ config: Config; start: string }> {
  if (encoder.kind === 'checkpoint') {
    await session.give('checkpoint', [encoder.file]);
    const { config, status } = await session.call('importCheckpoint');
    return { config, start: status.start };
  }
  await session.give('weights', [encoder.file]);
  const { start } = await session.call('prepare', encoder.config);
  return { config: encoder.config, start };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'compile') progress.update('Compiling', `${event.done} of ${event.total}`);
    if (event.type === 'notice' && event.notice.kind === 'recovered') {
      progress.end();
      console.log(event.notice.text);
    }
    if (event.type === 'evaluation-progress') progress.update(event.stage, `${event.done} of ${event.total}`);
  };
}

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

/** The line for scripts, as JSON with a space after colons and commas. */
function resultLine(value: ResultValue): string {
  if (typeof value === 'number') return String(rounded(value));
  if (value === null || typeof value === 'string') return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${resultLine(one)}`);
  return `{${entries.join(', ')}}`;
}

type Asked = ReturnType<typeof readArguments>;

/** Loads films and encoder, evaluates, and writes the report. `entry` is the report's part that a command adds. */
async function evaluate(
  command: string,
  asked: Asked,
  entry: (evaluation: Evaluation) => object,
): Promise<void> {
  const folder = await makeFolder(asked.out);
  const kept = new KeptEvaluation(folder);
  const evaluation = await againWhereLost(
    () => inBrowser(command, asked, folder, kept, entry),
    () => kept.writes,
  );
  const { print, verdict, result } = taskOf(evaluation);
  const { report } = evaluation;
  console.log(`${print(report)}\n${verdict(report)}\nReport in ${path.relative('.', folder)}`);
  console.log(resultLine(result(report)));
}

async function inBrowser(
  command: string,
  { task, given, encoder, findings, data, names }: Asked,
  folder: string,
  kept: KeptEvaluation,
  entry: (evaluation: Evaluation) => object,
): Promise<Evaluation> {
  const trained = encoder.kind === 'checkpoint' ? readCheckpoint(await readFile(encoder.file)) : null;
  const pretrainedOn = trained ? await readSeen(encoder.file) : undefined;
  const started = performance.now();
  const progress = new Progress();
  const show = listener(progress);
  const hear = (event: RunnerEvent) => {
    show(event);
    kept.hear(event);
  };
  try {
    return await withSession(hear, async (session) => {
      const base = encoder.kind === 'init' ? encoder.config : trained!.config;
      const summary = await loadFilms(session, data, { ...base, syntheticSeed: data.syntheticSeed ?? 1 });
      progress.end();
      console.log(describeFilms(summary));
      const { config: own, start } = await takeUp(session, encoder);
      const config: Config = configure(own, given);
      await kept.begin(session);
      const result = await session.call('evaluate', { task, findings, config, pretrainedOn });
      progress.end();
      const predictions = await session.call('predictionsCsv', names);
      if (predictions) await writeFile(path.join(folder, 'predictions.csv'), predictions);
      await writeReport(folder, {
        command,
        seed: config.seed,
        config,
        quirks: quirkSwitches(config),
        start,
        ...machineReport(session.device),
        data: dataReport(summary),
        /** Whether these are the films that the encoder was trained on. */
        sameFilms: trained?.fingerprint === summary.fingerprint,
        ...entry(result),
        seconds: { evaluation: result.report.seconds, whole: (performance.now() - started) / 1000 },
      });
      await kept.end();
      return result;
    });
  } finally {
    progress.end();
  }
}

const ASKED =
  '--checkpoint FILE|--init WEIGHTS [--preset NAME] --data DIR|synthetic[:SEED] [--labels FILE] [--findings a,b] [--share 0.01] ' +
  '[--where column=value] [--limit N] [--set key=value …] [--names] --out DIR';

export const evaluation: Command = {
  usage: `evaluate --task ${TASK_NAMES.join('|')} ${ASKED}`,
  summary:
    'Evaluates a checkpoint by one of the tasks; writes report.json and predictions.csv and prints the scores as JSON.',
  run: (argv) => evaluate('evaluate', readArguments(argv), (found) => ({ evaluation: found })),
};

export const probe: Command = {
  usage: `probe ${ASKED}`,
  summary:
    'Linear evaluation of a checkpoint; writes report.json and predictions.csv and prints the mean AUROCs as JSON.',
  run: (argv) => evaluate('probe', readArguments(argv, 'linear'), ({ report }) => ({ probe: report })),
};
