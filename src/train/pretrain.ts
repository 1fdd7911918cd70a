// Pretraining: everything one run holds, and one step of it. A step draws its films and views from (seed, step), and its
// films are read two steps ahead (batchSource.ts). It records the whole pass, update included (trainingStep.ts), and
// submits; its metrics come back later and nothing waits. Calling order, pausing and reporting belong to the loop below and to worker/engine/engine.ts.

import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { RANDOM_START, type StartWeights } from '../checkpoint/startWeights.ts';
import type { Config } from '../config/schema.ts';
import { filmsOf, Sampler } from '../data/sampler.ts';
import type { Measurement } from '../diagnostics/probe.ts';
import type { Snapshot } from '../diagnostics/snapshot.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../methods/encoder/network.ts';
import { engineOf } from '../methods/engines.ts';
import type { Model } from '../methods/model.ts';
import type { SeenFilms } from '../protocol/dataset.ts';
import type { StepSample } from '../protocol/metrics.ts';
import {
  type Batch,
  BatchQueue,
  type PlaneSource,
  planesOf,
  readBatch,
  type TrainingSet,
} from './batchSource.ts';
import { type Measure, Probe } from './probe.ts';
import { toSample } from './sample.ts';
import { StepClock } from './stepClock.ts';
import { learningRateAt, type StepObserver, TrainingStep } from './trainingStep.ts';
import { factsOf, refuseLabels } from './viewFacts.ts';
import { ViewRenderer } from './viewRenderer.ts';

/** How a run is looked at while it trains. */
export interface Watching {
  readonly measure: Measure;
  /** Hears all that was measured, once it is whole; null where it could not be, for this reason. */
  seen(snapshot: Snapshot | null, step: number, reason?: unknown): void;
}

export class Pretrainer {
  readonly runtime: Runtime;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  #config: Config;
  #step = 0;
  /** Seconds that the next step has waited for its films. */
  #waited = 0;
  readonly #clock = new StepClock();
  readonly #films: SeenFilms;
  /** Fingerprints of the sets that its steps were taken on, this one and those of checkpoints restored. */
  readonly #trainedOn = new Set<string>();
  readonly #sampler: Sampler;
  readonly #batches: BatchQueue;
  readonly #source: PlaneSource;
  readonly #views: ViewRenderer;
  readonly #dataset: Pick<TrainingSet, 'widths' | 'heights' | 'labels' | 'findings'>;
  readonly #training: TrainingStep;
  readonly #watching: Watching | null;
  readonly #probe: Probe | null;
  /** The last look, which its step and those after it wait for, so that samples come in their order. */
  #looked: Promise<Snapshot | null> = Promise.resolve(null);
  /** Settles when the last look has been heard whole. */
  #heard: Promise<void> = Promise.resolve();
  #start: string;
  #compiled = false;

