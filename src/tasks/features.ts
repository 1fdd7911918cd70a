// Features of a whole set, as the evaluation tasks take them: every film through the run's encoder and through others of
// the same shape that were never trained, in evaluation mode, film by film in the order of the set; and the raw-pixel baseline, by
// which a representation is measured that has learnt little: every film reduced to 32 x 32 and brought to mean 0 and deviation 1.

import type { Config } from '../config/schema.ts';
import { Model } from '../methods/model.ts';
import { filmCount, inOrder, planesOf, type TrainingSet } from '../train/batchSource.ts';
import { drawFrom } from '../train/initialise.ts';
import type { Pretrainer } from '../train/pretrain.ts';
import { readBehind } from '../train/readBehind.ts';
import { ViewRenderer } from '../train/viewRenderer.ts';
import { hashWords } from '../util/rng.ts';

/** Features of all films of a set in its order, films x dim, row-major; rows of films never used may hold anything. */
export interface EncoderFeatures {
  readonly features: Float32Array;
  /** The same films mirrored. */
  readonly flipped?: Float32Array;
}

/** Films per forward pass. Batches are full, the last one padded, so that shapes never change. */
const BATCH = 32;

type Progress = (stage: string, done: number, total: number) => void;

interface ComparedFeatures {
  readonly pretrained: EncoderFeatures;
  /** Of several encoders at random starts: a single one moves by 0.05 of AUROC from seed to seed. */
  readonly random: readonly EncoderFeatures[];
}

/** The random starts beside a run: its own first, then others of streams that no run begins with. */
export const randomStart = (seed: number, at: number) =>
  at === 0 ? drawFrom(seed) : drawFrom(hashWords(seed, at), 'randomEncoder');

/** Features of every film by the run's encoder and by as many untrained ones of the same shape as are asked for. */
export async function encoderFeatures(
  run: Pretrainer,
  dataset: TrainingSet,
  config: Config,
  onProgress: Progress,
): Promise<ComparedFeatures> {
  const renderer = new ViewRenderer(run.runtime, dataset, { batchSize: BATCH });
  const extract = (model: Model, stage: string) =>
    featuresOf(model, renderer, run, dataset, config, (done, total) => onProgress(stage, done, total));
  const untrained = async (at: number) => {
    const model = new Model(run.model.config, randomStart(run.config.seed, at));
    try {
      return await extract(model, `Features of random encoder ${at + 1}`);
    } finally {
      model.dispose();
    }
  };
  try {
    const pretrained = await extract(run.model, 'Features');
    const random: EncoderFeatures[] = [];
    for (let at = 0; at < config.randomEncoders; at++) random.push(await untrained(at));
    return { pretrained, random };
  } finally {
    renderer.dispose();
    run.runtime.trim();
  }
}

async function featuresOf(
  model: Model,
  renderer: ViewRenderer,
  run: Pretrainer,
  dataset: TrainingSet,
  config: Config,
  onProgress: (done: number, total: number) => void,
): Promise<EncoderFeatures> {
  const films = filmCount(dataset);
  const dimensions = 8 * model.config.width;
  const passes = config.probeFlip ? [false, true] : [false];
  const results: Float32Array[] = [];
  for (const [pass, flip] of passes.entries()) {
    const features = new Float32Array(films * dimensions);
    await readBehind(
      inOrder(planesOf(dataset), films, BATCH),
      (batch) => {
        const images = renderer.evaluation(batch, run.config.imageSize, flip);
        const norm = config.probeNorm === 'batch' ? 'batch' : 'running';
        const made = model.features(images, norm, { bottlenecks: config.probeFeatures === 'attended' });
        images.dispose();
        const read = run.runtime.read(made, BATCH * dimensions * 4);
        made.dispose();
        return read;
      },
      ({ first, wanted }, values) => {
        features.set(values.subarray(0, wanted * dimensions), first * dimensions);
        onProgress(pass * films + first + wanted, passes.length * films);
      },
    );
    results.push(features);
  }
  const [features, flipped] = results;
  return flipped ? { features: features!, flipped } : { features: features! };
}

export const PIXEL_SIDE = 32;

/** Films read at a time. */
const FILMS_AT_ONCE = 64;

/** Films x 1024, row-major; aspect is not kept, as in the evaluation of the encoders. */
export async function pixelFeatures(
  dataset: Pick<TrainingSet, 'planes' | 'widths' | 'heights'>,
): Promise<Float32Array> {
  const dim = PIXEL_SIDE * PIXEL_SIDE;
  const { widths, heights } = dataset;
  const features = new Float32Array(widths.length * dim);
  for await (const { planes, first, wanted } of inOrder(planesOf(dataset), widths.length, FILMS_AT_ONCE)) {
    for (let i = 0; i < wanted; i++) {
      const film = first + i;
      const reduced = areaResize(planes[i]!, widths[film]!, heights[film]!, PIXEL_SIDE);
      features.set(standardised(reduced), film * dim);
    }
  }
  return features;
}

/** Averages over the exact areas that the pixels of a side x side image cover, fractions of pixels included. */
export function areaResize(plane: Uint8Array, width: number, height: number, side: number): Float64Array {
  const columns = new Float64Array(height * side);
  const across = coverage(width, side);
  for (let y = 0; y < height; y++) {
    for (const [o, taps] of across.entries()) {
      let sum = 0;
      for (let t = 0; t < taps.weights.length; t++) {
        sum += taps.weights[t]! * plane[y * width + taps.first + t]!;
      }
      columns[y * side + o] = sum;
    }
  }
  const image = new Float64Array(side * side);
  for (const [o, taps] of coverage(height, side).entries()) {
    for (let t = 0; t < taps.weights.length; t++) {
      const row = (taps.first + t) * side;
      for (let x = 0; x < side; x++) image[o * side + x]! += taps.weights[t]! * columns[row + x]!;
    }
  }
  return image;
}

interface Taps {
  readonly first: number;
  /** Sum to one. */
  readonly weights: Float64Array;
}

/** For each of `side` equal intervals over `size` pixels, how much of it each pixel covers. */
function coverage(size: number, side: number): Taps[] {
  const step = size / side;
  return Array.from({ length: side }, (_, o) => {
    const begin = o * step;
    const end = (o + 1) * step;
    const first = Math.floor(begin);
    const last = Math.min(size, Math.ceil(end - 1e-9));
    const weights = Float64Array.from(
      { length: last - first },
      (_, t) => (Math.min(first + t + 1, end) - Math.max(first + t, begin)) / step,
    );
    return { first, weights };
  });
}

/** Mean 0, deviation 1; a blank film stays at 0. */
function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = variance > 1e-12 ? 1 / Math.sqrt(variance) : 0;
  return values.map((value) => (value - mean) * scale);
}
