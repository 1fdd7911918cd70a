// A few decode workers behind one call. Files wait here as references and are read only when a worker is free, so
// any number may be handed in; results come back to whoever asked, in no particular order. A worker that
// dies or hangs is ended and replaced, and only the file it was busy with is lost.

import type { DecodedFilm, DecodeOptions } from '../../data/decode.ts';
import type { FilmView, StoredFacts } from '../../protocol/film.ts';
import type { SourceFile } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { type Remote, wrap } from '../rpc.ts';
import type { DecodeApi } from './decode.worker.ts';
import { answerWithin } from './decodeAnswer.ts';

export interface DecodePoolOptions extends DecodeOptions {
  /** Default: two more than cores, at most 8, and at most one for each GiB of memory. */
  readonly workers?: number;
  /** A small file that takes longer is given up; large ones get more, see `allowance`. */
  readonly timeoutMs?: number;
  /** How a worker is made; tests put their own here. */
  readonly spawn?: () => Worker;
}

/** What a worker posts besides its answers: a codec begins or ends loading. */
export interface CodecNotice {
  readonly codecLoads: boolean;
}

const MAX_WORKERS = 8;
const TIMEOUT_MS = 2000;
/** More for each MiB of the file: the slowest codec on a slow machine. */
const TIMEOUT_MS_PER_MIB = 2000;
const START_TIMEOUT_MS = 30_000;
/** Workers that failed to start one after the other: the code cannot run here at all. */
const MAX_FAILED_STARTS = 3;

/** @param bytes of the file */
const allowance = (base: number, bytes: number) => base + (TIMEOUT_MS_PER_MIB * bytes) / 2 ** 20;

interface Job {
  readonly source: SourceFile;
  readonly signal: AbortSignal | undefined;
  call(remote: Remote<DecodeApi>): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Slot {
  readonly worker: Worker;
  readonly remote: Remote<DecodeApi>;
  started: boolean;
}

const spawnWorker = () => new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });

/**
 * Two more than cores, because a worker spends a seventh of a small film's time waiting for its bytes, and some wait at once.
 * A film may justify half a GiB, so a machine with little memory gets fewer.
 */
function defaultWorkers(): number {
  const { hardwareConcurrency: cores = 2, deviceMemory = MAX_WORKERS } = navigator as Navigator & {
    readonly deviceMemory?: number;
  };
  return Math.min(cores + 2, MAX_WORKERS, Math.max(2, deviceMemory));
}

export class DecodePool {
  readonly #options: DecodePoolOptions;
  readonly #size: number;
  readonly #queue: Job[] = [];
  readonly #idle: Slot[] = [];
  readonly #busy = new Map<Slot, Job>();
  #failedStarts = 0;
  /** Why the pool takes no more files. */
  #closed: AppError | null = null;

  constructor(options: DecodePoolOptions) {
    this.#options = options;
    this.#size = options.workers ?? defaultWorkers();
  }

  /** Workers that may run at once. */
  get size(): number {
    return this.#size;
  }

  /** @throws AppError with the reason the file was left out, `cancelled`, or `worker-failed` for the whole pool */
  decode(source: SourceFile, signal?: AbortSignal): Promise<DecodedFilm> {
    const { planeSize, thumbnailSize } = this.#options;
    return this.#submit(source, signal, (remote) => remote.decode(source.file, { planeSize, thumbnailSize }));
  }

  /** @throws as decode does */
  view(source: SourceFile): Promise<FilmView> {
    return this.#submit(source, undefined, (remote) => remote.view(source.file));
  }

  /** @throws as decode does */
  stored(source: SourceFile, signal?: AbortSignal): Promise<StoredFacts> {
    return this.#submit(source, signal, (remote) => remote.stored(source.file));
  }

  /** Ends the workers; everything still waiting or under way is rejected as cancelled. */
  dispose(): void {
    this.#close(new AppError('cancelled'));
  }

  #submit<T>(
    source: SourceFile,
    signal: AbortSignal | undefined,
    call: (remote: Remote<DecodeApi>) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#queue.push({ source, signal, call, resolve: (value) => resolve(value as T), reject });
      this.#dispatch();
    });
  }

  #close(reason: AppError): void {
    this.#closed ??= reason;
    for (const job of [...this.#queue.splice(0), ...this.#busy.values()]) job.reject(reason);
    for (const slot of [...this.#idle.splice(0), ...this.#busy.keys()]) slot.worker.terminate();
    this.#busy.clear();
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#busy.size < this.#size) {
      const job = this.#queue.shift()!;
      if (job.signal?.aborted) {
        job.reject(new AppError('cancelled'));
        continue;
      }
      const slot = this.#idle.pop() ?? this.#start();
      this.#busy.set(slot, job);
      void this.#run(slot, job);
    }
  }

  #start(): Slot {
    const worker = (this.#options.spawn ?? spawnWorker)();
    return { worker, remote: wrap<DecodeApi>(worker), started: false };
  }

  async #run(slot: Slot, job: Job): Promise<void> {
    const outcome = await this.#attempt(slot, job);
    // Gone when the pool was closed meanwhile; its promise is settled then.
    if (!this.#busy.delete(slot)) return;
    if ('value' in outcome) job.resolve(outcome.value);
    if ('refusal' in outcome) job.reject(outcome.refusal);
    if ('trouble' in outcome) {
      slot.worker.terminate();
      if (slot.started || outcome.trouble.code === 'cancelled') job.reject(outcome.trouble);
      else this.#startAgain(job, outcome.trouble);
    } else {
      this.#idle.push(slot);
    }
    this.#dispatch();
  }

  async #attempt(slot: Slot, { source, signal, call }: Job): Promise<Outcome> {
    if (!slot.started) {
      const start = await answerWithin(slot.remote.ready(), slot.worker, START_TIMEOUT_MS, signal);
      if (!('value' in start)) return 'trouble' in start ? start : { trouble: asAppError(start.refusal) };
      slot.started = true;
      this.#failedStarts = 0;
    }
    const limit = allowance(this.#options.timeoutMs ?? TIMEOUT_MS, source.file.size);
    return answerWithin(call(slot.remote), slot.worker, limit, signal);
  }

  /** The file is not to blame: it waits for the next worker, unless workers keep failing. */
  #startAgain(job: Job, cause: AppError): void {
    this.#queue.unshift(job);
    this.#failedStarts += 1;
    if (this.#failedStarts < MAX_FAILED_STARTS) return;
    this.#close(new AppError('worker-failed', 'the decode workers do not start.', { cause }));
  }
}

type Outcome = Awaited<ReturnType<typeof answerWithin<unknown>>>;

const asAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new AppError('worker-failed', String(thrown));
