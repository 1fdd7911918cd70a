// The data set at hand: where it comes from, how far reading it has got, and its summary. The source is kept, so
// that the same films can be read again when a configuration wants them at another size or a worker was replaced.

import { create } from 'zustand';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import {
  type Arrangement,
  type IntakeEvent,
  type IntakeProgress,
  type IntakeSource,
  type SourceFile,
  type SourceHandle,
  SPLIT_SEED,
  SYNTHETIC_SET,
} from '../../protocol/intake.ts';
import { AppError, toWire, type WireError } from '../../util/errors.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { currentClient } from '../client.ts';
import { askToPersist, refreshCache } from './cache.ts';
import { rememberFolder } from './folders.ts';
import { ReadingRate } from './readingRate.ts';
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
  /** Longest side, px, at which the planes were stored. */
  readonly planeSize: number;
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
  planeSize: 0,
  thumbnailCount: 0,
  error: null,
}));

let reading: { abort: AbortController; done: Promise<DatasetSummary> } | null = null;

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

/** The client that has the files of a source, so that they are handed over once. */
let handedOver: { source: Source; client: PlaygroundClient } | null = null;

/** What the intake worker is to read: handles, or the files once they are all there. */
async function handOver(
  client: PlaygroundClient,
  source: Source,
  signal: AbortSignal,
): Promise<{ given: IntakeSource; folder: FileSystemDirectoryHandle | null }> {
  const handles = await source.handles?.();
  if (handles) {
    const unopened: string[] = [];
    const hidden = await keepSlices(client, source.hidden?.(unopened) ?? [], signal);
    if (hidden > 0 || unopened.length > 0) {
      // Opened again by its handle it would be another set, so it is not remembered.
      return { given: { handles, besides: 'kept', unopened }, folder: null };
    }
    const [only] = handles;
    const folder =
      handles.length === 1 && only?.path === '' ? (only.handle as FileSystemDirectoryHandle) : null;
    return { given: { handles }, folder };
  }
  if (handedOver?.source === source && handedOver.client === client) return { given: 'kept', folder: null };
  await keepSlices(client, source.slices?.() ?? [], signal);
  handedOver = { source, client };
  return { given: 'kept', folder: null };
}

type Slices = Iterable<readonly SourceFile[]> | AsyncIterable<readonly SourceFile[]>;

/** Hands files over to the intake worker. @returns how many there were */
async function keepSlices(client: PlaygroundClient, slices: Slices, signal: AbortSignal): Promise<number> {
  handedOver = null;
  let listed = 0;
  await client.intake.keepFiles([], true);
  for await (const slice of slices) {
    if (signal.aborted) throw new AppError('cancelled');
    await client.intake.keepFiles(slice, false);
    listed += slice.length;
    useDataset.setState({ listed });
  }
  return listed;
}

async function read(
  client: PlaygroundClient,
  source: Source,
  planeSize: number,
  choice: Arrangement,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const onEvent = (event: IntakeEvent) => {
    if (!signal.aborted) onIntakeEvent(event);
  };
  if (source.kind === 'synthetic') {
    useDataset.setState({ phase: 'reading' });
    return client.intake.synthesise({ ...SYNTHETIC_SET, planeSize }, onEvent);
  }
  askToPersist();
  const { given, folder } = await handOver(client, source, signal);
  const options = { name: source.name, planeSize, seed: SPLIT_SEED, ...choice };
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
  planeSize: number,
  choice: Arrangement,
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
    planeSize,
    thumbnailCount: 0,
    error: null,
  });
  const abort = new AbortController();
  const done = read(client, source, planeSize, choice, abort.signal);
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

/** The summary once the set is there at this plane size, reading it again if it was stored at another. */
export async function ensureDataset(planeSize: number, choice: Arrangement): Promise<DatasetSummary> {
  const { source, planeSize: stored, summary } = useDataset.getState();
  if (!source) throw new AppError('not-ready', 'no films are loaded.');
  if (stored !== planeSize) return loadSource(source, planeSize, choice);
  if (summary) return summary;
  if (reading) return reading.done;
  return loadSource(source, planeSize, choice);
}