  /** @throws AppError too-few-films, labels-missing, config-invalid */
  constructor(
    config: Config,
    dataset: TrainingSet,
    runtime: Runtime,
    start: StartWeights | null = null,
    watching: Watching | null = null,
  ) {
    this.#config = config;
    this.#start = start?.label ?? RANDOM_START;
    this.runtime = runtime;
    const training = filmsOf(dataset, 'train');
    const { name, fingerprint, hashes } = dataset;
    this.#films = {
      name,
      fingerprint,
      hashes: hashes ? Array.from(training, (film) => hashes[film]!) : null,
    };
    this.#sampler = new Sampler(training, config.batchSize, config.seed);
    this.stepsPerEpoch = this.#sampler.stepsPerEpoch;
    this.totalSteps = config.maxSteps > 0 ? config.maxSteps : config.epochs * this.stepsPerEpoch;
    const { facts } = engineOf(config);
    if (facts?.kind === 'labels') refuseLabels(dataset, facts.columns(config));
    this.#source = planesOf(dataset);
    this.#batches = new BatchQueue(this.#source, (step) => this.#sampler.batchIndices(step), this.totalSteps);
    this.#training = new TrainingStep(config, runtime, start);
    this.#views = new ViewRenderer(runtime, dataset, config);
    this.#dataset = dataset;
    this.#watching = watching;
    const watched = watching !== null && config.diagnoseEvery > 0;
    this.#probe = watched ? new Probe(this.model, runtime, dataset, config) : null;
  }

  get model(): Model {
    return this.#training.model;
  }

  get config(): Config {
    return this.#config;
  }

  /** Optimiser steps taken, the one in flight included. */
  get step(): number {
    return this.#step;
  }

  /** What the weights were before the first step, in words. */
  get start(): string {
    return this.#start;
  }

  get activeSeconds(): number {
    return this.#clock.activeSeconds;
  }

  /** Whether the kernels of a step are there; its first use of one that is not waits for the compiler. */
  get compiled(): boolean {
    return this.#compiled;
  }

  /** Compiles every kernel of a step ahead of the first. */
  async compile(onProgress: (done: number, total: number) => void): Promise<void> {
    const batch = await readBatch(this.#source, this.#sampler.batchIndices(0));
    const programs = this.#training.collect(() => {
      this.#probe?.record();
      this.#record(0, batch);
    });
    await this.runtime.compile(programs, onProgress);
    this.#compiled = true;
  }

  /** Takes over settings that may change between steps. */
  change(config: Config): void {
    this.#config = config;
    this.#training.change(config);
  }

  learningRate(step: number): number {
    return learningRateAt(this.#config, this, step);
  }

  /** Call when training resumes after a halt, so that the pause is not counted as work. */
  startClock(): void {
    this.#clock.start(performance.now());
  }

  /** Waits until the films of the next step are at hand; those of the two after it are read meanwhile. */
  async ready(): Promise<void> {
    this.#waited += await this.#batches.ready(this.#step);
    if (this.#probe?.due(this.#step)) await this.#probe.ready(this.#source);
  }

  /** One step from its films to its metrics. @throws AppError loss-not-finite, gpu-fault, cache-damaged */
  async submitStep(): Promise<StepSample> {
    await this.ready();
    return this.submitReady();
  }

  /**
   * Records and submits the step for which `ready` was waited, at once; the promise brings its metrics.
   * @throws AppError loss-not-finite, gpu-fault
   */
  submitReady(observe?: StepObserver): Promise<StepSample> {
    const step = this.#step++;
    this.#trainedOn.add(this.#films.fingerprint);
    const dataWait = this.#waited;
    this.#waited = 0;
    const config = this.#config;
    const learningRate = this.learningRate(step);
    const films = config.batchSize;
    if (this.#probe?.due(step)) this.#looked = this.#look(this.#probe, step);
    const looked = this.#looked;
    this.#record(step, this.#batches.take(step), observe);
    const reading = this.#training.read();
    const memory = this.runtime.memory();
    return Promise.all([reading, looked]).then(([values, latest]) => {
      const snapshot = latest?.step === step ? latest : null;
      const stepSeconds = this.#clock.finish(performance.now());
      const widths = levelWidths(config.width);
      return toSample({
        step,
        values,
        films,
        widths,
        config,
        learningRate,
        stepSeconds,
        activeSeconds: this.#clock.activeSeconds,
        dataWait,
        snapshot,
        memory,
      });
    });
  }

  /**
   * Weights, statistics, optimiser state and place in the schedule after the steps submitted so far. Order of films and
   * all random numbers are functions of seed and step, so the step is their state.
   */
  async capture(): Promise<Checkpoint> {
    const rest = {
      config: this.#config,
      step: this.#step,
      fingerprint: this.#films.fingerprint,
      start: this.#start,
    };
    return { ...(await this.#training.capture()), ...rest };
  }

  /**
   * Goes to where a checkpoint was taken, settings included. `activeSeconds` is the time spent up to there.
   * @throws AppError checkpoint-invalid when the file holds another model
   */
  restore(checkpoint: Checkpoint, activeSeconds = 0): void {
    this.#training.restore(checkpoint, checkpoint.step);
    this.change(checkpoint.config);
    this.#clock.resume(activeSeconds);
    this.#step = checkpoint.step;
    this.#start = checkpoint.start;
    if (checkpoint.step > 0) this.#trainedOn.add(checkpoint.fingerprint);
  }

  /** The sets, and splits of sets, that its steps were taken on. */
  seen(): readonly SeenFilms[] {
    return [...this.#trainedOn].map((fingerprint) =>
      fingerprint === this.#films.fingerprint ? this.#films : { fingerprint, name: null, hashes: null },
    );
  }

  /** Sets the time spent so far, after steps have been repeated that were counted before. */
  continueClock(activeSeconds: number): void {
    this.#clock.resume(activeSeconds);
  }

  dispose(): void {
    this.#training.dispose();
    this.#views.dispose();
    this.#probe?.dispose();
  }

  /** Looks at the network as it stands; a look that fails takes nothing of the run with it. */
  async #look(probe: Probe, step: number): Promise<Snapshot | null> {
    const { measure } = this.#watching!;
    try {
      probe.record();
      const reading = probe.features(step);
      const begun = performance.now();
      const { measured, whole } = await measure(await reading);
      // Less what the steps before it took of that time.
      const since = Math.max(begun, this.#clock.lastFinish);
      const seconds = Math.max(0, performance.now() - since) / 1000;
      this.#heard = this.#hear(whole, step, seconds);
      return { ...measured, seconds };
    } catch (reason) {
      this.#watching!.seen(null, step, reason);
      return null;
    }
  }

  async #hear(whole: Promise<Measurement>, step: number, seconds: number): Promise<void> {
    try {
      this.#watching!.seen({ ...(await whole), seconds }, step);
    } catch (reason) {
      this.#watching!.seen(null, step, reason);
    }
  }

  /** Resolves when every look so far has been heard whole. */
  async looksHeard(): Promise<void> {
    await this.#looked;
    await this.#heard;
  }

  /** One whole step into the command queue: views, both passes, objective, update, report. */
  #record(step: number, batch: Batch, observe?: StepObserver): void {
    const images = this.#views.render(batch, step, this.#config);
    observe?.images?.(images, step);
    const { facts } = this.model;
    if (facts) {
      const known = factsOf(facts, this.#dataset, batch.films, step, this.#config);
      observe?.facts?.(known);
      this.#training.know(known);
    }
    this.#training.record(images, this.learningRate(step), observe, step / this.totalSteps);
  }
}

/** Steps that may be queued before the oldest one's metrics are waited for. */
const IN_FLIGHT = 2;

/** Trains until the schedule ends, `limit` steps are done or `halted` says so; every step's sample is yielded. */
export async function* trainingLoop(
  run: Pretrainer,
  limit: number,
  halted: () => boolean,
  observe?: StepObserver,
): AsyncGenerator<StepSample> {
  const queue: Promise<StepSample>[] = [];
  const end = Math.min(run.totalSteps, run.step + limit);
  run.startClock();
  try {
    while (run.step < end && !halted()) {
      await run.ready();
      const sample = run.submitReady(observe);
      // It may fail while films are waited for, before anybody has come to it; its turn to be told comes below.
      sample.catch(() => undefined);
      queue.push(sample);
      if (queue.length > IN_FLIGHT) yield await queue.shift()!;
    }
    while (queue.length > 0) yield await queue.shift()!;
  } finally {
    // A failed step leaves later ones in the queue; their outcome no longer matters.
    await Promise.allSettled(queue);
  }
}
