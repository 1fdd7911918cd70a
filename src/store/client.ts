// The client of the workers that the page has at hand, and how an act goes: one at a time, and whatever goes wrong ends up
// as the one error that the page shows, never as a rejection. The acts themselves are in run/, films/ and device/.

import { AppError, toWire } from '../util/errors.ts';
import type { PlaygroundClient } from '../worker/client.ts';
import { type Busy, showError, useSession } from './session.ts';

const { getState: get, setState: set } = useSession;

let client: PlaygroundClient | null = null;

/** @throws AppError not-ready before the first */
export function currentClient(): PlaygroundClient {
  if (!client) throw new AppError('not-ready', 'the engine has not been started.');
  return client;
}

/** Without anyone who knows better, a worker that died is the end of its run. */
let workerFault = (error: unknown): void => {
  showError(error);
  set({ status: { ...get().status, state: 'failed' } });
};

/** Has someone else deal with workers that die. */
export function onWorkerFault(handler: (error: unknown) => void): void {
  workerFault = handler;
}

/** Ends the workers before, if any, and has fresh ones take their place. */
export function takeClient(make: () => PlaygroundClient): PlaygroundClient {
  client?.dispose();
  const fresh = make();
  client = fresh;
  fresh.fault.catch((error: unknown) => {
    if (client === fresh && toWire(error).code !== 'cancelled') workerFault(error);
  });
  return fresh;
}

/** Has the engine do what halts a run for a while; one that trained goes on afterwards, whatever came of it. */
export async function besideTraining<T>(
  work: (engine: PlaygroundClient['engine']) => Promise<T>,
): Promise<T> {
  const { engine } = currentClient();
  const trained = get().status.state === 'running';
  try {
    return await work(engine);
  } finally {
    // A run that has ended or failed meanwhile refuses, and says so by itself.
    if (trained) void engine.play().catch(() => undefined);
  }
}

/** Does one thing at a time and shows what went wrong; true when it worked. */
export async function attempt(busy: Busy, act: () => Promise<void>): Promise<boolean> {
  if (get().busy) return false;
  set({ busy, error: null });
  try {
    await act();
    return true;
  } catch (error) {
    showError(error);
    return false;
  } finally {
    set({ busy: null });
  }
}
