// The one linear layer on frozen features and how it is trained. Plain typed loops on the CPU, since the layer is small and this
// way it runs alike on every adapter: its start, logits and loss, then mean binary cross-entropy over known labels, gradient clipped
// to norm 1, AdamW without decay, cosine with warm restarts per epoch. Early stopping and label draws are in fit.ts.

import { warmRestarts } from '../../optim/schedule.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import type { Scaling } from './fit.ts';

/** Logit_k = weight[k, :] . x + bias[k]; weight is classes x dim, row-major, as PyTorch holds it. */
export interface LinearLayer {
  readonly dim: number;
  readonly classes: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** Cross-entropies are cut here, as PyTorch's BCELoss does. */
const LOG_FLOOR = -100;

export const copyLayer = (layer: LinearLayer): LinearLayer => ({
  ...layer,
  weight: layer.weight.slice(),
  bias: layer.bias.slice(),
});

/** Weights and biases uniform within +-1 / sqrt(dim), PyTorch's default for a linear layer. */
export function initLinear(dim: number, classes: number, seed: number, draw = 0): LinearLayer {
  const rng = new Rng(seed, 'probe', draw, 0);
  const bound = 1 / Math.sqrt(dim);
  const weight = Float64Array.from({ length: dim * classes }, () => rng.uniform(-bound, bound));
  const bias = Float64Array.from({ length: classes }, () => rng.uniform(-bound, bound));
  return { dim, classes, weight, bias };
}

/** Logits of `rows` films, features row-major rows x dim; the result is rows x classes. */
export function logitsOf(
  layer: LinearLayer,
  x: Float32Array,
  rows: number,
  out?: Float64Array,
): Float64Array {
  const { dim, classes, weight, bias } = layer;
  const logits = out ?? new Float64Array(rows * classes);
  const whole = dim - (dim % 4);
  for (let r = 0; r < rows; r++) {
    const xr = r * dim;
    for (let k = 0; k < classes; k++) {
      const wk = k * dim;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0; j < whole; j += 4) {
        s0 += weight[wk + j]! * x[xr + j]!;
        s1 += weight[wk + j + 1]! * x[xr + j + 1]!;
        s2 += weight[wk + j + 2]! * x[xr + j + 2]!;
        s3 += weight[wk + j + 3]! * x[xr + j + 3]!;
      }
      for (let j = whole; j < dim; j++) s0 += weight[wk + j]! * x[xr + j]!;
      logits[r * classes + k] = s0 + s1 + (s2 + s3) + bias[k]!;
    }
  }
  return logits;
}

/** Single precision, as the published probabilities: saturates to 0 and 1 where those do. */
export function sigmoid32(logit: number): number {
  return Math.fround(1 / Math.fround(1 + Math.fround(Math.exp(-logit))));
}

/** Binary cross-entropy of one logit, the logarithm of the probability cut at -100. */
export function crossEntropy(logit: number, target: number): number {
  const p = sigmoid32(logit);
  return -Math.max(Math.log(target === LABEL_POSITIVE ? p : Math.fround(1 - p)), LOG_FLOOR);
}

export const PROBE_OPTIMISER = {
  minRate: 1e-6,
  firstPeriod: 10,
  factor: 2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: 1,
  /** Decoupled decay; the published evaluation has none. */
  decay: 0,
} as const;
export type ProbeOptimiser = Readonly<Record<keyof typeof PROBE_OPTIMISER, number>>;

/** One layer in training: its gradient, its moments and its step count. */
export class LinearTrainer {
  readonly layer: LinearLayer;
  /** Of the last step before clipping: weights, then biases. */
  readonly gradient: Float64Array;
  readonly #settings: ProbeOptimiser;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  /** Trains `layer` in place. */
  constructor(layer: LinearLayer, settings: ProbeOptimiser = PROBE_OPTIMISER) {
    this.layer = layer;
    this.#settings = settings;
    const size = layer.weight.length + layer.bias.length;
    this.gradient = new Float64Array(size);
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /**
   * One update on a batch: features rows x dim, labels rows x classes (unknown ones do not count).
   * @returns mean loss over known labels and the norm of the gradient before clipping
   */
  step(
    x: Float32Array,
    labels: Uint8Array,
    rows: number,
    rate: number,
  ): { loss: number; gradientNorm: number } {
    const { classes } = this.layer;
    const errors = logitsOf(this.layer, x, rows);
    let known = 0;
    let loss = 0;
    for (let i = 0; i < rows * classes; i++) {
      const target = labels[i]!;
      if (target !== LABEL_NEGATIVE && target !== LABEL_POSITIVE) {
        errors[i] = 0;
        continue;
      }
      known++;
      loss += crossEntropy(errors[i]!, target);
      // p - t, the exact derivative; PyTorch's sigmoid and BCE in two steps lose it where p rounds to 0 or 1.
      errors[i] = 1 / (1 + Math.exp(-errors[i]!)) - target;
    }
    if (known === 0) return { loss: 0, gradientNorm: 0 };
    this.#accumulate(x, errors, rows, 1 / known);
    let squares = 0;
    for (const g of this.gradient) squares += g * g;
    const gradientNorm = Math.sqrt(squares);
    this.#update(rate, Math.min(1, this.#settings.clip / (gradientNorm + 1e-6)));
    return { loss: loss / known, gradientNorm };
  }

  #accumulate(x: Float32Array, errors: Float64Array, rows: number, scale: number): void {
    const { dim, classes, weight } = this.layer;
    const gradient = this.gradient.fill(0);
    for (let r = 0; r < rows; r++) {
      const xr = r * dim;
      for (let k = 0; k < classes; k++) {
        const error = errors[r * classes + k]! * scale;
        if (error === 0) continue;
        const gk = k * dim;
        for (let j = 0; j < dim; j++) gradient[gk + j]! += error * x[xr + j]!;
        gradient[weight.length + k]! += error;
      }
    }
  }

