// The total loss of a run of any length in at most 64 means of equally many steps, for a small picture of its curve.

const BINS = 64;

export class LossThumbnail {
  #sums: number[] = [];
  #width = 1;
  #inLast = 0;

  add(value: number): void {
    if (this.#inLast === 0) {
      if (this.#sums.length === BINS) this.#halve();
      this.#sums.push(0);
    }
    this.#sums[this.#sums.length - 1]! += value;
    this.#inLast = (this.#inLast + 1) % this.#width;
  }

  /** The last one may be over fewer steps than the others. */
  means(): number[] {
    return this.#sums.map((sum, i) => {
      const partial = i === this.#sums.length - 1 && this.#inLast > 0;
      return sum / (partial ? this.#inLast : this.#width);
    });
  }

  #halve(): void {
    this.#sums = Array.from({ length: BINS / 2 }, (_, i) => this.#sums[2 * i]! + this.#sums[2 * i + 1]!);
    this.#width *= 2;
  }
}
