// The intake worker's side of the seam: one reading at a time, its films handed to the engine over a port and
// a summary of them to the page. Starting a reading cancels the one before.

import { assembleDataset } from '../data/dataset.ts';
import type { DecodeOptions } from '../data/decode.ts';
import { readLabels, sortSources } from '../data/sources.ts';
import type { DatasetSummary, EngineArrangement, EngineDataset } from '../protocol/dataset.ts';
import type { FilmView, StoredReading } from '../protocol/film.ts';
import type {
  Arrangement,
  IntakeApi,
  IntakeEvent,
  IntakeOptions,
  SourceFile,
  SyntheticOptions,
} from '../protocol/intake.ts';
import type { LabelScan, MatchExample } from '../protocol/labels.ts';
import type { FilmMarks } from '../protocol/marks.ts';
import { AppError } from '../util/errors.ts';
import { openArchives, refusing } from './intakeArchives.ts';
import { type KeptSet, marksOfFilm, rearranged } from './intakeArrange.ts';
import { type Decoder, type ReadSet, readFilms } from './intakeFiles.ts';
import { readStored, type StoredReader, type TakeRows } from './intakeStored.ts';
import { renderSet } from './intakeSynthetic.ts';
import { IntakeView, type Viewer } from './intakeView.ts';
import { transfer } from './rpc.ts';

/** Longest side of a thumbnail, px. */
const THUMBNAIL_SIZE = 96;

type Listener = (event: IntakeEvent) => void;
type Reading = (signal: AbortSignal) => Promise<ReadSet>;

export class Intake implements IntakeApi {
  readonly #makeDecoder: (options: DecodeOptions) => Decoder;
  readonly #makeReader: (workers?: number) => Viewer & StoredReader;
  readonly #view: IntakeView;
  #engine: MessagePort | null = null;
  #current: AbortController | null = null;
  /** The set read last, without its pixels. */
  #kept: KeptSet | null = null;

  constructor(
    makeDecoder: (options: DecodeOptions) => Decoder,
    makeReader: (workers?: number) => Viewer & StoredReader = () => {
      throw new AppError('not-ready', 'films cannot be shown here.');
    },
  ) {
    this.#makeDecoder = makeDecoder;
    this.#makeReader = makeReader;
    this.#view = new IntakeView(() => makeReader(1));
  }

  connectEngine(port: MessagePort): void {
    this.#engine = port;
  }

  readFiles(
    files: readonly SourceFile[],
    options: IntakeOptions,
    onEvent: Listener,
  ): Promise<DatasetSummary> {
    return this.#take(async (signal) => {
      const opened = await openArchives(files);
      this.#view.lookAmong(opened.files);
      const decoder = this.#makeDecoder({ planeSize: options.planeSize, thumbnailSize: THUMBNAIL_SIZE });
      try {
        return await readFilms(opened.files, options, refusing(decoder, opened.refused), signal, onEvent);
      } finally {
        decoder.dispose();
      }
    });
  }

  synthesise(options: SyntheticOptions, onEvent: Listener): Promise<DatasetSummary> {
    this.#view.lookAmongSynthetic(options);
    return this.#take(async (signal) => {
      const parts = await renderSet(options, THUMBNAIL_SIZE, signal, onEvent);
      return { parts, origin: null };
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

  cancel(): void {
    this.#current?.abort(new AppError('cancelled'));
  }

  async #take(read: Reading): Promise<DatasetSummary> {
    this.cancel();
    const control = new AbortController();
    this.#current = control;
    const startedAt = performance.now();
    const { parts, origin } = await read(control.signal);
    const { summary, engine } = await assembleDataset({ ...parts, startedAt });
    control.signal.throwIfAborted();
    this.#deliver(engine);
    const { planes: _, ...kept } = parts;
    this.#kept = { parts: kept, origin, fingerprint: summary.fingerprint };
    return summary;
  }

  async arrange(arrangement: Arrangement): Promise<DatasetSummary> {
    const before = this.#needKept();
    const control = new AbortController();
    this.#current = control;
    const startedAt = performance.now();
    const { parts, origin } = await rearranged(before, arrangement, control.signal);
    const { summary, engine } = await assembleDataset({ ...parts, planes: [], startedAt });
    control.signal.throwIfAborted();
    const { fingerprint, findings, splits, patients, labels } = engine;
    const message = { arranges: before.fingerprint, fingerprint, findings, splits, patients, labels };
    this.#port().postMessage(message satisfies EngineArrangement);
    this.#kept = { parts, origin, fingerprint };
    return summary;
  }

  async scanLabels(
    files: readonly SourceFile[],
    options: Pick<IntakeOptions, 'labelFile' | 'labels' | 'where'>,
  ): Promise<LabelScan> {
    const sources = await sortSources((await openArchives(files)).files, options.labelFile);
    if (sources.films.length === 0) throw new AppError('folder-empty', ` among ${files.length} file(s)`);
    return (await readLabels(sources, options)).scan;
  }

  matchProblems(): readonly MatchExample[] {
    return this.#kept?.origin?.assignment?.problems ?? [];
  }

  marksOf(film: number): FilmMarks | null {
    return this.#kept && marksOfFilm(this.#kept, film);
  }

  #needKept(): KeptSet {
    if (!this.#kept) throw new AppError('not-ready', 'no films are loaded.');
    return this.#kept;
  }

  #port(): MessagePort {
    if (!this.#engine) throw new AppError('not-ready', 'the engine is not connected.');
    return this.#engine;
  }

  /** Pixels are moved, not copied: afterwards only the engine has them. */
  #deliver(dataset: EngineDataset): void {
    const buffers = new Set(dataset.planes.map((plane) => plane.buffer as ArrayBuffer));
    this.#port().postMessage(dataset, [...buffers]);
  }
}
