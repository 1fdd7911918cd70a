// Fine-tunes a start on one draw of labels: epochs over the labelled films, the mean AUROC of the validation films after each,
// and the scores of the test films at the best of them. Test films decide nothing: they are scored whenever the validation
// films have said that an epoch is the best so far.

import type { Config } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { BatchQueue, planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import type { Draw } from '../labelDraws.ts';
import { meanAuroc } from '../scores/auroc.ts';
import { SCORED_AT_ONCE, type Start, Tuner, viewsOf } from './tuner.ts';

/** With few labelled films an epoch of one pass would be a step or two, and patience over before anything was learnt. */
export const LEAST_STEPS = 8;
/** Steps that may be queued before the loss of the oldest is waited for. */
const IN_FLIGHT = 2;

export interface Tuning {
  readonly runtime: Runtime;
  readonly dataset: TrainingSet;
  readonly config: Config;
  /** Epochs done, of at most so many. */
  readonly onEpoch: (done: number, total: number) => void;
  /** Hears the mean loss of an epoch, and the mean AUROC of the validation films after it. */
  readonly onEpochDone?: (epoch: number, loss: number, auroc: number | null) => void;
  readonly yieldNow: () => Promise<void>;
}

export interface Tuned {
  /** Test films x classes. */
  readonly scores: Float64Array;
  /** Counted from 1. */
  readonly bestEpoch: number;
}

/** For each class negatives over positives among the films that are trained on, at most `most` and at least one over that. */
export function positiveWeights(
  { fit, labels, classes }: Pick<Draw, 'fit' | 'labels' | 'classes'>,
  most: number,
): number[] {
  return Array.from({ length: classes }, (_, k) => {
    const count = (wanted: number) =>
      fit.reduce((sum, film) => sum + Number(labels[film * classes + k] === wanted), 0);
    const [positives, negatives] = [count(LABEL_POSITIVE), count(LABEL_NEGATIVE)];
    if (positives === 0 || negatives === 0) return 1;
    return Math.min(most, Math.max(1 / most, negatives / positives));
  });
}

/** Films of a step, whole passes in a random order one after the other. */
function filmsOfStep(rows: Uint32Array, batch: number, seed: number, draw: number) {
  const orders = new Map<number, Uint32Array>();
  const orderOf = (pass: number) => {
    const known = orders.get(pass);
    if (known) return known;
    const order = new Rng(seed, 'probe', draw, 2, pass).permutation(rows.length).map((i) => rows[i]!);
    orders.clear();
    orders.set(pass, order);
    return order;
  };
  return (step: number) =>
    Uint32Array.from({ length: batch }, (_, i) => {
      const at = step * batch + i;
      return orderOf(Math.floor(at / rows.length))[at % rows.length]!;
    });
}

/** @throws AppError loss-not-finite, cache-damaged, and whatever `yieldNow` throws */
export async function tune(start: Start, draw: Draw, tuning: Tuning): Promise<Tuned> {
  const { runtime, dataset, config, onEpoch, onEpochDone, yieldNow } = tuning;
  const batch = Math.min(config.tuneBatch, draw.fit.length);
  const stepsPerEpoch = Math.max(LEAST_STEPS, Math.floor(draw.fit.length / batch));
  const epochs = config.tuneEpochs;
  const filmsOf = filmsOfStep(draw.fit, batch, config.seed, draw.index);
  const queue = new BatchQueue(planesOf(dataset), filmsOf, epochs * stepsPerEpoch);
  const tuner = new Tuner(config, positiveWeights(draw, config.tunePositives), runtime, start);
  const renderer = new ViewRenderer(runtime, dataset, { batchSize: Math.max(batch, SCORED_AT_ONCE) });
  const scoresOf = (rows: Uint32Array) => score(tuner, renderer, rows, draw.classes, tuning);
  const losses: Promise<number>[] = [];
  let lossOfEpoch = 0;
  const settle = async (most: number) => {
    while (losses.length > most) {
      const loss = await losses.shift()!;
      if (!Number.isFinite(loss)) throw new AppError('loss-not-finite', 'fine-tuning; lower its rate.');
      lossOfEpoch += loss / stepsPerEpoch;
    }
  };
  let best: { scores: Float64Array; bestEpoch: number; value: number } | null = null;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      onEpoch(epoch - 1, epochs);
      lossOfEpoch = 0;
      for (let step = (epoch - 1) * stepsPerEpoch; step < epoch * stepsPerEpoch; step++) {
        await queue.ready(step);
        const loss = takeStep(tuner, renderer, queue, step, draw, config);
        loss.catch(() => undefined);
        losses.push(loss);
        await settle(IN_FLIGHT);
        await yieldNow();
      }
      await settle(0);
      const value = draw.val && meanAuroc(await scoresOf(draw.val), draw, draw.val);
      onEpochDone?.(epoch, lossOfEpoch, value);
      if (value === null) continue;
      if (!best || value > best.value) {
        best = { scores: await scoresOf(draw.test), bestEpoch: epoch, value };
      } else if (epoch - best.bestEpoch >= config.tunePatience) break;
    }
    return best ?? { scores: await scoresOf(draw.test), bestEpoch: epochs };
  } finally {
    await Promise.allSettled(losses);
    renderer.dispose();
    tuner.dispose();
    runtime.trim();
  }
}

function takeStep(
  tuner: Tuner,
  renderer: ViewRenderer,
  queue: BatchQueue,
  step: number,
  { labels, classes, index }: Draw,
  config: Config,
): Promise<number> {
  const batch = queue.take(step);
  const views = viewsOf(config);
  const mirrored = new Rng(config.seed, 'probe', index, 3, step);
  const images =
    views === 2
      ? renderer.render(batch, step, config)
      : renderer.evaluation(
          batch,
          config.imageSize,
          Array.from(batch.films, () => mirrored.chance(0.5)),
        );
  const rows = batch.films;
  const targets = new Uint8Array(views * rows.length * classes);
  for (let i = 0; i < views * rows.length; i++) {
    const film = rows[i % rows.length]!;
    targets.set(labels.subarray(film * classes, (film + 1) * classes), i * classes);
  }
  return tuner.step(images, targets, views);
}

/** Logits of whole films, films x classes; batches are full, the last one filled up with its last film. */
async function score(
  tuner: Tuner,
  renderer: ViewRenderer,
  rows: Uint32Array,
  classes: number,
  { dataset, config, yieldNow }: Tuning,
): Promise<Float64Array> {
  const logits = new Float64Array(rows.length * classes);
  const source = planesOf(dataset);
  for (let first = 0; first < rows.length; first += SCORED_AT_ONCE) {
    const films = Uint32Array.from(
      { length: SCORED_AT_ONCE },
      (_, i) => rows[Math.min(first + i, rows.length - 1)]!,
    );
    const batch = await readBatch(source, films);
    const values = await tuner.logits(renderer.evaluation(batch, config.imageSize, false));
    const wanted = Math.min(SCORED_AT_ONCE, rows.length - first);
    logits.set(values.subarray(0, wanted * classes), first * classes);
    await yieldNow();
  }
  return logits;
}
