// `probe`: scores a checkpoint by linear evaluation beside a random encoder and raw pixels. The last line
// printed is the result as JSON, for scripts.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { quirkSwitches } from '../../src/config/quirks.ts';
import { type Config, defaultConfig, isConfigKey, SCHEMA } from '../../src/config/schema.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import { ENCODER_NAMES, ENCODERS, type ProbeReport } from '../../src/protocol/probe.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  existingFile,
  readOptions,
  required,
  settings,
  UsageError,
} from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import { machineReport } from './kernels.ts';
import { dataReport, makeFolder, writeReport } from './outputs.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  findings: { type: 'string', default: '' },
  share: { type: 'string', default: '1' },
} as const;

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const given: Record<string, string> = { labelShare: values.share, ...settings(values.set) };
  const fixed = Object.keys(given).find((key) => isConfigKey(key) && SCHEMA[key].when !== 'probe');
  if (fixed) throw new UsageError(`${fixed} belongs to the checkpoint; the evaluation cannot change it.`);
  configure(defaultConfig(), given);
  return {
    given,
    checkpoint: existingFile(required(values.checkpoint, 'checkpoint'), 'checkpoint'),
    findings: values.findings.split(',').filter(Boolean),
    data: dataArguments(values),
    out: required(values.out, 'out'),
  };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'compile') progress.update('Compiling', `${event.done} of ${event.total}`);
    if (event.type === 'probe-progress') progress.update(event.stage, `${event.done} of ${event.total}`);
  };
}

const round = (value: number | null) => (value === null ? null : Math.round(value * 1e6) / 1e6);
const shown = (value: number | null) => (value === null ? '     –' : value.toFixed(4));

/** A row per finding, then the mean, one column per encoder. */
function table({ findings, mean, leftOut }: ProbeReport): string {
  const width = Math.max(8, ...findings.map(({ finding }) => finding.length)) + 2;
  const row = (name: string, cells: string[]) =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(22)).join('');
  const interval = ({ value, low, high }: ProbeReport['mean']['pixels']) =>
    low === null || high === null ? shown(value) : `${shown(value)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  const cells = (of: ProbeReport['mean']) => ENCODER_NAMES.map((name) => interval(of[name]));
  return [
    row('AUROC', Object.values(ENCODERS)),
    ...findings.map(({ finding, auroc }) => row(finding, cells(auroc))),
    row('mean', cells(mean)),
    ...leftOut.map(({ finding, reason }) => `${finding} left out: ${reason}`),
  ].join('\n');
}

/** The line for scripts: mean AUROC over findings and label draws, of each encoder. */
function resultLine({ share, mean }: ProbeReport): string {
  const cells = ENCODER_NAMES.map((name) => `"${name}": ${round(mean[name].value)}`);
  return `{"share": ${share}, "auroc": {${cells.join(', ')}}}`;
}

export const probe: Command = {
  usage:
    'probe --checkpoint FILE --data DIR|synthetic [--labels FILE] [--findings a,b] [--share 0.01] ' +
    '[--where column=value] [--limit N] [--set key=value …] --out DIR',
  summary: 'Linear evaluation of a checkpoint; writes report.json and prints the mean AUROCs as JSON.',
  async run(argv) {
    const { given, checkpoint, findings, data, out } = readArguments(argv);
    const trained = readCheckpoint(await readFile(checkpoint));
    const folder = await makeFolder(out);
    const started = performance.now();
    const progress = new Progress();
    try {
      const report = await withSession(listener(progress), async (session) => {
        const summary = await loadFilms(session, data, trained.config.planeSize);
        progress.end();
        console.log(describeFilms(summary));
        await session.page.locator('#checkpoint').setInputFiles(checkpoint);
        const restored = await session.call('importCheckpoint');
        const config: Config = configure(restored.config, given);
        const result = await session.call('probe', { findings, config });
        progress.end();
        await writeReport(folder, {
          command: 'probe',
          seed: config.seed,
          config,
          quirks: quirkSwitches(config),
          start: trained.start,
          ...machineReport(session.device),
          data: dataReport(summary),
          /** Whether these are the films that the encoder was trained on. */
          sameFilms: trained.fingerprint === summary.fingerprint,
          probe: result,
          seconds: { evaluation: result.seconds, whole: (performance.now() - started) / 1000 },
        });
        return result;
      });
      console.log(`${table(report)}\nReport in ${path.relative('.', folder)}`);
      console.log(resultLine(report));
    } finally {
      progress.end();
    }
  },
};
