// The page of the headless runner: the engine and intake workers of the app without its interface. The runner
// (e2e/headless) puts files into the inputs of this page, calls `window.runner` and hears events through
// `window.report`. Nothing of the method, the training or the reading of films lives here.

import { filmsCsv } from './bundle/bundle.ts';
import { type Config, type ConfigKey, SCHEMA } from './config/schema.ts';
import { snapshotArrays } from './diagnostics/arrays.ts';
import { type Snapshot, withSnapshot } from './diagnostics/snapshot.ts';
import { type LearntVerdict, learntVerdict } from './diagnostics/verdict.ts';
import { predictionsCsv } from './export/predictions.ts';
import {
  Delivery,
  plainSample,
  type RunnerSummary,
  type SampleRecord,
  Schedule,
  withoutFilms,
} from './headlessEngine.ts';
import {
  bytesOf,
  checkpointGiven,
  chosen,
  droppedFolder,
  given,
  nameLinked,
  pathOf,
} from './headlessFiles.ts';
import { methodOf } from './methods/records.ts';
import type { CacheState } from './protocol/cache.ts';
import type { DatasetSummary, SeenFilms } from './protocol/dataset.ts';
import type { KernelOptions, ParityRow, SelfTestReport, SelfTestRow } from './protocol/device.ts';
import type {
  DeviceFacts,
  EngineEvent,
  EvaluationRequest,
  FeatureRequest,
  RunStatus,
  ScoreLayer,
} from './protocol/engine.ts';
import type { Fault } from './protocol/faults.ts';
import type { StoredReading, StoredRow } from './protocol/film.ts';
import type { IntakeEvent, IntakeOptions, SyntheticOptions } from './protocol/intake.ts';
import type { LabelScan } from './protocol/labels.ts';
import type { Predictions } from './protocol/looks.ts';
import type { EncoderScores, StudyRequest, ValidationScore } from './protocol/study.ts';
import type { KeepingPolicy } from './protocol/vault.ts';
import type { Evaluation, TaskName } from './tasks/records.ts';
import { AppError, toWire, type WireError } from './util/errors.ts';
import { npzBytes } from './util/npy.ts';
import { readSafetensors } from './util/safetensors.ts';
import { EvaluationFile, listEvaluations, openEvaluations } from './vault/evaluationFile.ts';
import { listRuns, openRuns, removeRun } from './vault/runs.ts';
import { createClient } from './worker/client.ts';

export type { RunnerSummary, SampleRecord } from './headlessEngine.ts';

export type RunnerEvent =
  | Exclude<EngineEvent, { type: 'samples' | 'snapshot' | 'predictions' }>
  | { readonly type: 'look'; readonly step: number; readonly seconds: number }
  | { readonly type: 'samples'; readonly samples: readonly SampleRecord[] }
  | Extract<IntakeEvent, { type: 'progress' | 'listing' }>
  | { readonly type: 'stored'; readonly rows: readonly StoredRow[] }
  | { readonly type: 'parity'; readonly fixture: string }
  | { readonly type: 'self-test'; readonly row: SelfTestRow; readonly total: number };

/** What a call answers: errors as records, because only plain values leave the page. */
export type Reply<T> = { readonly value: T } | { readonly error: WireError };

/** Films of a larger folder lie in the cache instead of memory. It is gone with the runner's profile. */
const MANY = 4000;
/** Files in one message. */
const SLICE = 500;

let client = createClient();
const schedule = new Schedule();
const delivery = new Delivery();

/** Of the set that was read last; it holds names, and leaves the page only where that is asked for. */
let table: Pick<DatasetSummary, 'filmTable' | 'findings'> | null = null;

async function delivered(read: () => Promise<DatasetSummary>): Promise<RunnerSummary> {
  const summary = await delivery.of(read, client.fault);
  table = summary;
  return withoutFilms(summary);
}

/** What looks at the run at hand have measured. */
let looks: readonly Snapshot[] = [];
let every = 1;

/** What the newest evaluation said of every test film; null where it scores none. */
let predictions: Predictions | null = null;

function report(event: RunnerEvent): void {
  void window.report(event);
}

function onEngineEvent(event: EngineEvent): void {
  delivery.hear(event);
  schedule.hear(event);
  if (event.type === 'samples') {
    report({ type: 'samples', samples: event.samples.map(plainSample) });
    return;
  }
  if (event.type === 'snapshot') {
    const { step, seconds } = event.snapshot;
    looks = withSnapshot(looks, event.snapshot, every);
    report({ type: 'look', step, seconds });
    return;
  }
  if (event.type === 'predictions') {
    predictions = event.predictions;
    return;
  }
  report(event);
}

