// Cosine nearest neighbours and their weighted vote, in double precision on the CPU: films are some thousands and the vote
// is exact, ties included. A bank of films is searched whole for every query; what the films are is the caller's business.

import { LABEL_POSITIVE, LABEL_UNKNOWN } from '../../protocol/dataset.ts';

/** Rows of features, films x dim, with what their length divides by. */
export interface Bank {
  readonly features: Float32Array;
  readonly dim: number;
  /** The films that stand in the bank, rows of `features`; their place here breaks ties. */
  readonly rows: Uint32Array;
  /** 1 / length of each of them; 0 for a film without features, which is like nothing. */
  readonly inverse: Float64Array;
}

function inverseLength(features: Float32Array, dim: number, row: number): number {
  let squares = 0;
  for (let j = row * dim; j < (row + 1) * dim; j++) squares += features[j]! ** 2;
  return squares > 0 ? 1 / Math.sqrt(squares) : 0;
}

export const bankOf = (features: Float32Array, dim: number, rows: Uint32Array): Bank => ({
  features,
  dim,
  rows,
  inverse: Float64Array.from(rows, (row) => inverseLength(features, dim, row)),
});

export interface Neighbours {
  /** Places in the bank, the nearest first, equal ones in the order of the bank. */
  readonly places: Uint32Array;
  readonly cosines: Float64Array;
}

/** The `k` films of the bank that are nearest to film `row` of `features` by cosine; all of them where there are fewer. */
export function nearest(bank: Bank, features: Float32Array, row: number, k: number): Neighbours {
  const size = Math.min(k, bank.rows.length);
  const places = new Uint32Array(size);
  const cosines = new Float64Array(size);
  const inverse = inverseLength(features, bank.dim, row);
  let found = 0;
  for (let place = 0; place < bank.rows.length; place++) {
    const cosine = dot(bank, place, features, row) * bank.inverse[place]! * inverse;
    if (found === size && cosine <= cosines[size - 1]!) continue;
    let at = found < size ? found++ : size - 1;
    for (; at > 0 && cosines[at - 1]! < cosine; at--) {
      cosines[at] = cosines[at - 1]!;
      places[at] = places[at - 1]!;
    }
    cosines[at] = cosine;
    places[at] = place;
  }
  return { places, cosines };
}

/** Four sums side by side, which a processor adds at once. */
function dot({ features: bank, dim, rows }: Bank, place: number, features: Float32Array, row: number) {
  const [a, b] = [rows[place]! * dim, row * dim];
  const whole = dim - (dim % 4);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let j = 0; j < whole; j += 4) {
    s0 += bank[a + j]! * features[b + j]!;
    s1 += bank[a + j + 1]! * features[b + j + 1]!;
    s2 += bank[a + j + 2]! * features[b + j + 2]!;
    s3 += bank[a + j + 3]! * features[b + j + 3]!;
  }
  for (let j = whole; j < dim; j++) s0 += bank[a + j]! * features[b + j]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * Share of the neighbours' weight exp(cosine / temperature) that lies on positive films. Neighbours whose label is unknown
 * have no vote; null where none has one.
 * @param labelOf label of the film at a place of the bank
 */
export function vote(
  { places, cosines }: Neighbours,
  temperature: number,
  labelOf: (place: number) => number,
): number | null {
  // Against the nearest, so that no weight overflows at a small temperature.
  const most = cosines[0] ?? 0;
  let positive = 0;
  let all = 0;
  for (let i = 0; i < places.length; i++) {
    const label = labelOf(places[i]!);
    if (label === LABEL_UNKNOWN) continue;
    const weight = Math.exp((cosines[i]! - most) / temperature);
    all += weight;
    if (label === LABEL_POSITIVE) positive += weight;
  }
  return all > 0 ? positive / all : null;
}
