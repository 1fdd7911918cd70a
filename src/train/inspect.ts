// Looking into a run without changing it: the two views of a film at a step, and the spatial gates of the five levels
// over a film.

import type { Config } from '../config/schema.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { GateMaps, ViewPair } from '../protocol/engine.ts';
import { planesOf, readBatch, type TrainingSet } from './batchSource.ts';
import type { Pretrainer } from './pretrain.ts';
import { ViewRenderer } from './viewRenderer.ts';

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
export function single(
  { widths, heights }: TrainingSet,
  film: number,
): Pick<TrainingSet, 'widths' | 'heights'> {
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
