// A growing column of numbers with a pyramid of extremes: for every block of 16, 256, 4096 ... values it knows
// where the smallest and the largest one stand, so a window of any length is summed up in a few dozen look-ups.
// Values that are not finite are kept for export and ignored by the pyramid. Storage grows by pieces and is never moved: the
// columns of a run all grow at the same step, and copying them all at once would hold the page.

const FANOUT = 16;
const NONE = 0xffffffff;

/** Where the extremes of a window stand: indices into the column. */
export interface Extremes {
  readonly low: number;
  readonly high: number;
}

/** Log2 of the numbers in a piece: values, and entries of a level of the pyramid. */
const VALUE_BITS = 10;
const INDEX_BITS = 8;

/** A growing array of numbers in pieces of one size. */
class Pieces<A extends Float64Array | Uint32Array> {
  readonly #bits: number;
  readonly #make: (length: number) => A;
  readonly #pieces: A[] = [];

  constructor(bits: number, make: (length: number) => A) {
    this.#bits = bits;
    this.#make = make;
  }

  at(index: number): number {
    return this.#pieces[index >>> this.#bits]![index & ((1 << this.#bits) - 1)]!;
  }

  set(index: number, value: number): void {
    this.reach(index);
    this.#pieces[index >>> this.#bits]![index & ((1 << this.#bits) - 1)] = value;
  }

  /** Makes room up to `index`. */
  reach(index: number): void {
    while (this.#pieces.length <= index >>> this.#bits) this.#pieces.push(this.#make(1 << this.#bits));
  }
}

const indices = () => new Pieces(INDEX_BITS, (length) => new Uint32Array(length).fill(NONE));

/** Per block where its extremes stand; NONE where nothing is finite. */
interface Level {
  readonly low: Pieces<Uint32Array>;
  readonly high: Pieces<Uint32Array>;
}

export class Column {
  readonly #values = new Pieces(VALUE_BITS, (length) => new Float64Array(length));
  #levels: Level[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** NaN outside the column. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#values.at(index) : Number.NaN;
  }

  /** A copy of the values so far. */
  toArray(): Float64Array {
    return Float64Array.from({ length: this.#length }, (_, index) => this.#values.at(index));
  }

  push(value: number): void {
    const index = this.#length++;
    this.#values.set(index, value);
    this.#note(index, value);
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    if (length >= this.#length) return;
    this.#length = length;
    this.#levels = [];
    for (let i = 0; i < length; i++) this.#note(i, this.#values.at(i));
  }

  /** The extremes among values [from, to), or null when none of them is finite. */
  extremes(from: number, to: number): Extremes | null {
    let low = NONE;
    let high = NONE;
    let index = Math.max(0, from);
    const end = Math.min(to, this.#length);
    while (index < end) {
      const { level, size } = this.#largestBlock(index, end);
      const block = index / size;
      const blockLow = level ? level.low.at(block) : this.#finite(index);
      const blockHigh = level ? level.high.at(block) : blockLow;
      if (blockLow !== NONE) {
        if (low === NONE || this.#values.at(blockLow) < this.#values.at(low)) low = blockLow;
        if (high === NONE || this.#values.at(blockHigh) > this.#values.at(high)) high = blockHigh;
      }
      index += size;
    }
    return low === NONE ? null : { low, high };
  }

  #finite(index: number): number {
    return Number.isFinite(this.#values.at(index)) ? index : NONE;
  }

  #largestBlock(index: number, end: number): { level: Level | null; size: number } {
    let level: Level | null = null;
    let size = 1;
    for (const candidate of this.#levels) {
      const next = size * FANOUT;
      if (index % next !== 0 || index + next > end) break;
      level = candidate;
      size = next;
    }
    return { level, size };
  }

  #note(index: number, value: number): void {
    let size = FANOUT;
    for (let depth = 0; size / FANOUT <= this.#length; depth++, size *= FANOUT) {
      const block = Math.floor(index / size);
      const level = this.#levelAt(depth, block);
      if (Number.isFinite(value)) this.#include(level, block, index, index);
    }
  }

  /** Widens a block by the values at two indices. */
  #include({ low, high }: Level, block: number, lowest: number, highest: number): void {
    const [nowLow, nowHigh] = [low.at(block), high.at(block)];
    if (nowLow === NONE || this.#values.at(lowest) < this.#values.at(nowLow)) low.set(block, lowest);
    if (nowHigh === NONE || this.#values.at(highest) > this.#values.at(nowHigh)) high.set(block, highest);
  }

  #levelAt(depth: number, block: number): Level {
    const level = this.#levels[depth] ?? this.#newLevel(depth);
    level.low.reach(block);
    level.high.reach(block);
    return level;
  }

  /** A new top level begins with one block, which inherits the extremes of everything already below it. */
  #newLevel(depth: number): Level {
    const level = { low: indices(), high: indices() };
    level.low.reach(0);
    level.high.reach(0);
    const below = this.#levels[depth - 1];
    for (let i = 0; below && i < FANOUT; i++) {
      if (below.low.at(i) !== NONE) this.#include(level, 0, below.low.at(i), below.high.at(i));
    }
    this.#levels[depth] = level;
    return level;
  }
}
