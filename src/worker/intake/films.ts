// The films of a folder in path order: those that lie in the cache are taken from its index, the others are decoded with a
// bounded number under way. A file that fails is listed and passed over. The page hears of it without being flooded: progress
// at most ten times a second, thumbnails in batches. Where planes go is filmStore.ts.

import type { Film } from '../../data/dataset.ts';
import type { DecodedFilm } from '../../data/decode.ts';
import type { ListedFile } from '../../data/sources.ts';
import type { SkippedFile, Thumbnail } from '../../protocol/dataset.ts';
import type { IntakeEvent, SourceFile } from '../../protocol/intake.ts';
import { AppError, type ErrorCode, toWire, type WireError } from '../../util/errors.ts';
import type { FilmStore } from './filmStore.ts';

/** What the decode pool offers; tests put their own here. */
export interface Decoder {
  decode(source: SourceFile, signal?: AbortSignal): Promise<DecodedFilm>;
  dispose(): void;
}

export interface FilmsTask {
  readonly decoder: Decoder;
  readonly store: FilmStore;
  readonly signal: AbortSignal;
  readonly onEvent: (event: IntakeEvent) => void;
  /** Files handed to the decoder ahead of the one whose turn it is; 0 is strictly one after another. */
  readonly ahead?: number;
}

const AHEAD = 48;
/** Files from the cache between two looks at the mail. */
const SLICE = 4096;
/** Failures of the moment: the same file may be read another time, on a machine that is less busy or has more memory. */
const PASSING: readonly ErrorCode[] = [
  'file-unreadable',
  'internal',
  'source-gone',
  'decode-timeout',
  'decoder-stopped',
];

type Decoded = DecodedFilm | { readonly error: unknown };

export async function collectFilms(
  wanted: readonly ListedFile[],
  { decoder, store, signal, onEvent, ahead = AHEAD }: FilmsTask,
): Promise<{ films: Film[]; failed: SkippedFile[] }> {
  const known = await store.lookUp(wanted);
  signal.throwIfAborted();
  const missing = wanted.filter((_, i) => known[i] === null);
  const notice = await store.foretell(missing.length);
  if (notice) onEvent({ type: 'notice', text: notice });
  const events = new IntakeEvents(wanted.length, onEvent);
  const decoding = inTurn(missing, decoder, signal, ahead);
  const films: Film[] = [];
  const failed = new Failures();
  for (const [i, file] of wanted.entries()) {
    const common = { path: file.path, fileSize: file.size };
    const found = known[i];
    if (found) {
      if ('film' in found) films.push({ ...found.film, ...common });
      if ('film' in found) store.found(file, found.film, found.place);
      else failed.add(file.path, found.refusal);
      events.found('film' in found);
      if (i % SLICE === SLICE - 1) await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      continue;
    }
    const result = await decoding.next();
    signal.throwIfAborted();
    if ('error' in result) {
      const refusal = toWire(oneFilesFault(result.error));
      failed.add(file.path, refusal);
      if (!PASSING.includes(refusal.code)) await store.refuse(file, refusal);
      events.skip();
      continue;
    }
    const { thumbnail, plane, ...film } = result;
    events.film({ index: films.length, ...thumbnail });
    films.push({ ...film, ...common });
    await store.keep(file, film, plane, thumbnail);
  }
  events.flush();
  return { films, failed: failed.list };
}

/** Decodes files some ahead of the one that is asked for next. */
function inTurn(files: readonly ListedFile[], decoder: Decoder, signal: AbortSignal, ahead: number) {
  const underWay: Promise<Decoded>[] = [];
  let started = 0;
  const decode = async (listed: ListedFile): Promise<Decoded> => {
    try {
      signal.throwIfAborted();
      return await decoder.decode({ path: listed.path, file: await listed.open() }, signal);
    } catch (error) {
      return { error };
    }
  };
  return {
    next(): Promise<Decoded> {
      while (underWay.length <= ahead && started < files.length) underWay.push(decode(files[started++]!));
      return underWay.shift()!;
    },
  };
}

/** The error, if it is about this file; thrown on if the whole intake has failed. */
function oneFilesFault(error: unknown): unknown {
  const code = error instanceof AppError ? error.code : null;
  if (code === 'worker-failed' || code === 'cancelled') throw error;
  return error;
}

/** Files left out. Thousands may share a reason, which is then one object, here and where it is sent. */
class Failures {
  readonly list: SkippedFile[] = [];
  readonly #reasons = new Map<string, WireError>();

  add(path: string, { code, message, hint }: WireError): void {
    const error = this.#reasons.get(message) ?? { code, message, hint };
    this.#reasons.set(message, error);
    this.list.push({ path, error });
  }
}

const INTERVAL_MS = 100;
/** The first films are shown while the others are read; the page asks for those it comes to later. */
const SHOWN_AT_ONCE = 400;

export class IntakeEvents {
  readonly #send: (event: IntakeEvent) => void;
  readonly #total: number;
  #thumbnails: Thumbnail[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #skipped = 0;
  #found = 0;

  constructor(total: number, send: (event: IntakeEvent) => void) {
    this.#total = total;
    this.#send = send;
    this.flush();
  }

  film(thumbnail: Thumbnail): void {
    if (thumbnail.index < SHOWN_AT_ONCE) this.#thumbnails.push(thumbnail);
    this.#done += 1;
    this.#flushWhenDue();
  }

  /** A file that lay in the cache, as a film or as one that is left out. */
  found(isFilm: boolean): void {
    this.#done += 1;
    this.#found += 1;
    if (!isFilm) this.#skipped += 1;
    this.#flushWhenDue();
  }

  skip(): void {
    this.#done += 1;
    this.#skipped += 1;
    this.#flushWhenDue();
  }

  flush(): void {
    this.#sentAt = performance.now();
    const [done, total, skipped, found] = [this.#done, this.#total, this.#skipped, this.#found];
    this.#send({ type: 'progress', done, total, skipped, found });
    if (this.#thumbnails.length === 0) return;
    this.#send({ type: 'thumbnails', thumbnails: this.#thumbnails });
    this.#thumbnails = [];
  }

  #flushWhenDue(): void {
    if (performance.now() - this.#sentAt >= INTERVAL_MS) this.flush();
  }
}
