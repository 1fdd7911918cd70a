// The loop that trains the run at hand: preparing it, taking its steps, halting, and what a fault leads to on the way. How
// each fault is dealt with is in recovery.ts, what the page may ask for in engine/engine.ts.

import type { Config } from '../../config/schema.ts';
import { type DeviceFacts, isAtWork, type RunStatus } from '../../protocol/engine.ts';
import type { StepSample } from '../../protocol/metrics.ts';
import { KEEPING, type KeepingPolicy } from '../../protocol/vault.ts';
import type { Watching } from '../../train/pretrain.ts';
import { AppError, asAppError } from '../../util/errors.ts';
import { formatDuration } from '../../util/format.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { TestFaults } from '../engine/faultInjection.ts';
import { kernelFacts, kernelsInWords } from '../engine/kernels.ts';
import { watchingFor } from '../engine/measuring.ts';
import type { EngineEvents, EngineStatus } from '../engine/status.ts';
import { ActiveRun, type Beginning } from './activeRun.ts';
import {
  explainBlowUp,
  isBlowUp,
  isLoss,
  type RecoveryContext,
  recoverDevice,
  rollbackOf,
  withSmallerPreset,
} from './recovery.ts';
import type { RunKeeper } from './runKeeper.ts';
import type { EngineStorage } from './runStorage.ts';
import { LossLog } from './stepWatch.ts';

interface Surroundings {
  readonly status: EngineStatus;
  readonly device: EngineDevice;
  readonly storage: EngineStorage;
  readonly events: EngineEvents;
  /** Faults that tests put in. */
  readonly faults: TestFaults | null;
}

export class RunLoop {
  /** When checkpoints are written. */
  policy: KeepingPolicy = KEEPING;
  readonly #status: EngineStatus;
  readonly #device: EngineDevice;
  readonly #storage: EngineStorage;
  readonly #events: EngineEvents;
  readonly #faults: TestFaults | null;
  readonly #losses = new LossLog();
  /** Looks at runs while they train. */
  readonly #watching: Watching;
  /** Set to ask the loop to end after the step in flight. */
  #haltRequested = false;
  #looping: Promise<void> = Promise.resolve();

  constructor({ status, device, storage, events, faults }: Surroundings) {
    this.#status = status;
    this.#device = device;
    this.#storage = storage;
    this.#events = events;
    this.#faults = faults;
    this.#watching = watchingFor(status, events);
  }

  /** Resolves once the steps under way have been taken, and at once where there are none. */
  get looping(): Promise<void> {
    return this.#looping;
  }

