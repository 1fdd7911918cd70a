// The intake worker's side of the seam: one reading at a time, its films handed to the engine over a port and
// a summary of them to the page. Starting a reading cancels the one before. The set at hand is kept for thumbnails and
// for planes that get lost on disk (heldSet.ts).

import { assembleDataset } from '../../data/dataset.ts';
import { type DecodeOptions, decodeOptionsKey } from '../../data/decode.ts';
import { readLabels, sortSources } from '../../data/sources.ts';
import type { CacheState } from '../../protocol/cache.ts';
import type {
  DatasetSummary,
  EngineArrangement,
  EngineDataset,
  MasksWanted,
  PlaneWanted,
  Thumbnail,
} from '../../protocol/dataset.ts';
import type { FilmMarks, FilmView, StoredReading } from '../../protocol/film.ts';
import type {
  Arrangement,
  IntakeApi,
  IntakeEvent,
  IntakeOptions,
  IntakeSource,
  SourceFile,
  SyntheticOptions,
} from '../../protocol/intake.ts';
import type { LabelScan, MatchExample } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import { formatCounted } from '../../util/format.ts';
import { HeldSet } from '../engine/heldSet.ts';
import { transfer } from '../rpc.ts';
import { type KeptSet, rearranged } from './arrange.ts';
import { type CacheAccess, NO_CACHE } from './cacheAccess.ts';
import { type ReadSet, readFilms } from './files.ts';
import { FilmStore } from './filmStore.ts';
import type { Decoder } from './films.ts';
import { type Listing, listFiles, openArchives, refusing, together, walk, withoutMasks } from './listing.ts';
import { drawnMasks, marksOfFilm } from './marked.ts';
import { readStored, type StoredReader, type TakeRows } from './stored.ts';
import { HeldPhantoms, planSet } from './synthetic.ts';
import { IntakeView, type Viewer } from './view.ts';

/** Longest side of a thumbnail, px. */
const THUMBNAIL_SIZE = 96;

type MakeDecoder = (options: DecodeOptions & { readonly workers?: number }) => Decoder;
type Listener = (event: IntakeEvent) => void;

type Held = Pick<HeldSet, 'fingerprint' | 'usesCache' | 'thumbnails' | 'decodeAgain' | 'dispose'>;

interface Taken extends ReadSet {
  /** What is kept of the set for thumbnails and repairs. */
  hold(fingerprint: string): Held;
}
type Reading = (signal: AbortSignal) => Promise<Taken>;

export class Intake implements IntakeApi {
  readonly #makeDecoder: MakeDecoder;
  readonly #makeReader: (workers?: number) => Viewer & StoredReader;
  readonly #view: IntakeView;
  readonly #access: CacheAccess;
  #engine: MessagePort | null = null;
  #current: AbortController | null = null;
  /** The reading under way; it never rejects. */
  #reading: Promise<unknown> = Promise.resolve();
  /** Files handed over by the page; null until there were any. */
  #given: SourceFile[] | null = null;
  /** The set read last, without its pixels, and where these are. */
  #kept: KeptSet | null = null;
  #held: Held | null = null;

  constructor(
    makeDecoder: MakeDecoder,
    makeReader: (workers?: number) => Viewer & StoredReader = () => {
      throw new AppError('not-ready', 'films cannot be shown here.');
    },
    access: CacheAccess = NO_CACHE,
  ) {
    this.#makeDecoder = makeDecoder;
    this.#makeReader = makeReader;
    this.#view = new IntakeView(() => makeReader(1));
    this.#access = access;
  }

