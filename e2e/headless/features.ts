// `features`: what the model in a checkpoint makes of every film, for work elsewhere: as safetensors, as a NumPy archive, or as a
// table, by the name of the file; with the scores of a linear layer where one is to be fitted.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { type Config, defaultConfig } from '../../src/config/schema.ts';
import { featuresCsv, featuresNpz, readFeatures } from '../../src/export/features.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import type { ScoreLayer } from '../../src/protocol/engine.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  readOptions,
  required,
  settings,
  UsageError,
  weightsFile,
} from './arguments.ts';
import { type Session, withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  images: { type: 'boolean', default: false },
  scores: { type: 'boolean', default: false },
  findings: { type: 'string', default: '' },
} as const;

/** By the end of the file's name. */
const FORMS = ['.safetensors', '.npz', '.csv'] as const;

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const base: Config = configure(defaultConfig(), settings(values.set));
  const out = path.resolve(required(values.out, 'out'));
  const form = FORMS.find((ending) => out.endsWith(ending));
  if (!form) throw new UsageError(`--out ends in ${FORMS.join(', ')}, which says what is written.`);
  if (values.scores && form === '.safetensors') throw new UsageError('--scores goes with .npz and .csv.');
  return {
    base,
    images: values.images,
    scores: values.scores,
    findings: values.findings.split(',').filter(Boolean),
    checkpoint: weightsFile(required(values.checkpoint, 'checkpoint'), 'checkpoint'),
    data: dataArguments(values),
    form,
    out,
  };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'evaluation-progress') progress.update(event.stage, `${event.done} of ${event.total}`);
  };
}

type Asked = ReturnType<typeof readArguments>;

/** What the linear evaluation fits on the features of the checkpoint in the input. */
async function layerOf(session: Session, { base, findings }: Asked): Promise<ScoreLayer | null> {
  const { config } = await session.call('importCheckpoint', base);
  await session.call('evaluate', { task: 'linear', findings, config });
  return session.call('scoreLayer');
}

/** The file of features in the form that was asked for, from what the page offered. */
async function convert(from: string, { form, out }: Asked, layer: ScoreLayer | null): Promise<void> {
  const set = readFeatures(await readFile(from), layer);
  await writeFile(out, form === '.npz' ? featuresNpz(set) : featuresCsv(set));
}

export const features: Command = {
  usage:
    'features --checkpoint FILE --data DIR|synthetic[:SEED] [--labels FILE] [--where column=value] [--limit N] ' +
    '[--images] [--scores [--findings a,b]] [--set key=value …] --out FILE.safetensors|FILE.npz|FILE.csv',
  summary:
    'Writes features, means of the levels and embeddings of every film, in evaluation mode, with parts and labels; --scores fits ' +
    'a linear layer first and adds what it says of each film; --set says of a bare state dict what it leaves open.',
  async run(argv) {
    const asked = readArguments(argv);
    const { base, images, checkpoint, data, out } = asked;
    const { config, step } = readCheckpoint(await readFile(checkpoint), base);
    await mkdir(path.dirname(out), { recursive: true });
    const progress = new Progress();
    const folder = await mkdtemp(path.join(tmpdir(), 'mlvicx-features-'));
    try {
      await withSession(listener(progress), async (session) => {
        const summary = await loadFilms(session, data, { ...config, syntheticSeed: data.syntheticSeed ?? 1 });
        progress.end();
        console.log(describeFilms(summary));
        await session.give('checkpoint', [checkpoint]);
        const layer = asked.scores ? await layerOf(session, asked) : null;
        const made = asked.form === '.safetensors' ? out : path.join(folder, 'features.safetensors');
        await session.save(made, 'saveFeatures', { base, images });
        progress.end();
        if (made !== out) await convert(made, asked, layer);
        const films = summary.filmTable.length;
        const scored = layer ? ` and scores of ${layer.findings.length} finding(s)` : '';
        console.log(
          `Features${scored} of ${films} films at ${config.imageSize} px after step ${step}: ${path.relative('.', out)}`,
        );
      });
    } finally {
      progress.end();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
