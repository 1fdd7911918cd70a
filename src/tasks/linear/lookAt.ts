// One film as the layer of the newest linear evaluation sees it: it goes through the encoder as it did there, and the first label draw's
// layer weighs the last map (class map), or the gradient of its logit weighs the map of any level (Grad-CAM); or the spatial gates are
// laid over it. The arithmetic is in classMap.ts.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { Model } from '../../methods/model.ts';
import { CLASS_LOOK, type ClassMap, type Look } from '../../protocol/looks.ts';
import { planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { gatesOf, single } from '../../train/inspect.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { AppError } from '../../util/errors.ts';
import type { FittedLayer } from '../evaluate.ts';
import { classMap, enlarged, gradCam, meanOver, peakOf } from './classMap.ts';

/** A map before it is enlarged. */
interface Places {
  readonly values: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** @throws AppError not-ready where the layer knows no such finding, does not stand on one film alone, or there is no gate */
export async function lookAt(
  run: Pretrainer,
  dataset: TrainingSet,
  film: number,
  finding: string,
  fitted: FittedLayer,
  look: Look = CLASS_LOOK,
): Promise<ClassMap> {
  const k = fitted.findings.indexOf(finding);
  if (k < 0) throw new AppError('not-ready', `the layer was not fitted for ${finding}.`);
  if (fitted.norm === 'batch') {
    throw new AppError(
      'not-ready',
      'the layer was fitted on batch statistics, and what it sees of a film depends on the others of its batch.',
    );
  }
  const { dim, weight, bias } = fitted.layer;
  const weights = weight.subarray(k * dim, (k + 1) * dim);
  const size = run.config.imageSize;
  const batch = await readBatch(planesOf(dataset), Uint32Array.of(film));
  const renderer = new ViewRenderer(run.runtime, single(dataset, film), { batchSize: 1 });
  const images = renderer.evaluation(batch, size, false);
  try {
    const last = await lastMap(run.model, images, fitted, run.runtime);
    const found = look.kind === 'class' ? { ...last, values: classMap(last.values, weights) } : null;
    const { values, height, width } =
      found ??
      (look.kind === 'grad'
        ? await gradientMap(run, images, weights, look.level, fitted.attended)
        : await gateMap(run, dataset, film, look.level));
    // In the middle of its place, where the enlarged map is largest too: the first such pixel of a place at the edge is in a corner.
    const peak = peakOf(values);
    return {
      finding,
      look,
      places: [height, width],
      size,
      map: Float32Array.from(enlarged(values, height, width, size)),
      peak: [((peak % width) + 0.5) / width, (Math.floor(peak / width) + 0.5) / height],
      logit: bias[k]! + meanOver(last.values, weights),
    };
  } finally {
    images.dispose();
    renderer.dispose();
  }
}

/** The last map of all channels. */
async function lastMap(
  model: Model,
  images: Tensor,
  { attended }: FittedLayer,
  runtime: Runtime,
): Promise<Places> {
  const maps: Tensor[] = [];
  const onLevel = (level: number, map: Tensor) => {
    if (level === 5) maps.push(tf.keep(map.clone()));
  };
  model.features(images, 'running', { bottlenecks: attended, onLevel }).dispose();
  const [map] = maps;
  const [, height, width] = map!.shape as [number, number, number, number];
  const values = await runtime.read(map!, map!.size * 4);
  map!.dispose();
  return { values, height, width };
}

async function gradientMap(
  { model, runtime }: Pretrainer,
  images: Tensor,
  weights: Float64Array,
  level: number,
  bottlenecks: boolean,
): Promise<Places> {
  const direction = tf.tensor(Float32Array.from(weights), [1, weights.length]);
  const { map, gradient } = model.levelGradient(images, direction, level, { bottlenecks });
  direction.dispose();
  const [, height, width, channels] = map.shape as [number, number, number, number];
  const reading = [map, gradient].map((tensor) => runtime.read(tensor, tensor.size * 4));
  const [values, gradients] = await Promise.all(reading);
  tf.dispose([map, gradient]);
  return { values: gradCam(values!, gradients!, channels), height, width };
}

async function gateMap(run: Pretrainer, dataset: TrainingSet, film: number, level: number): Promise<Places> {
  const { levels } = await gatesOf(run, dataset, film);
  const gate = levels[level - 1];
  if (!gate) throw new AppError('not-ready', 'this encoder has no context bottlenecks, and so no gates.');
  return { values: gate.gate, height: gate.side, width: gate.side };
}
