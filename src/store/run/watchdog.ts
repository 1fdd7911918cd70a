// Watches over a run from the page: asks the engine for a sign of life, keeps the tab from being frozen, has a checkpoint
// written when the page is hidden, and starts fresh workers when the engine has died. Nothing here is in the way of the
// steps: they need no page.

import { create } from 'zustand';
import type { EngineApi } from '../../protocol/engine.ts';
import { isTraining } from '../../protocol/engine.ts';
import { AppError } from '../../util/errors.ts';
import { currentClient, onWorkerFault } from '../client.ts';
import { addMarker } from '../curves/series.ts';
import { showError, useSession } from '../session.ts';
import { play } from './acts.ts';
import { showNotice } from './keeping.ts';
import { keepFilmLists, offerInterrupted, resumeAfresh } from './resume.ts';

interface WatchdogState {
  /** The screen is kept on while a run goes on. */
  readonly screenOn: boolean;
  /** Why the browser does not keep it on, or null. */
  readonly screenRefused: string | null;
}
export const useWatchdog = create<WatchdogState>()(() => ({ screenOn: false, screenRefused: null }));

const BEAT_MS = 2000;
/** A worker that does not answer for so long is stuck; compiling and reading go on beside its thread. */
const PATIENCE_MS = globalThis.__faults ? 8000 : 30_000;
const RESTARTS = 3;
const RESTARTS_WITHIN_MS = 600_000;

const isBusy = () => isTraining(useSession.getState().status.state);

let restarts: number[] = [];
let beating = false;

/** One question, one answer; a page that was itself frozen meanwhile asks again before it believes the worst. */
async function beat(): Promise<void> {
  if (beating || !isBusy()) return;
  beating = true;
  try {
    const client = currentClient();
    for (let asked = 0; asked < 2; asked++) {
      const since = performance.now();
      if (await answers(client.engine.ping())) return;
      if (performance.now() - since < 2 * PATIENCE_MS) break;
    }
    if (client === currentClient() && isBusy()) await workerLost('it does not answer');
  } finally {
    beating = false;
  }
}

function answers(ping: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), PATIENCE_MS);
    // A client whose worker has died is dealt with where that is heard.
    ping.then(
      () => resolve(true),
      () => resolve(true),
    );
  });
}

/** Acts under way end with the worker that they asked. */
async function actsOver(): Promise<void> {
  currentClient().dispose();
  const end = performance.now() + PATIENCE_MS;
  while (useSession.getState().busy && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Fresh workers, the same films, the same run, and on it goes; three times in ten minutes at most. */
async function workerLost(reason: string): Promise<void> {
  const { status } = useSession.getState();
  const going = isBusy();
  const { runId, step } = status;
  const now = Date.now();
  restarts = [...restarts.filter((time) => now - time < RESTARTS_WITHIN_MS), now];
  const lost = new AppError('worker-failed', `${reason}.`);
  if (!runId || !going || restarts.length > RESTARTS) {
    useSession.setState({ status: { ...status, state: 'failed' } });
    showError(lost);
    return;
  }
  await actsOver();
  if (!(await resumeAfresh(runId))) return;
  const from = useSession.getState().status.step;
  const text = `Worker restarted (${reason})`;
  addMarker({ step: from, kind: 'fault', text });
  const again = step > from ? `, ${step - from} steps before the fault are taken again` : '';
  showNotice({
    kind: 'recovered',
    text: `${text}; the run goes on from step ${from}${again}.`,
    hint: 'Nothing needs to be done.',
  });
  await play();
}

/** Held while a run goes on: Chrome freezes hidden tabs that hold none. */
function holdTab(): void {
  let release: (() => void) | null = null;
  useSession.subscribe(() => {
    if (!isBusy()) {
      release?.();
      release = null;
      return;
    }
    if (release) return;
    release = () => undefined;
    const held = () =>
      new Promise<void>((resolve) => {
        release = resolve;
        if (!isBusy()) resolve();
      });
    // A frame of another origin may be refused it; then the tab is not kept awake.
    navigator.locks?.request(`mlvicx-tab-${crypto.randomUUID()}`, held).catch(() => undefined);
  });
}

let screenLock: WakeLockSentinel | null = null;

export async function keepScreenOn(wanted: boolean): Promise<void> {
  useWatchdog.setState({ screenOn: wanted, screenRefused: null });
  await followScreen();
}

/** The browser takes the lock back whenever the page is hidden. */
async function followScreen(): Promise<void> {
  const wanted = useWatchdog.getState().screenOn && isBusy() && document.visibilityState === 'visible';
  if (!wanted) {
    await screenLock?.release();
    screenLock = null;
    return;
  }
  if (screenLock && !screenLock.released) return;
  try {
    if (!navigator.wakeLock) throw new Error('this browser does not offer it');
    screenLock = await navigator.wakeLock.request('screen');
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    useWatchdog.setState({ screenOn: false, screenRefused: reason });
  }
}

/** What the page does when it may be about to go: the engine writes while it still can. */
function saveIfGoing(): void {
  if (isBusy())
    void currentClient()
      .engine.saveNow()
      .catch(() => undefined);
}

/** Begins to watch, once for the life of the page, and offers what was cut off before. */
export function watchRuns(): void {
  if (globalThis.__faults) globalThis.__engine = () => currentClient().engine as unknown as EngineApi;
  setInterval(() => void beat(), BEAT_MS);
  const hidden = () => {
    if (document.visibilityState === 'hidden') saveIfGoing();
    void followScreen();
  };
  document.addEventListener('visibilitychange', hidden);
  document.addEventListener('freeze', saveIfGoing);
  window.addEventListener('pagehide', saveIfGoing);
  holdTab();
  useSession.subscribe((now, before) => {
    if (now.status.state !== before.status.state) void followScreen();
  });
  onWorkerFault((error) => void workerLost(error instanceof Error ? error.message : String(error)));
  keepFilmLists();
  // Where storage is refused there is nothing to offer.
  offerInterrupted().catch(() => undefined);
}
