// The engine: EngineApi over one device and at most one run. It owns the state machine
// closed -> idle -> compiling -> ready -> running <-> paused -> done, with probing and testing beside it and failed at the end
// of any; the mathematics is in train/. Nothing here knows how the calls arrive.

import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  parseConfig,
  parseValue,
  SCHEMA,
} from '../config/schema.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { architecture } from '../mlvicx/architecture.ts';
import { runParity } from '../parity/index.ts';
import type { EngineArrangement, EngineDataset } from '../protocol/dataset.ts';
import type {
  DeviceFacts,
  EngineApi,
  EngineEvent,
  EngineState,
  FeatureRequest,
  GateMaps,
  RunStatus,
  ViewPair,
} from '../protocol/engine.ts';
import type { StepSample } from '../protocol/metrics.ts';
import type { ParityRequest, ParityRow } from '../protocol/parity.ts';
import type { ProbeReport, ProbeRequest } from '../protocol/probe.ts';
import type { SelfTestReport, SelfTestRow } from '../protocol/selfTest.ts';
import { runSelfTest } from '../selftest/index.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import { readCheckpoint, writeCheckpoint } from '../train/checkpoint.ts';
import { featureFile } from '../train/featureFile.ts';
import { encoderFeatures, gatesOf, previewOf } from '../train/inspect.ts';
import { evaluateProbe } from '../train/linearEval.ts';
import { Pretrainer, trainingLoop } from '../train/pretrain.ts';
import { RANDOM_START, readStartWeights, type StartWeights } from '../train/startWeights.ts';
import { requireWeights } from '../train/weights.ts';
import { AppError, toWire } from '../util/errors.ts';
import { EngineDevice } from './engineDevice.ts';
import { EventPacer } from './engineEvents.ts';
import { Pace } from './pace.ts';

const NO_RUN: RunStatus = {
  state: 'closed',
  step: 0,
  totalSteps: 0,
  stepsPerEpoch: 0,
  activeSeconds: 0,
  etaSeconds: null,
  start: RANDOM_START,
};

const AT_WORK: readonly EngineState[] = ['compiling', 'running', 'probing', 'testing'];

export class Engine implements EngineApi {
  #state: EngineState = 'closed';
  #events = new EventPacer(() => undefined);
  /** A fault while at work is raised there, so that no sample of a broken step gets out; else at once. */
  readonly #device = new EngineDevice((fault) => {
    if (!AT_WORK.includes(this.#state)) this.#fail(fault);
  });
  #dataset: TrainingSet | null = null;
  #run: Pretrainer | null = null;
  /** What the run began with, where that was not drawn at random; for reset. */
  #weights: StartWeights | null = null;
  #pace = new Pace();
  /** Set to ask the loop to end after the step in flight; the loop resolves #loop. */
  #haltRequested = false;
  #loop: Promise<void> = Promise.resolve();

  async open(onEvent: (event: EngineEvent) => void): Promise<DeviceFacts> {
    this.#events = new EventPacer(onEvent);
    return this.#openDevice();
  }

  connectIntake(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<EngineDataset | EngineArrangement>) => {
      if ('planes' in data) this.#dataset = data;
      else if (this.#dataset?.fingerprint !== data.arranges) return;
      else this.#dataset = { ...this.#dataset, ...data };
      const { name, fingerprint, widths } = this.#dataset;
      this.#events.send({ type: 'dataset', name, fingerprint, films: widths.length });
    };
  }

  async prepare(config: Config, weights?: Uint8Array<ArrayBuffer>): Promise<RunStatus> {
    const checked = parseConfig(config);
    return this.#build(checked, weights ? await readStartWeights(weights, checked) : null);
  }

