// What the engine has and where it stands: its state, the films and the run at hand, and what the page is told of these.
// idle -> compiling -> ready -> running <-> paused -> done, with recovering between two steps of a run, evaluating and
// testing beside it, and failed at the end of any. Samples are gathered and posted at most twenty times a second, so that a
// fast GPU cannot flood the page with messages; everything else goes out at once.

import {
  type EngineEvent,
  type EngineState,
  isAtWork,
  type Rollback,
  type RunStatus,
} from '../../protocol/engine.ts';
import type { StepSample } from '../../protocol/metrics.ts';
import type { MarkKind } from '../../protocol/vault.ts';
import { filmCount, type TrainingSet } from '../../train/batchSource.ts';
import { AppError, asAppError, toWire } from '../../util/errors.ts';
import { type ActiveRun, statusOf } from '../run/activeRun.ts';

export class EngineStatus {
  /** What runs are trained on and evaluated with. */
  dataset: TrainingSet | null = null;
  run: ActiveRun | null = null;
  readonly #events: EngineEvents;
  #state: EngineState = 'closed';

  constructor(events: EngineEvents) {
    this.#events = events;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** As the page sees it. */
  get shown(): RunStatus {
    return statusOf(this.#state, this.run);
  }

  enter(state: EngineState): RunStatus {
    this.#state = state;
    const status = this.shown;
    this.#events.send({ type: 'status', status });
    return status;
  }

  /** For the charts, and for those of whoever resumes the run. */
  mark(kind: MarkKind, text: string): void {
    const mark = { step: this.run?.keeper?.next ?? this.run?.trainer.step ?? 0, kind, text };
    this.run?.keeper?.mark(mark);
    this.#events.send({ type: 'marker', ...mark });
  }

  /** Marks the run as failed, tells the page, and returns the error for the caller to throw. */
  fail(thrown: unknown, rollback: Rollback | null = null): AppError {
    const error = asAppError(thrown);
    this.mark('fault', error.message);
    this.run?.keeper?.fail(toWire(error));
    this.enter('failed');
    this.#events.send({ type: 'failed', error: toWire(error), rollback });
    return error;
  }

  /** @throws AppError not-ready */
  refuseWork(): void {
    if (isAtWork(this.#state)) throw new AppError('not-ready', `the engine is ${this.#state}.`);
  }

  /** @throws AppError not-ready */
  needDataset(): TrainingSet {
    if (!this.dataset) throw new AppError('not-ready', 'no films are loaded.');
    return this.dataset;
  }

  /** @throws AppError not-ready where there is no run, or the state is none of these */
  needRun(...states: EngineState[]): ActiveRun {
    if (!this.run) throw new AppError('not-ready', 'no run is prepared.');
    if (states.length > 0 && !states.includes(this.#state)) {
      throw new AppError('not-ready', `the engine is ${this.#state}.`);
    }
    return this.run;
  }
}

const INTERVAL_MS = 50;

export class EngineEvents {
  #post: (event: EngineEvent) => void = () => undefined;
  #samples: StepSample[] = [];
  #lastPost = 0;

  /** Where events go from now on; those before go nowhere. */
  to(post: (event: EngineEvent) => void): void {
    this.#post = post;
    this.#samples = [];
  }

  /** Holds the sample back until the next message is due; `status` is what the page should show with it. */
  sample(sample: StepSample, status: RunStatus): void {
    this.#samples.push(sample);
    if (performance.now() - this.#lastPost < INTERVAL_MS) return;
    this.flush();
    this.#post({ type: 'status', status });
  }

  /** Posts an event after everything gathered so far. */
  send(event: EngineEvent): void {
    this.flush();
    this.#post(event);
  }

  /** Films have come. @param other beside those of the run */
  films(set: TrainingSet, other: boolean): void {
    const { name, fingerprint } = set;
    const event = { type: 'dataset', name, fingerprint, films: filmCount(set) } as const;
    this.send(other ? { ...event, other } : event);
  }

  flush(): void {
    if (this.#samples.length === 0) return;
    this.#lastPost = performance.now();
    this.#post({ type: 'samples', samples: this.#samples });
    this.#samples = [];
  }
}
