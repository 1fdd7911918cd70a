// Films that look alike, among a hundred thousand, without comparing each with each: hashes that differ in at most n bits
// agree in at least one of n + 1 parts, so only films that share a part are compared.

import { QUALITY_LIMITS } from '../../protocol/arrangement.ts';
import { HASH_BITS } from './quality.ts';

const WORDS = Math.ceil(HASH_BITS / 32);
/** Films compared within one part; where more share it, as with thousands of empty frames, the earliest stand for all. */
const MOST_COMPARED = 2000;

export const NOT_DUPLICATE = -1;

/** The hash's hex digits as words. */
function wordsOf(hash: string): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let digit = 0; digit < hash.length; digit++) {
    words[digit >> 3]! |= Number.parseInt(hash[digit]!, 16) << (4 * (digit & 7));
  }
  return words;
}

function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (((fours + (fours >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

function distance(table: Uint32Array, a: number, b: number): number {
  let bits = 0;
  for (let i = 0; i < WORDS; i++) bits += onesIn((table[a * WORDS + i]! ^ table[b * WORDS + i]!) >>> 0);
  return bits;
}

/** Every `parts`-th bit, so that coarse and fine waves are in each part alike. */
function partOf(table: Uint32Array, film: number, part: number, parts: number): number {
  let key = 0;
  for (let bit = part; bit < HASH_BITS; bit += parts) {
    key = (key << 1) | ((table[film * WORDS + (bit >> 5)]! >>> (bit & 31)) & 1);
  }
  return key;
}

/**
 * Per film, the first film that it looks like, or NOT_DUPLICATE. Films without a hash are like none.
 * @param hashes as FilmMeasures has them
 */
export function findDuplicates(hashes: readonly string[]): Int32Array {
  const found = new Int32Array(hashes.length).fill(NOT_DUPLICATE);
  const firsts = new Map<string, number>();
  const films: number[] = [];
  hashes.forEach((hash, film) => {
    if (hash === '') return;
    const first = firsts.get(hash);
    if (first !== undefined) {
      found[film] = first;
      return;
    }
    firsts.set(hash, film);
    films.push(film);
  });
  const table = new Uint32Array(films.length * WORDS);
  films.forEach((film, at) => {
    table.set(wordsOf(hashes[film]!), at * WORDS);
  });
  compareWithinParts(films, table, found);
  // A copy of a copy is a copy of the first.
  for (let film = 0; film < found.length; film++) {
    const first = found[film]!;
    if (first >= 0 && found[first]! >= 0) found[film] = found[first]!;
  }
  return found;
}

function compareWithinParts(films: readonly number[], table: Uint32Array, found: Int32Array): void {
  const most = QUALITY_LIMITS.hashBits;
  const parts = most + 1;
  for (let part = 0; part < parts; part++) {
    const buckets = new Map<number, number[]>();
    for (let at = 0; at < films.length; at++) {
      const key = partOf(table, at, part, parts);
      const bucket = buckets.get(key);
      if (!bucket) {
        buckets.set(key, [at]);
        continue;
      }
      for (const other of bucket) {
        const film = films[at]!;
        if (found[film]! >= 0 && found[film]! <= films[other]!) break;
        if (distance(table, at, other) <= most) found[film] = films[other]!;
      }
      if (bucket.length < MOST_COMPARED) bucket.push(at);
    }
  }
}