  #update(rate: number, shrink: number): void {
    const { beta1, beta2, epsilon, decay } = this.#settings;
    const { weight, bias } = this.layer;
    const keep = 1 - rate * decay;
    const correct1 = 1 - beta1 ** ++this.#steps;
    const correct2 = Math.sqrt(1 - beta2 ** this.#steps);
    for (let i = 0; i < this.gradient.length; i++) {
      const g = this.gradient[i]! * shrink;
      const m = beta1 * this.#first[i]! + (1 - beta1) * g;
      const v = beta2 * this.#second[i]! + (1 - beta2) * g * g;
      this.#first[i] = m;
      this.#second[i] = v;
      const change = ((rate / correct1) * m) / (Math.sqrt(v) / correct2 + epsilon);
      if (i < weight.length) weight[i] = keep * weight[i]! - change;
      else bias[i - weight.length] = keep * bias[i - weight.length]! - change;
    }
  }
}

interface LinearData {
  /** Films x dim, row-major. */
  readonly features: Float32Array;
  /** The same films mirrored; each epoch takes one or the other of every film at random. */
  readonly flipped?: Float32Array;
  /** Applied to every film before it is used. */
  readonly scaling?: Scaling;
  /** Films x classes: 0, 1 or 255 for unknown. */
  readonly labels: Uint8Array;
  /** Rows to train on; all when left out. */
  readonly rows?: Uint32Array;
}

interface LinearHyper {
  readonly rate: number;
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  /** Distinguishes draws under one seed. */
  readonly draw?: number;
  /** Order of rows to use instead of a random one: epochs x batches x rows. Mirrored films are then not used. */
  readonly batches?: readonly (readonly ArrayLike<number>[])[];
  readonly settings?: ProbeOptimiser;
  /** Looks at the layer and its gradient after each update, counted from 1. */
  readonly onStep?: (step: number, trainer: LinearTrainer) => void;
}

interface EpochResult {
  readonly epoch: number;
  readonly rate: number;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
}

/**
 * Trains `layer` in place and stops after every epoch, so that the caller may score, stop, or let others run.
 * @throws AppError loss-not-finite
 */
export function* linearEpochs(
  layer: LinearLayer,
  data: LinearData,
  hyper: LinearHyper,
): Generator<EpochResult> {
  const { dim, classes } = layer;
  const settings = hyper.settings ?? PROBE_OPTIMISER;
  const trainer = new LinearTrainer(layer, settings);
  let step = 0;
  const rows = data.rows ?? Uint32Array.from({ length: data.features.length / dim }, (_, i) => i);
  for (let epoch = 0; epoch < hyper.epochs; epoch++) {
    const { minRate: min, firstPeriod, factor } = settings;
    const rate = warmRestarts({ max: hyper.rate, min, firstPeriod, factor }, epoch);
    const rng = new Rng(hyper.seed, 'probe', hyper.draw ?? 0, 1, epoch);
    const losses: number[] = [];
    const gradientNorms: number[] = [];
    for (const batch of hyper.batches?.[epoch] ?? randomBatches(rows, hyper.batch, rng)) {
      const x = new Float32Array(batch.length * dim);
      const y = new Uint8Array(batch.length * classes);
      for (let i = 0; i < batch.length; i++) {
        const row = batch[i]!;
        const mirrored = !hyper.batches && data.flipped !== undefined && rng.chance(0.5);
        const source = mirrored ? data.flipped! : data.features;
        copyFilm(source, row, x, i, dim, data.scaling);
        y.set(data.labels.subarray(row * classes, (row + 1) * classes), i * classes);
      }
      const { loss, gradientNorm } = trainer.step(x, y, batch.length, rate);
      if (!Number.isFinite(loss + gradientNorm)) {
        throw new AppError('loss-not-finite', `epoch ${epoch} of the linear evaluation.`);
      }
      hyper.onStep?.(++step, trainer);
      losses.push(loss);
      gradientNorms.push(gradientNorm);
    }
    yield { epoch, rate, losses, gradientNorms };
  }
}

/** Film `row` of `source` becomes film `i` of the batch. */
function copyFilm(
  source: Float32Array,
  row: number,
  x: Float32Array,
  i: number,
  dim: number,
  scaling?: Scaling,
) {
  if (!scaling) return x.set(source.subarray(row * dim, (row + 1) * dim), i * dim);
  for (let j = 0; j < dim; j++) {
    x[i * dim + j] = (source[row * dim + j]! - scaling.mean[j]!) * scaling.inverse[j]!;
  }
}

/** A random order in batches; the last may be short, since small label shares hold less than one batch. */
function randomBatches(rows: Uint32Array, size: number, rng: Rng): Uint32Array[] {
  const order = rng.permutation(rows.length).map((i) => rows[i]!);
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, b) =>
    order.subarray(b * size, (b + 1) * size),
  );
}

/** A whole training without early stopping; `start` is not changed. */
export function trainLinear(
  start: LinearLayer,
  data: LinearData,
  hyper: LinearHyper,
): { layer: LinearLayer; epochs: EpochResult[] } {
  const layer = copyLayer(start);
  return { layer, epochs: [...linearEpochs(layer, data, hyper)] };
}
