// A scripted engine behind the real client's interface, so that the page can be driven without a GPU: by tests,
// and in development builds by ?fake in the address. It keeps the engine's rules of state, and invents numbers.

import type { Config } from '../config/schema.ts';
import { methodOf } from '../methods/records.ts';
import { ALL_KERNELS, type KernelOptions, type SelfTestRow } from '../protocol/device.ts';
import type {
  DeviceFacts,
  EngineEvent,
  EngineState,
  EvaluationRequest,
  FilmFeatureRequest,
  RunStatus,
} from '../protocol/engine.ts';
import type { Look } from '../protocol/looks.ts';
import type { StepSample } from '../protocol/metrics.ts';
import type { StudyRequest } from '../protocol/study.ts';
import type { TaskName } from '../tasks/records.ts';
import { AppError, type ErrorCode, toWire } from '../util/errors.ts';
import type { EngineClient, PlaygroundClient } from '../worker/client.ts';
import { fakeSample } from './curves.ts';
import { fakeBudget, fakeKernels, fakeRows } from './device.ts';
import { fakeFeatures, fakeMap } from './features.ts';
import { makeFakeIntake } from './films.ts';
import { fakeClassMap, fakeGates, fakeMask, fakeStepAgain, fakeViews } from './pictures.ts';
import { fakeEvaluation, fakePredictions } from './report.ts';
import { fakeSnapshot } from './snapshots.ts';
import { fakeScores, fakeValidation } from './study.ts';

export interface FakeOptions {
  readonly software?: boolean;
  /** `open` fails with this. */
  readonly refuse?: ErrorCode;
  /** The run fails with this at step 40. */
  readonly fail?: ErrorCode;
  readonly collapse?: boolean;
  /** Milliseconds of a step; also scales everything else. */
  readonly beat?: number;
}

