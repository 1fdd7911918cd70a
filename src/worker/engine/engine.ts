// The engine: EngineApi over one device and at most one run. Each call says what it needs of the state and hands the rest to
// engineCore.ts, which owns states and loop; the mathematics is in train/. Nothing here knows how the calls arrive.

import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../checkpoint/checkpoint.ts';
import { RANDOM_START, readStartWeights } from '../../checkpoint/startWeights.ts';
import { requireWeights } from '../../checkpoint/weights.ts';
import { runParity } from '../../checks/parity/index.ts';
import { runSelfTest } from '../../checks/selftest/index.ts';
import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  parseConfig,
  parseValue,
  SCHEMA,
} from '../../config/schema.ts';
import { networkOf } from '../../methods/engines.ts';
import type { Budget } from '../../protocol/budget.ts';
import type {
  DeviceFacts,
  EngineApi,
  EngineEvent,
  EvaluationRequest,
  FeatureRequest,
  GateMaps,
  KeptStatus,
  ResumedRun,
  RunStatus,
  ViewPair,
} from '../../protocol/engine.ts';
import type { Fault } from '../../protocol/faults.ts';
import type { KernelOptions } from '../../protocol/kernels.ts';
import type { ParityRequest, ParityRow } from '../../protocol/parity.ts';
import type { SelfTestReport, SelfTestRow } from '../../protocol/selfTest.ts';
import type { KeepingPolicy } from '../../protocol/vault.ts';
import { evaluate } from '../../tasks/evaluate.ts';
import type { Evaluation, TaskName } from '../../tasks/records.ts';
import { filmCount } from '../../train/batchSource.ts';
import { featureFile } from '../../train/featureFile.ts';
import { gatesOf, previewOf } from '../../train/inspect.ts';
import { AppError } from '../../util/errors.ts';
import { IntakeLink } from '../intake/link.ts';
import { otherwiseComputed, resumeRun } from '../run/resume.ts';
import { EngineCore } from './engineCore.ts';
import { EventPacer } from './events.ts';

export class Engine extends EngineCore implements EngineApi {
  async open(onEvent: (event: EngineEvent) => void): Promise<DeviceFacts> {
    this.events = new EventPacer(onEvent);
    return this.openDevice();
  }

  async chooseKernels(options: KernelOptions, again = false): Promise<DeviceFacts> {
    this.refuseWork();
    if (this.state === 'ready' || this.state === 'paused') {
      throw new AppError('not-ready', 'a run is prepared, and its kernels are fixed; end it first.');
    }
    return this.beside('testing', () => this.device.chooseKernels(options, again));
  }

  async plan(config: Config): Promise<Budget> {
    return this.device.plan(parseConfig(config));
  }

  connectIntake(port: MessagePort): void {
    new IntakeLink(port, (set) => {
      this.dataset = set;
      if (!set) return;
      const { name, fingerprint } = set;
      this.events.send({ type: 'dataset', name, fingerprint, films: filmCount(set) });
    });
  }

  async prepare(config: Config, weights?: Uint8Array<ArrayBuffer>): Promise<RunStatus> {
    const checked = parseConfig(config);
    return this.build(checked, weights ? await readStartWeights(weights, checked) : null);
  }

  async play(): Promise<void> {
    if (this.state === 'running') return;
    await this.looping;
    this.needRun('ready', 'paused');
    this.begin(Number.POSITIVE_INFINITY);
  }

  async pause(): Promise<RunStatus> {
    await this.halt();
    return this.status();
  }

  async stepOnce(): Promise<RunStatus> {
    await this.halt();
    this.needRun('ready', 'paused');
    this.begin(1);
    await this.looping;
    return this.status();
  }

  async stop(): Promise<RunStatus> {
    await this.halt();
    if (!this.run || this.state === 'failed') return this.status();
    const status = this.enter('done');
    await this.run.keeper?.settle(this.run.trainer, 'done', true);
    return status;
  }

  async reset(): Promise<RunStatus> {
    const { run } = this;
    if (!run) throw new AppError('not-ready', 'there is no run to reset.');
    const { start, config } = run.trainer;
    if (start !== (run.weights?.label ?? RANDOM_START)) {
      throw new AppError('not-ready', `this run began with ${start}, which is not at hand any more.`);
    }
    return this.build(config, run.weights);
  }

  async change(key: ConfigKey, value: ConfigValue): Promise<void> {
    const run = this.needRun();
    if (this.state === 'recovering') this.refuseWork();
    const parsed = parseValue(key, value);
    if (SCHEMA[key].when !== 'live')
      throw new AppError('config-invalid', `${key} is fixed once a run exists.`);
    const text = `${SCHEMA[key].label} ${run.trainer.config[key]} → ${parsed}`;
    run.change(key, parsed);
    this.mark('change', text);
  }

  async resume(id: string, options: { readonly acceptFilms?: boolean } = {}): Promise<ResumedRun> {
    await this.halt();
    this.refuseWork();
    // Taken up again by whoever has it already, as after a fault: let go of first.
    if (this.run?.keeper?.id === id) await this.dropRun();
    const { keeper, checkpoint, refused } = await resumeRun(
      await this.shelf.take(id),
      this.needDataset(),
      options,
    );
    try {
      await this.build(checkpoint.config, null);
    } catch (thrown) {
      await keeper.close();
      throw thrown;
    }
    const run = this.run!;
    await keeper.rewind(checkpoint.step);
    run.keeper = keeper;
    const { fingerprint, widths } = this.needDataset();
    if (fingerprint !== keeper.record.data.fingerprint) {
      await keeper.refit(run.trainer, { fingerprint, films: widths.length });
      this.mark('change', 'Other films');
    }
    const samples = await keeper.samples();
    run.restore(checkpoint, samples.at(-1)?.activeSeconds ?? 0);
    const status = this.enter(run.finished ? 'done' : 'paused');
    await keeper.settle(run.trainer, run.finished ? 'done' : 'paused', false);
    this.events.send({ type: 'kept', kept: await keeper.kept() });
    const other = otherwiseComputed(keeper.record.computedBy, this.computedBy());
    if (other) this.events.send({ type: 'notice', notice: other });
    return { record: keeper.record, config: run.trainer.config, status, samples, refused };
  }