  /** A run ready for its next step, in place of the one before. @throws AppError does-not-fit, too-few-films and any fault */
  async prepare(config: Config, beginning: Beginning = {}): Promise<RunStatus> {
    await this.halt();
    this.#status.refuseWork();
    this.#device.refuseWhatCannotFit(config);
    for (;;) {
      if (!this.#device.usable) await this.openDevice();
      await this.dropRun();
      this.#status.enter('compiling');
      try {
        const { runtime } = this.#device;
        const films = this.#status.needDataset();
        this.#status.run = new ActiveRun(config, films, runtime, beginning, this.#watching);
        if (this.#faults?.take('out-of-memory')) throw new AppError('out-of-memory', 'made up by a test.');
        // What comes from a file may be there to be evaluated: its kernels of training wait for the first step.
        if (!beginning.checkpoint) await this.#compile(this.#status.run);
        this.#device.refuseFaults();
        return this.#status.enter('ready');
      } catch (thrown) {
        const fault = await this.#device.faultBehind(thrown);
        if (isLoss(fault) && !this.#losses.add(performance.now())) continue;
        throw this.#status.fail(withSmallerPreset(asAppError(fault), config, this.#device));
      }
    }
  }

  /** Begins to take at most `limit` steps; what went wrong before is mended first. */
  begin(limit: number): void {
    this.#status.enter('running');
    this.#haltRequested = false;
    this.#looping = this.#train(limit);
  }

  /** Ends the loop after the step in flight; what is to be kept is kept by then. */
  async halt(): Promise<void> {
    this.#haltRequested = true;
    await this.#looping;
  }

  /** Runs at most `limit` steps, then says how it ended: paused, done or failed. */
  async #train(limit: number): Promise<void> {
    const run = this.#status.run!;
    const { step, totalSteps } = run.trainer;
    const end = Math.min(totalSteps, step + limit);
    for (;;) {
      try {
        if (!this.#device.usable) {
          this.#status.enter('recovering');
          await recoverDevice(this.#recovery(run));
        }
        await this.#takeSteps(run, end);
        this.#device.refuseFaults();
        return await this.#rest(run, limit);
      } catch (thrown) {
        const fault = asAppError(await this.#device.faultBehind(thrown));
        if (isLoss(fault) && !this.#losses.add(performance.now())) continue;
        return await this.#giveUp(run, fault);
      }
    }
  }

  async #takeSteps(run: ActiveRun, end: number): Promise<void> {
    if (run.trainer.step >= end) return;
    if (!run.trainer.compiled) {
      this.#status.enter('compiling');
      await this.#compile(run);
    }
    run.keeper ??= await this.#beginKeeping(run);
    run.keeper.enter('running');
    this.#status.enter('running');
    run.watch.start(performance.now());
    const halted = () => this.#haltRequested || this.#device.fault !== null;
    for await (const sample of run.steps(end, halted, this.#faults?.observer)) {
      this.#report(run, sample);
      run.keeper.refuseBroken();
      await run.keeper.keptPace(run.trainer.step, this.policy);
      if (run.keeper.due(run.trainer.step, this.policy)) void run.keeper.saveCheckpoint(run.trainer);
    }
  }

  #compile(run: ActiveRun): Promise<void> {
    return run.trainer.compile((done, total) => this.#events.send({ type: 'compile', done, total }));
  }

  async #beginKeeping(run: ActiveRun): Promise<RunKeeper> {
    const { fingerprint, widths } = this.#status.needDataset();
    const begun = { fingerprint, films: widths.length, computedBy: this.computedBy() };
    const keeper = await this.#storage.begin(run.trainer, begun);
    const kept = keeper.saveCheckpoint(run.trainer);
    if (!run.fresh) await kept;
    return keeper;
  }

  /** What decides the last bit of a number beside the run itself. */
  computedBy(): Readonly<Record<string, string>> {
    return { adapter: this.#device.name, ...kernelsInWords(kernelFacts(this.#device.runtime)) };
  }

  #report(run: ActiveRun, sample: StepSample): void {
    this.#device.refuseFaults();
    const gap = run.watch.see(sample, performance.now());
    run.remaining.add(sample);
    run.keeper?.note(sample);
    this.#events.sample(sample, this.#status.shown);
    if (gap === null) return;
    const text = `No step for ${formatDuration(gap)}`;
    this.#status.mark('gap', text);
    const hint = 'The tab was frozen, the machine asleep or busy. The run has gone on by itself.';
    this.#events.send({
      type: 'notice',
      notice: { kind: 'gap', text: `${text} before step ${sample.step}.`, hint },
    });
  }

  async #rest(run: ActiveRun, limit: number): Promise<void> {
    const state = run.finished ? 'done' : run.keeper ? 'paused' : 'ready';
    this.#status.enter(state);
    if (state === 'paused' && limit > 0) this.#status.mark('pause', 'Paused');
    await run.trainer.looksHeard();
    // Single steps are not worth a checkpoint each.
    const keep = limit > 1 || state === 'done';
    await run.keeper?.settle(run.trainer, state === 'done' ? 'done' : 'paused', keep);
    run.keeper?.refuseBroken();
  }

  async #giveUp(run: ActiveRun, fault: AppError): Promise<void> {
    if (isLoss(fault)) {
      this.#losses.clear();
      this.#status.fail(new AppError('device-lost-often', fault.message, { cause: fault }));
      return;
    }
    if (!isBlowUp(fault) || !run.keeper) {
      this.#status.fail(fault);
      return;
    }
    try {
      this.#status.enter('recovering');
      const { explained, gradient } = await explainBlowUp(this.#recovery(run), fault);
      this.#device.refuseFaults();
      this.#status.fail(explained, rollbackOf(run.trainer, gradient));
    } catch {
      this.#status.fail(fault);
    }
  }

  /**
   * The device was lost under something beside the run: the run stands on a fresh one where it was.
   * @throws AppError device-lost-often, and whatever keeps it from that
   */
  async mend(loss: AppError): Promise<void> {
    if (this.#losses.add(performance.now())) {
      this.#losses.clear();
      throw new AppError('device-lost-often', loss.message, { cause: loss });
    }
    const before = this.#status.state;
    this.#status.enter('recovering');
    try {
      await recoverDevice(this.#recovery(this.#status.needRun()));
    } catch (thrown) {
      throw this.#status.fail(this.#device.fault ?? thrown);
    }
    this.#status.enter(before);
  }

  /**
   * A fault while at work is raised there, so that no sample of a broken step gets out. At rest a loss is mended at once, for
   * the model may be looked at.
   */
  deviceFailed(fault: AppError): void {
    if (isAtWork(this.#status.state)) return;
    if (!isLoss(fault) || !this.#status.run || this.#status.state === 'failed') {
      this.#status.fail(fault);
    } else if (this.#losses.add(performance.now())) {
      void this.#giveUp(this.#status.run, fault);
    } else {
      this.#status.enter('recovering');
      this.#looping = this.#looping.then(() => this.#train(0));
    }
  }

  #recovery(run: ActiveRun): RecoveryContext {
    return {
      device: this.#device,
      run,
      dataset: this.#status.needDataset(),
      observe: this.#faults?.observer,
      send: (event) => this.#events.send(event),
      mark: (kind, text) => this.#status.mark(kind, text),
    };
  }

  async openDevice(): Promise<DeviceFacts> {
    await this.dropRun();
    const facts = await this.#device.open();
    this.#status.enter('idle');
    return facts;
  }

  async dropRun(): Promise<void> {
    const run = this.#status.run;
    this.#status.run = null;
    await run?.keeper?.close();
    // After a loss the tensors went with the device.
    if (!run || !this.#device.usable) return;
    run.trainer.dispose();
    this.#device.runtime.trim();
  }
}
