// The data set at hand: where it comes from, how far reading it has got, how fast it goes, and its summary. The source is
// kept, so that the same films can be read again when a configuration wants them at another size or a worker was replaced.

import { create } from 'zustand';
import type { Config } from '../../config/schema.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import {
  type Decisions,
  type IntakeEvent,
  type IntakeProgress,
  type IntakeSource,
  type SourceFile,
  type SourceHandle,
  SPLIT_SEED,
  syntheticOptions,
} from '../../protocol/intake.ts';
import { AppError, toWire, type WireError } from '../../util/errors.ts';
import type { IntakeClient, PlaygroundClient } from '../../worker/client.ts';
import { currentClient } from '../client.ts';
import { askToPersist, refreshCache, rememberFolder } from './kept.ts';
import { addThumbnails, forgetThumbnails, retryThumbnails, thumbnailCount } from './thumbnails.ts';

export interface Source {
  readonly kind: 'synthetic' | 'files';
  readonly name: string;
  /** Folders for the intake worker to walk; null where the browser gave none. */
  handles?(): Promise<readonly SourceHandle[] | null>;
  /** The files that the browser hides from those handles. @param unopened takes the paths of those that cannot be opened */
  hidden?(unopened: string[]): AsyncIterable<readonly SourceFile[]>;
  /** The files otherwise, slice by slice. @throws AppError source-gone */
  slices?(): Slices;
}

export const SYNTHETIC_SOURCE: Source = {
  kind: 'synthetic',
  name: 'Synthetic phantoms',
};

/** The settings of a configuration on which films depend. */
export type FilmSettings = Pick<
  Config,
  'planeSize' | 'syntheticSeed' | 'syntheticDifficulty' | 'syntheticTrap'
>;

export type DataPhase = 'empty' | 'listing' | 'reading' | 'ready' | 'failed';

export interface DatasetState {
  readonly phase: DataPhase;
  readonly source: Source | null;
  /** Waits for the user's word, because loading it would end a run. */
  readonly pending: Source | null;
  readonly listed: number;
  readonly progress: IntakeProgress;
  /** Films per second and seconds left, over the last few; null until there is something to say. */
  readonly rate: number | null;
  readonly etaSeconds: number | null;
  /** What is to be known of storage while reading. */
  readonly notice: string | null;
  readonly summary: DatasetSummary | null;
  /** What the films were read or drawn for; null before there were any. */
  readonly settings: FilmSettings | null;
  readonly thumbnailCount: number;
  readonly error: WireError | null;
}

const NO_PROGRESS: IntakeProgress = { done: 0, total: 0, skipped: 0, found: 0 };

export const useDataset = create<DatasetState>()(() => ({
  phase: 'empty',
  source: null,
  pending: null,
  listed: 0,
  progress: NO_PROGRESS,
  rate: null,
  etaSeconds: null,
  notice: null,
  summary: null,
  settings: null,
  thumbnailCount: 0,
  error: null,
}));

let reading: { abort: AbortController; done: Promise<DatasetSummary> } | null = null;

const WINDOW_MS = 12_000;
/** Nothing is said before this much was seen. */
const LEAST_MS = 1500;

export interface Timing {
  /** Films per second; null when there is too little to say. */
  readonly rate: number | null;
  readonly etaSeconds: number | null;
}

/** Over the last seconds alone, because films from the cache and films to decode differ a hundredfold. */
export class ReadingRate {
  readonly #seen: { at: number; done: number }[] = [];

