// One training step on images that are already there: both passes, objective, update, and the numbers to read back.
// Pretraining renders the images and keeps the clock (pretrain.ts); the parity runner brings recorded images. What a
// run is made of, model and optimiser state, is captured and restored here too.

import { type Checkpoint, loadWeights } from '../checkpoint/checkpoint.ts';
import type { StartWeights } from '../checkpoint/startWeights.ts';
import { isBufferName } from '../checkpoint/stateDict.ts';
import type { Config } from '../config/schema.ts';
import { keptZeros } from '../gpu/backend.ts';
import { isLittle } from '../gpu/forms.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import { spatialMean } from '../gpu/kernels/pool/elementwise.ts';
import { POOLED_SIDE } from '../gpu/kernels/pool/levelPool.ts';
import type { Program } from '../gpu/program.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../methods/encoder/network.ts';
import { type Embeddings, Model } from '../methods/model.ts';
import { lossWeights, reportLength, VECTOR_LENGTH } from '../methods/record/total.ts';
import type { Tape } from '../nn/tape.ts';
import { MovingAverage } from '../optim/movingAverage.ts';
import { Optimiser } from '../optim/optimiser.ts';
import { warmupCosine } from '../optim/schedule.ts';
import { drawFrom } from './initialise.ts';

/** Batch size that the base rate of LARS refers to. */
const REFERENCE_BATCH = 256;
/** Steps whose numbers may be on their way to the host: those in flight and the one that is recorded. */
const READS_IN_FLIGHT = 3;

export type RunState = Pick<Checkpoint, 'parameters' | 'buffers' | 'optimiserState'>;

/** Looks into a step as it is recorded; what it wants to keep it clones. */
export interface StepObserver {
  /** What the encoder is about to see, [2N, S, S, 3]. */
  images?(images: Tensor, step: number): void;
  /** What the loss is about to know of each view, [2N, columns], where it wants anything. */
  facts?(facts: Float32Array): void;
  /** Between the forward and the backward pass; the tape may be told to watch gradients. */
  forward?(made: Embeddings, tape: Tape): void;
  /** By storage name, before the update, in the order in which the backward pass made them. */
  gradients?(gradients: ReadonlyMap<string, Tensor>): void;
}

export interface RunLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** The rate of step `step` (0, 1, ...) under a configuration. */
export function learningRateAt(
  config: Config,
  { stepsPerEpoch, totalSteps }: RunLength,
  step: number,
): number {
  const { learningRate, batchSize, optimiser, warmupEpochs } = config;
  const base = optimiser === 'lars' ? (learningRate * batchSize) / REFERENCE_BATCH : learningRate;
  return warmupCosine({ base, warmupSteps: Math.round(warmupEpochs * stepsPerEpoch), totalSteps }, step);
}

export class TrainingStep {
  readonly model: Model;
  readonly #runtime: Runtime;
  readonly #little: boolean;
  readonly #optimiser: Optimiser;
  /** What moves the target network, where the method has one. */
  readonly #average: MovingAverage | null;
  /** Of the loss, by head. */
  readonly #weights: Readonly<Record<string, Tensor>>;
  /** What the loss wants to know of each view, [2N, columns], where it wants anything. */
  readonly #facts: Tensor | null;
  readonly #report: Tensor;
  /** Bound of the gradient's numbers; 0: none. */
  #clip = 0;
  /** Batches that the norms had seen before the first of our steps, as PyTorch counts them. */
  #batchesBefore = 0;

