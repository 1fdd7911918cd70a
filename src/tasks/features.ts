// Features of a whole set, as the evaluation tasks take them: every film through the run's encoder and through others of
// the same shape that were never trained, in evaluation mode, film by film in the order of the set.

import type { Config } from '../config/schema.ts';
import { Model } from '../methods/model.ts';
import { filmCount, inOrder, planesOf, type TrainingSet } from '../train/batchSource.ts';
import { drawFrom } from '../train/initialise.ts';
import type { Pretrainer } from '../train/pretrain.ts';
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

export interface ComparedFeatures {
  readonly pretrained: EncoderFeatures;
  /** Of several encoders at random starts: a single one moves by 0.05 of AUROC from seed to seed. */
  readonly random: readonly EncoderFeatures[];
}

/** The random starts beside a run: its own first, then others of streams that no run begins with. */
const randomStart = (seed: number, at: number) =>
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
