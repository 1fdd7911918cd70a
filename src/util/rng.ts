// Counter-based random numbers: a value is a pure function of (seed, stream, counter), so any step of any
// run can be replayed without its history, and results do not depend on who asked first.
// The mixer is the 32-bit finaliser of MurmurHash3, applied to each word in turn; statistical quality is
// enough for augmentation, shuffling and initialisation, not for cryptography.

/** Named streams, so that drawing more of one kind never shifts another. */
const STREAMS = {
  init: 1,
  order: 2,
  view1: 3,
  view2: 4,
  split: 5,
  synthetic: 6,
  share: 7,
  bootstrap: 8,
  probe: 9,
  randomEncoder: 10,
  rotation1: 11,
  rotation2: 12,
  watched: 13,
  map: 14,
} as const;
export type StreamName = keyof typeof STREAMS;

function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit word for each tuple of 32-bit words. */
export function hashWords(...words: number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) h = mix((Math.imul(h, 5) + 0xe6546b64) ^ mix(word >>> 0));
  return h;
}

/** A 32-bit word for a text (FNV-1a, then mixed). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h >>> 0);
}

/** A sequence of numbers addressed by (seed, stream, key...); `counter` is its whole state. */
export class Rng {
  readonly #base: number;
  readonly #twin: number;
  counter = 0;

  constructor(seed: number, stream: StreamName, ...key: number[]) {
    this.#base = hashWords(seed, STREAMS[stream], ...key);
    this.#twin = hashWords(this.#base, 0x5bd1e995);
  }

  /** Uniform over 0 .. 2^32 - 1. */
  word(): number {
    const c = this.counter++;
    return mix((this.#base + Math.imul(c, 0x9e3779b9)) ^ mix(this.#twin + c));
  }

  /** Uniform in [low, high), 32 bits of resolution. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.word() / 4294967296);
  }

  /** Uniform integer in 0 .. n - 1. */
  int(n: number): number {
    return Math.min(n - 1, Math.floor(this.uniform() * n));
  }

  /** True with probability p; p = 1 is always, p = 0 never. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Standard normal by Box and Muller; one value per two words, so the counter stays simple. */
  normal(): number {
    const u = 1 - this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A random order of 0 .. n - 1 (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }
}
