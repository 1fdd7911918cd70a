// The run at hand: its trainer, which a lost device takes with it, and what outlives that, so that the same run can be put
// on another device and brought to where it was; and how long the rest of it will take, by the median of the last steps, which
// pauses and the slow first step cannot pull away. What a fault means is decided in runLoop.ts and recovery.ts.

import { type Checkpoint, readCheckpoint } from '../../checkpoint/checkpoint.ts';
import { RANDOM_START, type StartWeights, startAt } from '../../checkpoint/startWeights.ts';
import type { Config, ConfigKey, ConfigValue } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { methodOf } from '../../methods/records.ts';
import { EMPTY_STATUS, type EngineState, type RunStatus } from '../../protocol/engine.ts';
import { commonValue, isRepeated, type StepSample } from '../../protocol/metrics.ts';
import type { RunChange } from '../../protocol/vault.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { Pretrainer, trainingLoop, type Watching } from '../../train/pretrain.ts';
import type { StepObserver } from '../../train/trainingStep.ts';
import { AppError } from '../../util/errors.ts';
import type { RunKeeper } from './runKeeper.ts';
import { StepWatch } from './stepWatch.ts';

export type Progress = (done: number, total: number) => void;

interface Newest {
  readonly checkpoint: Checkpoint;
  readonly refused: readonly string[];
}

/** The step that a run stands at again, and newer checkpoints that had to be passed over. */
export interface Restored {
  readonly step: number;
  readonly refused: readonly string[];
}

/** Where a run begins; at random where it has neither. */
export interface Beginning {
  /** Weights that the encoder is given. */
  readonly weights?: StartWeights | null;
  /** The checkpoint that it is about to be restored to, so that nothing is drawn that this replaces. */
  readonly checkpoint?: Checkpoint;
}

export class ActiveRun {
  /** What it began with, where that was not drawn at random. */
  readonly weights: StartWeights | null;
  readonly remaining = new RemainingTime();
  readonly watch: StepWatch;
  keeper: RunKeeper | null = null;
  readonly #watching: Watching | null;
  #trainer: Pretrainer;
  /** Changes of a past that is being repeated, still to come. */
  #ahead: RunChange[] = [];
  /** It stands where seed and weights put it, or was led from there. */
  #fresh = true;
  /** What it was restored to, as long as that is kept nowhere else. */
  #held: Checkpoint | null = null;

  constructor(
    config: Config,
    dataset: TrainingSet,
    runtime: Runtime,
    { weights = null, checkpoint }: Beginning,
    watching: Watching | null = null,
  ) {
    this.#watching = watching;
    this.weights = weights;
    this.watch = new StepWatch(methodOf(config).total.bounded);
    const start = checkpoint ? startAt(checkpoint) : weights;
    this.#trainer = new Pretrainer(config, dataset, runtime, start, watching);
  }

  get trainer(): Pretrainer {
    return this.#trainer;
  }

  get finished(): boolean {
    return this.#trainer.step >= this.#trainer.totalSteps;
  }

