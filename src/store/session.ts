// The run at hand as the page sees it: the engine's state and what it said last. The acts of the transport, which
// change it, are in acts.ts. Curves are in series.ts, past runs in runs.ts; React never sees a single sample.

import { create } from 'zustand';
import type { Config } from '../config/schema.ts';
import { type DeviceFacts, EMPTY_STATUS, type RunStatus } from '../protocol/engine.ts';
import { toWire, type WireError } from '../util/errors.ts';
import { NO_VERDICT, type Verdict } from './curves/verdict.ts';

/** An act under way that has not been answered yet. */
export type Busy =
  | 'opening'
  | 'preparing'
  | 'pausing'
  | 'stepping'
  | 'stopping'
  | 'resetting'
  | 'saving'
  | 'importing';

export interface SessionState {
  readonly status: RunStatus;
  readonly facts: DeviceFacts | null;
  /** Nobody has asked for the engine yet: on a first visit it is read with the first press. */
  readonly asleep: boolean;
  readonly busy: Busy | null;
  /** Pipelines compiled so far, while that goes on. */
  readonly compile: { readonly done: number; readonly total: number } | null;
  /** The configuration of the prepared run, changes on the way included; null before the first. */
  readonly runConfig: Config | null;
  /** The run is over: its model can be evaluated and saved, the form is free for the next. */
  readonly ended: boolean;
  /** The set that the engine holds. */
  readonly engineData: { readonly name: string; readonly fingerprint: string; readonly films: number } | null;
  readonly imagesPerSecond: number | null;
  readonly memoryInUse: number | null;
  readonly memoryReserved: number | null;
  /** Steps of this run, how many of them waited for films, and for how long. */
  readonly dataWaits: { readonly steps: number; readonly waited: number; readonly seconds: number };
  readonly verdict: Verdict;
  readonly error: WireError | null;
}

export const NO_WAITS = { steps: 0, waited: 0, seconds: 0 };

export const useSession = create<SessionState>()(() => ({
  status: EMPTY_STATUS,
  facts: null,
  asleep: false,
  busy: null,
  compile: null,
  runConfig: null,
  ended: false,
  engineData: null,
  imagesPerSecond: null,
  memoryInUse: null,
  memoryReserved: null,
  dataWaits: NO_WAITS,
  verdict: NO_VERDICT,
  error: null,
}));

/** A run is prepared and not over: films and `start` settings are fixed. */
export const runExists = (state: SessionState): boolean => state.runConfig !== null && !state.ended;

export const showError = (thrown: unknown): void => {
  const error = toWire(thrown);
  if (error.code !== 'cancelled') useSession.setState({ error });
};
export const dismissError = (): void => useSession.setState({ error: null });
