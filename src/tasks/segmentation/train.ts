// Trains a decoder from one start on one draw of masks: epochs over the labelled films, the loss of the validation films after
// each, and the masks of the test films by the best of them. Test films decide nothing, and are looked at once.

import type { Config } from '../../config/schema.ts';
import { MASK_LOSS_TERMS, maskLoss } from '../../gpu/kernels/masks/maskLoss.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { BatchQueue, planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { packBits } from '../../util/bits.ts';
import { Rng } from '../../util/rng.ts';
import type { EvaluationInput } from '../evaluate.ts';
import { type Around, LEAST_STEPS, PendingLosses, type Stepping, trainEpochs } from '../stepping.ts';
import type { Stored, Trainings } from '../trainings.ts';
import type { MaskDraw, TruthTable } from './films.ts';
import {
  type Best,
  type Progress,
  readProgress,
  readTrained,
  storedProgress,
  storedTrained,
  type Trained,
} from './kept.ts';
import { type Overlap, overlapOf, THRESHOLD } from './overlap.ts';
import { LOOKED_AT_ONCE, Segmenter, type Start } from './segmenter.ts';

export interface Training extends Around {
  readonly runtime: Runtime;
  readonly dataset: TrainingSet;
  readonly truth: TruthTable;
  readonly config: Config;
  /** Somebody is shown what is drawn on the test films. */
  readonly shown?: boolean;
  /** Where it was cut. */
  readonly from?: Stored | null;
}

type Surroundings = Pick<Training, 'truth' | 'shown'> &
  Pick<EvaluationInput, 'run' | 'dataset' | 'config' | 'onProgress' | 'onTakenUp' | 'yieldNow'>;

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
  return (step: number) => Uint32Array.from({ length: batch }, (_, i) => at(step * batch + i));
}

/** @throws AppError loss-not-finite, cache-damaged, Unfit, and whatever `yieldNow` throws */
export async function trainMasks(start: Start, draw: MaskDraw, training: Training): Promise<Trained> {
  const from = training.from ? readProgress(training.from) : null;
  const decoder = new DecoderTraining(start, draw, training);
  try {
    if (from) decoder.takeUp(from);
    await trainEpochs(decoder, training.config.maskEpochs, from?.step, training);
    return await decoder.result();
  } finally {
    await decoder.dispose();
  }
}

/** The training of a start on a draw, kept under these words, or what it came to before a cut. */
export async function trainOrTakeUp(
  trainings: Trainings,
  words: string,
  start: Start,
  draw: MaskDraw,
  { run, onProgress, onTakenUp, ...asked }: Surroundings,
): Promise<Trained> {
  const stored = await trainings.run(words, async (from, keep) =>
    storedTrained(
      await trainMasks(start, draw, {
        ...asked,
        runtime: run.runtime,
        from,
        keep,
        onEpoch: (done, total) => onProgress(`Decoder, ${words}, epoch`, done, total),
        onTakenUp: (epoch, total) =>
          onTakenUp?.(`The decoder goes on at epoch ${epoch} of ${total} (${words}).`),
      }),
    ),
  );
  return readTrained(stored);
}

/** A training on one draw: its steps, and the best of its epochs so far. */
class DecoderTraining implements Stepping {
  readonly stepsPerEpoch: number;
  readonly #draw: MaskDraw;
  readonly #training: Training;
  readonly #queue: BatchQueue;
  readonly #segmenter: Segmenter;
  readonly #renderer: ViewRenderer;
  readonly #losses = new PendingLosses('of masks; lower their rate.');
  #best: Best | null = null;

  constructor(start: Start, draw: MaskDraw, training: Training) {
    const { runtime, dataset, truth, config } = training;
    this.#draw = draw;
    this.#training = training;
    const pass = filmsOfPass(draw.fit, truth, new Rng(config.seed, 'probe')).length;
    const batch = Math.min(config.maskBatch, pass);
    this.stepsPerEpoch = Math.max(LEAST_STEPS, Math.floor(pass / batch));
    const filmsOf = filmsOfStep(draw.fit, truth, batch, config.seed, draw.index);
    this.#queue = new BatchQueue(planesOf(dataset), filmsOf, config.maskEpochs * this.stepsPerEpoch);
    this.#segmenter = new Segmenter(config, runtime, start);
    this.#renderer = new ViewRenderer(runtime, dataset, { batchSize: Math.max(batch, LOOKED_AT_ONCE) });
  }

  takeUp({ step, best, segmenter }: Progress): void {
    this.#segmenter.write(segmenter, step);
    this.#best = best;
  }

  async step(step: number): Promise<void> {
    await this.#queue.ready(step);
    await this.#losses.add(
      takeStep(this.#segmenter, this.#renderer, this.#queue, step, this.#draw.index, this.#training),
    );
  }

  async endEpoch(epoch: number): Promise<boolean> {
    await this.#losses.settle();
    const { val } = this.#draw;
    if (!val) return true;
    const loss = await lossOf(this.#segmenter, this.#renderer, val, this.#training);
    const best = this.#best;
    // What is not finite is no best, and could not be kept as such.
    if (Number.isFinite(loss) && (!best || loss < best.loss)) {
      this.#best = { weights: await this.#segmenter.weights(), bestEpoch: epoch, loss };
      return true;
    }
    return !best || epoch - best.bestEpoch < this.#training.config.maskPatience;
  }

  async progress(step: number): Promise<Stored> {
    await this.#losses.settle();
    return storedProgress({ step, best: this.#best, segmenter: await this.#segmenter.read() });
  }

  async result(): Promise<Trained> {
    if (this.#best) this.#segmenter.restore(this.#best.weights);
    const bestEpoch = this.#best?.bestEpoch ?? this.#training.config.maskEpochs;
    return { bestEpoch, ...(await drawOn(this.#segmenter, this.#renderer, this.#draw.test, this.#training)) };
  }

  async dispose(): Promise<void> {
    await this.#losses.dispose();
    this.#renderer.dispose();
    this.#segmenter.dispose();
    this.#training.runtime.trim();
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

/** Draws the masks of films, and holds them to the true ones. */
async function drawOn(
  segmenter: Segmenter,
  renderer: ViewRenderer,
  rows: Uint32Array,
  training: Training,
): Promise<Pick<Trained, 'overlaps' | 'masks'>> {
  const { truth, shown = false } = training;
  const overlaps: Overlap[] = [];
  const masks: Uint8Array[] | null = shown ? [] : null;
  const there = new Uint8Array(truth.side ** 2);
  await look(segmenter, renderer, rows, training, (logits, film) => {
    there.fill(0);
    truth.write(film, there);
    overlaps.push(overlapOf((at) => logits[at]! > THRESHOLD, there, there.length));
    masks?.push(packBits(logits.map((logit) => Number(logit > THRESHOLD))));
  });
  return { overlaps, masks };
}
