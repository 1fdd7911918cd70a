// Dawn in Node learns of finished work by asking for it in a loop of immediates that leaves no pause, which keeps one core busy.
// On the software adapter that core is one of those that compute, and a step took half as long again. Not part of the product:
// in a browser the GPU process is told.

const PAUSE_MS = 1;

/** Puts a pause between two rounds of the loop, for everything in this process that asks for an immediate. */
export function pausePolling(): void {
  const pausing = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    setTimeout(callback, PAUSE_MS, ...args);
  Object.assign(globalThis, { setImmediate: pausing });
}
