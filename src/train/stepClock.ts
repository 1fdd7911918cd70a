// How long steps take. Read-backs of neighbouring steps may arrive together, so the gap between two of them says
// nothing; the mean over the last few does. Pauses are left out.

const WINDOW = 8;

export class StepClock {
  #activeSeconds = 0;
  #last = 0;
  /** Active time at the end of the last steps, the start of the window first. */
  #ends: number[] = [];

  get activeSeconds(): number {
    return this.#activeSeconds;
  }

  /** When training went on, or the last read-back was there, in milliseconds. */
  get lastFinish(): number {
    return this.#last;
  }

  /** Takes over the time that was spent before. */
  resume(activeSeconds: number): void {
    this.#activeSeconds = activeSeconds;
    this.#ends = [activeSeconds];
  }

  /** Call when training begins or goes on; `now` in milliseconds. */
  start(now: number): void {
    this.#last = now;
    this.#ends = [this.#activeSeconds];
  }

  /** Call when a step's read-back is there. Returns the mean seconds of the last steps. */
  finish(now: number): number {
    this.#activeSeconds += (now - this.#last) / 1000;
    this.#last = now;
    this.#ends.push(this.#activeSeconds);
    if (this.#ends.length > WINDOW + 1) this.#ends.shift();
    return (this.#activeSeconds - this.#ends[0]!) / (this.#ends.length - 1);
  }
}
