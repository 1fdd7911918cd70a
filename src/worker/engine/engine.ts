// The engine: EngineApi over one device and at most one run. Each call says what it needs of the state (status.ts) and hands
// steps and faults to the loop (run/runLoop.ts); the mathematics is in train/. Nothing here knows how the calls arrive.

import { readCheckpoint, requireWeights, writeCheckpoint } from '../../checkpoint/checkpoint.ts';
import { RANDOM_START, readStartWeights } from '../../checkpoint/startWeights.ts';
import { runSelfTest } from '../../checks/selftest/index.ts';
import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  parseConfig,
  parseValue,
  SCHEMA,
} from '../../config/schema.ts';
import type { FilmFeatures } from '../../diagnostics/filmMap.ts';
import { networkOf } from '../../methods/engines.ts';
import type { SeenFilms } from '../../protocol/dataset.ts';
import type {
  Budget,
  KernelOptions,
  ParityRequest,
  ParityRow,
  SelfTestReport,
  SelfTestRow,
} from '../../protocol/device.ts';
import type {
  DeviceFacts,
  EngineApi,
  EngineEvent,
  EvaluationRequest,
  FeatureRequest,
  FilmFeatureRequest,
  GateMaps,
  KeptStatus,
  ResumedRun,
  RunStatus,
  ScoreLayer,
  StepAgain,
  ViewPair,
} from '../../protocol/engine.ts';
import type { Fault } from '../../protocol/faults.ts';
import type { ClassMap, DrawnMask, Look } from '../../protocol/looks.ts';
import type { EncoderScores, StudyRequest, ValidationScore } from '../../protocol/study.ts';
import type { KeepingPolicy } from '../../protocol/vault.ts';
import type { Evaluation, TaskName } from '../../tasks/records.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { featureFile } from '../../train/featureFile.ts';
import { filmFeatures } from '../../train/filmFeatures.ts';
import { gatesOf, previewOf } from '../../train/inspect.ts';
import { stepAgain } from '../../train/stepAgain.ts';
import { stepFile } from '../../train/stepFile.ts';
import { AppError } from '../../util/errors.ts';
import { IntakeLink } from '../intake/link.ts';
import { handedOver } from '../rpc.ts';
import { changeSetting, type RunParts, resumeKeptRun, rollBackRun } from '../run/resume.ts';
import { RunLoop } from '../run/runLoop.ts';
import { EngineStorage } from '../run/runStorage.ts';
import { EngineDevice } from './device.ts';
import { Evaluating } from './evaluating.ts';
import { TestFaults } from './faultInjection.ts';
import { Looking } from './looking.ts';
import { EngineEvents, EngineStatus } from './status.ts';

export class Engine implements EngineApi {
  readonly #events = new EngineEvents();
  readonly #status = new EngineStatus(this.#events);
  readonly #device = new EngineDevice((fault) => this.#loop.deviceFailed(fault));
  readonly #faults: TestFaults | null;
  readonly #loop: RunLoop;
  readonly #parts: RunParts;
  readonly #looking = new Looking(this.#status);
  readonly #evaluating: Evaluating;