  connectEngine(port: MessagePort): void {
    this.#engine = port;
    port.addEventListener('message', ({ data }: MessageEvent<PlaneWanted | MasksWanted>) => {
      void ('id' in data ? this.#draw(data) : this.#replace(data));
    });
    port.start();
  }

  readFiles(source: IntakeSource, options: IntakeOptions, onEvent: Listener): Promise<DatasetSummary> {
    return this.#take(async (signal) => {
      const { files, refused, archives, maskFolders, maskFiles } = await this.#list(
        source,
        signal,
        onEvent,
        options.keepFolders,
      );
      this.#view.lookAmong(files);
      const { name, planeSize, workers, cache: wanted = true } = options;
      const sizes = { planeSize, thumbnailSize: THUMBNAIL_SIZE };
      const makeDecoder = () => this.#makeDecoder(workers ? { ...sizes, workers } : sizes);
      const cache = wanted ? await this.#access.open(decodeOptionsKey(planeSize)) : null;
      const store = new FilmStore(
        cache,
        name,
        planeSize,
        wanted && cache === null && this.#access !== NO_CACHE,
      );
      const decoder = makeDecoder();
      let whole = false;
      try {
        const { parts, origin } = await readFilms(
          { films: files, maskFiles },
          options,
          refusing(decoder, archives),
          store,
          signal,
          onEvent,
        );
        whole = true;
        const hold = (fingerprint: string) => new HeldSet(fingerprint, store, makeDecoder, THUMBNAIL_SIZE);
        return { parts: { ...parts, skipped: [...parts.skipped, ...refused], maskFolders }, origin, hold };
      } finally {
        decoder.dispose();
        // What was decoded stays, also when the reading was cancelled or failed.
        await cache?.seal();
        if (!whole) cache?.close();
      }
    });
  }

  synthesise(options: SyntheticOptions, onEvent: Listener): Promise<DatasetSummary> {
    this.#view.lookAmongSynthetic(options);
    return this.#take(async () => {
      const { parts, entries } = planSet(options);
      const total = entries.length;
      onEvent({ type: 'progress', done: total, total, skipped: 0, found: 0 });
      const hold = (fingerprint: string) => new HeldPhantoms(fingerprint, entries, THUMBNAIL_SIZE);
      return { parts, origin: null, hold };
    });
  }

  async stored(files: readonly SourceFile[], onRows: TakeRows): Promise<StoredReading> {
    const reader = this.#makeReader();
    try {
      return await readStored(files, reader, onRows);
    } finally {
      reader.dispose();
    }
  }

  async view(path: string): Promise<FilmView> {
    const view = await this.#view.look(path);
    return transfer(view, [view.levels.buffer, view.modality.buffer, view.table.buffer, view.padding.buffer]);
  }

  keepFiles(files: readonly SourceFile[], first: boolean): void {
    if (first || !this.#given) this.#given = [];
    this.#given.push(...files);
  }

  thumbnails(films: readonly number[]): Promise<Thumbnail[]> {
    return this.#held?.thumbnails(films) ?? Promise.resolve([]);
  }

  cacheState(): Promise<CacheState> {
    return this.#access.state();
  }

  async eraseCache(): Promise<CacheState> {
    this.cancel();
    await this.#reading;
    if (this.#held?.usesCache) {
      this.#letGo();
      this.#engine?.postMessage({ gone: true });
    }
    await this.#access.erase();
    return this.#access.state();
  }

  cancel(): void {
    this.#current?.abort(new AppError('cancelled'));
  }

  /** Every file, films in archives as files of their own. */
  async #list(source: IntakeSource, signal: AbortSignal, onEvent: Listener, keepFolders?: readonly string[]) {
    const { maskFolders, maskFiles, ...listing } = withoutMasks(
      await this.#listed(source, signal, onEvent),
      keepFolders,
    );
    const { files, refused: archives } = await openArchives(listing.files);
    return { files, refused: listing.refused, archives, maskFolders, maskFiles };
  }

  async #listed(source: IntakeSource, signal: AbortSignal, onEvent: Listener): Promise<Listing> {
    if (source === 'kept') return listFiles(this.#needGiven());
    if (!('handles' in source)) return listFiles(source);
    const walked = await walk(source.handles, signal, (listed) => onEvent({ type: 'listing', listed }));
    const besides = source.besides ? listFiles(this.#needGiven()) : null;
    return together(walked, besides, source.unopened ?? []);
  }

  #needGiven(): readonly SourceFile[] {
    if (!this.#given) throw new AppError('source-gone', 'the worker that held them was replaced.');
    return this.#given;
  }

  #take(read: Reading): Promise<DatasetSummary> {
    this.cancel();
    const control = new AbortController();
    this.#current = control;
    const before = this.#reading;
    const taking = (async () => {
      // Two readings would both want to write the cache.
      await before;
      control.signal.throwIfAborted();
      this.#letGo();
      this.#kept = null;
      const startedAt = performance.now();
      const { parts, origin, hold } = await read(control.signal);
      const { summary, engine } = await assembleDataset({ ...parts, startedAt });
      control.signal.throwIfAborted();
      this.#held = hold(summary.fingerprint);
      this.#deliver(engine);
      const { planes: _, ...kept } = parts;
      this.#kept = { parts: kept, origin, fingerprint: summary.fingerprint };
      return summary;
    })();
    this.#reading = taking.catch(() => undefined);
    return taking;
  }

  async arrange(arrangement: Arrangement): Promise<DatasetSummary> {
    const before = this.#needKept();
    const control = new AbortController();
    this.#current = control;
    const startedAt = performance.now();
    const { parts, origin } = await rearranged(before, arrangement, control.signal);
    const { summary, engine } = await assembleDataset({ ...parts, planes: [], startedAt });
    control.signal.throwIfAborted();
    const { fingerprint, findings, splits, patients, labels, parts: known, marked } = engine;
    const tables = { fingerprint, findings, splits, patients, labels, parts: known, marked };
    const message = { arranges: before.fingerprint, ...tables };
    this.#port().postMessage(message satisfies EngineArrangement);
    this.#kept = { parts, origin, fingerprint };
    return summary;
  }

  async scanLabels(
    source: IntakeSource,
    options: Pick<IntakeOptions, 'labelFile' | 'labels' | 'where'>,
  ): Promise<LabelScan> {
    const { files } = await this.#list(source, new AbortController().signal, () => undefined);
    const sources = await sortSources(files, options.labelFile);
    if (sources.films.length === 0)
      throw new AppError('folder-empty', ` among ${formatCounted(files.length, 'file')}`);
    const { scan, skipped } = await readLabels(sources, options);
    return { ...scan, leftOut: [...skipped, ...sources.leftOut] };
  }

  matchProblems(): readonly MatchExample[] {
    return this.#kept?.origin?.assignment?.problems ?? [];
  }

  async marksOf(film: number): Promise<FilmMarks | null> {
    if (this.#held instanceof HeldPhantoms) return this.#held.marks(film);
    return this.#kept && marksOfFilm(this.#kept.origin, this.#kept.parts.films[film]);
  }

  #needKept(): KeptSet {
    if (!this.#kept) throw new AppError('not-ready', 'no films are loaded.');
    return this.#kept;
  }

  #port(): MessagePort {
    if (!this.#engine) throw new AppError('not-ready', 'the engine is not connected.');
    return this.#engine;
  }

  /** Pixels in memory are moved, not copied: afterwards only the engine has them. */
  #deliver(dataset: EngineDataset): void {
    const buffers = new Set(dataset.planes.map((plane) => plane.buffer as ArrayBuffer));
    this.#port().postMessage(
      dataset,
      [...buffers].filter(({ byteLength }) => byteLength > 0),
    );
  }

  /** A plane that the engine could not read from disk, decoded again. */
  async #replace({ film, fingerprint }: PlaneWanted): Promise<void> {
    const held = this.#held?.fingerprint === fingerprint ? this.#held : null;
    const plane = (await held?.decodeAgain(film)) ?? null;
    this.#engine?.postMessage({ film, fingerprint, plane }, plane ? [plane.buffer as ArrayBuffer] : []);
  }

  /** Masks for an evaluation, unless the set is another by now. */
  async #draw(wanted: MasksWanted): Promise<void> {
    const { id, fingerprint } = wanted;
    const kept = this.#kept?.fingerprint === fingerprint ? this.#kept : null;
    const held = this.#held;
    const masks =
      kept &&
      (held instanceof HeldPhantoms
        ? held.drawn(wanted)
        : await drawnMasks(kept.origin, kept.parts.films, wanted));
    this.#engine?.postMessage({ id, masks });
  }

  #letGo(): void {
    this.#held?.dispose();
    this.#held = null;
  }
}