function onIntakeEvent(event: IntakeEvent): void {
  if (event.type === 'progress' || event.type === 'listing') report(event);
}

/** Offers a file as a download, which takes any size without copying it through messages. */
function offer(bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes.slice().buffer], { type: 'application/octet-stream' }));
  link.download = 'file.safetensors';
  link.click();
}

const api = {
  open: (): Promise<DeviceFacts> => client.engine.open(onEngineEvent),

  chooseKernels: (options: KernelOptions): Promise<DeviceFacts> => client.engine.chooseKernels(options),

  async readFolder(options: IntakeOptions): Promise<RunnerSummary> {
    const handles = await droppedFolder();
    if (handles) return delivered(() => client.intake.readFiles({ handles }, options, onIntakeEvent));
    const { files, ...labels } = given();
    const wanted = { ...options, ...labels, cache: options.cache ?? files.length > MANY };
    await client.intake.keepFiles([], true);
    for (let at = 0; at < files.length; at += SLICE) {
      await client.intake.keepFiles(files.slice(at, at + SLICE), false);
    }
    return delivered(() => client.intake.readFiles('kept', wanted, onIntakeEvent));
  },

  /** Says under which paths the files lie that symbolic links lead to. */
  nameLinked,

  /** What is stored in every file of the folder; rows come as events, all of them before the answer. */
  decode: (): Promise<StoredReading> =>
    client.intake.stored(given().files, (rows) => window.report({ type: 'stored', rows })),

  cacheState: (): Promise<CacheState> => client.intake.cacheState(),

  /** Matches label files and names; no film is opened. */
  scanLabels(options: Pick<IntakeOptions, 'labels' | 'where'>): Promise<LabelScan> {
    const { files, ...labels } = given();
    return client.intake.scanLabels(files, { ...options, ...labels });
  },

  synthesise: (options: SyntheticOptions): Promise<RunnerSummary> =>
    delivered(() => client.intake.synthesise(options, onIntakeEvent)),

  /** Begins with the weights in the input for them, if there are any. */
  async prepare(config: Config): Promise<RunStatus> {
    const [file] = chosen('weights');
    looks = [];
    every = config.diagnoseEvery || 1;
    return client.engine.prepare(config, file && (await bytesOf(file)));
  },

  /** Trains to the end of the schedule. */
  train: (): Promise<void> => schedule.train(client.engine, client.fault),

  /** Trains to the end of the schedule, or for so long, and halts. */
  trainFor: (seconds: number): Promise<RunStatus> => schedule.trainFor(client.engine, seconds, client.fault),

  /** Fresh workers in place of the present ones, however those are. */
  async restart(): Promise<DeviceFacts> {
    client.dispose();
    client = createClient();
    return client.engine.open(onEngineEvent);
  },

  /** Begins to train and says so at once; what comes of it is told by events. */
  play: (): Promise<void> => client.engine.play(),

  pause: (): Promise<RunStatus> => client.engine.pause(),

  keep: (policy: KeepingPolicy): Promise<void> => client.engine.keep(policy),

  /** Refused unless the page was opened for faults. */
  inject: (faults: readonly Fault[]): Promise<void> => client.engine.inject(faults),

  async resume(id: string): Promise<{ status: RunStatus; samples: readonly SampleRecord[] }> {
    const { status, samples } = await client.engine.resume(id);
    return { status, samples: samples.map(plainSample) };
  },

  rollBack: (): Promise<RunStatus> => client.engine.rollBack(),

  /** Turns one byte of a run's newest checkpoint over. */
  async corrupt(id: string): Promise<void> {
    const { storage } = await openRuns();
    const folder = await storage.open(id);
    const [run] = (await listRuns(storage)).filter((one) => one.id === id);
    const file = run?.checkpoints.at(-1)?.file;
    const bytes = file ? await folder.read(file) : null;
    if (!file || !bytes) return;
    bytes[bytes.length >> 1]! ^= 1;
    await folder.write(file, [bytes]);
  },

  /** Removes every run that is kept and not at hand; returns how many files are left of the others. */
  async clearRuns(): Promise<number> {
    const { storage } = await openRuns();
    let files = 0;
    for (const { id, inUse } of await listRuns(storage)) {
      if (!inUse) await removeRun(storage, id);
      else files += (await (await storage.open(id)).sizes()).size;
    }
    return files;
  },

  /** Bytes of JavaScript in page and workers; null where the browser does not measure them. */
  async heap(): Promise<number | null> {
    const measure = (performance as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> })
      .measureUserAgentSpecificMemory;
    return measure && crossOriginIsolated ? (await measure.call(performance)).bytes : null;
  },

  /** @param base what a bare state dict leaves open */
  importCheckpoint: async (base?: Config): Promise<{ config: Config; status: RunStatus }> =>
    client.engine.importCheckpoint(await checkpointGiven(), base),

  saveCheckpoint: async (): Promise<void> => offer(await client.engine.exportCheckpoint()),

  /** What the looks say of the run; null where they find nothing wrong. */
  learnt: async (config: Config): Promise<LearntVerdict | null> =>
    learntVerdict(looks, methodOf(config), config, (key) => Number(SCHEMA[key as ConfigKey].default)),

  /** What looks at the run have measured, for NumPy. */
  saveDiagnostics: async (): Promise<void> => offer(npzBytes(snapshotArrays(looks))),

  saveFeatures: async (request: Omit<FeatureRequest, 'checkpoint'>): Promise<void> =>
    offer(await client.engine.features({ ...request, checkpoint: await checkpointGiven() })),

  /** The steps that follow the checkpoint in the input. */
  saveSteps: async (steps: number): Promise<void> =>
    offer(await client.engine.nextSteps(await checkpointGiven(), steps)),

  /** Part and labels of every film; @param names by its path instead of a hash of that */
  filmsCsv: async (names: boolean): Promise<string> => (table ? filmsCsv(table, { names }) : ''),

  /** What steps of the run at hand were taken on; it holds hashes of films, and leaves the page only where that is asked for. */
  seenFilms: (): Promise<readonly SeenFilms[]> => client.engine.seenFilms(),

  selfTest: (): Promise<SelfTestReport> =>
    client.engine.selfTest((row, total) => report({ type: 'self-test', row, total })),

  /** Of the evaluation before; as plain arrays, which leave the page as they are. */
  async scoreLayer(): Promise<ScoreLayer | null> {
    const layer = await client.engine.scoreLayer();
    return layer && { ...layer, weight: Array.from(layer.weight), bias: Array.from(layer.bias) };
  },

  evaluate({ task, ...request }: EvaluationRequest & { readonly task: TaskName }): Promise<Evaluation> {
    predictions = null;
    return client.engine.evaluate(task, request);
  },

  /** What the evaluation before said of every test film; empty where it scores none. @param names with the path of each */
  predictionsCsv: async (names: boolean): Promise<string> =>
    predictions ? predictionsCsv(predictions, names && table ? table.filmTable.paths : null) : '',

  /** How far the evaluation under way is kept. @throws AppError not-ready where nothing is */
  async saveKept(): Promise<void> {
    const storage = await openEvaluations();
    const [note] = await listEvaluations(storage);
    const bytes = note && (await new EvaluationFile(storage, note.key).read());
    if (!bytes) throw new AppError('not-ready', 'nothing is kept of an evaluation.');
    offer(bytes);
  },

  /** Puts the file in the input for it where the engine looks. */
  async giveKept(): Promise<void> {
    const [file] = chosen('kept');
    const bytes = file && (await bytesOf(file));
    const key = bytes && readSafetensors(bytes).metadata.key;
    if (!key) return;
    const note = { savedAt: Date.now(), task: '', runId: null, words: '' };
    await new EvaluationFile(await openEvaluations(), key).write([bytes], note);
  },

  scoreForStudy: (request: StudyRequest): Promise<EncoderScores> => client.engine.scoreForStudy(request),

  validateForStudy: (request: EvaluationRequest): Promise<ValidationScore> =>
    client.engine.validateForStudy(request),

  /** Checks the fixtures in the chosen folder. @param kinds empty for all */
  async parity(kinds: readonly string[]): Promise<ParityRow[]> {
    const files = new Map<string, Uint8Array>();
    for (const file of chosen('folder')) {
      if (/\.(json|safetensors)$/.test(file.name)) {
        files.set(pathOf(file), new Uint8Array(await file.arrayBuffer()));
      }
    }
    const rows: ParityRow[] = [];
    await client.engine.parity({ files, kinds }, (more) => {
      rows.push(...more);
      report({ type: 'parity', fixture: more[0]?.fixture ?? '' });
    });
    return rows;
  },
};

export type RunnerApi = typeof api;

export interface Runner {
  call<K extends keyof RunnerApi>(
    name: K,
    argument: Parameters<RunnerApi[K]>[0],
  ): Promise<Reply<Awaited<ReturnType<RunnerApi[K]>>>>;
}

declare global {
  interface Window {
    runner: Runner;
    /** Installed by the runner before the page loads. */
    report(event: RunnerEvent): Promise<void>;
  }
}

window.runner = {
  async call(name, argument) {
    try {
      const method = api[name] as (given: typeof argument) => Promise<never>;
      return { value: await method(argument) };
    } catch (error) {
      return { error: toWire(error) };
    }
  },
};