  /** @param faulty takes faults that tests put in */
  constructor(faulty = false) {
    this.#faults = faulty ? new TestFaults(() => this.#device.runtime) : null;
    const parts = {
      status: this.#status,
      device: this.#device,
      storage: new EngineStorage(this.#faults, (event) => this.#events.send(event)),
      events: this.#events,
      faults: this.#faults,
    };
    this.#loop = new RunLoop(parts);
    this.#parts = { ...parts, loop: this.#loop };
    this.#evaluating = new Evaluating({ ...this.#parts, device: this.#device }, this.#looking);
  }

  async open(onEvent: (event: EngineEvent) => void): Promise<DeviceFacts> {
    this.#events.to(onEvent);
    return this.#loop.openDevice();
  }

  async chooseKernels(options: KernelOptions, again = false): Promise<DeviceFacts> {
    this.#status.refuseWork();
    if (this.#status.state === 'ready' || this.#status.state === 'paused') {
      throw new AppError('not-ready', 'a run is prepared, and its kernels are fixed; end it first.');
    }
    return this.#evaluating.beside('testing', () => this.#device.chooseKernels(options, again));
  }

  async plan(config: Config, task?: TaskName): Promise<Budget> {
    return this.#device.plan(parseConfig(config), task);
  }

  connectIntake(port: MessagePort, other = false): void {
    const take = (set: TrainingSet | null) => {
      if (!other) this.#status.dataset = set;
      if (set) this.#events.films(set, other);
    };
    if (other) this.#evaluating.other.connect(port, take);
    else new IntakeLink(port, take);
  }

  dropOther(): void {
    this.#evaluating.other.drop();
  }

  seenFilms(): readonly SeenFilms[] {
    return this.#status.needRun().trainer.seen();
  }

  async prepare(config: Config, weights?: Uint8Array<ArrayBuffer>): Promise<RunStatus> {
    const checked = parseConfig(config);
    return this.#loop.prepare(checked, { weights: weights && (await readStartWeights(weights, checked)) });
  }

  async play(): Promise<void> {
    if (this.#status.state === 'running') return;
    await this.#loop.looping;
    this.#status.needRun('ready', 'paused');
    this.#loop.begin(Number.POSITIVE_INFINITY);
  }

  async pause(): Promise<RunStatus> {
    await this.#loop.halt();
    return this.#status.shown;
  }

  async stepOnce(): Promise<RunStatus> {
    await this.#loop.halt();
    this.#status.needRun('ready', 'paused');
    this.#loop.begin(1);
    await this.#loop.looping;
    return this.#status.shown;
  }

  async stop(): Promise<RunStatus> {
    await this.#loop.halt();
    if (!this.#status.run || this.#status.state === 'failed') return this.#status.shown;
    const status = this.#status.enter('done');
    await this.#status.run.keeper?.settle(this.#status.run.trainer, 'done', true);
    return status;
  }

  async reset(): Promise<RunStatus> {
    const { run } = this.#status;
    if (!run) throw new AppError('not-ready', 'there is no run to reset.');
    const { start, config } = run.trainer;
    if (start !== (run.weights?.label ?? RANDOM_START)) {
      throw new AppError('not-ready', `this run began with ${start}, which is not at hand any more.`);
    }
    return this.#loop.prepare(config, { weights: run.weights });
  }

  async change(key: ConfigKey, value: ConfigValue): Promise<void> {
    const run = this.#status.needRun();
    if (this.#status.state === 'recovering') this.#status.refuseWork();
    const parsed = parseValue(key, value);
    if (SCHEMA[key].when !== 'live')
      throw new AppError('config-invalid', `${key} is fixed once a run exists.`);
    changeSetting(this.#status, run, key, parsed);
  }

  async resume(id: string, options: { readonly acceptFilms?: boolean } = {}): Promise<ResumedRun> {
    await this.#loop.halt();
    this.#status.refuseWork();
    return resumeKeptRun(this.#parts, id, options);
  }

  async rollBack(change?: { readonly key: ConfigKey; readonly value: ConfigValue }): Promise<RunStatus> {
    await this.#loop.halt();
    const run = this.#status.needRun('failed', 'paused');
    if (!this.#device.usable) throw new AppError('not-ready', 'there is nothing to go back to.');
    return rollBackRun(this.#parts, run, change ?? null);
  }

  async saveNow(name?: string): Promise<KeptStatus | null> {
    const { run } = this.#status;
    if (!run?.keeper) return null;
    if (['running', 'paused', 'done'].includes(this.#status.state))
      await run.keeper.saveCheckpoint(run.trainer, name ?? null);
    return run.keeper.kept();
  }

  keep(policy: KeepingPolicy): void {
    this.#loop.policy = policy;
  }

  ping(): void {
    // Being answered is all.
  }

  async inject(faults: readonly Fault[]): Promise<void> {
    if (!this.#faults) throw new AppError('not-ready', 'this engine takes no faults.');
    // They are not meant for what a run at its end still writes.
    if (this.#status.shown.state === 'done') await this.#loop.looping;
    this.#faults.set(faults);
  }

  async evaluate(task: TaskName, request: EvaluationRequest): Promise<Evaluation> {
    return this.#evaluating.evaluate(task, request);
  }

  cancelEvaluation(): void {
    this.#evaluating.callOff();
  }

  async scoreForStudy(request: StudyRequest): Promise<EncoderScores> {
    return this.#evaluating.scoreForStudy(request);
  }

  async validateForStudy(request: EvaluationRequest): Promise<ValidationScore> {
    return this.#evaluating.validateForStudy(request);
  }

  async exportCheckpoint(): Promise<Uint8Array> {
    await this.#loop.halt();
    const run = this.#status.needRun('ready', 'paused', 'done').trainer;
    return writeCheckpoint(await run.capture());
  }

  async features({ checkpoint, base, images }: FeatureRequest): Promise<Uint8Array> {
    await this.#loop.halt();
    const dataset = this.#status.needDataset();
    const onProgress = (done: number, total: number) => this.#evaluating.progress('Features', done, total);
    return this.#evaluating.beside('evaluating', (runtime) =>
      featureFile(readCheckpoint(checkpoint, base), dataset, runtime, { images, onProgress }),
    );
  }

  async filmFeatures(
    { checkpoint, ...asked }: FilmFeatureRequest,
    onProgress: (stage: string, done: number, total: number) => unknown,
  ): Promise<FilmFeatures> {
    await this.#evaluating.begin();
    const run = checkpoint ? null : this.#status.needRun('ready', 'paused', 'done').trainer;
    const { dataset, yieldNow } = this.#evaluating.around(run);
    const made = this.#evaluating.beside('evaluating', async (runtime) => {
      const model = run ? await run.capture() : readCheckpoint(checkpoint!);
      return filmFeatures(model, dataset, runtime, { ...asked, onProgress, yieldNow });
    });
    return handedOver(await made);
  }

  async stepAgain(step: number, checkpoint?: Uint8Array): Promise<StepAgain> {
    await this.#loop.halt();
    const run = this.#status.needRun('ready', 'paused', 'done').trainer;
    const dataset = this.#status.needDataset();
    return this.#evaluating.beside('evaluating', async (runtime) => {
      const held = checkpoint ? readCheckpoint(checkpoint) : await run.capture();
      return stepAgain({ ...held, config: run.config }, dataset, runtime, step);
    });
  }

  async nextSteps(checkpoint: Uint8Array, steps: number): Promise<Uint8Array> {
    await this.#loop.halt();
    const dataset = this.#status.needDataset();
    return this.#evaluating.beside('evaluating', (runtime) =>
      stepFile(readCheckpoint(checkpoint), dataset, runtime, steps),
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
    await this.#loop.prepare(checkpoint.config, { checkpoint });
    const run = this.#status.run!;
    run.restore(checkpoint);
    const state = checkpoint.step === 0 ? 'ready' : run.finished ? 'done' : 'paused';
    return { config: run.trainer.config, status: this.#status.enter(state) };
  }

  async previewViews(film: number, step: number, given?: Config): Promise<ViewPair> {
    const config = this.#status.run?.trainer.config ?? (given && parseConfig(given));
    if (!config) throw new AppError('not-ready', 'it is not said of which run the views are.');
    return previewOf(this.#device.runtime, this.#status.needDataset(), film, step, config);
  }

  async gateMaps(film: number): Promise<GateMaps> {
    return gatesOf(this.#status.needRun().trainer, this.#status.needDataset(), film);
  }

  async scoreLayer(): Promise<ScoreLayer | null> {
    return this.#looking.scoreLayer();
  }

  async classMap(film: number, finding: string, look?: Look): Promise<ClassMap> {
    return this.#looking.classMap(film, finding, look);
  }

  async drawnMask(film: number): Promise<DrawnMask | null> {
    return this.#looking.drawnMask(film);
  }

  async parity(request: ParityRequest, onRows: (rows: readonly ParityRow[]) => unknown): Promise<void> {
    await this.#loop.halt();
    if (!this.#device.usable) await this.#loop.openDevice();
    await this.#evaluating.beside('evaluating', async (runtime) => {
      const { runParity } = await import('../../checks/parity/index.ts');
      for await (const rows of runParity(request, runtime)) {
        this.#device.refuseFaults();
        // Waited for: over a port of its own, the last rows could come after the end of this call.
        await onRows(rows);
      }
      runtime.trim();
    });
  }

  async selfTest(onRow: (row: SelfTestRow, total: number) => unknown): Promise<SelfTestReport> {
    this.#status.refuseWork();
    if (!this.#device.usable) await this.#loop.openDevice();
    return this.#evaluating.beside('testing', (runtime) => runSelfTest(runtime, onRow));
  }

  async close(): Promise<void> {
    await this.#loop.halt();
    await this.#loop.dropRun();
    this.#device.close();
    this.#status.enter('closed');
  }
}
