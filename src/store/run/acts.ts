// The acts of the transport and of the panels: start, pause, step, end, load films or a model. One at a time, and none
// rejects (client.ts).

import { type Config, type ConfigKey, type ConfigValue, SCHEMA } from '../../config/schema.ts';
import { nearestPreset } from '../../config/share.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { refusalOf } from '../../protocol/device.ts';
import { EMPTY_STATUS, type RunStatus } from '../../protocol/engine.ts';
import type { Decisions } from '../../protocol/intake.ts';
import { AppError, BLOW_UPS, type ErrorCode } from '../../util/errors.ts';
import { isShardIndex, joinShards } from '../../util/shards.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { attempt, currentClient, takeClient } from '../client.ts';
import { resetSeries } from '../curves/series.ts';
import { restoreKernels } from '../device/kernels.ts';
import { choiceFor, decide, decided } from '../films/arrange.ts';
import {
  ensureDataset,
  type FilmSettings,
  filmsFit,
  leaveSet,
  loadSource,
  type Source,
  SYNTHETIC_SOURCE,
  useDataset,
} from '../films/dataset.ts';
import { folderSource } from '../films/files.ts';
import { eraseFilms, mayRead, type RememberedFolder, recallFolders, refreshCache } from '../films/kept.ts';
import { requireProtectedPage } from '../page/protection.ts';
import { setDraft, takeConfig, useSettings } from '../page/settings.ts';
import { type Busy, runExists, showError, useSession } from '../session.ts';
import { followEngine, forgetSamples } from './engineEvents.ts';
import { forgetKeeping } from './keeping.ts';
import { leaveRecorded } from './recorded.ts';

const { getState: get, setState: set } = useSession;

/** After these nothing on the device can be trusted or reached; only fresh workers help. */
const NEEDS_RESTART: readonly ErrorCode[] = [
  'device-lost',
  'device-lost-often',
  'gpu-fault',
  'out-of-memory',
  'worker-failed',
  'adapter-missing',
  'device-refused',
  'webgpu-missing',
];

/** The failure shown can only be mended by fresh workers. */
export function needsRestart(): boolean {
  const { error, status } = get();
  if (error === null) return false;
  return NEEDS_RESTART.includes(error.code) || (status.state === 'failed' && !BLOW_UPS.includes(error.code));
}

let factory: (() => PlaygroundClient) | null = null;

/** The client at hand has an engine that was never opened. */
let unused = false;

async function openEngine(): Promise<void> {
  if (!factory) throw new AppError('not-ready', 'the engine has not been started.');
  const opened = unused ? currentClient() : takeClient(factory);
  unused = false;
  const facts = await opened.engine.open((event) => {
    if (currentClient() === opened) followEngine(event);
  });
  const chosen = await restoreKernels(opened.engine, facts);
  const { status } = get();
  set({ facts: chosen, status: status.state === 'closed' ? { ...status, state: 'idle' } : status });
}

/**
 * Starts the workers, and loads the built-in set so that one press on Play trains.
 * @param asleep the engine is opened by `wake`, not now
 */
export async function startSession(makeClient: () => PlaygroundClient, asleep = false): Promise<void> {
  factory = makeClient;
  const begun = asleep ? fallAsleep() : opening(openEngine);
  void load(SYNTHETIC_SOURCE);
  followSyntheticSettings();
  void recallFolders();
  await begun;
}

function fallAsleep(): void {
  takeClient(factory!);
  unused = true;
  set({ asleep: true });
}

let opened: Promise<boolean> | null = null;

/** Presses that come meanwhile wait for its end (`wake`) and are not lost. */
function opening(act: () => Promise<void>): Promise<boolean> {
  opened = attempt('opening', act);
  return opened;
}

/** Opens the engine where nobody has yet; settles once it is open or refused. */
export async function wake(): Promise<void> {
  if (get().asleep) {
    set({ asleep: false });
    void opening(openEngine);
  }
  await opened;
}

let unfollow = (): void => undefined;

/** The built-in set follows its settings as they change: there is nothing to read for it. */
function followSyntheticSettings(): void {
  unfollow();
  unfollow = useSettings.subscribe(({ draft }, before) => {
    const films = useDataset.getState();
    if (draft === before.draft || films.source !== SYNTHETIC_SOURCE || runExists(get())) return;
    if (!filmsFit(films, draft)) void load(SYNTHETIC_SOURCE);
  });
}

/** Fresh workers and a fresh device; the films are read again, the run is gone. */
export const restart = (): Promise<boolean> =>
  opening(async () => {
    forgetSamples();
    const { source } = useDataset.getState();
    set({
      status: EMPTY_STATUS,
      facts: null,
      compile: null,
      runConfig: null,
      ended: false,
      engineData: null,
    });
    await openEngine();
    if (source) void load(source);
  });

