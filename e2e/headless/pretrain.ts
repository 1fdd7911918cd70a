// `pretrain`: trains on a folder of films, or on the synthetic set, and leaves metrics, checkpoint and report.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { presetConfig, quirkSwitches } from '../../src/config/presets.ts';
import { type Config, inForce } from '../../src/config/schema.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import { commonValue, metricNames } from '../../src/protocol/metrics.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  presetName,
  readOptions,
  required,
  settings,
  syntheticSettings,
  weightsFile,
  wholeNumber,
} from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { EventLog } from './eventLog.ts';
import { describeFilms, loadFilms } from './films.ts';
import { KERNEL_OPTIONS, KERNEL_USAGE, kernelOptions, machineReport } from './kernels.ts';
import { dataReport, MetricsFile, makeFolder, writeReport, writeSeen } from './outputs.ts';
import { duration, Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  preset: { type: 'string', default: 'demo' },
  steps: { type: 'string' },
  seed: { type: 'string' },
  init: { type: 'string' },
  diagnose: { type: 'string' },
  ...KERNEL_OPTIONS,
} as const;

/** How often the run was looked at while it trained, and how long that held it up at most. */
interface Looks {
  count: number;
  seconds: number;
}

/** Turns the page's events into lines of metrics and of progress. */
function listener(
  metrics: MetricsFile,
  log: EventLog,
  progress: Progress,
  looks: Looks,
): (event: RunnerEvent) => void {
  let loss = '';
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'compile') progress.update('Compiling', `${event.done} of ${event.total}`);
    if (event.type === 'samples') {
      metrics.append(event.samples);
      log.append(event.samples);
      const last = event.samples.at(-1);
      if (last) loss = commonValue(last, 'loss/total')?.toFixed(4) ?? loss;
    }
    if (event.type === 'look') {
      looks.count++;
      looks.seconds += event.seconds;
    }
    if (event.type === 'status' && event.status.state === 'running') {
      const { step, totalSteps, etaSeconds } = event.status;
      const eta = etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`;
      progress.update('Training', `step ${step} of ${totalSteps}${loss && `, loss ${loss}`}${eta}`);
    }
  };
}

const looksInWords = ({ count, seconds }: Looks, trained: number): string =>
  `Looked ${count} times at what is learnt: ${seconds.toFixed(1)} s at most, ${((100 * seconds) / trained).toFixed(1)} % of the time; see diagnostics.npz`;

const waitsInWords = ({ steps, lastStep, seconds }: MetricsFile['waits']): string =>
  `${steps} step(s) waited for films, the last of them step ${lastStep}, ${seconds.toFixed(3)} s in all`;

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const preset = presetName(values.preset);
  const data = dataArguments(values);
  const given = {
    ...(values.steps === undefined ? {} : { maxSteps: wholeNumber(values.steps, 'steps', 1) }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.diagnose === undefined ? {} : { diagnoseEvery: wholeNumber(values.diagnose, 'diagnose', 0) }),
    ...settings(values.set),
    ...syntheticSettings(data),
  };
  const config: Config = configure(presetConfig(preset), given);
  return {
    preset,
    config,
    init: values.init === undefined ? null : weightsFile(values.init, 'init'),
    data,
    out: required(values.out, 'out'),
    kernels: kernelOptions(values),
  };
}

export const pretrain: Command = {
  usage:
    'pretrain --data DIR|synthetic[:SEED] [--labels FILE] [--where column=value] [--limit N] --preset NAME ' +
    `[--set key=value …] [--init WEIGHTS] [--diagnose STEPS] ${KERNEL_USAGE} --steps N --seed S --out DIR`,
  summary:
    'Trains and writes metrics.jsonl, a log for TensorBoard, checkpoint.safetensors, diagnostics.npz and report.json.',
  async run(argv) {
    const { preset, config, init, data, out, kernels } = readArguments(argv);
    const folder = await makeFolder(out);
    const started = performance.now();
    const metrics = new MetricsFile(folder, metricNames(config));
    const log = new EventLog(folder, config);
    const progress = new Progress();
    const looks: Looks = { count: 0, seconds: 0 };
    try {
      await withSession(
        listener(metrics, log, progress, looks),
        async (session) => {
          const summary = await loadFilms(session, data, config);
          progress.end();
          console.log(describeFilms(summary));
          if (init) await session.give('weights', [init]);
          const { start } = await session.call('prepare', config);
          if (init) console.log(`Begins with ${start}`);
          const before = performance.now();
          await session.call('train');
          progress.end();
          const trained = (performance.now() - before) / 1000;
          const checkpoint = path.join(folder, 'checkpoint.safetensors');
          await session.save(checkpoint, 'saveCheckpoint', undefined);
          log.weights(await readFile(checkpoint));
          await writeSeen(folder, await session.call('seenFilms'));
          const learnt = looks.count > 0 ? await session.call('learnt', config) : null;
          if (looks.count > 0) {
            await session.save(path.join(folder, 'diagnostics.npz'), 'saveDiagnostics', undefined);
          }
          await writeReport(folder, {
            command: 'pretrain',
            preset,
            seed: config.seed,
            config: inForce(config),
            quirks: quirkSwitches(config),
            start,
            ...machineReport(session.device),
            data: dataReport(summary),
            steps: metrics.lines,
            dataWaits: metrics.waits,
            looks: { ...looks, verdict: learnt },
            final: metrics.last,
            seconds: { training: trained, whole: (performance.now() - started) / 1000 },
          });
          console.log(
            `Trained ${metrics.lines} steps in ${duration(trained)}; see ${path.relative('.', folder)}`,
          );
          if (looks.count > 0) console.log(looksInWords(looks, trained));
          if (looks.count > 0)
            console.log(learnt?.sentence ?? 'The looks find nothing wrong with what is learnt.');
          if (metrics.waits.steps > 0) console.log(waitsInWords(metrics.waits));
        },
        { kernels },
      );
    } finally {
      progress.end();
      await metrics.close();
      await log.close();
    }
  },
};
