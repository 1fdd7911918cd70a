// Pretraining: everything one run holds, and one step of it. A step draws its films and views from (seed, step),
// records the whole pass, update included, and submits; its metrics come back later and nothing in it waits.
// Calling order, pausing and reporting belong to the loop below and to worker/engine.ts.

import type { Config } from '../config/schema.ts';
import { filmsOf, Sampler } from '../data/sampler.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import { spatialMean } from '../gpu/kernels/elementwise.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../mlvicx/architecture.ts';
import { Mlvicx } from '../mlvicx/model.ts';
import { weightsVector } from '../mlvicx/objective.ts';
import { Optimiser } from '../optim/optimiser.ts';
import { warmupCosine } from '../optim/schedule.ts';
import type { EngineDataset } from '../protocol/dataset.ts';
import type { StepSample } from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type Checkpoint, requireTensors } from './checkpoint.ts';
import { drawFrom } from './initialise.ts';
import { TERMS_LENGTH, toSample } from './sample.ts';
import { isBufferName } from './stateDict.ts';
import { ViewRenderer } from './viewRenderer.ts';

const POOLED_SIDE = 4;
/** Batch size that the base rate of LARS refers to. */
const REFERENCE_BATCH = 256;

export class Pretrainer {
  readonly runtime: Runtime;
  readonly model: Mlvicx;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  #config: Config;
  #step = 0;
  #activeSeconds = 0;
  #lastFinished = 0;
  readonly #fingerprint: string;
  readonly #sampler: Sampler;
  readonly #views: ViewRenderer;
  readonly #optimiser: Optimiser;
  readonly #weights: { readonly global: Tensor; readonly local: Tensor };
  readonly #report: Tensor;

  /** @throws AppError too-few-images */
  constructor(config: Config, dataset: EngineDataset, runtime: Runtime) {
    this.#config = config;
    this.runtime = runtime;
    this.#fingerprint = dataset.fingerprint;
    this.#sampler = new Sampler(filmsOf(dataset, 'train'), config.batchSize, config.seed);
    this.stepsPerEpoch = this.#sampler.stepsPerEpoch;
    this.totalSteps = config.maxSteps > 0 ? config.maxSteps : config.epochs * this.stepsPerEpoch;
    this.model = new Mlvicx(config, drawFrom(config.seed));
    const settings = {
      kind: config.optimiser,
      weightDecay: config.weightDecay,
      momentum: config.momentum,
      trustCoefficient: config.trustCoefficient,
    };
    const { parameters } = this.model;
    this.#optimiser = new Optimiser(settings, parameters.spec, this.model.trained(), parameters, runtime);
    this.#views = new ViewRenderer(runtime, dataset, config);
    this.#weights = { global: tf.keep(tf.zeros([4])), local: tf.keep(tf.zeros([4])) };
    this.#report = tf.keep(tf.zeros([this.#reportLength()]));
    this.#writeWeights();
  }

  get config(): Config {
    return this.#config;
  }

  /** Optimiser steps taken, the one in flight included. */
  get step(): number {
    return this.#step;
  }

  get activeSeconds(): number {
    return this.#activeSeconds;
  }

  /** Compiles every kernel of a step ahead of the first. */
  async compile(onProgress: (done: number, total: number) => void): Promise<void> {
    const programs = this.runtime.collect(() => {
      const before = this.#optimiser.updates;
      this.#record(0);
      this.#optimiser.updates = before;
    });
    await this.runtime.compile(programs, onProgress);
  }

  /** Takes over settings that may change between steps. */
  change(config: Config): void {
    this.#config = config;
    this.#writeWeights();
  }

  learningRate(step: number): number {
    const { learningRate, batchSize, optimiser, warmupEpochs } = this.#config;
    const base = optimiser === 'lars' ? (learningRate * batchSize) / REFERENCE_BATCH : learningRate;
    const warmupSteps = Math.round(warmupEpochs * this.stepsPerEpoch);
    return warmupCosine({ base, warmupSteps, totalSteps: this.totalSteps }, step);
  }

  /** Call when training resumes after a halt, so that the pause is not counted as work. */
  startClock(): void {
    this.#lastFinished = performance.now();
  }

