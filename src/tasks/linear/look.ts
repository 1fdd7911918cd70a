// The class map of one film by the layer of the newest linear evaluation: the film goes through the encoder as it did there,
// and the last map is weighed by the layer of the first label draw.

import { tf } from '../../gpu/kernel.ts';
import type { ClassMap } from '../../protocol/engine.ts';
import { planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { single } from '../../train/inspect.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { AppError } from '../../util/errors.ts';
import type { FittedLayer } from '../task.ts';
import { classMap, enlarged, peakOf } from './classMap.ts';

/** @throws AppError not-ready where the layer knows no such finding, or does not stand on one film alone */
export async function lookAt(
  run: Pretrainer,
  dataset: TrainingSet,
  film: number,
  finding: string,
  { findings, layer, attended, norm }: FittedLayer,
): Promise<ClassMap> {
  const k = findings.indexOf(finding);
  if (k < 0) throw new AppError('not-ready', `the layer was not fitted for ${finding}.`);
  if (norm === 'batch') {
    throw new AppError(
      'not-ready',
      'the layer was fitted on batch statistics, and what it sees of a film depends on the others of its batch.',
    );
  }
  const size = run.config.imageSize;
  const batch = await readBatch(planesOf(dataset), Uint32Array.of(film));
  const renderer = new ViewRenderer(run.runtime, single(dataset, film), { batchSize: 1 });
  const images = renderer.evaluation(batch, size, false);
  const maps: ReturnType<typeof tf.keep>[] = [];
  const onLevel = (level: number, map: Parameters<typeof tf.keep>[0]) => {
    if (level === 5) maps.push(tf.keep(map.clone()));
  };
  run.model.features(images, 'running', { bottlenecks: attended, onLevel }).dispose();
  const [map] = maps;
  const [, height, width] = map!.shape as [number, number, number, number];
  const values = await run.runtime.read(map!, map!.size * 4);
  map!.dispose();
  images.dispose();
  renderer.dispose();
  const { dim } = layer;
  const weights = layer.weight.subarray(k * dim, (k + 1) * dim);
  const places = classMap(values, weights);
  const large = enlarged(places, height, width, size);
  // In the middle of its place, where the enlarged map is largest too: the first such pixel of a place at the edge is in a corner.
  const peak = peakOf(places);
  return {
    finding,
    places: [height, width],
    size,
    map: Float32Array.from(large),
    peak: [((peak % width) + 0.5) / width, (Math.floor(peak / width) + 0.5) / height],
    logit: layer.bias[k]! + meanOver(values, weights),
  };
}

/** The layer on the mean of the map. */
function meanOver(map: ArrayLike<number>, weights: ArrayLike<number>): number {
  const channels = weights.length;
  let sum = 0;
  for (let i = 0; i < map.length; i++) sum += weights[i % channels]! * map[i]!;
  return (sum * channels) / map.length;
}