  /** @param at in milliseconds */
  note(at: number, done: number, total: number): Timing {
    this.#seen.push({ at, done });
    while (this.#seen.length > 2 && at - this.#seen[1]!.at > WINDOW_MS) this.#seen.shift();
    const first = this.#seen[0]!;
    const passed = at - first.at;
    if (passed < LEAST_MS || done === first.done) return { rate: null, etaSeconds: null };
    const rate = (1000 * (done - first.done)) / passed;
    return { rate, etaSeconds: (total - done) / rate };
  }
}

let pace = new ReadingRate();

function onIntakeEvent(event: IntakeEvent): void {
  switch (event.type) {
    case 'listing':
      useDataset.setState({ listed: event.listed });
      break;
    case 'notice':
      useDataset.setState({ notice: event.text });
      break;
    case 'progress': {
      const { type: _, ...progress } = event;
      const timing = pace.note(performance.now(), progress.done, progress.total);
      // The last word of progress may come after the summary, which is on a port of its own.
      const { phase } = useDataset.getState();
      if (phase !== 'listing' && phase !== 'reading') break;
      useDataset.setState({ phase: 'reading', progress, ...timing });
      break;
    }
    case 'thumbnails':
      addThumbnails(event.thumbnails);
      useDataset.setState({ thumbnailCount: thumbnailCount() });
      break;
    default:
      event satisfies never;
  }
}

/** The source whose files an intake has, so that they are handed over once. */
const handedOver = new WeakMap<IntakeClient, Source>();

/** What an intake worker is to read: handles, or the files once they are all there. @param onListed how many there are by now */
export async function handOver(
  intake: IntakeClient,
  source: Source,
  signal: AbortSignal,
  onListed: (listed: number) => void,
): Promise<{ given: IntakeSource; folder: FileSystemDirectoryHandle | null }> {
  const keep = (slices: Slices) => keepSlices(intake, slices, signal, onListed);
  const handles = await source.handles?.();
  if (handles) {
    const unopened: string[] = [];
    const hidden = await keep(source.hidden?.(unopened) ?? []);
    if (hidden > 0 || unopened.length > 0) {
      // Opened again by its handle it would be another set, so it is not remembered.
      return { given: { handles, besides: 'kept', unopened }, folder: null };
    }
    const [only] = handles;
    const folder =
      handles.length === 1 && only?.path === '' ? (only.handle as FileSystemDirectoryHandle) : null;
    return { given: { handles }, folder };
  }
  if (handedOver.get(intake) === source) return { given: 'kept', folder: null };
  await keep(source.slices?.() ?? []);
  handedOver.set(intake, source);
  return { given: 'kept', folder: null };
}

type Slices = Iterable<readonly SourceFile[]> | AsyncIterable<readonly SourceFile[]>;

/** Hands files over to an intake worker. @returns how many there were */
async function keepSlices(
  intake: IntakeClient,
  slices: Slices,
  signal: AbortSignal,
  onListed: (listed: number) => void,
): Promise<number> {
  handedOver.delete(intake);
  let listed = 0;
  await intake.keepFiles([], true);
  for await (const slice of slices) {
    if (signal.aborted) throw new AppError('cancelled');
    await intake.keepFiles(slice, false);
    listed += slice.length;
    onListed(listed);
  }
  return listed;
}

async function read(
  client: PlaygroundClient,
  source: Source,
  config: FilmSettings,
  choice: Decisions,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const onEvent = (event: IntakeEvent) => {
    if (!signal.aborted) onIntakeEvent(event);
  };
  if (source.kind === 'synthetic') {
    useDataset.setState({ phase: 'reading' });
    return client.intake.synthesise(syntheticOptions(config), onEvent);
  }
  askToPersist();
  const { given, folder } = await handOver(client.intake, source, signal, (listed) =>
    useDataset.setState({ listed }),
  );
  const options = { name: source.name, planeSize: config.planeSize, seed: SPLIT_SEED, ...choice };
  const summary = await client.intake.readFiles(given, options, onEvent);
  if (folder) void rememberFolder(folder, summary.filmTable.length);
  return summary;
}

/**
 * Reads a source from the start; a reading under way is cancelled first.
 * @param choice what was decided about labels, parts and films to leave out
 * @throws AppError of the intake, cancelled
 */
export async function loadSource(
  source: Source,
  settings: FilmSettings,
  choice: Decisions,
): Promise<DatasetSummary> {
  const client = currentClient();
  await cancelReading();
  forgetThumbnails();
  pace = new ReadingRate();
  useDataset.setState({
    phase: 'listing',
    source,
    pending: null,
    listed: 0,
    progress: NO_PROGRESS,
    rate: null,
    etaSeconds: null,
    notice: null,
    summary: null,
    settings,
    thumbnailCount: 0,
    error: null,
  });
  const abort = new AbortController();
  const done = read(client, source, settings, choice, abort.signal);
  reading = { abort, done };
  try {
    const summary = await done;
    if (abort.signal.aborted) throw new AppError('cancelled');
    useDataset.setState({ phase: 'ready', summary });
    retryThumbnails();
    return summary;
  } catch (error) {
    const wire = toWire(error);
    const cancelled = abort.signal.aborted || wire.code === 'cancelled';
    if (reading?.done === done) {
      useDataset.setState({ phase: cancelled ? 'empty' : 'failed', error: cancelled ? null : wire });
    }
    throw error;
  } finally {
    if (reading?.done === done) reading = null;
    void refreshCache();
  }
}

/** The films at hand are gone; their source can be read again. */
export function leaveSet(): void {
  useDataset.setState({ phase: 'empty', summary: null, progress: NO_PROGRESS, thumbnailCount: 0 });
}

/** Ends a reading under way and waits until it has let go. */
export async function cancelReading(): Promise<void> {
  const running = reading;
  if (!running) return;
  running.abort.abort();
  await currentClient()
    .intake.cancel()
    .catch(() => undefined);
  await running.done.catch(() => undefined);
}

/** Whether the films of a source are those that these settings ask for. */
export function filmsFit({ source, settings }: DatasetState, wanted: FilmSettings): boolean {
  if (!settings || settings.planeSize !== wanted.planeSize) return false;
  if (source?.kind !== 'synthetic') return true;
  const drawnFor = ['syntheticSeed', 'syntheticDifficulty', 'syntheticTrap'] as const;
  return drawnFor.every((key) => settings[key] === wanted[key]);
}

/** The summary once the set is there as these settings ask for it, reading it again if it was read for others. */
export async function ensureDataset(wanted: FilmSettings, choice: Decisions): Promise<DatasetSummary> {
  const state = useDataset.getState();
  const { source, summary } = state;
  if (!source) throw new AppError('not-ready', 'no films are loaded.');
  if (!filmsFit(state, wanted)) return loadSource(source, wanted, choice);
  if (summary) return summary;
  if (reading) return reading.done;
  return loadSource(source, wanted, choice);
}
