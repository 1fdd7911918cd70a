// The engine's inside: the state machine closed -> idle -> compiling -> ready -> running <-> paused -> done, with recovering
// between two steps of a run, evaluating and testing beside it, and failed at the end of any. It owns the loop and says
// what a fault leads to; how each is dealt with is in rescue.ts, what the page may ask for in engine.ts.

import type { StartWeights } from '../../checkpoint/startWeights.ts';
import type { Config } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import {
  type DeviceFacts,
  type EngineState,
  isAtWork,
  type Rollback,
  type RunStatus,
} from '../../protocol/engine.ts';
import type { StepSample } from '../../protocol/metrics.ts';
import { KEEPING, type KeepingPolicy, type MarkKind } from '../../protocol/vault.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { AppError, toWire } from '../../util/errors.ts';
import { formatDuration } from '../../util/format.ts';
import {
  asAppError,
  explainBlowUp,
  isBlowUp,
  isLoss,
  recoverDevice,
  type Ward,
  withSmallerPreset,
} from '../run/rescue.ts';
import { rollbackOf } from '../run/rollback.ts';
import { RunAtHand, statusOf } from '../run/runAtHand.ts';
import type { RunKeeper } from '../run/runKeeper.ts';
import { EngineShelf } from '../run/runShelf.ts';
import { LossLog } from '../run/stepWatch.ts';
import { EngineDevice } from './device.ts';
import { EventPacer } from './events.ts';
import { TestFaults } from './faultInjection.ts';
import { kernelFacts, kernelsInWords } from './kernels.ts';

export class EngineCore {
  #state: EngineState = 'closed';
  protected events = new EventPacer(() => undefined);
  /** A fault while at work is raised there, so that no sample of a broken step gets out; else it is met at once. */
  protected readonly device = new EngineDevice((fault) => {
    if (!isAtWork(this.#state)) this.#metAtRest(fault);
  });
  protected dataset: TrainingSet | null = null;
  protected run: RunAtHand | null = null;
  protected policy: KeepingPolicy = KEEPING;
  protected readonly faults: TestFaults | null;
  protected readonly shelf: EngineShelf;
  readonly #losses = new LossLog();
  /** Set to ask the loop to end after the step in flight; the loop resolves `looping`. */
  #haltRequested = false;
  protected looping: Promise<void> = Promise.resolve();

  /** @param faulty takes faults that tests put in */
  constructor(faulty = false) {
    this.faults = faulty ? new TestFaults(() => this.device.runtime) : null;
    this.shelf = new EngineShelf(this.faults, (event) => this.events.send(event));
  }

  protected get state(): EngineState {
    return this.#state;
  }

  protected async build(config: Config, weights: StartWeights | null): Promise<RunStatus> {
    await this.halt();
    this.refuseWork();
    this.device.refuseWhatCannotFit(config);
    for (;;) {
      if (!this.device.usable) await this.openDevice();
      await this.dropRun();
      this.enter('compiling');
      try {
        this.run = new RunAtHand(config, this.needDataset(), this.device.runtime, weights);
        if (this.faults?.take('out-of-memory')) throw new AppError('out-of-memory', 'made up by a test.');
        await this.run.trainer.compile((done, total) => this.events.send({ type: 'compile', done, total }));
        this.device.refuseFaults();
        return this.enter('ready');
      } catch (thrown) {
        const fault = await this.device.faultBehind(thrown);
        if (isLoss(fault) && !this.#losses.add(performance.now())) continue;
        throw this.fail(withSmallerPreset(asAppError(fault), config, this.device));
      }
    }
  }

  /** Begins to take at most `limit` steps; what went wrong before is mended first. */
  protected begin(limit: number): void {
    this.enter('running');
    this.#haltRequested = false;
    this.looping = this.#train(limit);
  }

  /** Ends the loop after the step in flight; what is to be kept is kept by then. */
  protected async halt(): Promise<void> {
    this.#haltRequested = true;
    await this.looping;
  }

  /** Runs at most `limit` steps, then says how it ended: paused, done or failed. */
  async #train(limit: number): Promise<void> {
    const run = this.run!;
    const { step, totalSteps } = run.trainer;
    const end = Math.min(totalSteps, step + limit);
    for (;;) {
      try {
        if (!this.device.usable) {
          this.enter('recovering');
          await recoverDevice(this.#ward(run));
        }
        await this.#takeSteps(run, end);
        this.device.refuseFaults();
        return await this.#rest(run, limit);
      } catch (thrown) {
        const fault = asAppError(await this.device.faultBehind(thrown));
        if (isLoss(fault) && !this.#losses.add(performance.now())) continue;
        return await this.#giveUp(run, fault);
      }
    }
  }

  async #takeSteps(run: RunAtHand, end: number): Promise<void> {
    if (run.trainer.step >= end) return;
    run.keeper ??= await this.#beginKeeping(run);
    run.keeper.enter('running');
    this.enter('running');
    run.watch.start(performance.now());
    const halted = () => this.#haltRequested || this.device.fault !== null;
    for await (const sample of run.steps(end, halted, this.faults?.observer)) {
      this.#report(run, sample);
      run.keeper.refuseBroken();
      await run.keeper.keptPace(run.trainer.step, this.policy);
      if (run.keeper.due(run.trainer.step, this.policy)) void run.keeper.picture(run.trainer);
    }
  }

  async #beginKeeping(run: RunAtHand): Promise<RunKeeper> {
    const { fingerprint, widths } = this.needDataset();
    const begun = { fingerprint, films: widths.length, computedBy: this.computedBy() };
    const keeper = await this.shelf.begin(run.trainer, begun);
    const kept = keeper.picture(run.trainer);
    if (!run.fresh) await kept;
    return keeper;
  }

  /** What decides the last bit of a number beside the run itself. */
  protected computedBy(): Readonly<Record<string, string>> {
    return { adapter: this.device.name, ...kernelsInWords(kernelFacts(this.device.runtime)) };
  }

  #report(run: RunAtHand, sample: StepSample): void {
    this.device.refuseFaults();
    const gap = run.watch.see(sample, performance.now());
    run.pace.add(sample);
    run.keeper?.note(sample);
    this.events.sample(sample, this.status());
    if (gap === null) return;
    const text = `No step for ${formatDuration(gap)}`;
    this.mark('gap', text);
    const hint = 'The tab was frozen, the machine asleep or busy. The run has gone on by itself.';
    this.events.send({
      type: 'notice',
      notice: { kind: 'gap', text: `${text} before step ${sample.step}.`, hint },
    });
  }

  async #rest(run: RunAtHand, limit: number): Promise<void> {
    const state = run.finished ? 'done' : run.keeper ? 'paused' : 'ready';
    this.enter(state);
    if (state === 'paused' && limit > 0) this.mark('pause', 'Paused');
    // Single steps are not worth a checkpoint each.
    const keep = limit > 1 || state === 'done';
    await run.keeper?.settle(run.trainer, state === 'done' ? 'done' : 'paused', keep);
    run.keeper?.refuseBroken();
  }

