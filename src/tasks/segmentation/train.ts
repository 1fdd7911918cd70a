// Trains a decoder from one start on one draw of masks: epochs over the labelled films, the loss of the validation films after
// each, and the masks of the test films by the best of them. Test films decide nothing, and are looked at once.

import type { Config } from '../../config/schema.ts';
import { MASK_LOSS_TERMS, maskLoss } from '../../gpu/kernels/masks/maskLoss.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { BatchQueue, planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { packBits } from '../../util/bits.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import type { MaskDraw, TruthTable } from './films.ts';
import { THRESHOLD } from './overlap.ts';
import { LOOKED_AT_ONCE, Segmenter, type SegmenterState, type Start } from './segmenter.ts';

/** With few labelled films an epoch of one pass would be a step or two, and patience over before anything was learnt. */
export const LEAST_STEPS = 8;
/** Steps that may be queued before the loss of the oldest is waited for. */
const IN_FLIGHT = 2;

export interface Training {
  readonly runtime: Runtime;
  readonly dataset: TrainingSet;
  readonly truth: TruthTable;
  readonly config: Config;
  /** Epochs done, of at most so many. */
  readonly onEpoch: (done: number, total: number) => void;
  readonly yieldNow: () => Promise<void>;
}

export interface Trained {
  /** Per test film in the order of the draw, what is inside as bits. */
  readonly masks: readonly Uint8Array[];
  /** Counted from 1. */
  readonly bestEpoch: number;
}

/**
 * The films of a pass: all that have a mask, and as many of the others, drawn anew for each pass, since a set of which most films
 * have none teaches to draw nothing.
 */
export function filmsOfPass(fit: Uint32Array, truth: Pick<TruthTable, 'has'>, rng: Rng): Uint32Array {
  const withMask = fit.filter((film) => truth.has(film));
  const without = fit.filter((film) => !truth.has(film));
  const some = Array.from(rng.permutation(without.length), (at) => without[at]!).slice(0, withMask.length);
  const films = [...withMask, ...some];
  return Uint32Array.from(rng.permutation(films.length), (at) => films[at]!);
}

/** Films of a step: whole passes one after the other, each in an order of its own. */
function filmsOfStep(fit: Uint32Array, truth: TruthTable, batch: number, seed: number, draw: number) {
  const orderOf = (pass: number) => filmsOfPass(fit, truth, new Rng(seed, 'probe', draw, 4, pass));
  const { length } = orderOf(0);
  let last: { pass: number; order: Uint32Array } = { pass: -1, order: new Uint32Array() };
  const at = (place: number) => {
    const pass = Math.floor(place / length);
    if (last.pass !== pass) last = { pass, order: orderOf(pass) };
    return last.order[place % length]!;
  };
  const filmsOf = (step: number) => Uint32Array.from({ length: batch }, (_, i) => at(step * batch + i));
  return { filmsOf, length };
}

/** @throws AppError loss-not-finite, cache-damaged, and whatever `yieldNow` throws */
export async function trainMasks(start: Start, draw: MaskDraw, training: Training): Promise<Trained> {
  const { runtime, dataset, truth, config, onEpoch, yieldNow } = training;
  const pass = filmsOfPass(draw.fit, truth, new Rng(config.seed, 'probe')).length;
  const batch = Math.min(config.maskBatch, pass);
  const { filmsOf } = filmsOfStep(draw.fit, truth, batch, config.seed, draw.index);
  const stepsPerEpoch = Math.max(LEAST_STEPS, Math.floor(pass / batch));
  const epochs = config.maskEpochs;
  const queue = new BatchQueue(planesOf(dataset), filmsOf, epochs * stepsPerEpoch);
  const segmenter = new Segmenter(config, runtime, start);
  const renderer = new ViewRenderer(runtime, dataset, { batchSize: Math.max(batch, LOOKED_AT_ONCE) });
  const losses: Promise<number>[] = [];
  const settle = async (most: number) => {
    while (losses.length > most) {
      const loss = await losses.shift()!;
      if (!Number.isFinite(loss)) throw new AppError('loss-not-finite', 'of masks; lower their rate.');
    }
  };
  let best: { state: SegmenterState; bestEpoch: number; loss: number } | null = null;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      onEpoch(epoch - 1, epochs);
      for (let step = (epoch - 1) * stepsPerEpoch; step < epoch * stepsPerEpoch; step++) {
        await queue.ready(step);
        const loss = takeStep(segmenter, renderer, queue, step, draw.index, training);
        loss.catch(() => undefined);
        losses.push(loss);
        await settle(IN_FLIGHT);
        await yieldNow();
      }
      await settle(0);
      if (!draw.val) continue;
      const loss = await lossOf(segmenter, renderer, draw.val, training);
      if (!best || loss < best.loss) {
        best = { state: await segmenter.state(), bestEpoch: epoch, loss };
      } else if (epoch - best.bestEpoch >= config.maskPatience) break;
    }
    if (best) segmenter.restore(best.state);
    const masks = await masksOf(segmenter, renderer, draw.test, training);
    return { masks, bestEpoch: best?.bestEpoch ?? epochs };
  } finally {
    await Promise.allSettled(losses);
    renderer.dispose();
    segmenter.dispose();
    runtime.trim();
  }
}

