// A few decode workers behind one call. Files wait here as references and are read only when a worker is free, so
// any number may be handed in; results come back to whoever asked, in no particular order. A worker that
// dies or hangs is ended and replaced, and only the file it was busy with is lost.

import type { DecodedFilm, DecodeOptions } from '../data/decode.ts';
import type { SourceFile } from '../protocol/intake.ts';
import { AppError } from '../util/errors.ts';
import type { DecodeApi } from './decode.worker.ts';
import { type Remote, wrap } from './rpc.ts';

export interface DecodePoolOptions extends DecodeOptions {
  /** Default: one a core, at most 4. */
  readonly workers?: number;
  /** A file that takes longer is given up. */
  readonly timeoutMs?: number;
  /** How a worker is made; tests put their own here. */
  readonly spawn?: () => Worker;
}

const MAX_WORKERS = 4;
const TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
/** Workers that failed to start one after the other: the code cannot run here at all. */
const MAX_FAILED_STARTS = 3;

interface Job {
  readonly source: SourceFile;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (film: DecodedFilm) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly worker: Worker;
  readonly remote: Remote<DecodeApi>;
  started: boolean;
}

const spawnWorker = () => new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });

function defaultWorkers(): number {
  return Math.min(Math.max(navigator.hardwareConcurrency ?? 2, 1), MAX_WORKERS);
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

  /** @throws AppError with the reason the file was left out, `cancelled`, or `worker-failed` for the whole pool */
  decode(source: SourceFile, signal?: AbortSignal): Promise<DecodedFilm> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#queue.push({ source, signal, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends the workers; everything still waiting or under way is rejected as cancelled. */
  dispose(): void {
    this.#close(new AppError('cancelled'));
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
    if ('film' in outcome) job.resolve(outcome.film);
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

  async #attempt(slot: Slot, { source, signal }: Job): Promise<Outcome> {
    if (!slot.started) {
      const start = await guard(slot.remote.ready(), slot.worker, START_TIMEOUT_MS, signal);
      if (!('value' in start)) return 'trouble' in start ? start : { trouble: asAppError(start.refusal) };
      slot.started = true;
      this.#failedStarts = 0;
    }
    const { planeSize, thumbnailSize, timeoutMs = TIMEOUT_MS } = this.#options;
    const call = slot.remote.decode(source.file, { planeSize, thumbnailSize });
    const end = await guard(call, slot.worker, timeoutMs, signal);
    return 'value' in end ? { film: end.value } : end;
  }

  /** The file is not to blame: it waits for the next worker, unless workers keep failing. */
  #startAgain(job: Job, cause: AppError): void {
    this.#queue.unshift(job);
    this.#failedStarts += 1;
    if (this.#failedStarts < MAX_FAILED_STARTS) return;
    this.#close(new AppError('worker-failed', 'the decode workers do not start.', { cause }));
  }
}

/** refusal: the worker answered that it cannot. trouble: the worker did not answer and must be ended. */
type Outcome =
  | { readonly film: DecodedFilm }
  | { readonly refusal: unknown }
  | { readonly trouble: AppError };

const asAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new AppError('worker-failed', String(thrown));

/** Waits for an answer, but not past the worker's death, the time limit or the caller's interest. */
async function guard<T>(call: Promise<T>, worker: Worker, limitMs: number, signal: AbortSignal | undefined) {
  const answer = call.then(
    (value) => ({ value }),
    (refusal: unknown) => ({ refusal }),
  );
  const scope = new AbortController();
  const trouble = new Promise<{ trouble: AppError }>((resolve) => {
    const report = (error: AppError) => resolve({ trouble: error });
    const died = (event: Event) => {
      event.preventDefault();
      report(new AppError('file-unreadable', 'decoding it stopped the decoder.'));
    };
    const timer = setTimeout(() => {
      report(new AppError('file-unreadable', `decoding took more than ${limitMs / 1000} s.`));
    }, limitMs);
    scope.signal.addEventListener('abort', () => clearTimeout(timer));
    worker.addEventListener('error', died, { signal: scope.signal });
    worker.addEventListener('messageerror', died, { signal: scope.signal });
    if (signal?.aborted) report(new AppError('cancelled'));
    signal?.addEventListener('abort', () => report(new AppError('cancelled')), { signal: scope.signal });
  });
  try {
    return await Promise.race([answer, trouble]);
  } finally {
    scope.abort();
  }
}