  /** Weights that `start` does not give are drawn at random. */
  constructor(config: Config, runtime: Runtime, start: StartWeights | null = null) {
    this.#runtime = runtime;
    this.#little = isLittle(config);
    this.model = new Model(config, drawFrom(config.seed, 'init', start?.parameters));
    for (const { name, follows } of this.model.parameters.spec.buffers) {
      const given = start?.buffers.get(name) ?? start?.buffers.get(follows ?? name);
      if (given) runtime.write(this.model.parameters.get(name), given.data);
    }
    const settings = {
      kind: config.optimiser,
      weightDecay: config.weightDecay,
      momentum: config.momentum,
      trustCoefficient: config.trustCoefficient,
    };
    const { parameters } = this.model;
    // Whatever stays is on the GPU before the first step: later it would take a buffer that every step then misses.
    const { batchSize, imageSize } = config;
    const constants = this.model.constants(2 * batchSize, imageSize, imageSize);
    for (const tensor of [...parameters.all(), ...constants]) runtime.settle(tensor);
    this.#optimiser = new Optimiser(settings, parameters.spec, this.model.trained(), parameters, runtime);
    const follows = parameters.spec.storages.some((storage) => storage.follows !== undefined);
    this.#average = follows ? new MovingAverage(parameters.spec, parameters, this.#optimiser, runtime) : null;
    const { method } = this.model;
    const weights = Object.entries(lossWeights(method, config));
    this.#weights = Object.fromEntries(weights.map(([head, { length }]) => [head, keptZeros([length])]));
    const columns = this.model.facts?.columns;
    this.#facts = columns === undefined ? null : keptZeros([2 * batchSize, columns]);
    if (this.#facts) runtime.settle(this.#facts);
    const channels = levelWidths(config.width).reduce((a, b) => a + b, 0);
    this.#report = keptZeros([reportLength(method) + 2 * config.batchSize * channels]);
    runtime.settle(this.#report);
    runtime.reserveReads(this.#report.size * 4, READS_IN_FLIGHT);
    this.change(config);
  }

  /** Takes over what may change between steps: the weights of the terms and the bound of the gradient. */
  change(config: Config): void {
    this.#clip = config.gradientClip;
    for (const [head, weights] of Object.entries(lossWeights(this.model.method, config))) {
      this.#runtime.write(this.#weights[head]!, Float32Array.from(weights));
    }
  }

  /** Takes what the next step shall know of its views; until then that of the step before. */
  know(facts: Float32Array): void {
    this.#runtime.write(this.#facts!, facts);
  }

  /**
   * Records one step into the command queue; nothing waits. `images` [2N, H, W, 3], view 1 first, are freed. `progress` is how
   * far the run has come, 0 to 1.
   */
  record(images: Tensor, rate: number, observe?: StepObserver, progress = 0): void {
    const optimiser = this.#optimiser;
    this.#runtime.little = this.#little;
    optimiser.begin(rate, this.#clip);
    this.#average?.begin(this.model.targetMomentum(progress) ?? 1);
    const take = (name: string, gradient: Tensor) => optimiser.take(name, gradient);
    // Who looks at gradients sees all of them together, before the update.
    const onParameter = observe?.gradients ? undefined : take;
    const hooks = { onForward: observe?.forward, onParameter };
    const { report, pooled, gradients, target } = this.model.step(images, this.#weights, hooks, this.#facts);
    images.dispose();
    observe?.gradients?.(gradients);
    for (const [name, gradient] of gradients) take(name, gradient);
    optimiser.finish();
    this.#average?.follow();
    this.model.remember(target);
    const [views, , channels] = pooled.shape as [number, number, number];
    const map = tf.reshape(pooled, [views, POOLED_SIDE, POOLED_SIDE, channels]);
    const means = spatialMean.one({ x: map }, {});
    const vector = VECTOR_LENGTH * 4;
    for (const [i, values] of report.entries()) {
      this.#runtime.copy(values, 0, this.#report, i * vector, vector);
    }
    this.#runtime.copy(means, 0, this.#report, report.length * vector, views * channels * 4);
    tf.dispose([...report, pooled, map, means]);
  }

  /** The programs that `record` would need, without taking a step. */
  collect(record: () => void): Program[] {
    const before = this.#optimiser.updates;
    const programs = this.#runtime.collect(record);
    this.#optimiser.updates = before;
    return programs;
  }

  /** The numbers of the step recorded last, in the form that toSample reads. */
  read(): Promise<Float32Array> {
    return this.#runtime.read(this.#report, this.#report.shape[0]! * 4);
  }

  /** Weights, statistics and optimiser state after the steps recorded so far; later ones do not show in it. */
  async capture(): Promise<RunState> {
    const { download } = this.#runtime;
    // PyTorch counts batches; every step shows each norm one batch per view.
    const batches = this.#batchesBefore + 2 * this.#optimiser.updates;
    const [all, optimiserState] = await Promise.all([
      this.model.parameters.read(download),
      this.#optimiser.read(download),
    ]);
    const buffers = new Map([...all].filter(([name]) => isBufferName(name)));
    const parameters = new Map([...all].filter(([name]) => !isBufferName(name)));
    for (const name of [...buffers.keys()]) {
      if (!name.endsWith('.running_mean')) continue;
      const counter = name.replace(/running_mean$/, 'num_batches_tracked');
      buffers.set(counter, { shape: [], data: Float32Array.of(batches) });
    }
    return { parameters, buffers, optimiserState };
  }

  /** @throws AppError checkpoint-invalid when the state is of another model */
  restore(state: RunState, updates: number): void {
    loadWeights(this.model, state, this.#runtime);
    this.#optimiser.adopt();
    this.#average?.adopt();
    this.#optimiser.write(state.optimiserState, updates);
    const counter = [...state.buffers].find(([name]) => name.endsWith('.num_batches_tracked'));
    this.#batchesBefore = counter ? Math.max(0, counter[1].data[0]! - 2 * updates) : 0;
  }

  dispose(): void {
    this.model.dispose();
    this.#optimiser.dispose();
    this.#average?.dispose();
    this.#runtime.releaseReads(this.#report.size * 4);
    tf.dispose([...Object.values(this.#weights), this.#report, ...(this.#facts ? [this.#facts] : [])]);
  }
}
