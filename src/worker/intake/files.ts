// From a list of files to films with labels: labels first, so that films nobody asked for are never decoded, then the
// films (intakeFilms.ts).

import type { DatasetParts } from '../../data/dataset.ts';
import { findDuplicates } from '../../data/quality/duplicates.ts';
import { type ListedFile, readLabels, sortSources } from '../../data/sources.ts';
import type { SkippedFile } from '../../protocol/dataset.ts';
import type { IntakeEvent, IntakeOptions } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { formatCounted } from '../../util/format.ts';
import { labelledParts, refuseOverlapEarly, type SetOrigin, splitChoice, withoutFolders } from './arrange.ts';
import type { FilmStore } from './filmStore.ts';
import { collectFilms, type Decoder } from './films.ts';
import type { MaskFiles } from './listing.ts';

export interface ReadSet {
  readonly parts: Omit<DatasetParts, 'startedAt'>;
  readonly origin: SetOrigin | null;
}

export async function readFilms(
  { films: files, maskFiles }: { readonly films: readonly ListedFile[]; readonly maskFiles: MaskFiles },
  options: IntakeOptions,
  decoder: Decoder,
  store: FilmStore,
  signal: AbortSignal,
  onEvent: (event: IntakeEvent) => void,
): Promise<ReadSet> {
  const sources = await sortSources(files, options.labelFile);
  if (sources.films.length === 0) throw noFilm(sources.leftOut);
  const labelled = withoutFolders(sources, options.leaveOutFolders);
  const { assignment, skipped: tables, scan } = await readLabels(labelled, options, signal);
  refuseOverlapEarly(assignment, labelled.films, splitChoice(options));
  signal.throwIfAborted();
  const isLabelled = new Set(labelled.films.flatMap(({ path }, at) => (assignment?.films[at] ? [path] : [])));
  const wanted = sources.films
    .filter(({ path }) => !assignment?.onlyLabelled || isLabelled.has(path))
    .slice(0, options.limit || undefined);
  const { films, failed } = await collectFilms(wanted, {
    decoder,
    store,
    signal,
    onEvent,
    ...(options.workers === 1 && { ahead: 0 }),
  });
  const others = [...sources.leftOut, ...failed];
  if (films.length === 0) throw noFilm(others);
  const origin = { sources, labelled, assignment, options, failed: others, maskFiles };
  const parts = {
    name: options.name,
    synthetic: false,
    ...store.contents(),
    storage: store.report(),
    ...labelledParts(origin, films),
    scan,
    skipped: [...tables, ...others],
    split: splitChoice(options),
    leaveOut: options.leaveOut,
    leaveOutFolders: options.leaveOutFolders,
    duplicates: findDuplicates(films.map(({ measures }) => measures?.hash ?? '')),
    planeSize: options.planeSize,
  };
  return { parts, origin };
}

function noFilm(failed: readonly SkippedFile[]): AppError {
  const counts = new Map<string, number>();
  for (const { error } of failed) counts.set(error.message, (counts.get(error.message) ?? 0) + 1);
  const [reason, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  const often = times === failed.length ? '' : `${formatCounted(times, 'time')}: `;
  const detail = reason ? ` (${often}${reason.replace(/\.$/, '')})` : '';
  return new AppError('folder-empty', ` among ${formatCounted(failed.length, 'file')}${detail}`);
}
