// Fine-tunes a start on one draw of labels: epochs over the labelled films, the mean AUROC of the validation films after each,
// and the scores of the test films at the best of them. Test films decide nothing: they are scored whenever the validation
// films have said that an epoch is the best so far.

import type { Config } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { BatchQueue, planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { Rng } from '../../util/rng.ts';
import type { Draw } from '../labelDraws.ts';
import { meanAuroc } from '../scores/auroc.ts';
import { type Around, LEAST_STEPS, PendingLosses, type Stepping, trainEpochs } from '../stepping.ts';
import type { Stored } from '../trainings.ts';
import { type Best, type Epoch, type Progress, readProgress, storedProgress, type Tuned } from './kept.ts';
import { SCORED_AT_ONCE, type Start, Tuner, viewsOf } from './tuner.ts';

export interface Tuning extends Around {
  readonly runtime: Runtime;
  readonly dataset: TrainingSet;
  readonly config: Config;
  /** Hears each epoch, those of before a cut as well. */
  readonly onEpochDone?: (epoch: Epoch) => void;
  /** Where it was cut. */
  readonly from?: Stored | null;
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

/** @throws AppError loss-not-finite, cache-damaged, Unfit, and whatever `yieldNow` throws */
export async function tune(start: Start, draw: Draw, tuning: Tuning): Promise<Tuned> {
  const from = tuning.from ? readProgress(tuning.from) : null;
  const training = new Training(start, draw, tuning);
  try {
    if (from) training.takeUp(from);
    await trainEpochs(training, tuning.config.tuneEpochs, from?.step, tuning);
    return await training.result();
  } finally {
    await training.dispose();
  }
}

/** A training on one draw: its steps, what they have lost, and the best of its epochs so far. */
class Training implements Stepping {
  readonly stepsPerEpoch: number;
  readonly #draw: Draw;
  readonly #tuning: Tuning;
  readonly #queue: BatchQueue;
  readonly #tuner: Tuner;
  readonly #renderer: ViewRenderer;
  readonly #losses = new PendingLosses('fine-tuning; lower its rate.', (loss) => {
    this.#loss += loss / this.stepsPerEpoch;
  });
  /** Mean of the epoch, as far as it has come. */
  #loss = 0;
  #best: Best | null = null;
  readonly #epochs: Epoch[] = [];

  constructor(start: Start, draw: Draw, tuning: Tuning) {
    const { runtime, dataset, config } = tuning;
    this.#draw = draw;
    this.#tuning = tuning;
    const batch = Math.min(config.tuneBatch, draw.fit.length);
    this.stepsPerEpoch = Math.max(LEAST_STEPS, Math.floor(draw.fit.length / batch));
    const filmsOf = filmsOfStep(draw.fit, batch, config.seed, draw.index);
    this.#queue = new BatchQueue(planesOf(dataset), filmsOf, config.tuneEpochs * this.stepsPerEpoch);
    this.#tuner = new Tuner(config, positiveWeights(draw, config.tunePositives), runtime, start);
    this.#renderer = new ViewRenderer(runtime, dataset, { batchSize: Math.max(batch, SCORED_AT_ONCE) });
  }

  takeUp({ step, loss, epochs, best, tuner }: Progress): void {
    this.#tuner.write(tuner, step);
    this.#loss = loss;
    this.#best = best;
    for (const epoch of epochs) this.#tell(epoch);
  }

  async step(step: number): Promise<void> {
    if (step % this.stepsPerEpoch === 0) this.#loss = 0;
    await this.#queue.ready(step);
    await this.#losses.add(
      takeStep(this.#tuner, this.#renderer, this.#queue, step, this.#draw, this.#tuning.config),
    );
  }

  async endEpoch(epoch: number): Promise<boolean> {
    await this.#losses.settle();
    const { val, test } = this.#draw;
    const value = val && meanAuroc(await this.#scores(val), this.#draw, val);
    this.#tell({ epoch, loss: this.#loss, auroc: value });
    if (value === null) return true;
    const best = this.#best;
    if (best && value <= best.value) return epoch - best.bestEpoch < this.#tuning.config.tunePatience;
    this.#best = { scores: await this.#scores(test), bestEpoch: epoch, value };
    return true;
  }

  async progress(step: number): Promise<Stored> {
    await this.#losses.settle();
    const tuner = await this.#tuner.read();
    return storedProgress({ step, loss: this.#loss, epochs: [...this.#epochs], best: this.#best, tuner });
  }

  async result(): Promise<Tuned> {
    const { scores, bestEpoch } = this.#best ?? {
      scores: await this.#scores(this.#draw.test),
      bestEpoch: this.#tuning.config.tuneEpochs,
    };
    return { scores, bestEpoch, epochs: this.#epochs };
  }

  async dispose(): Promise<void> {
    await this.#losses.dispose();
    this.#renderer.dispose();
    this.#tuner.dispose();
    this.#tuning.runtime.trim();
  }

  #scores(rows: Uint32Array): Promise<Float64Array> {
    return score(this.#tuner, this.#renderer, rows, this.#draw.classes, this.#tuning);
  }

  #tell(epoch: Epoch): void {
    this.#epochs.push(epoch);
    this.#tuning.onEpochDone?.(epoch);
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