/** Films of the person's own are taken by a protected page only; the built-in set needs no protection. */
function takes(source: Source): boolean {
  try {
    if (source.kind !== 'synthetic') requireProtectedPage();
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

/** Loads films now. Ends a run that is under way. */
export async function load(source: Source): Promise<void> {
  if (!takes(source)) return;
  if (runExists(get())) await stop();
  try {
    await loadSource(source, useSettings.getState().draft, choiceFor(source));
  } catch {
    // What went wrong stands in the data panel, with the list of files.
  }
}

/** Loads films, but asks first when that would end a run. */
export function offerSource(source: Source): void {
  if (!takes(source)) return;
  if (runExists(get()) && get().status.step > 0) useDataset.setState({ pending: source });
  else void load(source);
}

/** Opens a folder of an earlier visit; the browser may ask the person first. */
export async function openAgain({ handle, name }: RememberedFolder): Promise<void> {
  try {
    if (!(await mayRead(handle))) throw new AppError('folder-denied', `${name}.`);
    if (get().error?.code === 'folder-denied') set({ error: null });
    offerSource(folderSource(handle));
  } catch (error) {
    showError(error);
  }
}

/** Erases all decoded films on disk. A set that was read from there goes, and ends the run that is trained on it. */
export async function eraseCache(): Promise<void> {
  const inUse = (useDataset.getState().summary?.storage?.cached ?? 0) > 0;
  if (inUse && runExists(get())) await stop();
  try {
    const left = await eraseFilms();
    if (inUse) {
      leaveSet();
      set({ engineData: null });
    }
    if (left.bytes > 0) throw new AppError('not-ready', 'a part of the cache is being read by another tab.');
  } catch (error) {
    showError(error);
    void refreshCache();
  }
}

/** Reads the folder again with this decided about its labels, parts or folders. */
export async function readAgain(change: Decisions): Promise<void> {
  const { source } = useDataset.getState();
  if (!source) return;
  decide(change);
  await load(source);
}

function engineHolds(fingerprint: string): Promise<void> {
  return new Promise((resolve) => {
    if (get().engineData?.fingerprint === fingerprint) return resolve();
    const stop = useSession.subscribe(({ engineData }) => {
      if (engineData?.fingerprint !== fingerprint) return;
      stop();
      resolve();
    });
  });
}

/** The films, read or drawn for these settings and delivered to the engine. */
export async function filmsAtHand(settings: FilmSettings): Promise<DatasetSummary> {
  const summary = await ensureDataset(settings, decided());
  await Promise.race([engineHolds(summary.fingerprint), currentClient().fault]);
  return summary;
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

/** Prepares a run in place of the one at hand; the films are those that are loaded. @throws AppError */
export async function prepareRun(config: Config, weights: File | null = null): Promise<void> {
  if (!get().facts) throw new AppError('not-ready', 'there is no graphics device to train on.');
  // Before films are read for it.
  const refusal = refusalOf(await currentClient().engine.plan(config));
  if (refusal) throw refusal;
  await filmsAtHand(config);
  const status = await currentClient().engine.prepare(config, weights ? await bytesOf(weights) : undefined);
  resetSeries();
  forgetSamples();
  forgetKeeping();
  set({ status, runConfig: config, ended: false, compile: null });
}

function prepare(): Promise<void> {
  const { draft, weights } = useSettings.getState();
  return prepareRun(draft, weights);
}

/** The run at hand, or the one that the form describes, at its start; false where it cannot be prepared. */
export async function ready(): Promise<boolean> {
  await wake();
  leaveRecorded();
  return runExists(get()) || attempt('preparing', prepare);
}

/** Starts or resumes; the first press prepares the run that the form describes. */
export async function play(): Promise<void> {
  if (!(await ready())) return;
  try {
    await currentClient().engine.play();
  } catch (error) {
    showError(error);
  }
}

const settle = (busy: Busy, act: () => Promise<RunStatus>): Promise<boolean> =>
  attempt(busy, async () => set({ status: await act() }));

export const pause = (): Promise<boolean> => settle('pausing', () => currentClient().engine.pause());

export async function step(): Promise<void> {
  await wake();
  leaveRecorded();
  if (runExists(get()) || (await attempt('preparing', prepare))) {
    await settle('stepping', () => currentClient().engine.stepOnce());
  }
}

/** Ends the run. The model stays for evaluation and saving, the form becomes free. */
export const stop = (): Promise<boolean> =>
  attempt('stopping', async () => set({ status: await currentClient().engine.stop(), ended: true }));

/** Back to step 0 of the same run; after a fault, fresh workers first. */
export async function reset(): Promise<void> {
  leaveRecorded();
  const { runConfig } = get();
  if (needsRestart()) {
    await restart();
    return;
  }
  await attempt('resetting', async () => {
    const status = await currentClient().engine.reset();
    resetSeries();
    forgetSamples();
    forgetKeeping();
    if (runConfig) takeConfig({ preset: nearestPreset(runConfig), config: runConfig });
    set({ status, ended: false });
  });
}

/** Sets a field of the form; a `live` one reaches the engine before its next step. */
export async function changeSetting(key: ConfigKey, value: ConfigValue): Promise<void> {
  setDraft(key, value);
  const { runConfig } = get();
  if (!runConfig || !runExists(get()) || SCHEMA[key].when !== 'live') return;
  try {
    await currentClient().engine.change(key, value);
    set({ runConfig: { ...runConfig, [key]: value } });
  } catch (error) {
    showError(error);
  }
}

/** One file of weights, or several with their index joined to one. @throws AppError checkpoint-invalid */
export async function weightsGiven(files: readonly File[]): Promise<File> {
  const [first] = files;
  if (first && files.length === 1 && !isShardIndex(first.name)) return first;
  const parts = await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: await bytesOf(file) })),
  );
  return new File([joinShards(parts).slice()], 'model.safetensors');
}

/** Continues from a file written by this program; of a bare state dict, the form says what the file does not. */
export const loadCheckpoint = (files: readonly File[]): Promise<boolean> =>
  attempt('preparing', async () => {
    requireProtectedPage();
    leaveRecorded();
    const { draft } = useSettings.getState();
    const bytes = await bytesOf(await weightsGiven(files));
    const { config, status } = await currentClient().engine.importCheckpoint(bytes, draft);
    resetSeries();
    forgetSamples();
    forgetKeeping();
    takeConfig({ preset: nearestPreset(config), config });
    set({ status, runConfig: config, ended: false });
  });
