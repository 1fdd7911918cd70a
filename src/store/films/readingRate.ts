// How fast a reading goes, and how long the rest will take: over the last seconds, because films from the cache and films to
// decode differ a hundredfold.

const WINDOW_MS = 12_000;
/** Nothing is said before this much was seen. */
const LEAST_MS = 1500;

export interface Timing {
  /** Films per second; null when there is too little to say. */
  readonly rate: number | null;
  readonly etaSeconds: number | null;
}

export class ReadingRate {
  readonly #seen: { at: number; done: number }[] = [];

  /** @param at in milliseconds */
  note(at: number, done: number, total: number): Timing {
    this.#seen.push({ at, done });
    while (this.#seen.length > 2 && at - this.#seen[1]!.at > WINDOW_MS) this.#seen.shift();
    const first = this.#seen[0]!;
    const passed = at - first.at;
    if (passed < LEAST_MS || done === first.done) return { rate: null, etaSeconds: null };
    const rate = (1000 * (done - first.done)) / passed;
    return { rate, etaSeconds: (total - done) / rate };
  }
}