/** Whole films, mirrored half of the time with their masks. */
function takeStep(
  segmenter: Segmenter,
  renderer: ViewRenderer,
  queue: BatchQueue,
  step: number,
  draw: number,
  { truth, config }: Training,
): Promise<number> {
  const batch = queue.take(step);
  const rng = new Rng(config.seed, 'probe', draw, 5, step);
  const mirrored = Array.from(batch.films, () => rng.chance(0.5));
  const pixels = truth.side ** 2;
  const target = new Float32Array(batch.films.length * pixels);
  for (const [i, film] of batch.films.entries()) truth.write(film, target, i * pixels, mirrored[i]!);
  return segmenter.step(renderer.evaluation(batch, config.imageSize, mirrored), target);
}

/** Logits of whole films a few at a time; batches are full, the last one filled up with its last film. */
async function look(
  segmenter: Segmenter,
  renderer: ViewRenderer,
  rows: Uint32Array,
  { dataset, config, yieldNow }: Training,
  take: (logits: Float32Array, film: number) => void,
): Promise<void> {
  const source = planesOf(dataset);
  const pixels = config.imageSize ** 2;
  for (let first = 0; first < rows.length; first += LOOKED_AT_ONCE) {
    const films = Uint32Array.from(
      { length: LOOKED_AT_ONCE },
      (_, i) => rows[Math.min(first + i, rows.length - 1)]!,
    );
    const batch = await readBatch(source, films);
    const logits = await segmenter.logits(renderer.evaluation(batch, config.imageSize, false));
    for (let i = 0; i < Math.min(LOOKED_AT_ONCE, rows.length - first); i++) {
      take(logits.subarray(i * pixels, (i + 1) * pixels), films[i]!);
    }
    await yieldNow();
  }
}

/** The loss of training, mean over films. */
async function lossOf(
  segmenter: Segmenter,
  renderer: ViewRenderer,
  rows: Uint32Array,
  training: Training,
): Promise<number> {
  const { side } = training.truth;
  let sum = 0;
  await look(segmenter, renderer, rows, training, (data, film) => {
    const shape = [1, side, side];
    const truth = { shape, data: new Float32Array(side * side) };
    training.truth.write(film, truth.data);
    const [terms, sums] = [8, 4].map((size) => ({ shape: [size], data: new Float32Array(size) }));
    maskLoss.spec.reference({ logits: { shape, data }, truth }, {}, [terms!, sums!]);
    sum += terms!.data[MASK_LOSS_TERMS.loss]!;
  });
  return sum / rows.length;
}

async function masksOf(
  segmenter: Segmenter,
  renderer: ViewRenderer,
  rows: Uint32Array,
  training: Training,
): Promise<Uint8Array[]> {
  const masks: Uint8Array[] = [];
  await look(segmenter, renderer, rows, training, (logits) => {
    masks.push(packBits(logits.map((logit) => Number(logit > THRESHOLD))));
  });
  return masks;
}
