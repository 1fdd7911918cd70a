// `bundle`: a run as a folder that goes on in PyTorch, on a machine or a cluster (src/bundle). A browser is needed only where
// films are read: for the table of parts, and for a step to compare with.

import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleFiles, metadataOf } from '../../src/bundle/bundle.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { presetConfig } from '../../src/config/presets.ts';
import { type Config, type ConfigKey, SCHEMA } from '../../src/config/schema.ts';
import { modelCard } from '../../src/export/modelCard.ts';
import type { RunnerEvent } from '../../src/headless.ts';
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
  wholeNumber,
} from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { EVENT_FOLDER } from './eventLog.ts';
import { cardOf, reportBeside } from './export.ts';
import { describeFilms, loadFilms } from './films.ts';
import { makeFolder } from './outputs.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  preset: { type: 'string' },
  names: { type: 'boolean', default: false },
  step: { type: 'boolean', default: false },
  steps: { type: 'string' },
} as const;

/** Groups of settings that make the model what it is: a checkpoint has them already. */
const FIXED: readonly string[] = ['data', 'model', 'evaluation'];

const PYTHON = path.join(import.meta.dirname, '../../src/bundle/python');

async function pythonFiles(): Promise<Record<string, string>> {
  const names = (await readdir(PYTHON)).filter((name) => /\.(py|md)$/.test(name));
  const texts = names.map(async (name) => [name, await readFile(path.join(PYTHON, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts));
}

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const { checkpoint, preset, names } = values;
  const steps = values.steps === undefined ? Number(values.step) : wholeNumber(values.steps, 'steps', 1);
  if ((checkpoint === undefined) === (preset === undefined)) {
    throw new UsageError('either --checkpoint FILE or --preset NAME is needed.');
  }
  if (steps > 0 && (!checkpoint || !values.data)) {
    throw new UsageError(
      '--step and --steps compute what follows a checkpoint on films: they need --checkpoint and --data.',
    );
  }
  if (names && !values.data) throw new UsageError('--names goes with --data.');
  const given = settings(values.set);
  const fixed = Object.keys(given).find(
    (key) => checkpoint && Object.hasOwn(SCHEMA, key) && FIXED.includes(SCHEMA[key as ConfigKey].group),
  );
  if (fixed) throw new UsageError(`${fixed} belongs to the checkpoint and cannot be changed.`);
  return {
    checkpoint: checkpoint === undefined ? null : weightsFile(checkpoint, 'checkpoint'),
    preset: preset === undefined ? null : presetName(preset),
    given,
    names,
    steps,
    data: values.data === undefined ? null : dataArguments(values),
    out: required(values.out, 'out'),
  };
}

type Asked = ReturnType<typeof readArguments>;

/** The run that moves, with what is set of it anew; without a checkpoint, one that has not begun. */
async function runOf({ checkpoint, preset, given }: Asked): Promise<Checkpoint> {
  if (checkpoint) {
    const found = readCheckpoint(await readFile(checkpoint));
    return { ...found, config: configure(found.config, given) };
  }
  const empty = { parameters: new Map(), buffers: new Map(), optimiserState: new Map() };
  const config = configure(presetConfig(preset!), given);
  return { ...empty, config, step: 0, fingerprint: '', start: 'random' };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
  };
}

/** What only the page can make: the table of parts, and the steps in a file of the folder. */
async function readFilms({ data, names, steps }: Asked, run: Checkpoint, folder: string): Promise<string> {
  const progress = new Progress();
  const config: Config = { ...run.config, syntheticSeed: data!.syntheticSeed ?? run.config.syntheticSeed };
  try {
    return await withSession(listener(progress), async (session) => {
      const summary = await loadFilms(session, data!, config);
      progress.end();
      console.log(describeFilms(summary));
      if (run.step > 0 && summary.fingerprint !== run.fingerprint) {
        console.log('Note: the checkpoint was trained on other films, or on another split of these.');
      }
      if (steps > 0) {
        await session.give('checkpoint', [path.join(folder, 'checkpoint.safetensors')]);
        await session.save(path.join(folder, 'step.safetensors'), 'saveSteps', steps);
      }
      return session.call('filmsCsv', names);
    });
  } finally {
    progress.end();
  }
}

/** The log that `pretrain` left beside the checkpoint goes on in that of the bundle. */
async function copyLog(from: string, folder: string): Promise<void> {
  const log = path.join(from, EVENT_FOLDER);
  if (existsSync(log)) await cp(log, path.join(folder, 'out', EVENT_FOLDER), { recursive: true });
}

export const bundle: Command = {
  usage:
    'bundle --checkpoint FILE|--preset NAME [--data DIR [--labels FILE] [--names] [--step|--steps N]] [--set key=value …] --out DIR',
  summary:
    'Writes a run as a folder of Python files that go on with it in PyTorch: torchrun train.py --resume. --data adds the table ' +
    'of parts, films by a hash of their paths or, with --names, by these; --step the next step, for check.py, --steps the next N.',
  async run(argv) {
    const asked = readArguments(argv);
    const run = await runOf(asked);
    const bytes = writeCheckpoint(run);
    const checkpoint = asked.checkpoint ? bytes : undefined;
    const python = await pythonFiles();
    const card = modelCard(await cardOf(run, reportBeside(asked.checkpoint)));
    const parts = { python, metadata: metadataOf(bytes), checkpoint, card };
    const folder = await makeFolder(asked.out);
    const save = async (files: ReadonlyMap<string, Uint8Array>) => {
      for (const [name, content] of files) await writeFile(path.join(folder, name), content);
    };
    await save(bundleFiles(parts));
    if (asked.data) await save(bundleFiles({ ...parts, films: await readFilms(asked, run, folder) }));
    if (asked.checkpoint) await copyLog(path.dirname(asked.checkpoint), folder);
    const begins = checkpoint ? `goes on at step ${run.step}` : 'begins at step 0';
    console.log(`${run.config.method} ${begins}; see ${path.relative('.', path.join(folder, 'README.md'))}`);
  },
};
