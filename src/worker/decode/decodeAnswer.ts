// Waits for a decode worker's answer, but not past its death, the time a file is given, or the caller's interest.
// The clock stands still while the worker loads a codec, which has a longer limit of its own.

import { AppError } from '../../util/errors.ts';
import type { CodecNotice } from './decodePool.ts';

const CODEC_TIMEOUT_MS = 30_000;

/** value, refusal: the worker answered. trouble: it did not, and must be ended. */
export type Answer<T> =
  | { readonly value: T }
  | { readonly refusal: unknown }
  | { readonly trouble: AppError };

export async function answerWithin<T>(
  call: Promise<T>,
  worker: Worker,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer<T>> {
  const answer = call.then(
    (value) => ({ value }),
    (refusal: unknown) => ({ refusal }),
  );
  const scope = new AbortController();
  const trouble = new Promise<{ trouble: AppError }>((resolve) => {
    const report = (error: AppError) => resolve({ trouble: error });
    watchClock(worker, limitMs, report, scope.signal);
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

const isNotice = (data: unknown): data is CodecNotice =>
  typeof data === 'object' && data !== null && 'codecLoads' in data;

function watchClock(
  worker: Worker,
  limitMs: number,
  report: (error: AppError) => void,
  until: AbortSignal,
): void {
  let timer: ReturnType<typeof setTimeout>;
  const wind = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      report(new AppError('decode-timeout', `it was given up after ${(ms / 1000).toFixed(1)} s.`));
    }, ms);
  };
  wind(limitMs);
  until.addEventListener('abort', () => clearTimeout(timer));
  const onMessage = ({ data }: MessageEvent) => {
    if (isNotice(data)) wind(data.codecLoads ? CODEC_TIMEOUT_MS : limitMs);
  };
  worker.addEventListener('message', onMessage, { signal: until });
}