  async #build(checked: Config, weights: StartWeights | null): Promise<RunStatus> {
    await this.#halt();
    this.#refuseWork();
    this.#device.refuseWhatCannotFit(checked);
    if (!this.#device.usable) await this.#openDevice();
    this.#dropRun();
    this.#run = new Pretrainer(checked, this.#needDataset(), this.#device.runtime, weights);
    this.#weights = weights;
    this.#pace = new Pace();
    this.#enter('compiling');
    try {
      await this.#run.compile((done, total) => this.#events.send({ type: 'compile', done, total }));
      this.#device.refuseFaults();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
    return this.#enter('ready');
  }

  async play(): Promise<void> {
    if (this.#state === 'running') return;
    this.#needRun('ready', 'paused');
    this.#enter('running');
    this.#haltRequested = false;
    this.#loop = this.#train(Number.POSITIVE_INFINITY);
  }

  async pause(): Promise<RunStatus> {
    await this.#halt();
    return this.#status();
  }

  async stepOnce(): Promise<RunStatus> {
    await this.#halt();
    this.#needRun('ready', 'paused');
    this.#enter('running');
    this.#haltRequested = false;
    this.#loop = this.#train(1);
    await this.#loop;
    return this.#status();
  }

  async stop(): Promise<RunStatus> {
    await this.#halt();
    return this.#run && this.#state !== 'failed' ? this.#enter('done') : this.#status();
  }

  async reset(): Promise<RunStatus> {
    const run = this.#run;
    if (!run) throw new AppError('not-ready', 'there is no run to reset.');
    if (run.start !== (this.#weights?.label ?? RANDOM_START)) {
      throw new AppError('not-ready', `this run began with ${run.start}, which is not at hand any more.`);
    }
    return this.#build(run.config, this.#weights);
  }

  async change(key: ConfigKey, value: ConfigValue): Promise<void> {
    const run = this.#needRun();
    const parsed = parseValue(key, value);
    if (SCHEMA[key].when !== 'live')
      throw new AppError('config-invalid', `${key} is fixed once a run exists.`);
    const before = run.config[key];
    run.change({ ...run.config, [key]: parsed });
    const text = `${SCHEMA[key].label} ${before} → ${parsed}`;
    this.#events.send({ type: 'marker', step: run.step, kind: 'change', text });
  }

  async probe(request: ProbeRequest): Promise<ProbeReport> {
    await this.#halt();
    const run = this.#needRun('ready', 'paused', 'done');
    return this.#beside('probing', async () => {
      const config = parseConfig(request.config);
      const dataset = this.#needDataset();
      const features = await encoderFeatures(run, dataset, config, this.#progress);
      this.#device.refuseFaults();
      const yieldNow = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
      return evaluateProbe({
        dataset,
        features,
        config,
        findings: request.findings,
        step: run.step,
        start: run.start,
        onProgress: this.#progress,
        yieldNow,
      });
    });
  }

  async exportCheckpoint(): Promise<Uint8Array> {
    await this.#halt();
    const run = this.#needRun('ready', 'paused', 'done');
    return writeCheckpoint(await run.capture());
  }

  async features({ checkpoint, base, images }: FeatureRequest): Promise<Uint8Array> {
    await this.#halt();
    const dataset = this.#needDataset();
    const onProgress = (done: number, total: number) => this.#progress('Features', done, total);
    return this.#beside('probing', (runtime) =>
      featureFile(readCheckpoint(checkpoint, base), dataset, runtime, { images, onProgress }),
    );
  }

  async importCheckpoint(bytes: Uint8Array, base?: Config): Promise<{ config: Config; status: RunStatus }> {
    const checkpoint = readCheckpoint(bytes, base);
    // Before anything is given up: a file that does not fit leaves the run at hand as it is.
    requireWeights(architecture(checkpoint.config), checkpoint);
    await this.#build(checkpoint.config, null);
    const run = this.#run!;
    run.restore(checkpoint);
    const finished = run.step >= run.totalSteps;
    return {
      config: run.config,
      status: this.#enter(run.step === 0 ? 'ready' : finished ? 'done' : 'paused'),
    };
  }

  async previewViews(film: number, step: number): Promise<ViewPair> {
    const config = this.#run?.config ?? null;
    if (!config) throw new AppError('not-ready', 'the views are drawn once a run is prepared.');
    return previewOf(this.#device.runtime, this.#needDataset(), film, step, config);
  }

  async gateMaps(film: number): Promise<GateMaps> {
    return gatesOf(this.#needRun(), this.#needDataset(), film);
  }

  async parity(request: ParityRequest, onRows: (rows: readonly ParityRow[]) => unknown): Promise<void> {
    await this.#halt();
    if (!this.#device.usable) await this.#openDevice();
    await this.#beside('probing', async (runtime) => {
      for await (const rows of runParity(request, runtime)) {
        this.#device.refuseFaults();
        // Waited for: over a port of its own, the last rows could come after the end of this call.
        await onRows(rows);
      }
      runtime.trim();
    });
  }

  async selfTest(onRow: (row: SelfTestRow, total: number) => unknown): Promise<SelfTestReport> {
    this.#refuseWork();
    if (!this.#device.usable) await this.#openDevice();
    return this.#beside('testing', (runtime) => runSelfTest(runtime, onRow));
  }

  async close(): Promise<void> {
    await this.#halt();
    this.#dropRun();
    this.#device.close();
    this.#enter('closed');
  }

  /** Runs at most `limit` steps, then says how it ended: paused, done or failed. */
  async #train(limit: number): Promise<void> {
    const run = this.#run!;
    try {
      const halted = () => this.#haltRequested || this.#device.fault !== null;
      for await (const sample of trainingLoop(run, limit, halted)) this.#report(sample);
      this.#device.refuseFaults();
      const finished = run.step >= run.totalSteps;
      this.#enter(finished ? 'done' : 'paused');
      if (!finished) this.#events.send({ type: 'marker', step: run.step, kind: 'pause', text: 'Paused' });
    } catch (thrown) {
      this.#fail(this.#device.fault ?? thrown);
    }
  }

  /** Something beside the run, which is where it was afterwards unless the GPU fails. */
  async #beside<T>(state: 'probing' | 'testing', work: (runtime: Runtime) => Promise<T>): Promise<T> {
    this.#refuseWork();
    const before = this.#state;
    this.#enter(state);
    try {
      const result = await work(this.#device.runtime);
      this.#device.refuseFaults();
      return result;
    } catch (thrown) {
      const { fault } = this.#device;
      throw fault ? this.#fail(fault) : thrown;
    } finally {
      if (this.#state === state) this.#enter(before);
    }
  }

  readonly #progress = (stage: string, done: number, total: number): void =>
    this.#events.send({ type: 'probe-progress', stage, done, total });

  #report(sample: StepSample): void {
    this.#device.refuseFaults();
    this.#pace.add(sample);
    this.#events.sample(sample, this.#status());
  }

  /** Ends the loop after the step in flight. */
  async #halt(): Promise<void> {
    this.#haltRequested = true;
    await this.#loop;
  }

  async #openDevice(): Promise<DeviceFacts> {
    this.#dropRun();
    const facts = await this.#device.open();
    this.#enter('idle');
    return facts;
  }

