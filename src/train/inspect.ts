// Looking into a run without changing it: features of all films for the linear evaluation, the two views of a film
// at a step, and the spatial gates of the five levels over a film.

import type { Config } from '../config/schema.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { Mlvicx } from '../mlvicx/model.ts';
import type { GateMaps, ViewPair } from '../protocol/engine.ts';
import { filmCount, inOrder, planesOf, readBatch, type TrainingSet } from './batchSource.ts';
import { drawFrom } from './initialise.ts';
import type { Pretrainer } from './pretrain.ts';
import type { EncoderFeatures } from '../tasks/linear/probeFit.ts';
import { ViewRenderer } from './viewRenderer.ts';

/** Films per forward pass. Batches are full, the last one padded, so that shapes never change. */
const BATCH = 32;

type Progress = (stage: string, done: number, total: number) => void;

/** Features of every film by the run's encoder and by one of the same shape at the same random start. */
export async function encoderFeatures(
  run: Pretrainer,
  dataset: TrainingSet,
  config: Config,
  onProgress: Progress,
): Promise<Record<'pretrained' | 'random', EncoderFeatures>> {
  const random = new Mlvicx(run.model.options, drawFrom(run.config.seed));
  const renderer = new ViewRenderer(run.runtime, dataset, { batchSize: BATCH });
  try {
    const extract = (model: Mlvicx, stage: string) =>
      featuresOf(model, renderer, run, dataset, config, (done, total) => onProgress(stage, done, total));
    return {
      pretrained: await extract(run.model, 'Features'),
      random: await extract(random, 'Features of a random encoder'),
    };
  } finally {
    random.dispose();
    renderer.dispose();
    run.runtime.trim();
  }
}

async function featuresOf(
  model: Mlvicx,
  renderer: ViewRenderer,
  run: Pretrainer,
  dataset: TrainingSet,
  config: Config,
  onProgress: (done: number, total: number) => void,
): Promise<EncoderFeatures> {
  const films = filmCount(dataset);
  const dimensions = 8 * model.options.width;
  const passes = config.probeFlip ? [false, true] : [false];
  const results: Float32Array[] = [];
  for (const [pass, flip] of passes.entries()) {
    const features = new Float32Array(films * dimensions);
    for await (const { first, wanted, ...batch } of inOrder(planesOf(dataset), films, BATCH)) {
      const images = renderer.evaluation(batch, run.config.imageSize, flip);
      const norm = config.probeNorm === 'batch' ? 'batch' : 'running';
      const made = model.features(images, norm, { bottlenecks: config.probeFeatures === 'attended' });
      images.dispose();
      const values = await run.runtime.read(made, BATCH * dimensions * 4);
      made.dispose();
      features.set(values.subarray(0, wanted * dimensions), first * dimensions);
      onProgress(pass * films + first + wanted, passes.length * films);
    }
    results.push(features);
  }
  const [features, flipped] = results;
  return flipped ? { features: features!, flipped } : { features: features! };
}

/** The two views that a film has at a step. */
export async function previewOf(
  runtime: Runtime,
  dataset: TrainingSet,
  film: number,
  step: number,
  config: Config,
): Promise<ViewPair> {
  const batch = await readBatch(planesOf(dataset), Uint32Array.of(film));
  const renderer = new ViewRenderer(runtime, single(dataset, film), { batchSize: 1 });
  const size = config.imageSize;
  const rendered = renderer.preview(batch, step, config);
  const values = await runtime.read(rendered, 2 * size * size * 4);
  rendered.dispose();
  renderer.dispose();
  const bytes = Uint8Array.from(values);
  return { size, view1: bytes.slice(0, size * size), view2: bytes.slice(size * size) };
}

/** The spatial gates of all levels over the whole film. */
export async function gatesOf(run: Pretrainer, dataset: TrainingSet, film: number): Promise<GateMaps> {
  const batch = await readBatch(planesOf(dataset), Uint32Array.of(film));
  const renderer = new ViewRenderer(run.runtime, single(dataset, film), { batchSize: 1 });
  const images = renderer.evaluation(batch, run.config.imageSize, false);
  const gates: Tensor[] = [];
  const onGate = (_level: number, gate: Tensor) => gates.push(tf.keep(gate.clone()));
  run.model.features(images, 'running', { bottlenecks: true, onGate }).dispose();
  const levels = [];
  for (const gate of gates) {
    const side = gate.shape[1]!;
    levels.push({ side, gate: await run.runtime.read(gate, side * side * 4) });
    gate.dispose();
  }
  images.dispose();
  renderer.dispose();
  return { levels };
}

/** The set as seen by a renderer that will only ever be asked for one film: its buffers fit that film alone. */
function single({ widths, heights }: TrainingSet, film: number): Pick<TrainingSet, 'widths' | 'heights'> {
  const only = <T extends { length: number; [i: number]: number }>(sizes: T, make: (n: number) => T): T => {
    const kept = make(sizes.length);
    kept[film] = sizes[film]!;
    return kept;
  };
  return {
    widths: only(widths, (n) => new Uint16Array(n)),
    heights: only(heights, (n) => new Uint16Array(n)),
  };
}