  /** Takes steps up to `end` or until halted, and the changes that belong to them on the way. */
  async *steps(end: number, halted: () => boolean, observe?: StepObserver): AsyncGenerator<StepSample> {
    const trainer = this.#trainer;
    if (trainer.step < end) this.#held = null;
    while (trainer.step < end && !halted()) {
      this.#catchUp();
      const stop = Math.min(end, this.#ahead[0]?.step ?? end);
      yield* trainingLoop(trainer, stop - trainer.step, halted, observe);
    }
  }

  change(key: ConfigKey, value: ConfigValue): void {
    const change = { step: this.#trainer.step, key, value };
    this.#apply(change);
    this.keeper?.change(change);
  }

  /**
   * Puts the run on another device at its newest whole checkpoint, or where there is none at its start; the trainer of the
   * device before is forgotten, not disposed. @throws AppError run-missing
   */
  async rebuild(dataset: TrainingSet, runtime: Runtime, onProgress: Progress): Promise<Restored> {
    const config = this.keeper?.record.config ?? this.#trainer.config;
    const newest = await this.#newest();
    const start = newest ? startAt(newest.checkpoint) : this.weights;
    this.#trainer = new Pretrainer(config, dataset, runtime, start, this.#watching);
    await this.#trainer.compile(onProgress);
    return this.#restoreTo(newest);
  }

  /** A run that came from a file has its beginning nowhere else, so it must be kept before it goes on. */
  get fresh(): boolean {
    return this.#fresh;
  }

  restore(checkpoint: Checkpoint, activeSeconds = 0): void {
    this.#fresh = false;
    this.#held = this.keeper ? null : checkpoint;
    this.#trainer.restore(checkpoint, activeSeconds);
    const changes = this.keeper?.record.changes ?? [];
    // A change made at the very step of the checkpoint may or may not be in it; made twice it is made once.
    this.#ahead = changes.filter(({ step }) => step >= checkpoint.step);
    this.watch.forget();
  }

  /**
   * Back to the newest whole checkpoint; where there is none, to the start, if the trainer stands there.
   * @throws AppError run-missing
   */
  async restoreNewest(): Promise<Restored> {
    return this.#restoreTo(await this.#newest());
  }

  /**
   * Repeats what was there already, up to the step `to`. Returns the first step that came out differently, and the
   * samples from there on.
   */
  async replay(to: number, check: () => void, observe?: StepObserver): Promise<readonly StepSample[]> {
    const known = new Map(((await this.keeper?.samples()) ?? []).map((sample) => [sample.step, sample]));
    const again: StepSample[] = [];
    let differs = -1;
    for await (const sample of this.steps(to, () => false, observe)) {
      check();
      const before = known.get(sample.step);
      if (differs < 0 && before && !isRepeated(before, sample)) differs = again.length;
      again.push(sample);
    }
    const last = known.get(to - 1);
    if (last) this.#trainer.continueClock(last.activeSeconds);
    return differs < 0 ? [] : again.slice(differs);
  }

  async #newest(): Promise<Newest | null> {
    if (this.#held) return { checkpoint: this.#held, refused: [] };
    const point = (await this.keeper?.restorePoint()) ?? null;
    return point && { checkpoint: readCheckpoint(point.bytes), refused: point.refused };
  }

  async #restoreTo(newest: Newest | null): Promise<Restored> {
    if (!newest) return this.#fromStart();
    const { checkpoint, refused } = newest;
    const samples = (await this.keeper?.samples()) ?? [];
    const before = samples.findLast(({ step }) => step < checkpoint.step);
    this.restore(checkpoint, before?.activeSeconds ?? 0);
    return { step: checkpoint.step, refused };
  }

  #fromStart(): Restored {
    const record = this.keeper?.record;
    const began = this.weights?.label ?? RANDOM_START;
    if (record ? record.series.first > 0 || record.start !== began : !this.#fresh) {
      throw new AppError('run-missing', 'no whole checkpoint of it is left.');
    }
    this.#ahead = [...(record?.changes ?? [])];
    return { step: 0, refused: [] };
  }

  #catchUp(): void {
    for (let next = this.#ahead[0]; next && next.step <= this.#trainer.step; next = this.#ahead[0]) {
      this.#apply(next);
      this.#ahead.shift();
    }
  }

  #apply({ key, value }: RunChange): void {
    this.#trainer.change({ ...this.#trainer.config, [key]: value });
  }
}

/** A run as the page is told of it. */
export function statusOf(state: EngineState, run: ActiveRun | null): RunStatus {
  if (!run) return { ...EMPTY_STATUS, state };
  const { step, totalSteps, stepsPerEpoch, activeSeconds, start } = run.trainer;
  const etaSeconds = run.remaining.seconds(totalSteps - step);
  return {
    state,
    step,
    totalSteps,
    stepsPerEpoch,
    activeSeconds,
    etaSeconds,
    start,
    runId: run.keeper?.id ?? null,
  };
}

const WINDOW = 32;
const ENOUGH = 3;

export class RemainingTime {
  readonly #recent: number[] = [];

  add(sample: StepSample): void {
    this.#recent.push(commonValue(sample, 'speed/step-seconds'));
    if (this.#recent.length > WINDOW) this.#recent.shift();
  }

  /** Seconds for `steps` more steps; null until there are enough to say. */
  seconds(steps: number): number | null {
    if (this.#recent.length < ENOUGH) return null;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    return Math.max(0, steps) * sorted[Math.floor(sorted.length / 2)]!;
  }
}
