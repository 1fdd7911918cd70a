// Records the runs that ship with the app: trains and evaluates each row of src/recorded/table.ts on the built-in set and
// writes it as a run file without its weights, and the pictures of the lessons beside. In Node, on the adapter that the
// unit tests use, so neither browser nor build is needed. `npx tsx e2e/tools/record.ts [NAME …|pictures]`

import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Config } from '../../src/config/schema.ts';
import { assembleDataset } from '../../src/data/dataset.ts';
import { renderEntry } from '../../src/data/synthetic/set.ts';
import { type Snapshot, writeSnapshots } from '../../src/diagnostics/snapshot.ts';
import { testDevice } from '../../src/gpu/testDevice.ts';
import { LABEL_POSITIVE, SPLITS } from '../../src/protocol/dataset.ts';
import { syntheticOptions } from '../../src/protocol/intake.ts';
import { commonValue, type StepSample } from '../../src/protocol/metrics.ts';
import { PAIRS, pairConfig } from '../../src/recorded/pictures.ts';
import { RECORDED, RECORDED_NAMES, type RecordedName, recordedConfig } from '../../src/recorded/table.ts';
import { evaluate, type FittedLayer } from '../../src/tasks/evaluate.ts';
import { lookAt } from '../../src/tasks/linear/lookAt.ts';
import { type Evaluation, taskOf } from '../../src/tasks/records.ts';
import type { TrainingSet } from '../../src/train/batchSource.ts';
import { previewOf } from '../../src/train/inspect.ts';
import { Pretrainer, trainingLoop } from '../../src/train/pretrain.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../../src/util/safetensors.ts';
import { RUN_EXTENSION, writeRunFile } from '../../src/vault/runFile.ts';
import { measureHere } from '../../src/worker/engine/measuring.ts';
import { planSet } from '../../src/worker/intake/synthetic.ts';
import { LossThumbnail, lastOf, recordOf } from '../../src/worker/run/runRecord.ts';

const FOLDER = path.join(import.meta.dirname, '../../src/recorded');

/** A set whose films are all drawn. */
type Drawn = TrainingSet & { readonly planes: readonly Uint8Array[] };

/** The set as the app draws it for these settings, all films drawn. */
async function films(config: Config): Promise<Drawn> {
  const { parts, entries } = planSet(syntheticOptions(config));
  const { engine } = await assembleDataset({ ...parts, startedAt: performance.now() });
  const side = engine.widths[0]!;
  const { drawn: _, ...table } = engine;
  return { ...table, planes: entries.map((entry) => renderEntry(entry, side).plane) };
}

async function train(config: Config, dataset: TrainingSet) {
  const { runtime } = await testDevice();
  const snapshots: Snapshot[] = [];
  const run = new Pretrainer(config, dataset, runtime, null, {
    measure: measureHere,
    seen: (snapshot) => snapshot && snapshots.push(snapshot),
  });
  const samples: StepSample[] = [];
  const loss = new LossThumbnail();
  for await (const sample of trainingLoop(run, Number.POSITIVE_INFINITY, () => false)) {
    samples.push(sample);
    loss.add(commonValue(sample, 'loss/total'));
    if (sample.step % 20 === 0) console.log(`  step ${sample.step}, ${sample.activeSeconds.toFixed(0)} s`);
  }
  await run.looksHeard();
  return { run, samples, snapshots, thumbnail: loss.means() };
}

async function evaluated(name: RecordedName, run: Pretrainer, dataset: TrainingSet) {
  const evaluations: Evaluation[] = [];
  let layer: FittedLayer | null = null;
  for (const { task, share } of RECORDED[name].evaluations) {
    const evaluation = await evaluate(task, {
      run,
      dataset,
      config: { ...run.config, labelShare: share },
      findings: [],
      onProgress: () => undefined,
      onLayer: (fitted) => {
        layer = fitted;
      },
      yieldNow: () => new Promise((resolve) => setTimeout(resolve, 0)),
    });
    console.log(taskOf(evaluation).print(evaluation.report));
    evaluations.push(evaluation);
  }
  return { evaluations, layer: layer as FittedLayer | null };
}

/** Looks that a recorded run keeps, evenly; the maps of correlations are most of its bytes. */
const LOOKS = 4;

