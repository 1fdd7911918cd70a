// Renders the synthetic set, letting messages through every few films so that it can be cancelled.

import type { DatasetParts, Film } from '../../data/dataset.ts';
import { shrink } from '../../data/resize.ts';
import type { ListedFile } from '../../data/sources.ts';
import { SYNTHETIC_FINDINGS } from '../../data/synthetic/findings.ts';
import { planSyntheticSet, renderEntry, SYNTHETIC_NAME } from '../../data/synthetic/set.ts';
import type { IntakeEvent, SyntheticOptions } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { IntakeEvents } from './events.ts';
import type { FilmStore } from './filmStore.ts';

/** Time between two looks at the mail. */
const PAUSE_EVERY_MS = 60;

const phantom = (path: string): ListedFile => ({
  path,
  size: 0,
  modified: 0,
  open: () => Promise.reject(new AppError('source-gone', 'phantoms have no files.')),
});

export async function renderSet(
  { patients, size, planeSize, seed }: SyntheticOptions,
  thumbnailSize: number,
  store: FilmStore,
  signal: AbortSignal,
  onEvent: (event: IntakeEvent) => void,
): Promise<Omit<DatasetParts, 'startedAt'>> {
  const entries = planSyntheticSet(patients, seed);
  // Drawn no larger than they are stored: a phantom is continuous, so there is nothing to be gained by shrinking one.
  const side = Math.min(size, planeSize);
  await store.foretell(entries.length);
  const events = new IntakeEvents(entries.length, onEvent);
  const films: Film[] = [];
  let pausedAt = performance.now();
  for (const entry of entries) {
    const stored = { width: side, height: side, bytes: renderEntry(entry, side).plane };
    const thumbnail = shrink(stored, thumbnailSize);
    // A thumbnail that is the plane itself would go to the engine and leave the page with nothing.
    const own = thumbnail.bytes === stored.bytes ? { ...thumbnail, bytes: stored.bytes.slice() } : thumbnail;
    events.film({ index: films.length, ...own });
    store.keepInMemory(phantom(entry.path), stored, own);
    films.push({
      path: entry.path,
      format: 'synthetic',
      width: stored.width,
      height: stored.height,
      originalWidth: side,
      originalHeight: side,
      fileSize: side * side,
      labels: { labels: entry.labels, patient: entry.patient },
    });
    if (performance.now() - pausedAt > PAUSE_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      pausedAt = performance.now();
    }
  }
  events.flush();
  return {
    name: SYNTHETIC_NAME,
    synthetic: true,
    films,
    ...store.contents(),
    findings: SYNTHETIC_FINDINGS,
    splitSource: null,
    report: null,
    skipped: [],
    split: { seed, stratify: 'any' },
    planeSize,
  };
}