  async rollBack(change?: { readonly key: ConfigKey; readonly value: ConfigValue }): Promise<RunStatus> {
    await this.halt();
    const run = this.needRun('failed', 'paused');
    const { keeper, trainer } = run;
    if (!keeper || !this.device.usable) throw new AppError('not-ready', 'there is nothing to go back to.');
    const { step } = await run.restoreNewest();
    await keeper.rewind(step);
    this.events.send({ type: 'rewound', step });
    this.mark('fault', 'Rolled back');
    if (change) {
      const value = parseValue(change.key, change.value);
      const text = `${SCHEMA[change.key].label} ${trainer.config[change.key]} → ${value}`;
      run.change(change.key, value);
      this.mark('change', text);
    }
    await keeper.settle(trainer, 'paused', false);
    return this.enter('paused');
  }

  async saveNow(name?: string): Promise<KeptStatus | null> {
    const { run } = this;
    if (!run?.keeper) return null;
    if (['running', 'paused', 'done'].includes(this.state))
      await run.keeper.picture(run.trainer, name ?? null);
    return run.keeper.kept();
  }

  keep(policy: KeepingPolicy): void {
    this.policy = policy;
  }

  ping(): void {
    // Being answered is all.
  }

  async inject(faults: readonly Fault[]): Promise<void> {
    if (!this.faults) throw new AppError('not-ready', 'this engine takes no faults.');
    // They are not meant for what a run at its end still writes.
    if (this.status().state === 'done') await this.looping;
    this.faults.set(faults);
  }

  async evaluate(task: TaskName, { config, findings }: EvaluationRequest): Promise<Evaluation> {
    await this.halt();
    const run = this.needRun('ready', 'paused', 'done').trainer;
    return this.beside('evaluating', () =>
      evaluate(task, {
        run,
        dataset: this.needDataset(),
        config: parseConfig(config),
        findings,
        onProgress: this.#progress,
        yieldNow: async () => {
          this.device.refuseFaults();
          await new Promise<void>((resolve) => setTimeout(resolve, 0));
        },
      }),
    );
  }

  async exportCheckpoint(): Promise<Uint8Array> {
    await this.halt();
    const run = this.needRun('ready', 'paused', 'done').trainer;
    return writeCheckpoint(await run.capture());
  }

  async features({ checkpoint, base, images }: FeatureRequest): Promise<Uint8Array> {
    await this.halt();
    const dataset = this.needDataset();
    const onProgress = (done: number, total: number) => this.#progress('Features', done, total);
    return this.beside('evaluating', (runtime) =>
      featureFile(readCheckpoint(checkpoint, base), dataset, runtime, { images, onProgress }),
    );
  }

  checkCheckpoint(bytes: Uint8Array): void {
    const checkpoint = readCheckpoint(bytes);
    requireWeights(networkOf(checkpoint.config), checkpoint);
  }

  async importCheckpoint(bytes: Uint8Array, base?: Config): Promise<{ config: Config; status: RunStatus }> {
    const checkpoint = readCheckpoint(bytes, base);
    // Before anything is given up: a file that does not fit leaves the run at hand as it is.
    requireWeights(networkOf(checkpoint.config), checkpoint);
    await this.build(checkpoint.config, null);
    return this.#standAt(checkpoint);
  }

  async previewViews(film: number, step: number): Promise<ViewPair> {
    const config = this.run?.trainer.config ?? null;
    if (!config) throw new AppError('not-ready', 'the views are drawn once a run is prepared.');
    return previewOf(this.device.runtime, this.needDataset(), film, step, config);
  }

  async gateMaps(film: number): Promise<GateMaps> {
    return gatesOf(this.needRun().trainer, this.needDataset(), film);
  }

  async parity(request: ParityRequest, onRows: (rows: readonly ParityRow[]) => unknown): Promise<void> {
    await this.halt();
    if (!this.device.usable) await this.openDevice();
    await this.beside('evaluating', async (runtime) => {
      for await (const rows of runParity(request, runtime)) {
        this.device.refuseFaults();
        // Waited for: over a port of its own, the last rows could come after the end of this call.
        await onRows(rows);
      }
      runtime.trim();
    });
  }

  async selfTest(onRow: (row: SelfTestRow, total: number) => unknown): Promise<SelfTestReport> {
    this.refuseWork();
    if (!this.device.usable) await this.openDevice();
    return this.beside('testing', (runtime) => runSelfTest(runtime, onRow));
  }

  async close(): Promise<void> {
    await this.halt();
    await this.dropRun();
    this.device.close();
    this.enter('closed');
  }

  #standAt(checkpoint: Checkpoint): { config: Config; status: RunStatus } {
    const run = this.run!;
    run.restore(checkpoint);
    const state = checkpoint.step === 0 ? 'ready' : run.finished ? 'done' : 'paused';
    return { config: run.trainer.config, status: this.enter(state) };
  }

  readonly #progress = (stage: string, done: number, total: number): void =>
    this.events.send({ type: 'evaluation-progress', stage, done, total });
}