  async #giveUp(run: RunAtHand, fault: AppError): Promise<void> {
    if (isLoss(fault)) {
      this.#losses.clear();
      this.fail(new AppError('device-lost-often', fault.message, { cause: fault }));
      return;
    }
    if (!isBlowUp(fault) || !run.keeper) {
      this.fail(fault);
      return;
    }
    try {
      this.enter('recovering');
      const { explained, gradient } = await explainBlowUp(this.#ward(run), fault);
      this.device.refuseFaults();
      this.fail(explained, rollbackOf(run.trainer, gradient));
    } catch {
      this.fail(fault);
    }
  }

  /** No step is under way. A loss is mended when it matters: at once for a model that may be looked at. */
  #metAtRest(fault: AppError): void {
    if (!isLoss(fault) || !this.run || this.#state === 'failed') {
      this.fail(fault);
    } else if (this.#losses.add(performance.now())) {
      void this.#giveUp(this.run, fault);
    } else {
      this.enter('recovering');
      this.looping = this.looping.then(() => this.#train(0));
    }
  }

  #ward(run: RunAtHand): Ward {
    return {
      device: this.device,
      run,
      dataset: this.needDataset(),
      observe: this.faults?.observer,
      send: (event) => this.events.send(event),
      mark: (kind, text) => this.mark(kind, text),
    };
  }

  /** Something beside the run, which is where it was afterwards unless the GPU fails. */
  protected async beside<T>(
    state: 'evaluating' | 'testing',
    work: (runtime: Runtime) => Promise<T>,
  ): Promise<T> {
    this.refuseWork();
    const before = this.#state;
    this.enter(state);
    try {
      const result = await work(this.device.runtime);
      this.device.refuseFaults();
      return result;
    } catch (thrown) {
      const { fault } = this.device;
      throw fault ? this.fail(fault) : thrown;
    } finally {
      if (this.#state === state) this.enter(before);
    }
  }

  /** For the charts, and for those of whoever takes the run up again. */
  protected mark(kind: MarkKind, text: string): void {
    const mark = { step: this.run?.keeper?.next ?? this.run?.trainer.step ?? 0, kind, text };
    this.run?.keeper?.mark(mark);
    this.events.send({ type: 'marker', ...mark });
  }

  protected async openDevice(): Promise<DeviceFacts> {
    await this.dropRun();
    const facts = await this.device.open();
    this.enter('idle');
    return facts;
  }

  protected refuseWork(): void {
    if (isAtWork(this.#state)) throw new AppError('not-ready', `the engine is ${this.#state}.`);
  }

  protected needDataset(): TrainingSet {
    if (!this.dataset) throw new AppError('not-ready', 'no images are loaded.');
    return this.dataset;
  }

  protected needRun(...states: EngineState[]): RunAtHand {
    if (!this.run) throw new AppError('not-ready', 'no run is prepared.');
    if (states.length > 0 && !states.includes(this.#state)) {
      throw new AppError('not-ready', `the engine is ${this.#state}.`);
    }
    return this.run;
  }

  protected async dropRun(): Promise<void> {
    const run = this.run;
    this.run = null;
    await run?.keeper?.close();
    // After a loss the tensors went with the device.
    if (!run || !this.device.usable) return;
    run.trainer.dispose();
    this.device.runtime.trim();
  }

  protected status(): RunStatus {
    return statusOf(this.#state, this.run);
  }

  protected enter(state: EngineState): RunStatus {
    this.#state = state;
    const status = this.status();
    this.events.send({ type: 'status', status });
    return status;
  }

  /** Marks the run as failed, tells the page, and returns the error for the caller to throw. */
  protected fail(thrown: unknown, rollback: Rollback | null = null): AppError {
    const error = asAppError(thrown);
    this.mark('fault', error.message);
    this.run?.keeper?.fail(toWire(error));
    this.enter('failed');
    this.events.send({ type: 'failed', error: toWire(error), rollback });
    return error;
  }
}
