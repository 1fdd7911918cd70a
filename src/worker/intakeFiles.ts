// From a list of files to films with labels: labels first, so that films nobody asked for are never decoded,
// then decoding in path order with a bounded number under way. A file that fails is listed and passed over.

import type { DatasetParts, Film } from '../data/dataset.ts';
import type { DecodedFilm } from '../data/decode.ts';
import { findDuplicates } from '../data/duplicates.ts';
import { readLabels, sortSources } from '../data/sources.ts';
import type { SkippedFile } from '../protocol/dataset.ts';
import type { IntakeEvent, IntakeOptions, SourceFile } from '../protocol/intake.ts';
import { AppError, toWire } from '../util/errors.ts';
import { labelledParts, refuseOverlapEarly, type SetOrigin, splitChoice } from './intakeArrange.ts';
import { IntakeEvents } from './intakeEvents.ts';

/** What the decode pool offers; tests put their own here. */
export interface Decoder {
  decode(source: SourceFile, signal?: AbortSignal): Promise<DecodedFilm>;
  dispose(): void;
}

/** Files handed to the decoder ahead of the one whose turn it is. */
const AHEAD = 48;
/** Films after which the memory of the whole set is foretold. */
const FORETELL_AFTER = 32;
const GIB = 2 ** 30;

export interface ReadSet {
  readonly parts: Omit<DatasetParts, 'startedAt'>;
  readonly origin: SetOrigin | null;
}

export async function readFilms(
  files: readonly SourceFile[],
  options: IntakeOptions,
  decoder: Decoder,
  signal: AbortSignal,
  onEvent: (event: IntakeEvent) => void,
): Promise<ReadSet> {
  const sources = await sortSources(files, options.labelFile);
  if (sources.films.length === 0) throw new AppError('folder-empty', ` among ${files.length} file(s)`);
  const { assignment, skipped: tables, scan } = await readLabels(sources, options, signal);
  refuseOverlapEarly(assignment, sources.films, splitChoice(options));
  signal.throwIfAborted();
  const wanted = sources.films
    .filter((_, at) => !assignment?.onlyLabelled || assignment.films[at])
    .slice(0, options.limit || undefined);
  const { films, planes, failed } = await decodeAll(wanted, options.planeSize, decoder, signal, onEvent);
  if (films.length === 0) throw noFilm(failed);
  const origin = { sources, assignment, options, failed };
  const parts = {
    name: options.name,
    synthetic: false,
    planes,
    ...labelledParts(origin, films),
    scan,
    skipped: [...tables, ...failed],
    split: splitChoice(options),
    leaveOut: options.leaveOut,
    duplicates: findDuplicates(films.map(({ measures }) => measures?.hash ?? '')),
    planeSize: options.planeSize,
  };
  return { parts, origin };
}

async function decodeAll(
  wanted: readonly SourceFile[],
  planeSize: number,
  decoder: Decoder,
  signal: AbortSignal,
  onEvent: (event: IntakeEvent) => void,
): Promise<{ films: Film[]; planes: Uint8Array[]; failed: SkippedFile[] }> {
  const events = new IntakeEvents(wanted.length, onEvent);
  const films: Film[] = [];
  const planes: Uint8Array[] = [];
  const failed: SkippedFile[] = [];
  const underWay: Promise<DecodedFilm | { readonly error: unknown }>[] = [];
  const start = (source: SourceFile) => decoder.decode(source, signal).catch((error: unknown) => ({ error }));
  let bytes = 0;
  for (let turn = 0; turn < wanted.length; turn++) {
    for (let next = turn + underWay.length; next < Math.min(turn + AHEAD, wanted.length); next++) {
      underWay.push(start(wanted[next]!));
    }
    const source = wanted[turn]!;
    const result = await underWay.shift()!;
    signal.throwIfAborted();
    if ('error' in result) {
      failed.push({ path: source.path, error: toWire(oneFilesFault(result.error)) });
      events.skip();
      continue;
    }
    const { thumbnail, plane, ...film } = result;
    events.film({ index: films.length, ...thumbnail });
    films.push({ ...film, path: source.path, fileSize: source.file.size });
    planes.push(plane);
    bytes += plane.length;
    if (films.length === FORETELL_AFTER) foretell((bytes / FORETELL_AFTER) * wanted.length, planeSize);
  }
  events.flush();
  return { films, planes, failed };
}

/** The error, if it is about this file; thrown on if the whole intake has failed. */
function oneFilesFault(error: unknown): unknown {
  const code = error instanceof AppError ? error.code : null;
  if (code === 'worker-failed' || code === 'cancelled') throw error;
  return error;
}

/** Chrome reports memory coarsely and never more than it must, so a large answer means "enough". */
function foretell(bytes: number, planeSize: number): void {
  const system = globalThis.navigator as { readonly deviceMemory?: number } | undefined;
  const deviceMemory = system?.deviceMemory ?? 8;
  const allowed = (deviceMemory < 8 ? 0.6 * deviceMemory : 16) * GIB;
  if (bytes <= allowed) return;
  const need = `about ${(bytes / GIB).toFixed(1)} GiB at the stored size of ${planeSize} px`;
  throw new AppError('set-too-large', `${need}, and ${(allowed / GIB).toFixed(1)} GiB can be used.`);
}

function noFilm(failed: readonly SkippedFile[]): AppError {
  const counts = new Map<string, number>();
  for (const { error } of failed) counts.set(error.message, (counts.get(error.message) ?? 0) + 1);
  const [reason, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  const detail = reason ? ` (${times} times: ${reason.replace(/\.$/, '')})` : '';
  return new AppError('folder-empty', ` among ${failed.length} file(s)${detail}`);
}