const PIPELINES = 84;
const FAIL_STEP = 40;
const MIB = 2 ** 20;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const factsOf = (software: boolean, kernels: KernelOptions = ALL_KERNELS): DeviceFacts => ({
  vendor: software ? 'google' : 'nvidia',
  architecture: software ? 'swiftshader' : 'ampere',
  description: software ? 'SwiftShader Device (Subzero)' : 'NVIDIA GeForce RTX 3060 Laptop GPU',
  software,
  features: ['shader-f16', 'timestamp-query', 'subgroups'],
  limits: {
    maxBufferSize: 1024 * MIB,
    maxStorageBufferBindingSize: 1024 * MIB,
    maxComputeWorkgroupStorageSize: 32768,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  kernels: fakeKernels(kernels, software),
});

class FakeEngine implements EngineClient {
  readonly #options: FakeOptions;
  #emit: (event: EngineEvent) => void = () => undefined;
  #config: Config | null = null;
  #state: EngineState = 'closed';
  #step = 0;
  #total = 0;
  #start = 'random';
  #calledOff = false;
  #films = 0;
  readonly #names = { own: '', other: '' };

  constructor(options: FakeOptions) {
    this.#options = options;
  }

  get #beat() {
    return this.#options.beat ?? 40;
  }

  #status(state: EngineState = this.#state): RunStatus {
    this.#state = state;
    const perStep = (this.#config?.batchSize ?? 32) / 320;
    const status = {
      state,
      step: this.#step,
      totalSteps: this.#total,
      stepsPerEpoch: 9,
      activeSeconds: this.#step * perStep,
      etaSeconds: this.#step > 5 ? (this.#total - this.#step) * perStep : null,
      start: this.#start,
      runId: null,
    };
    this.#emit({ type: 'status', status });
    return status;
  }

  deliver(name: string, fingerprint: string, films: number, other = false) {
    this.#names[other ? 'other' : 'own'] = name;
    if (!other) this.#films = films;
    this.#emit({ type: 'dataset', name, fingerprint, films, ...(other && { other }) });
  }

  async open(onEvent: (event: EngineEvent) => void) {
    this.#emit = onEvent;
    await wait(this.#beat);
    if (this.#options.refuse) throw new AppError(this.#options.refuse);
    this.#status('idle');
    return factsOf(this.#options.software ?? false);
  }

  async chooseKernels(options: KernelOptions) {
    if (this.#state === 'ready' || this.#state === 'paused' || this.#state === 'running')
      throw new AppError('not-ready', 'a run is prepared, and its kernels are fixed; end it first.');
    await wait(this.#beat);
    return factsOf(this.#options.software ?? false, options);
  }

  async plan(config: Config) {
    return fakeBudget(config, factsOf(this.#options.software ?? false).limits);
  }

  async prepare(config: Config, weights?: Uint8Array) {
    this.#config = config;
    this.#start = weights ? 'ResNet-18 weights from a file' : 'random';
    this.#step = 0;
    this.#total = config.maxSteps || config.epochs * 9;
    this.#status('compiling');
    for (let done = 0; done <= PIPELINES; done += 4) {
      this.#emit({ type: 'compile', done, total: PIPELINES });
      await wait(this.#beat * 2);
    }
    return this.#status('ready');
  }

  async play() {
    if (!this.#config) throw new AppError('not-ready', 'no run is prepared.');
    this.#status('running');
    void this.#loop();
  }

  async #loop() {
    while (this.#state === 'running') {
      await wait(this.#beat);
      if (this.#state === 'running') this.#take();
    }
  }

  #take() {
    const config = this.#config!;
    if (this.#options.fail && this.#step === FAIL_STEP) {
      const error = toWire(new AppError(this.#options.fail, `global invariance at step ${this.#step}.`));
      this.#emit({ type: 'marker', step: this.#step, kind: 'fault', text: error.message });
      this.#emit({ type: 'failed', error, rollback: null });
      this.#status('failed');
      return;
    }
    const { diagnoseEvery } = config;
    if (diagnoseEvery > 0 && this.#step % diagnoseEvery === 0) {
      this.#emit({ type: 'snapshot', snapshot: fakeSnapshot(this.#step, config) });
    }
    this.#emit({ type: 'samples', samples: [this.#sample(config)] });
    this.#step++;
    this.#status(this.#step >= this.#total ? 'done' : this.#state);
  }

  #sample(config: Config): StepSample {
    return fakeSample(this.#step, {
      config,
      totalSteps: this.#total,
      imagesPerSecond: 320,
      collapse: this.#options.collapse ?? config.varianceWeight === 0,
    });
  }

  async pause() {
    this.#emit({ type: 'marker', step: this.#step, kind: 'pause', text: 'Paused' });
    return this.#status(this.#state === 'running' ? 'paused' : this.#state);
  }

  async stepOnce() {
    if (!this.#config) throw new AppError('not-ready', 'no run is prepared.');
    this.#take();
    return this.#status(this.#step >= this.#total ? 'done' : 'paused');
  }

  async stop() {
    return this.#status('done');
  }

  async reset() {
    this.#step = 0;
    return this.#status('ready');
  }

  async change(key: string, value: unknown) {
    this.#config = { ...this.#config!, [key]: value };
    this.#emit({ type: 'marker', step: this.#step, kind: 'change', text: `${key} = ${value}` });
  }

  async evaluate(task: TaskName, { config, films }: EvaluationRequest) {
    const before = this.#state;
    this.#status('evaluating');
    this.#calledOff = false;
    for (let done = 0; done <= 60; done += 3) {
      if (this.#calledOff) {
        this.#status(before);
        throw new AppError('cancelled');
      }
      this.#emit({
        type: 'evaluation-progress',
        stage: done < 30 ? 'Features' : 'Linear layer',
        done,
        total: 60,
      });
      await wait(this.#beat);
    }
    this.#emit({ type: 'predictions', predictions: fakePredictions() });
    this.#status(before);
    return fakeEvaluation(task, config, this.#step, films === undefined ? null : this.#names);
  }

  async dropOther() {}

  async seenFilms() {
    return [];
  }

  async cancelEvaluation() {
    this.#calledOff = true;
  }

  async scoreForStudy(request: StudyRequest) {
    await wait(this.#beat);
    return fakeScores(request, this.#step);
  }

  async validateForStudy({ config }: EvaluationRequest) {
    await wait(this.#beat);
    return fakeValidation(config);
  }

  async exportCheckpoint() {
    return new Uint8Array(64);
  }

  async checkCheckpoint() {
    throw new AppError('checkpoint-invalid', 'the fake engine reads none.');
  }

  importCheckpoint(): Promise<never> {
    return Promise.reject(new AppError('checkpoint-invalid', 'the fake engine reads none.'));
  }

  async previewViews(film: number, step: number) {
    return fakeViews(film, step);
  }

  async classMap(film: number, finding: string, look?: Look) {
    return fakeClassMap(film, finding, look);
  }

  async drawnMask(film: number) {
    return fakeMask(film);
  }

  async gateMaps(film: number) {
    const config = this.#config;
    return config && !methodOf(config).bottlenecks(config) ? { levels: [] } : fakeGates(film);
  }

  parity(): Promise<never> {
    return Promise.reject(new AppError('not-ready', 'the fake engine computes nothing.'));
  }

  features(): Promise<never> {
    return Promise.reject(new AppError('not-ready', 'the fake engine has no features.'));
  }

  async filmFeatures(
    { checkpoint, most = Number.POSITIVE_INFINITY }: FilmFeatureRequest,
    onProgress: (stage: string, done: number, total: number) => void,
  ) {
    if (!this.#config) throw new AppError('not-ready', 'no run is prepared.');
    const before = this.#state === 'running' ? 'paused' : this.#state;
    this.#calledOff = false;
    this.#status('evaluating');
    for (let done = 0; done <= this.#films && !this.#calledOff; done += 32) {
      onProgress('As it stands', done, this.#films);
      await wait(this.#beat);
    }
    this.#status(before);
    if (this.#calledOff) throw new AppError('cancelled');
    // Of another run nothing is known but that it is another.
    const step = checkpoint ? 0 : this.#step;
    return fakeFeatures(Math.min(most, this.#films), step, this.#config);
  }

  async stepAgain(step: number) {
    if (!this.#config) throw new AppError('not-ready', 'no run is prepared.');
    return fakeStepAgain(step, this.#step, this.#films, this.#config);
  }

  scoreLayer(): Promise<null> {
    return Promise.resolve(null);
  }

  nextSteps(): Promise<never> {
    return Promise.reject(new AppError('not-ready', 'the fake engine takes no step that could be compared.'));
  }

  async selfTest(onRow: (row: SelfTestRow, total: number) => unknown) {
    const before = this.#state;
    this.#status('testing');
    const rows = fakeRows(this.#options.fail !== undefined);
    for (const row of rows) {
      onRow(row, rows.length);
      await wait(this.#beat);
    }
    this.#status(before);
    const ok = rows.every((row) => row.ok);
    const sentence = ok
      ? 'This GPU computes every kernel correctly to 1e-5, and a training step of every method to 1e-4.'
      : 'This GPU does not compute correctly: 1 of 3 checks failed (Convolution).';
    return { rows, ok, sentence, seconds: (rows.length * this.#beat) / 1000 };
  }

  resume(): Promise<never> {
    return Promise.reject(new AppError('run-missing', 'the fake engine keeps nothing.'));
  }

  rollBack(): Promise<never> {
    return Promise.reject(new AppError('not-ready', 'there is nothing to go back to.'));
  }

  async saveNow() {
    return null;
  }

  async keep() {}

  async ping() {}

  inject(): Promise<never> {
    return Promise.reject(new AppError('not-ready', 'this engine takes no faults.'));
  }

  async close() {
    this.#status('closed');
  }
}

export function createFakeClient(options: FakeOptions = {}): PlaygroundClient {
  const engine = new FakeEngine(options);
  const makeIntake = (other: boolean) =>
    makeFakeIntake(
      ({ name, fingerprint, filmTable }) => engine.deliver(name, fingerprint, filmTable.length, other),
      (options.beat ?? 40) / 2,
    );
  const other = makeIntake(true);
  const map = fakeMap();
  return {
    engine,
    intake: makeIntake(false),
    map: map.client,
    other: () => other,
    dropOther: async () => undefined,
    fault: new Promise<never>(() => undefined),
    dispose: map.dispose,
  };
}

/** `?fake=software,collapse,fail:loss-not-finite,refuse:webgpu-missing,beat:10` */
export function fakeFromAddress(search: string): FakeOptions {
  const words = (new URLSearchParams(search).get('fake') ?? '').split(',');
  const after = (name: string) => words.find((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
  const beat = after('beat');
  return {
    software: words.includes('software'),
    collapse: words.includes('collapse'),
    refuse: after('refuse') as ErrorCode | undefined,
    fail: after('fail') as ErrorCode | undefined,
    beat: beat === undefined ? undefined : Number(beat),
  };
}
