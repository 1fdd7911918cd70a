// Where a linear layer on pooled features looks: its logit is the mean over the places of the last map of what the weights of a
// finding make of the channels there, so the map of these parts is exact. First the arithmetic, on the CPU; then one film by the
// layer of the newest linear evaluation: it goes through the encoder as it did there, and the first label draw's layer weighs it.

import { tf } from '../../gpu/kernel.ts';
import type { ClassMap } from '../../protocol/looks.ts';
import { planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { single } from '../../train/inspect.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { AppError } from '../../util/errors.ts';
import type { FittedLayer } from '../evaluate.ts';

/** relu(sum_c w_c a_c) / places for each place of a map, places x channels row-major, as the encoder makes it. */
export function classMap(map: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const channels = weights.length;
  const places = map.length / channels;
  return Float64Array.from({ length: places }, (_, place) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * map[place * channels + c]!;
    return Math.max(0, sum) / places;
  });
}

/** For each pixel of a side its two neighbours on the map and the share of the second; pixels are areas, edges are held. */
function between(from: number, to: number) {
  return Array.from({ length: to }, (_, at) => {
    const place = Math.max(0, ((at + 0.5) * from) / to - 0.5);
    const first = Math.min(from - 1, Math.floor(place));
    return { first, second: Math.min(from - 1, first + 1), share: place - first };
  });
}

/** A map, height x width, enlarged to size x size with straight lines between its places. */
export function enlarged(map: ArrayLike<number>, height: number, width: number, size: number): Float64Array {
  const [down, across] = [between(height, size), between(width, size)];
  const result = new Float64Array(size * size);
  for (const [y, v] of down.entries()) {
    for (const [x, h] of across.entries()) {
      const row = (at: number) => {
        const [left, right] = [map[at * width + h.first]!, map[at * width + h.second]!];
        return left + h.share * (right - left);
      };
      const [above, below] = [row(v.first), row(v.second)];
      result[y * size + x] = above + v.share * (below - above);
    }
  }
  return result;
}

/** The first of the largest values. */
export function peakOf(values: ArrayLike<number>): number {
  let peak = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[peak]!) peak = i;
  return peak;
}

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
