// How long the rest of a run will take: the median of the last steps, which pauses and the slow first step cannot
// pull away.

import { commonValue, type StepSample } from '../../protocol/metrics.ts';

const WINDOW = 32;
const ENOUGH = 3;

export class RemainingTime {
  readonly #recent: number[] = [];

  add(sample: StepSample): void {
    this.#recent.push(commonValue(sample, 'speed/step-seconds'));
    if (this.#recent.length > WINDOW) this.#recent.shift();
  }

  /** Seconds for `steps` more steps; null until there are enough to say. */
  seconds(steps: number): number | null {
    if (this.#recent.length < ENOUGH) return null;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    return Math.max(0, steps) * sorted[Math.floor(sorted.length / 2)]!;
  }
}
