// `export`: a checkpoint in a form that other programs open, with its model card. A browser is needed only where a linear layer is
// to be fitted on films, so that the ONNX model gives scores. What the forms hold is in src/export.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { metadataOf } from '../../src/bundle/bundle.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { type Config, defaultConfig } from '../../src/config/schema.ts';
import { encoderOnnx } from '../../src/export/encoderOnnx.ts';
import { CARD_FILE, type CardFacts, modelCard } from '../../src/export/modelCard.ts';
import { torchvisionFile } from '../../src/export/torchvision.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import type { ScoreLayer } from '../../src/protocol/engine.ts';
import { type Evaluation, readEvaluations, taskOf } from '../../src/tasks/records.ts';
import { AppError } from '../../src/util/errors.ts';
import { readSafetensors } from '../../src/util/safetensors.ts';
import {
  configure,
  DATA_OPTIONS,
  type DataArguments,
  dataArguments,
  existingFile,
  readOptions,
  required,
  settings,
  UsageError,
  weightsFile,
} from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import type { dataReport } from './outputs.ts';
import { Progress } from './progress.ts';

/** What a checkpoint can be written as, and what that is for. */
const FORMS = {
  onnx: 'for any runtime, films of any size in, features, levels and, with --data, scores out',
  torchvision: 'a plain ResNet-18 under the names that torchvision and timm load',
  card: 'the model card alone',
} as const;
type Form = keyof typeof FORMS;

const OPTIONS = {
  ...DATA_OPTIONS,
  checkpoint: { type: 'string' },
  as: { type: 'string' },
  report: { type: 'string', multiple: true, default: [] as string[] },
  findings: { type: 'string', default: '' },
} as const;

/** What `pretrain` left beside its checkpoint. */
export function reportBeside(checkpoint: string | null): string[] {
  const file = checkpoint && path.join(path.dirname(checkpoint), 'report.json');
  return file && existsSync(file) ? [file] : [];
}

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const form = required(values.as, 'as');
  if (!Object.hasOwn(FORMS, form)) {
    throw new UsageError(`--as is one of ${Object.keys(FORMS).join(', ')}, not ${form}.`);
  }
  if (values.data && form !== 'onnx') throw new UsageError('--data fits a layer for --as onnx alone.');
  const checkpoint = weightsFile(required(values.checkpoint, 'checkpoint'), 'checkpoint');
  const own = reportBeside(checkpoint);
  const given = values.report.map((file) => existingFile(file, 'report'));
  return {
    form: form as Form,
    checkpoint,
    reports: [...new Set([...own, ...given])],
    findings: values.findings.split(',').filter(Boolean),
    given: settings(values.set),
    data: values.data === undefined ? null : dataArguments(values),
    out: path.resolve(required(values.out, 'out')),
  };
}

/** What a report of this runner says of films, adapter and scores. */
interface Report {
  readonly adapter?: CardFacts['adapter'];
  readonly data?: ReturnType<typeof dataReport>;
  readonly evaluation?: Evaluation;
  readonly probe?: unknown;
}

/** What the reports beside a checkpoint say of it, for its card. */
export async function cardOf(
  { config, step, start, fingerprint }: Checkpoint,
  reports: readonly string[],
): Promise<CardFacts> {
  const read: Report[] = [];
  for (const file of reports) read.push(JSON.parse(await readFile(file, 'utf8')));
  const evaluations = read.flatMap(({ evaluation, probe }): Evaluation[] => {
    const stored = evaluation ? { evaluations: [evaluation] } : probe ? { probes: [probe] } : null;
    return stored ? readEvaluations(stored) : [];
  });
  const { data } = read.find((report) => report.data?.fingerprint === fingerprint) ?? read[0] ?? {};
  const known = data && { ...data, counts: data.findings, trainedOn: data.fingerprint === fingerprint };
  const adapter = read[0]?.adapter ?? null;
  // Scores of another step are not this model's.
  const own = evaluations.filter((one) => taskOf(one).headline(one.report).step === step);
  return { config, step, start, data: known ?? null, adapter, evaluations: own };
}

function listener(progress: Progress): (event: RunnerEvent) => void {
  return (event) => {
    if (event.type === 'progress') progress.update('Reading films', `${event.done} of ${event.total}`);
    if (event.type === 'evaluation-progress') progress.update(event.stage, `${event.done} of ${event.total}`);
  };
}

/** Evaluates the checkpoint linearly on films; the layer that was fitted, and the scores. */
export async function fitLayer(
  checkpoint: string,
  data: DataArguments,
  {
    config,
    findings,
    given,
  }: { config: Config; findings: readonly string[]; given: Record<string, unknown> },
): Promise<{ layer: ScoreLayer; evaluation: Evaluation }> {
  const progress = new Progress();
  try {
    return await withSession(listener(progress), async (session) => {
      const films = await loadFilms(session, data, { ...config, syntheticSeed: data.syntheticSeed ?? 1 });
      progress.end();
      console.log(describeFilms(films));
      await session.give('checkpoint', [checkpoint]);
      const restored = await session.call('importCheckpoint');
      const asked = { task: 'linear', findings, config: configure(restored.config, given) } as const;
      const evaluation = await session.call('evaluate', asked);
      const layer = await session.call('scoreLayer');
      if (!layer) {
        throw new AppError('export-unavailable', 'a layer on batch statistics scores no film by itself.');
      }
      return { layer, evaluation };
    });
  } finally {
    progress.end();
  }
}

async function bytesOf(
  { form, checkpoint, data, findings, given, reports }: ReturnType<typeof readArguments>,
  run: Checkpoint,
): Promise<{ bytes: Uint8Array | null; card: string }> {
  const fitted =
    data &&
    (await fitLayer(checkpoint, data, { config: { ...defaultConfig(), ...run.config }, findings, given }));
  const facts = await cardOf(run, reports);
  const evaluations = fitted ? [...facts.evaluations, fitted.evaluation] : facts.evaluations;
  const card = modelCard({ ...facts, evaluations });
  // Under PyTorch's names and in its layouts, whatever the file was.
  const plain = writeCheckpoint({ ...run, optimiserState: new Map() });
  if (form === 'torchvision') return { bytes: torchvisionFile(plain, { card }), card };
  if (form === 'card') return { bytes: null, card };
  const { config, step } = metadataOf(plain);
  const texts = { model_card: card, config: config!, step: step! };
  const { tensors } = readSafetensors(plain);
  return { bytes: encoderOnnx({ ...run.config, tensors }, fitted?.layer ?? null, texts), card };
}

export const exporting: Command = {
  usage: `export --checkpoint FILE --as ${Object.keys(FORMS).join('|')} [--report FILE …] [--data DIR [--findings a,b] [--set key=value …]] --out FILE`,
  summary: `Writes a checkpoint in another form, and its model card beside it: ${Object.entries(FORMS)
    .map(([name, words]) => `${name}, ${words}`)
    .join(
      '; ',
    )}. Counts and scores of the card are those of report.json beside the checkpoint and of --report.`,
  async run(argv) {
    const asked = readArguments(argv);
    const run = readCheckpoint(await readFile(asked.checkpoint));
    const { bytes, card } = await bytesOf(asked, run);
    await mkdir(path.dirname(asked.out), { recursive: true });
    const beside = bytes ? path.join(path.dirname(asked.out), CARD_FILE) : asked.out;
    if (bytes) await writeFile(asked.out, bytes);
    await writeFile(beside, card);
    const written = [...new Set([asked.out, beside])].map((file) => path.relative('.', file));
    console.log(`${run.config.method} after step ${run.step}: ${written.join(', ')}`);
  },
};