  #refuseWork(): void {
    if (AT_WORK.includes(this.#state)) throw new AppError('not-ready', `the engine is ${this.#state}.`);
  }

  #needDataset(): TrainingSet {
    if (!this.#dataset) throw new AppError('not-ready', 'no images are loaded.');
    return this.#dataset;
  }

  #needRun(...states: EngineState[]): Pretrainer {
    if (!this.#run) throw new AppError('not-ready', 'no run is prepared.');
    if (states.length > 0 && !states.includes(this.#state)) {
      throw new AppError('not-ready', `the engine is ${this.#state}.`);
    }
    return this.#run;
  }

  #dropRun(): void {
    // After a loss the tensors went with the device.
    if (this.#device.usable) {
      this.#run?.dispose();
      this.#device.runtime.trim();
    }
    this.#run = null;
  }

  #status(): RunStatus {
    const run = this.#run;
    if (!run) return { ...NO_RUN, state: this.#state };
    const { step, totalSteps, stepsPerEpoch, activeSeconds, start } = run;
    const etaSeconds = this.#pace.eta(totalSteps - step);
    return { state: this.#state, step, totalSteps, stepsPerEpoch, activeSeconds, etaSeconds, start };
  }

  #enter(state: EngineState): RunStatus {
    this.#state = state;
    const status = this.#status();
    this.#events.send({ type: 'status', status });
    return status;
  }

  /** Marks the run as failed, tells the page, and returns the error for the caller to throw. */
  #fail(thrown: unknown): AppError {
    const error =
      thrown instanceof AppError ? thrown : new AppError('internal', String(thrown), { cause: thrown });
    const step = this.#run?.step ?? 0;
    this.#enter('failed');
    this.#events.send({ type: 'marker', step, kind: 'fault', text: error.message });
    this.#events.send({ type: 'failed', error: toWire(error) });
    return error;
  }
}
