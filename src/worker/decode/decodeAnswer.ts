// Waits for a decode worker's answer, but not past its death, the work a film is allowed, or the caller's interest. Two clocks
// measure that work. The first try goes by the time of day, but a tick never counts for more than it should have taken, so that a
// machine that stands still uses nothing up; the try alone goes by work done in a thread beside the film's (pacer.worker.ts), which
// is processor time. A clock stands still while the worker waits for a codec or for bytes, which has a limit of its own.

import { AppError } from '../../util/errors.ts';

/** What a worker posts besides its answers. */
export type DecodeNotice = { readonly waits: boolean } | { readonly pixels: number };

/** What a film may take, ms of a core: the slowest codec on a slow machine. */
export interface Allowance {
  readonly base: number;
  readonly perMiB: number;
  readonly perMegapixel: number;
}

export interface Limit {
  readonly clock: Clock;
  readonly allowance: Allowance;
  /** Of the file. */
  readonly bytes: number;
  /** How many times the allowance. */
  readonly times: number;
}

/** A network drive may have to wake up. */
const WAIT_MS = 120_000;

/** value, refusal: the worker answered. trouble: it did not, and must be ended. */
export type Answer<T> =
  | { readonly value: T }
  | { readonly refusal: unknown }
  | { readonly trouble: AppError };

export async function answerWithin<T>(
  call: Promise<T>,
  worker: Worker,
  limit: Limit,
  signal: AbortSignal | undefined,
): Promise<Answer<T>> {
  const answer = call.then(
    (value) => ({ value }),
    (refusal: unknown) => ({ refusal }),
  );
  const scope = new AbortController();
  const trouble = new Promise<{ trouble: AppError }>((resolve) => {
    const report = (error: AppError) => resolve({ trouble: error });
    watchWork(worker, limit, report, scope.signal);
    const died = (event: Event) => {
      event.preventDefault();
      report(new AppError('decoder-stopped', 'it ended without an answer.'));
    };
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

const isRecord = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null;

function watchWork(
  worker: Worker,
  { clock, allowance, bytes, times }: Limit,
  report: (error: AppError) => void,
  until: AbortSignal,
): void {
  const { base, perMiB, perMegapixel } = allowance;
  let pixels = 0;
  let isWaiting = false;
  let worked = 0;
  let waited = 0;
  const stop = clock((ms) => {
    if (isWaiting) waited += ms;
    else worked += ms;
    const allowed = times * (base + (perMiB * bytes) / 2 ** 20 + (perMegapixel * pixels) / 1e6);
    if (worked > allowed) report(new AppError('decode-timeout', `it was given up after ${seconds(worked)}.`));
    if (waited > WAIT_MS) {
      report(
        new AppError(
          'file-unreadable',
          `its bytes, or what decodes them, did not come in ${seconds(waited)}.`,
        ),
      );
    }
  });
  until.addEventListener('abort', stop);
  const onMessage = ({ data }: MessageEvent<unknown>) => {
    if (!isRecord(data)) return;
    if (typeof data.waits === 'boolean') isWaiting = data.waits;
    if (typeof data.pixels === 'number') pixels = Math.max(pixels, data.pixels);
  };
  worker.addEventListener('message', onMessage, { signal: until });
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Calls back with the milliseconds passed since it last did. @returns what stops it */
export type Clock = (onPassed: (ms: number) => void) => () => void;

const TICK_MS = 50;
/** A tick that comes later than this was held up. */
const LONGEST_TICK_MS = 100;
/** What a piece of the pacer stands for, ms. */
const PIECE_MS = 20;

export const wallClock: Clock = (onPassed) => {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    onPassed(Math.min(now - last, LONGEST_TICK_MS));
    last = now;
  }, TICK_MS);
  return () => clearInterval(timer);
};

export const processorClock: Clock = (onPassed) => {
  const pacer = new Worker(new URL('./pacer.worker.ts', import.meta.url), { type: 'module' });
  pacer.onmessage = () => onPassed(PIECE_MS);
  // Without a pacer the time of day has to do.
  let stopWall: (() => void) | null = null;
  pacer.onerror = (event) => {
    event.preventDefault();
    stopWall ??= wallClock(onPassed);
  };
  return () => {
    pacer.terminate();
    stopWall?.();
  };
};
