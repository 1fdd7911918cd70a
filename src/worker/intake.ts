// The intake worker's side of the seam: one reading at a time, its films handed to the engine over a port and
// a summary of them to the page. Starting a reading cancels the one before.

import { assembleDataset, type DatasetParts } from '../data/dataset.ts';
import type { DecodeOptions } from '../data/decode.ts';
import type { DatasetSummary, EngineDataset } from '../protocol/dataset.ts';
import type {
  IntakeApi,
  IntakeEvent,
  IntakeOptions,
  SourceFile,
  SyntheticOptions,
} from '../protocol/intake.ts';
import { AppError } from '../util/errors.ts';
import { type Decoder, readFilms } from './intakeFiles.ts';
import { renderSet } from './intakeSynthetic.ts';

/** Longest side of a thumbnail, px. */
const THUMBNAIL_SIZE = 96;

type Listener = (event: IntakeEvent) => void;
type Reading = (signal: AbortSignal) => Promise<Omit<DatasetParts, 'startedAt'>>;

export class Intake implements IntakeApi {
  readonly #makeDecoder: (options: DecodeOptions) => Decoder;
  #engine: MessagePort | null = null;
  #current: AbortController | null = null;

  constructor(makeDecoder: (options: DecodeOptions) => Decoder) {
    this.#makeDecoder = makeDecoder;
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
      const decoder = this.#makeDecoder({ planeSize: options.planeSize, thumbnailSize: THUMBNAIL_SIZE });
      try {
        return await readFilms(files, options, decoder, signal, onEvent);
      } finally {
        decoder.dispose();
      }
    });
  }

  synthesise(options: SyntheticOptions, onEvent: Listener): Promise<DatasetSummary> {
    return this.#take((signal) => renderSet(options, THUMBNAIL_SIZE, signal, onEvent));
  }

  cancel(): void {
    this.#current?.abort(new AppError('cancelled'));
  }

  async #take(read: Reading): Promise<DatasetSummary> {
    this.cancel();
    const control = new AbortController();
    this.#current = control;
    const startedAt = performance.now();
    const parts = await read(control.signal);
    const { summary, engine } = await assembleDataset({ ...parts, startedAt });
    control.signal.throwIfAborted();
    this.#deliver(engine);
    return summary;
  }

  /** Pixels are moved, not copied: afterwards only the engine has them. */
  #deliver(dataset: EngineDataset): void {
    if (!this.#engine) throw new AppError('not-ready', 'the engine is not connected.');
    const buffers = new Set(dataset.planes.map((plane) => plane.buffer as ArrayBuffer));
    this.#engine.postMessage(dataset, [...buffers]);
  }
}