const thinned = (looks: readonly Snapshot[]): Snapshot[] =>
  looks.length <= LOOKS
    ? [...looks]
    : Array.from({ length: LOOKS }, (_, i) => looks[Math.round((i * (looks.length - 1)) / (LOOKS - 1))]!);

/** In single precision, as they were computed on the adapter: doubles of that pack to half. */
const rounded = (samples: readonly StepSample[]): StepSample[] =>
  samples.map((sample) => ({ ...sample, values: sample.values.map(Math.fround) }));

/** Small enough to ship: everything packed as tightly as it goes. */
const packed = (file: Uint8Array): Uint8Array => zipSync(unzipSync(file), { level: 9, mtime: '2026-01-01' });

async function record(name: RecordedName): Promise<void> {
  console.log(name);
  const config = recordedConfig(name);
  const dataset = await films(config);
  const { run, samples, snapshots, thumbnail } = await train(config, dataset);
  const { evaluations, layer } = await evaluated(name, run, dataset);
  const begun = recordOf(randomUUID(), run, {
    films: dataset.widths.length,
    fingerprint: dataset.fingerprint,
    computedBy: { adapter: 'software, recorded' },
  });
  const file = await writeRunFile({
    name,
    evaluations,
    record: { ...begun, state: 'done', last: lastOf(samples.at(-1)!, config), thumbnail },
    samples: rounded(samples),
    checkpoint: null,
    films: null,
    diagnostics: writeSnapshots(thinned(snapshots)),
  });
  const bytes = packed(file);
  await writeFile(path.join(FOLDER, `${name}${RUN_EXTENSION}`), bytes);
  console.log(`${name}: ${samples.length} steps, ${snapshots.length} looks, ${bytes.length} bytes`);
  if (name === 'marker' && layer) await writeMap(run, dataset, layer);
  run.dispose();
}

const write = (
  name: string,
  tensors: ReadonlyMap<string, StoredTensor<WritableDtype>>,
  about: Record<string, string>,
) => writeFile(path.join(FOLDER, name), writeSafetensors(tensors, about));

/** The class map of the marked finding on the first test film that has it, with the film. */
async function writeMap(run: Pretrainer, dataset: Drawn, layer: FittedLayer): Promise<void> {
  const k = dataset.findings.indexOf('Opacity');
  const film = dataset.widths.findIndex(
    (_, i) =>
      dataset.splits[i] === SPLITS.indexOf('test') &&
      dataset.labels[i * dataset.findings.length + k] === LABEL_POSITIVE,
  );
  const { map, size } = await lookAt(run, dataset, film, 'Opacity', layer);
  const side = dataset.widths[film]!;
  const tensors = new Map<string, StoredTensor<WritableDtype>>([
    ['map', { dtype: 'F32', shape: [size, size], data: Float32Array.from(map) }],
    ['film', { dtype: 'U8', shape: [side, side], data: dataset.planes[film]! }],
  ]);
  await write('map.safetensors', tensors, { finding: 'Opacity' });
}

/** Both views of the films of the quiz, [pairs, 2, size, size]. */
async function writePairs(): Promise<void> {
  const config = pairConfig();
  const dataset = await films(config);
  const { runtime } = await testDevice();
  const size = config.imageSize;
  const views = new Uint8Array(PAIRS.length * 2 * size * size);
  for (const [i, { first, second, step }] of PAIRS.entries()) {
    const one = await previewOf(runtime, dataset, first, step, config);
    const other = await previewOf(runtime, dataset, second, step, config);
    views.set(one.view1, 2 * i * size * size);
    views.set(other.view2, (2 * i + 1) * size * size);
  }
  const tensor = { dtype: 'U8', shape: [PAIRS.length, 2, size, size], data: views } as const;
  await write('pairs.safetensors', new Map([['views', tensor]]), {});
}

const wanted = process.argv.slice(2);
const known: readonly string[] = [...RECORDED_NAMES, 'pictures'];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`record [${known.join(' ')}]`);
  process.exit(1);
}
await mkdir(FOLDER, { recursive: true });
if (wanted.length === 0 || wanted.includes('pictures')) await writePairs();
for (const name of RECORDED_NAMES) if (wanted.length === 0 || wanted.includes(name)) await record(name);
process.exit(0);
