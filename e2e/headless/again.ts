// Work in a browser that may be lost with its page or its device: another browser takes it up where what is on the disk says, as long
// as that gets anywhere. Ctrl+C ends it, and what is finished is kept.

import { AppError, asAppError, type ErrorCode } from '../../src/util/errors.ts';

/** Another browser may do better: what was lost is the device or the page, not the numbers. */
const GONE: readonly ErrorCode[] = [
  'device-lost',
  'device-lost-often',
  'gpu-fault',
  'worker-failed',
  'cancelled',
];
const IN_VAIN = 3;

/**
 * @param inBrowser opens a browser and works in it until it ends by itself or `halted`
 * @param writes how often something was written that the next browser goes on from; 0 where nothing lies there
 */
export async function againWhereLost<T>(
  inBrowser: (halted: () => boolean) => Promise<T>,
  writes: () => number,
): Promise<T> {
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  let vain = 0;
  try {
    for (;;) {
      const before = writes();
      try {
        const found = await inBrowser(() => interrupted);
        // Interrupted where no call was waiting that would have said so.
        if (interrupted) throw new AppError('cancelled');
        return found;
      } catch (thrown) {
        const { code, message } = asAppError(thrown);
        vain = writes() > before ? 0 : vain + 1;
        if (interrupted || !GONE.includes(code) || vain >= IN_VAIN) {
          if (interrupted && writes() > 0)
            console.log('What is finished is kept; the same command goes on with it.');
          throw thrown;
        }
        console.log(`${message} A fresh engine goes on.`);
      }
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}
