// A growing column of numbers with a pyramid of extremes: for every block of 16, 256, 4096 ... values it knows
// where the smallest and the largest one stand, so a window of any length is summed up in a few dozen look-ups.
// Values that are not finite are kept for export and ignored by the pyramid.

const FANOUT = 16;
const NONE = 0xffffffff;
const FIRST_CAPACITY = 1024;

/** Where the extremes of a window stand: indices into the column. */
export interface Extremes {
  readonly low: number;
  readonly high: number;
}

interface Level {
  low: Uint32Array;
  high: Uint32Array;
}

function grown<A extends Float64Array | Uint32Array>(array: A, length: number, make: (n: number) => A): A {
  if (length <= array.length) return array;
  const next = make(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}

const makeFloats = (n: number) => new Float64Array(n);
const makeIndices = (n: number) => new Uint32Array(n).fill(NONE);

export class Column {
  #values = new Float64Array(FIRST_CAPACITY);
  #levels: Level[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** NaN outside the column. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#values[index]! : Number.NaN;
  }

  /** The values so far; a view that stays valid until the next push. */
  view(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  push(value: number): void {
    const index = this.#length++;
    this.#values = grown(this.#values, this.#length, makeFloats);
    this.#values[index] = value;
    this.#note(index, value);
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    if (length >= this.#length) return;
    this.#length = length;
    this.#levels = [];
    for (let i = 0; i < length; i++) this.#note(i, this.#values[i]!);
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
      const blockLow = level ? level.low[block]! : this.#finite(index);
      const blockHigh = level ? level.high[block]! : blockLow;
      if (blockLow !== NONE) {
        if (low === NONE || this.#values[blockLow]! < this.#values[low]!) low = blockLow;
        if (high === NONE || this.#values[blockHigh]! > this.#values[high]!) high = blockHigh;
      }
      index += size;
    }
    return low === NONE ? null : { low, high };
  }

  #finite(index: number): number {
    return Number.isFinite(this.#values[index]) ? index : NONE;
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
      if (!Number.isFinite(value)) continue;
      const low = level.low[block]!;
      const high = level.high[block]!;
      if (low === NONE || value < this.#values[low]!) level.low[block] = index;
      if (high === NONE || value > this.#values[high]!) level.high[block] = index;
    }
  }

  #levelAt(depth: number, block: number): Level {
    const level = this.#levels[depth] ?? this.#newLevel(depth);
    level.low = grown(level.low, block + 1, makeIndices);
    level.high = grown(level.high, block + 1, makeIndices);
    return level;
  }

  /** A new top level begins with one block, which inherits the extremes of everything already below it. */
  #newLevel(depth: number): Level {
    const level = { low: makeIndices(FANOUT), high: makeIndices(FANOUT) };
    const below = this.#levels[depth - 1];
    if (below) {
      for (let i = 0; i < below.low.length; i++) {
        const low = below.low[i]!;
        const high = below.high[i]!;
        if (low === NONE) continue;
        const block = Math.floor(i / FANOUT);
        level.low = grown(level.low, block + 1, makeIndices);
        level.high = grown(level.high, block + 1, makeIndices);
        if (level.low[block] === NONE || this.#values[low]! < this.#values[level.low[block]!]!) {
          level.low[block] = low;
        }
        if (level.high[block] === NONE || this.#values[high]! > this.#values[level.high[block]!]!) {
          level.high[block] = high;
        }
      }
    }
    this.#levels[depth] = level;
    return level;
  }
}
