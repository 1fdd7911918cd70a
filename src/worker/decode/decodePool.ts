// A few decode workers behind one call. Files wait here as references and are read only when a worker is free, so
// any number may be handed in; results come back to whoever asked, in no particular order. A worker that
// dies or hangs is ended and replaced. The film it was busy with is tried once more, alone, and by processor time: on a
// busy machine, or beside films that took all the memory, it was not to blame.

import type { DecodedFilm, DecodeOptions } from '../../data/decode.ts';
import type { FilmView, StoredFacts } from '../../protocol/film.ts';
import type { SourceFile } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { type Remote, wrap } from '../rpc.ts';
import type { DecodeApi } from './decode.worker.ts';
import {
  type Allowance,
  answerWithin,
  type Clock,
  type Limit,
  processorClock,
  wallClock,
} from './decodeAnswer.ts';

export interface DecodePoolOptions extends DecodeOptions {
  /** Default: two more than cores, at most 8, and at most one for each GiB of memory. */
  readonly workers?: number;
  /** A small file that takes longer is tried again alone; large ones get more. */
  readonly timeoutMs?: number;
  /** How a worker is made; tests put their own here. */
  readonly spawn?: () => Worker;
  /** Measures the try alone; tests put their own here. */
  readonly aloneClock?: Clock;
}

const MAX_WORKERS = 8;
const ALLOWANCE: Allowance = { base: 2000, perMiB: 2000, perMegapixel: 500 };
/** The try alone gets so many times the allowance. */
const ALONE_TIMES = 2;
/** Once films needed a second try only because the machine was busy, the first is given so much more, up to the most. */
const MORE_PATIENCE = 2;
const MOST_PATIENCE = 16;
const START: Allowance = { base: 120_000, perMiB: 0, perMegapixel: 0 };
/** Workers that failed to start one after the other: the code cannot run here at all. */
const MAX_FAILED_STARTS = 3;

interface Job {
  readonly source: SourceFile;
  readonly signal: AbortSignal | undefined;
  /** Why the first try came to nothing. */
  failed?: AppError;
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
  /** Films to be tried again, each while nothing else runs. */
  readonly #again: Job[] = [];
  readonly #idle: Slot[] = [];
  readonly #busy = new Map<Slot, Job>();
  #failedStarts = 0;
  #patience = 1;
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
    for (const job of [...this.#queue.splice(0), ...this.#again.splice(0), ...this.#busy.values()])
      job.reject(reason);
    for (const slot of [...this.#idle.splice(0), ...this.#busy.keys()]) slot.worker.terminate();
    this.#busy.clear();
  }

  #dispatch(): void {
    if (this.#again.length > 0) {
      if (this.#busy.size === 0) this.#begin(this.#again.shift()!);
      return;
    }
    if ([...this.#busy.values()].some(({ failed }) => failed)) return;
    while (this.#queue.length > 0 && this.#busy.size < this.#size) this.#begin(this.#queue.shift()!);
  }

  #begin(job: Job): void {
    if (job.signal?.aborted) {
      job.reject(new AppError('cancelled'));
      if (job.failed) this.#dispatch();
      return;
    }
    const slot = this.#idle.pop() ?? this.#start();
    this.#busy.set(slot, job);
    void this.#run(slot, job);
  }

  #start(): Slot {
    const worker = (this.#options.spawn ?? spawnWorker)();
    return { worker, remote: wrap<DecodeApi>(worker), started: false };
  }

  async #run(slot: Slot, job: Job): Promise<void> {
    const outcome = await this.#attempt(slot, job);
    // Gone when the pool was closed meanwhile; its promise is settled then.
    if (!this.#busy.delete(slot)) return;
    if ('value' in outcome) this.#succeed(job, outcome.value);
    if ('refusal' in outcome) {
      if (isPassing(outcome.refusal)) this.#tryAlone(job, outcome.refusal);
      else job.reject(outcome.refusal);
    }
    if ('trouble' in outcome) {
      slot.worker.terminate();
      if (outcome.trouble.code === 'cancelled') job.reject(outcome.trouble);
      else if (slot.started) this.#tryAlone(job, outcome.trouble);
      else this.#startAgain(job, outcome.trouble);
    } else {
      this.#idle.push(slot);
    }
    this.#dispatch();
  }

  #succeed(job: Job, value: unknown): void {
    if (job.failed?.code === 'decode-timeout') {
      this.#patience = Math.min(this.#patience * MORE_PATIENCE, MOST_PATIENCE);
    }
    job.resolve(value);
  }

  /** Once. */
  #tryAlone(job: Job, error: AppError): void {
    if (job.failed) job.reject(error);
    else {
      job.failed = error;
      this.#again.push(job);
    }
  }

  async #attempt(slot: Slot, { source, signal, call, failed }: Job): Promise<Outcome> {
    if (!slot.started) {
      const start = { clock: wallClock, allowance: START, bytes: 0, times: 1 };
      const ready = await answerWithin(slot.remote.ready(), slot.worker, start, signal);
      if (!('value' in ready)) return 'trouble' in ready ? ready : { trouble: asAppError(ready.refusal) };
      slot.started = true;
      this.#failedStarts = 0;
    }
    const { timeoutMs: base = ALLOWANCE.base, aloneClock = processorClock } = this.#options;
    const limit: Limit = {
      clock: failed ? aloneClock : wallClock,
      allowance: { ...ALLOWANCE, base },
      bytes: source.file.size,
      times: failed ? ALONE_TIMES : this.#patience,
    };
    return answerWithin(call(slot.remote), slot.worker, limit, signal);
  }

  /** The file is not to blame: it waits for the next worker, unless workers keep failing. */
  #startAgain(job: Job, cause: AppError): void {
    (job.failed ? this.#again : this.#queue).unshift(job);
    this.#failedStarts += 1;
    if (this.#failedStarts < MAX_FAILED_STARTS) return;
    this.#close(new AppError('worker-failed', 'the decode workers do not start.', { cause }));
  }
}

type Outcome = Awaited<ReturnType<typeof answerWithin<unknown>>>;

/** Refusals that another try may undo: memory that others had. */
const isPassing = (refusal: unknown): refusal is AppError =>
  refusal instanceof AppError &&
  (refusal.code === 'decoder-stopped' ||
    (refusal.code === 'internal' && /alloc|memory/i.test(refusal.message)));

const asAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new AppError('worker-failed', String(thrown));
