// Looks at each step as it comes in: a loss that runs away, and a time in which no step came although the run was on,
// because the tab was frozen or the machine asleep.

import { commonValue, type StepSample } from '../../protocol/metrics.ts';
import { AppError } from '../../util/errors.ts';

/** Steps whose median is the measure. */
const WINDOW = 50;
const ENOUGH = 10;
/** A loss this many times its median will not come back. */
const EXPLOSION = 100;
/** A gap is longer than this, and than so many usual steps. */
const GAP_SECONDS = 5;
const GAP_STEPS = 10;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

export class StepWatch {
  #totals: number[] = [];
  #seconds: number[] = [];
  #last: number | null = null;
  readonly #bounded: boolean;

  /** `bounded`: the loss cannot run away (methods/record/method.ts). */
  constructor(bounded = false) {
    this.#bounded = bounded;
  }

  /** Steps begin, or go on after a halt. */
  start(now: number): void {
    this.#last = now;
  }

  /** The loss begins anew, as after going back. */
  forget(): void {
    this.#totals = [];
  }

  /** Seconds of standing still before this sample, or null. `now` in milliseconds. @throws AppError loss-exploded */
  see(sample: StepSample, now: number): number | null {
    const { step } = sample;
    const total = commonValue(sample, 'loss/total');
    const usual = median(this.#totals);
    if (!this.#bounded && this.#totals.length >= ENOUGH && total > EXPLOSION * usual) {
      const times = Math.round(total / usual).toLocaleString('en');
      throw new AppError('loss-exploded', `the total at step ${step} is ${times} times its median before.`);
    }
    this.#totals = [...this.#totals, total].slice(-WINDOW);
    return this.#gap(now);
  }

  #gap(now: number): number | null {
    const passed = (now - (this.#last ?? now)) / 1000;
    const usual = median(this.#seconds);
    const known = this.#seconds.length >= ENOUGH;
    this.#last = now;
    if (passed > GAP_SECONDS && known && passed > GAP_STEPS * usual) return passed;
    this.#seconds = [...this.#seconds, passed].slice(-WINDOW);
    return null;
  }
}

/** Losses of the device, to tell a mishap from a machine that cannot do it. */
export class LossLog {
  readonly #times: number[] = [];

  /** Enters a loss at `now`, in milliseconds; true when it was the third within ten minutes. */
  add(now: number): boolean {
    this.#times.push(now);
    return this.#times.filter((time) => now - time < 600_000).length >= 3;
  }

  clear(): void {
    this.#times.length = 0;
  }
}