  /** Records and submits one step; the promise brings its metrics. @throws AppError loss-not-finite, gpu-fault */
  submitStep(): Promise<StepSample> {
    const step = this.#step++;
    const config = this.#config;
    const learningRate = this.learningRate(step);
    const films = config.batchSize;
    this.#record(step);
    const reading = this.runtime.read(this.#report, this.#reportLength() * 4);
    const memory = this.runtime.memory();
    return reading.then((values) => {
      const now = performance.now();
      const stepSeconds = (now - this.#lastFinished) / 1000;
      this.#lastFinished = now;
      this.#activeSeconds += stepSeconds;
      const widths = levelWidths(config.width);
      return toSample({
        step,
        values,
        films,
        widths,
        config,
        learningRate,
        stepSeconds,
        activeSeconds: this.#activeSeconds,
        memory,
      });
    });
  }

  /** Weights, statistics, optimiser state and place in the schedule. */
  async capture(): Promise<Checkpoint> {
    const all = await this.model.parameters.read();
    const buffers = new Map([...all].filter(([name]) => isBufferName(name)));
    const parameters = new Map([...all].filter(([name]) => !isBufferName(name)));
    for (const name of buffers.keys()) {
      if (!name.endsWith('.running_mean')) continue;
      // PyTorch counts batches; every step shows each norm one batch per view.
      const counter = name.replace(/running_mean$/, 'num_batches_tracked');
      buffers.set(counter, { shape: [], data: Float32Array.of(2 * this.#step) });
    }
    const optimiserState = await this.#optimiser.read();
    return {
      parameters,
      buffers,
      optimiserState,
      config: this.#config,
      step: this.#step,
      fingerprint: this.#fingerprint,
    };
  }

  /** @throws AppError checkpoint-invalid when the file holds another model */
  restore(checkpoint: Checkpoint): void {
    const { storages, buffers } = this.model.parameters.spec;
    const shapes = storages.flatMap(({ parameters }) =>
      parameters.map(({ name, shape }) => [name, shape] as const),
    );
    requireTensors(checkpoint.parameters, new Map(shapes));
    const values = new Map([...checkpoint.parameters, ...checkpoint.buffers]);
    const missing = buffers.find(({ name, size }) => values.get(name)?.data.length !== size);
    if (missing) throw new AppError('checkpoint-invalid', `it lacks ${missing.name}.`);
    this.model.parameters.write(values, (tensor, data) => this.runtime.write(tensor, data));
    this.#optimiser.adopt();
    this.#optimiser.write(checkpoint.optimiserState, checkpoint.step);
    this.#step = checkpoint.step;
  }

  dispose(): void {
    this.model.dispose();
    this.#optimiser.dispose();
    this.#views.dispose();
    tf.dispose([this.#weights.global, this.#weights.local, this.#report]);
  }

  /** One whole step into the command queue: views, both passes, objective, update, report. */
  #record(step: number): void {
    const images = this.#views.render(this.#sampler.batchIndices(step), step, this.#config);
    const { globalTerms, localTerms, pooled, gradients } = this.model.step(
      images,
      this.#weights.global,
      this.#weights.local,
    );
    images.dispose();
    this.#optimiser.update(gradients, this.learningRate(step));
    const [views, , channels] = pooled.shape as [number, number, number];
    const map = tf.reshape(pooled, [views, POOLED_SIDE, POOLED_SIDE, channels]);
    const [means] = spatialMean({ x: map }, {});
    this.runtime.copy(globalTerms, 0, this.#report, 0, TERMS_LENGTH * 4);
    this.runtime.copy(localTerms, 0, this.#report, TERMS_LENGTH * 4, TERMS_LENGTH * 4);
    this.runtime.copy(means!, 0, this.#report, 2 * TERMS_LENGTH * 4, views * channels * 4);
    tf.dispose([globalTerms, localTerms, pooled, map, means!]);
  }

  #reportLength(): number {
    const channels = levelWidths(this.#config.width).reduce((a, b) => a + b, 0);
    return 2 * TERMS_LENGTH + 2 * this.#config.batchSize * channels;
  }

  #writeWeights(): void {
    const {
      invarianceWeight: invariance,
      varianceWeight: variance,
      covarianceWeight: covariance,
    } = this.#config;
    const weights = { invariance, variance, covariance };
    this.runtime.write(this.#weights.global, weightsVector(weights, 1));
    this.runtime.write(this.#weights.local, weightsVector(weights, this.#config.localWeight));
  }
}

/** Steps that may be queued before the oldest one's metrics are waited for. */
const IN_FLIGHT = 2;

/** Trains until the schedule ends, `limit` steps are done or `halted` says so; every step's sample is yielded. */
export async function* trainingLoop(
  run: Pretrainer,
  limit: number,
  halted: () => boolean,
): AsyncGenerator<StepSample> {
  const queue: Promise<StepSample>[] = [];
  const end = Math.min(run.totalSteps, run.step + limit);
  run.startClock();
  try {
    while (run.step < end && !halted()) {
      queue.push(run.submitStep());
      if (queue.length > IN_FLIGHT) yield await queue.shift()!;
    }
    while (queue.length > 0) yield await queue.shift()!;
  } finally {
    // A failed step leaves later ones in the queue; their outcome no longer matters.
    await Promise.allSettled(queue);
  }
}
