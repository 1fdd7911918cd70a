// The data set at hand: where it comes from, how far reading it has got, and its summary. The source is kept, so
// that the same films can be read again when a configuration wants them at another size or a worker was replaced.
// Thumbnails lie outside React; the state only counts how many have come.

import { create } from 'zustand';
import type { DatasetSummary, Thumbnail } from '../protocol/dataset.ts';
import { type IntakeEvent, type SourceFile, SPLIT_SEED, SYNTHETIC_SET } from '../protocol/intake.ts';
import { AppError, toWire, type WireError } from '../util/errors.ts';
import type { PlaygroundClient } from '../worker/client.ts';
import { forgetArrangement, useArrangement } from './arrangement.ts';
import type { Listing } from './files.ts';

export interface Source {
  readonly kind: 'synthetic' | 'files';
  readonly name: string;
  list(onListing: Listing, signal: AbortSignal): Promise<readonly SourceFile[]>;
}

export const SYNTHETIC_SOURCE: Source = {
  kind: 'synthetic',
  name: 'Synthetic phantoms',
  list: () => Promise.resolve([]),
};

export type DataPhase = 'empty' | 'listing' | 'reading' | 'ready' | 'failed';

export interface DatasetState {
  readonly phase: DataPhase;
  readonly source: Source | null;
  /** Waits for the user's word, because loading it would end a run. */
  readonly pending: Source | null;
  readonly listed: number;
  readonly progress: { readonly done: number; readonly total: number; readonly skipped: number };
  readonly summary: DatasetSummary | null;
  /** Longest side, px, at which the planes were stored. */
  readonly planeSize: number;
  readonly thumbnailCount: number;
  readonly error: WireError | null;
}

const NO_PROGRESS = { done: 0, total: 0, skipped: 0 };

export const useDataset = create<DatasetState>()(() => ({
  phase: 'empty',
  source: null,
  pending: null,
  listed: 0,
  progress: NO_PROGRESS,
  summary: null,
  planeSize: 0,
  thumbnailCount: 0,
  error: null,
}));

const thumbnails = new Map<number, Thumbnail>();
export const thumbnailOf = (film: number): Thumbnail | undefined => thumbnails.get(film);

let reading: { abort: AbortController; done: Promise<DatasetSummary> } | null = null;

function onIntakeEvent(event: IntakeEvent): void {
  if (event.type === 'progress') {
    const { done, total, skipped } = event;
    useDataset.setState({ progress: { done, total, skipped } });
    return;
  }
  for (const thumbnail of event.thumbnails) thumbnails.set(thumbnail.index, thumbnail);
  useDataset.setState({ thumbnailCount: thumbnails.size });
}

async function read(
  client: PlaygroundClient,
  source: Source,
  planeSize: number,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const onEvent = (event: IntakeEvent) => {
    if (!signal.aborted) onIntakeEvent(event);
  };
  if (source.kind === 'synthetic') {
    useDataset.setState({ phase: 'reading' });
    return client.intake.synthesise({ ...SYNTHETIC_SET, planeSize }, onEvent);
  }
  const files = await source.list((listed) => {
    if (!signal.aborted) useDataset.setState({ listed });
  }, signal);
  useDataset.setState({ phase: 'reading', progress: { done: 0, total: files.length, skipped: 0 } });
  const { choice } = useArrangement.getState();
  const options = { name: source.name, planeSize, seed: SPLIT_SEED, ...choice };
  return client.intake.readFiles(files, options, onEvent);
}

/** Reads a source from the start; a reading under way is cancelled first. @throws AppError of the intake, cancelled */
export async function loadSource(
  client: PlaygroundClient,
  source: Source,
  planeSize: number,
): Promise<DatasetSummary> {
  await cancelReading(client);
  if (source !== useDataset.getState().source) forgetArrangement();
  thumbnails.clear();
  useDataset.setState({
    phase: 'listing',
    source,
    pending: null,
    listed: 0,
    progress: NO_PROGRESS,
    summary: null,
    planeSize,
    thumbnailCount: 0,
    error: null,
  });
  const abort = new AbortController();
  const done = read(client, source, planeSize, abort.signal);
  reading = { abort, done };
  try {
    const summary = await done;
    if (abort.signal.aborted) throw new AppError('cancelled');
    useDataset.setState({ phase: 'ready', summary });
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
  }
}

/** Ends a reading under way and waits until it has let go. */
export async function cancelReading(client: PlaygroundClient): Promise<void> {
  const running = reading;
  if (!running) return;
  running.abort.abort();
  await client.intake.cancel().catch(() => undefined);
  await running.done.catch(() => undefined);
}

/** The summary once the set is there at this plane size, reading it again if it was stored at another. */
export async function ensureDataset(client: PlaygroundClient, planeSize: number): Promise<DatasetSummary> {
  const { source, planeSize: stored, summary } = useDataset.getState();
  if (!source) throw new AppError('not-ready', 'no films are loaded.');
  if (stored !== planeSize) return loadSource(client, source, planeSize);
  if (summary) return summary;
  if (reading) return reading.done;
  return loadSource(client, source, planeSize);
}
