// Which films lie together: the nearest of one by cosine, the nearest of all, and clusters. Exact, on the CPU; what takes long is
// handed out in slices, so that whoever runs it can stop it.

import { Rng } from '../util/rng.ts';
import { along, principalDirections } from './directions.ts';
import type { Rows } from './spectrum.ts';

export interface Neighbour {
  /** Row of the features. */
  readonly row: number;
  readonly cosine: number;
}

/** The rows that point most nearly as row `of` does, itself left out. A row of zeros is at 0 from all. */
export function nearestByCosine({ values, films, dim }: Rows, of: number, count: number): Neighbour[] {
  const best: Neighbour[] = [];
  const own = lengthOf(values, of, dim);
  for (let row = 0; row < films; row++) {
    if (row === of) continue;
    let dot = 0;
    for (let j = 0; j < dim; j++) dot += values[of * dim + j]! * values[row * dim + j]!;
    const size = own * lengthOf(values, row, dim);
    const cosine = size > 0 ? dot / size : 0;
    if (best.length === count && cosine <= best.at(-1)!.cosine) continue;
    const place = best.findIndex((other) => other.cosine < cosine);
    best.splice(place < 0 ? best.length : place, 0, { row, cosine });
    best.length = Math.min(count, best.length);
  }
  return best;
}

function lengthOf(values: ArrayLike<number>, row: number, dim: number): number {
  let sum = 0;
  for (let j = 0, at = row * dim; j < dim; j++, at++) sum += values[at]! * values[at]!;
  return Math.sqrt(sum);
}

/** Directions that neighbours of all films and clusters are found in. */
export const REDUCED = 32;
/** They need not be exact. */
const ROUGHLY = { sweeps: 5, settled: 1e-3 };

/** Rows of length one, in the few directions in which they vary most: what cosines see, at a fraction of the work. */
export function reducedRows({ values, films, dim }: Rows): Rows {
  const unit = new Float32Array(films * dim);
  for (let row = 0; row < films; row++) {
    const length = lengthOf(values, row, dim);
    for (let j = 0, at = row * dim; j < dim; j++, at++) unit[at] = length > 0 ? values[at]! / length : 0;
  }
  const rows = { values: unit, films, dim };
  if (dim <= REDUCED) return rows;
  return { values: along(rows, principalDirections(rows, REDUCED, ROUGHLY)), films, dim: REDUCED };
}

export interface NearestOfAll {
  /** [films][count], each row itself first. */
  readonly rows: number[][];
  readonly distances: number[][];
}

/** The nearest of every row, itself first; gives back after each row how many are held against each other. */
export function* nearestOfAll(all: Rows, count: number): Generator<number, NearestOfAll> {
  const { films, dim } = all;
  const values = Float64Array.from(all.values);
  const found = new Int32Array(films * count);
  const squares = new Float64Array(films * count).fill(Number.POSITIVE_INFINITY);
  const enter = (of: number, row: number, square: number) => {
    const first = of * count;
    let place = first + count - 1;
    if (square >= squares[place]!) return;
    for (; place > first && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      found[place] = found[place - 1]!;
    }
    squares[place] = square;
    found[place] = row;
  };
  for (let of = 0; of < films; of++) {
    // Nothing comes before a row itself.
    enter(of, of, -1);
    for (let row = 0; row < of; row++) {
      let square = 0;
      for (let j = 0, a = of * dim, b = row * dim; j < dim; j++, a++, b++) {
        const apart = values[a]! - values[b]!;
        square += apart * apart;
      }
      enter(of, row, square);
      enter(row, of, square);
    }
    yield of + 1;
  }
  const listOf = (table: ArrayLike<number>, of: number) =>
    Array.from({ length: count }, (_, i) => table[of * count + i]!);
  const each = Array.from({ length: films }, (_, of) => of);
  return {
    rows: each.map((of) => listOf(found, of)),
    distances: each.map((of) => listOf(squares, of).map((square) => Math.sqrt(Math.max(0, square)))),
  };
}

const ROUNDS = 100;

/** Which of `count` clusters each row belongs to (k-means from k-means++ starts), the largest cluster first. */
export function clustersOf(rows: Rows, count: number, seed: number): Uint8Array {
  const { values, films, dim } = rows;
  const k = Math.min(count, films);
  const centres = startingCentres(rows, k, new Rng(seed, 'map', 1));
  const member = new Uint8Array(films);
  for (let round = 0; round < ROUNDS; round++) {
    let moved = 0;
    for (let row = 0; row < films; row++) {
      const nearest = nearestCentre(values, row * dim, centres, k, dim).centre;
      if (nearest !== member[row]) moved++;
      member[row] = nearest;
    }
    if (round > 0 && moved === 0) break;
    toMeans(rows, member, centres, k);
  }
  const sizes = new Uint32Array(k);
  for (const centre of member) sizes[centre] = sizes[centre]! + 1;
  const order = Array.from({ length: k }, (_, centre) => centre).sort(
    (a, b) => sizes[b]! - sizes[a]! || a - b,
  );
  return member.map((centre) => order.indexOf(centre));
}

function nearestCentre(
  values: ArrayLike<number>,
  from: number,
  centres: Float64Array,
  k: number,
  dim: number,
) {
  let best = { centre: 0, square: Number.POSITIVE_INFINITY };
  for (let centre = 0; centre < k; centre++) {
    let square = 0;
    for (let j = 0; j < dim; j++) square += (values[from + j]! - centres[centre * dim + j]!) ** 2;
    if (square < best.square) best = { centre, square };
  }
  return best;
}

/** Each next centre is drawn among the rows, the likelier the farther it is from those before. */
function startingCentres({ values, films, dim }: Rows, k: number, rng: Rng): Float64Array {
  const centres = new Float64Array(k * dim);
  let row = rng.int(films);
  for (let made = 0; made < k; made++) {
    for (let j = 0; j < dim; j++) centres[made * dim + j] = values[row * dim + j]!;
    const far = Float64Array.from(
      { length: films },
      (_, other) => nearestCentre(values, other * dim, centres, made + 1, dim).square,
    );
    row = drawn(far, rng.uniform());
  }
  return centres;
}

/** The first place up to which the weights make more than this share of all. */
function drawn(weights: Float64Array, share: number): number {
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  const place = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return Math.max(0, place);
}

function toMeans({ values, films, dim }: Rows, member: Uint8Array, centres: Float64Array, k: number): void {
  const sizes = new Uint32Array(k);
  const sums = new Float64Array(k * dim);
  for (let row = 0; row < films; row++) {
    const to = member[row]!;
    sizes[to] = sizes[to]! + 1;
    for (let j = 0; j < dim; j++) sums[to * dim + j] = sums[to * dim + j]! + values[row * dim + j]!;
  }
  // One that lost all its rows stays where it was.
  for (let at = 0; at < sums.length; at++) {
    const size = sizes[Math.floor(at / dim)]!;
    if (size > 0) centres[at] = sums[at]! / size;
  }
}
