// Nearest neighbours among very many films. The GPU compares blocks of films in single precision, the host keeps the best of each
// query and a few more, and their similarities are computed again in double precision, so that the answer is that of
// vote.ts but for similarities closer than single precision tells apart.

import { keptZeros } from '../../gpu/backend.ts';
import { denseInputGrad } from '../../gpu/kernels/dense/dense.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { type Bank, bankOf, type Neighbours, nearest } from './vote.ts';

/** Products from which on the way to the GPU and back is worth it: some ten seconds on the CPU. */
export const MANY_PRODUCTS = 1e10;

/** Films of a block: queries, and films of the bank. Their table of similarities is read back whole. */
const QUERIES = 256;
const FILMS = 4096;
/** Candidates beyond those that are asked for. */
const SPARE = 32;

/** The best of a query so far, in no order but for the worst, which stands first. */
class Candidates {
  readonly places: Uint32Array;
  readonly #values: Float32Array;
  #found = 0;

  constructor(size: number) {
    this.places = new Uint32Array(size);
    this.#values = new Float32Array(size);
  }

  offer(row: Float32Array, begin: number, first: number, count: number): void {
    const size = this.places.length;
    for (let i = 0; i < count; i++) {
      const value = row[begin + i]!;
      if (this.#found < size) this.#rise(this.#found++, value, first + i);
      else if (value > this.#values[0]!) this.#sink(value, first + i);
    }
  }

  /** Places found, each once. */
  taken(): Uint32Array {
    return this.places.slice(0, this.#found).sort();
  }

  /** Puts a value at the end of the heap and lets it rise to where its parent is worse. */
  #rise(at: number, value: number, place: number): void {
    for (let parent = (at - 1) >> 1; at > 0 && this.#values[parent]! > value; parent = (at - 1) >> 1) {
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, value, place);
  }

  /** Replaces the worst. */
  #sink(value: number, place: number): void {
    const size = this.places.length;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#values[child + 1]! < this.#values[child]!) child++;
      if (this.#values[child]! >= value) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, value, place);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#values[from]!, this.places[from]!);
  }

  #put(at: number, value: number, place: number): void {
    this.#values[at] = value;
    this.places[at] = place;
  }
}

/** Rows of unit length, `size` of them, the missing ones zero. */
function unitRows({ features, dim, rows, inverse }: Bank, first: number, size: number): Float32Array {
  const block = new Float32Array(size * dim);
  for (let i = 0; i < Math.min(size, rows.length - first); i++) {
    const from = rows[first + i]! * dim;
    const scale = inverse[first + i]!;
    for (let j = 0; j < dim; j++) block[i * dim + j] = features[from + j]! * scale;
  }
  return block;
}

/** As `nearest` for each of `queries`, in their order. */
export async function nearestOfMany(
  runtime: Runtime,
  bank: Bank,
  queries: Uint32Array,
  k: number,
  yieldNow: () => Promise<void>,
): Promise<Neighbours[]> {
  const { features, dim } = bank;
  const asked = bankOf(features, dim, queries);
  const size = Math.min(k + SPARE, bank.rows.length);
  const candidates = Array.from(queries, () => new Candidates(size));
  const [films, block] = [keptZeros([FILMS, dim]), keptZeros([QUERIES, dim])];
  try {
    for (let first = 0; first < bank.rows.length; first += FILMS) {
      runtime.write(films, unitRows(bank, first, FILMS));
      const count = Math.min(FILMS, bank.rows.length - first);
      for (let begin = 0; begin < queries.length; begin += QUERIES) {
        runtime.write(block, unitRows(asked, begin, QUERIES));
        const alike = denseInputGrad.one({ dy: block, w: films }, {});
        const reading = runtime.read(alike, QUERIES * FILMS * 4);
        alike.dispose();
        const values = await reading;
        const end = Math.min(QUERIES, queries.length - begin);
        for (let i = 0; i < end; i++) candidates[begin + i]!.offer(values, i * FILMS, first, count);
        await yieldNow();
      }
    }
  } finally {
    films.dispose();
    block.dispose();
    runtime.trim();
  }
  return Array.from(queries, (film, i) => exact(bank, candidates[i]!.taken(), film, k));
}

/** The candidates in the order that double precision gives them. Rising places, so that equal ones keep the order of the bank. */
function exact(bank: Bank, candidates: Uint32Array, film: number, k: number): Neighbours {
  const few = bankOf(
    bank.features,
    bank.dim,
    candidates.map((place) => bank.rows[place]!),
  );
  const { places, cosines } = nearest(few, bank.features, film, k);
  return { places: places.map((place) => candidates[place]!), cosines };
}
