// The page of the headless runner: the engine and intake workers of the app without its interface. The runner
// (e2e/headless) puts files into the inputs of this page, calls `window.runner` and hears events through
// `window.report`. Nothing of the method, the training or the reading of films lives here.

import type { Config } from './config/schema.ts';
import type { DatasetSummary } from './protocol/dataset.ts';
import type { DeviceFacts, EngineEvent, FeatureRequest, RunStatus } from './protocol/engine.ts';
import type { IntakeEvent, IntakeOptions, SourceFile, SyntheticOptions } from './protocol/intake.ts';
import type { LabelScan } from './protocol/labels.ts';
import type { ParityRow } from './protocol/parity.ts';
import type { ProbeReport, ProbeRequest } from './protocol/probe.ts';
import type { SelfTestReport, SelfTestRow } from './protocol/selfTest.ts';
import { AppError, fromWire, toWire, type WireError } from './util/errors.ts';
import { createClient } from './worker/client.ts';

/** One step as it goes to metrics.jsonl: values in the order of METRIC_NAMES, null where not measured. */
export interface SampleRecord {
  readonly step: number;
  readonly activeSeconds: number;
  readonly values: readonly (number | null)[];
}

export type RunnerEvent =
  | Exclude<EngineEvent, { type: 'samples' }>
  | { readonly type: 'samples'; readonly samples: readonly SampleRecord[] }
  | Extract<IntakeEvent, { type: 'progress' }>
  | { readonly type: 'parity'; readonly fixture: string }
  | { readonly type: 'self-test'; readonly row: SelfTestRow; readonly total: number };

/** What a call answers: errors as records, because only plain values leave the page. */
export type Reply<T> = { readonly value: T } | { readonly error: WireError };

/** A summary without its table of films, which is long and holds names: nothing outside the page needs it. */
export type RunnerSummary = Omit<DatasetSummary, 'images'> & { readonly images: { readonly length: number } };

const client = createClient();
let ended: (error: AppError | null) => void = () => {};
let arrived: (fingerprint: string) => void = () => {};

/** Films go to the engine over a port of their own; this waits until the engine has the set that was read. */
async function delivered(read: () => Promise<DatasetSummary>): Promise<RunnerSummary> {
  const seen = new Set<string>();
  let wanted: string | null = null;
  const arrival = new Promise<void>((resolve) => {
    arrived = (fingerprint) => {
      seen.add(fingerprint);
      if (fingerprint === wanted) resolve();
    };
  });
  const summary = await read();
  wanted = summary.fingerprint;
  if (!seen.has(wanted)) await Promise.race([arrival, client.fault]);
  return { ...summary, images: { length: summary.images.length } };
}

function report(event: RunnerEvent): void {
  window.report(event);
}

function onEngineEvent(event: EngineEvent): void {
  if (event.type === 'samples') {
    const plain = (value: number) => (Number.isFinite(value) ? value : null);
    const samples = event.samples.map(({ values, ...rest }) => ({
      ...rest,
      values: Array.from(values, plain),
    }));
    report({ type: 'samples', samples });
    return;
  }
  report(event);
  if (event.type === 'dataset') arrived(event.fingerprint);
  if (event.type === 'failed') ended(fromWire(event.error));
  if (event.type === 'status' && event.status.state === 'done') ended(null);
}

function onIntakeEvent(event: IntakeEvent): void {
  if (event.type === 'progress') report(event);
}

function chosen(id: string): File[] {
  const input = document.getElementById(id);
  if (!(input instanceof HTMLInputElement)) throw new AppError('internal', `there is no input ${id}.`);
  return [...(input.files ?? [])];
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

function checkpointGiven(): Promise<Uint8Array> {
  const [file] = chosen('checkpoint');
  if (!file) throw new AppError('checkpoint-invalid', 'no file was given.');
  return bytesOf(file);
}

/** Offers a file as a download, which takes any size without copying it through messages. */
function offer(bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes.slice().buffer], { type: 'application/octet-stream' }));
  link.download = 'file.safetensors';
  link.click();
}

/** Path below the chosen folder: the browser puts the folder's own name first. */
const pathOf = (file: File) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name;

interface Given {
  readonly files: readonly SourceFile[];
  /** Path of the label file that was named, so that no other is used. */
  readonly labelFile?: string;
}

function given(): Given {
  const folder = chosen('folder').map((file) => ({ path: pathOf(file), file }));
  const [labels] = chosen('labels');
  if (!labels) return { files: folder };
  const others = folder.filter(({ path }) => path !== labels.name);
  return { files: [...others, { path: labels.name, file: labels }], labelFile: labels.name };
}

const api = {
  open: (): Promise<DeviceFacts> => client.engine.open(onEngineEvent),

  readFolder(options: IntakeOptions): Promise<RunnerSummary> {
    const { files, ...labels } = given();
    return delivered(() => client.intake.readFiles(files, { ...options, ...labels }, onIntakeEvent));
  },

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
    return client.engine.prepare(config, file && (await bytesOf(file)));
  },

  /** Trains to the end of the schedule. */
  async train(): Promise<void> {
    const end = new Promise<AppError | null>((resolve) => {
      ended = resolve;
    });
    await client.engine.play();
    const error = await Promise.race([end, client.fault]);
    if (error) throw error;
  },

  /** @param base what a bare state dict leaves open */
  importCheckpoint: async (base?: Config): Promise<{ config: Config; status: RunStatus }> =>
    client.engine.importCheckpoint(await checkpointGiven(), base),

  saveCheckpoint: async (): Promise<void> => offer(await client.engine.exportCheckpoint()),

  saveFeatures: async (request: Omit<FeatureRequest, 'checkpoint'>): Promise<void> =>
    offer(await client.engine.features({ ...request, checkpoint: await checkpointGiven() })),

  selfTest: (): Promise<SelfTestReport> =>
    client.engine.selfTest((row, total) => report({ type: 'self-test', row, total })),

  probe: (request: ProbeRequest): Promise<ProbeReport> => client.engine.probe(request),

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
    report(event: RunnerEvent): void;
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
