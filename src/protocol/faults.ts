// Faults that tests put into a running engine, each at a place that can be named. The engine takes them only when its
// worker was started for tests (worker/client.ts: the page must have set `__faults` before it loaded).

import type { EngineApi } from './engine.ts';

/** Name of an engine worker that takes faults. */
export const FAULTY_ENGINE = 'engine-faulty';

export type Fault =
  /** The device is destroyed while this step is recorded. */
  | { readonly kind: 'lose-device'; readonly step: number }
  /** The device is destroyed now, whatever is going on. */
  | { readonly kind: 'lose-now' }
  /** An invalid GPU call while this step is recorded. */
  | { readonly kind: 'gpu-error'; readonly step: number }
  /** The worker's thread is busy for so long. */
  | { readonly kind: 'stall'; readonly step: number; readonly ms: number }
  /** The worker throws outside every call. */
  | { readonly kind: 'throw'; readonly step: number }
  /** The worker ends without a word. */
  | { readonly kind: 'die'; readonly step: number }
  /** The images of this step hold a NaN. */
  | { readonly kind: 'nan'; readonly step: number }
  /** Writes to files whose name begins so fail, the first `times` of them. */
  | { readonly kind: 'write-fails'; readonly file: string; readonly times: number }
  /** The same, but half of the bytes arrive and nothing is said. */
  | { readonly kind: 'write-torn'; readonly file: string; readonly times: number }
  /** The disk says that it has only so many bytes left. */
  | { readonly kind: 'quota'; readonly free: number }
  /** The browser refuses storage altogether; before the first run only. */
  | { readonly kind: 'no-storage' }
  /** The GPU has too little memory for the next run that is prepared. */
  | { readonly kind: 'out-of-memory' };

declare global {
  /** Set by a test before the page's scripts run; nothing of the product sets it. */
  var __faults: boolean | undefined;
  /** Then there, for putting faults in and for asking the engine directly. */
  var __engine: (() => Pick<EngineApi, 'inject' | 'keep' | 'saveNow'>) | undefined;
}
