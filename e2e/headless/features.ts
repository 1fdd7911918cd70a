// `features`: what the model in a checkpoint makes of every film, as one safetensors file for work elsewhere.

import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { type Config, defaultConfig } from '../../src/config/schema.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  existingFile,
  readOptions,
  required,
  settings,
} from './arguments.ts';
import { saveOffered, withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  images: { type: 'boolean', default: false },
} as const;

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const base: Config = configure(defaultConfig(), settings(values.set));
  return {
    base,
    images: values.images,
    checkpoint: existingFile(required(values.checkpoint, 'checkpoint'), 'checkpoint'),
    data: dataArguments(values),
    out: path.resolve(required(values.out, 'out')),
  };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'evaluation-progress') progress.update(event.stage, `${event.done} of ${event.total}`);
  };
}

export const features: Command = {
  usage:
    'features --checkpoint FILE --data DIR|synthetic[:SEED] [--labels FILE] [--where column=value] [--limit N] ' +
    '[--images] [--set key=value …] --out FILE',
  summary:
    'Writes features and embeddings of every film, in evaluation mode, as safetensors; ' +
    '--set says of a bare state dict what it leaves open.',
  async run(argv) {
    const { base, images, checkpoint, data, out } = readArguments(argv);
    const { config, step } = readCheckpoint(await readFile(checkpoint), base);
    await mkdir(path.dirname(out), { recursive: true });
    const progress = new Progress();
    try {
      await withSession(listener(progress), async (session) => {
        const summary = await loadFilms(session, data, { ...config, syntheticSeed: data.syntheticSeed ?? 1 });
        progress.end();
        console.log(describeFilms(summary));
        await session.page.locator('#checkpoint').setInputFiles(checkpoint);
        await saveOffered(session, out, 'saveFeatures', { base, images });
        progress.end();
        const films = summary.filmTable.length;
        console.log(
          `Features of ${films} films at ${config.imageSize} px after step ${step}: ${path.relative('.', out)}`,
        );
      });
    } finally {
      progress.end();
    }
  },
};
