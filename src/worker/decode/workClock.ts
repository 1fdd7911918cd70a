// Clocks that a film's allowance is held against. The first try goes by the time of day, but a tick never counts for more than
// it should have taken, so that a machine that stands still (asleep, or with a fraction of a core) uses nothing up. The try
// alone goes by work done in a thread beside the film's (pacer.worker.ts), which is processor time.

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
