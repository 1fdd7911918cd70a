// What the form's configuration will need of the GPU. The engine plans it; it is asked a moment after the last change of
// a setting that a run is begun with, and an answer to an older question is dropped.

import { create } from 'zustand';
import { CONFIG_KEYS, type Config, SCHEMA } from '../../config/schema.ts';
import type { Budget } from '../../protocol/device.ts';
import type { DeviceFacts } from '../../protocol/engine.ts';
import { currentClient } from '../client.ts';

/** Long enough for a slider on its way, and short enough to be there within 200 ms of the last change. */
const WAIT_MS = 60;

/** The last answer; null before the first. */
export const useBudget = create<{ readonly budget: Budget | null }>()(() => ({ budget: null }));

const deciding = CONFIG_KEYS.filter((key) => SCHEMA[key].when === 'start');
let question: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks anew where settings, the device or the choice of kernels differ from the last question. */
export function planSoon(config: Config, facts: DeviceFacts | null): void {
  if (!facts) return;
  const next = JSON.stringify([deciding.map((key) => config[key]), facts]);
  if (next === question) return;
  question = next;
  clearTimeout(timer);
  timer = setTimeout(() => {
    currentClient()
      .engine.plan(config)
      .then(
        (budget) => {
          if (question === next) useBudget.setState({ budget });
        },
        // The engine has gone, which is said elsewhere; whoever opens another asks it again.
        () => {
          if (question === next) question = null;
        },
      );
  }, WAIT_MS);
}
