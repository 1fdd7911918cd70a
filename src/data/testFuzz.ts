// Damage for tests: seeded changes to the bytes of a film, of the kinds that happen and of the kinds that are meant.
// The same seed and number always give the same bytes.

import { Rng } from '../util/rng.ts';

type Mutation = (bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]) => Uint8Array;

/** Numbers that break readers. */
const NASTY = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** Headers are where most decisions are made, so a third of all places lie in the first part of the file. */
const place = (bytes: Uint8Array, rng: Rng) =>
  rng.int(rng.chance(0.33) ? Math.min(1024, bytes.length) : bytes.length);

const MUTATIONS: readonly Mutation[] = [
  // A few bytes changed.
  (bytes, rng) => {
    const out = bytes.slice();
    for (let i = 1 + rng.int(8); i > 0; i--) out[place(out, rng)] = rng.int(256);
    return out;
  },
  // A few bits turned.
  (bytes, rng) => {
    const out = bytes.slice();
    for (let i = 1 + rng.int(16); i > 0; i--) {
      const at = place(out, rng);
      out[at] = out[at]! ^ (1 << rng.int(8));
    }
    return out;
  },
  // A number written over what is there, in either byte order.
  (bytes, rng) => {
    const out = bytes.slice();
    const view = new DataView(out.buffer);
    for (let i = 1 + rng.int(3); i > 0; i--) {
      const at = Math.min(place(out, rng), Math.max(0, out.length - 4));
      const value = NASTY[rng.int(NASTY.length)]!;
      if (out.length >= 4 && rng.chance(0.5)) view.setUint32(at, value, rng.chance(0.5));
      else if (out.length >= 4) view.setUint16(at, value & 0xffff, rng.chance(0.5));
    }
    return out;
  },
  // Cut off.
  (bytes, rng) => bytes.slice(0, place(bytes, rng)),
  // A piece left out.
  (bytes, rng) => {
    const at = place(bytes, rng);
    const end = Math.min(bytes.length, at + 1 + rng.int(64));
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(end)]);
  },
  // A piece of itself put in once more.
  (bytes, rng) => {
    const from = place(bytes, rng);
    const piece = bytes.subarray(from, from + 1 + rng.int(256));
    const at = place(bytes, rng);
    const out = new Uint8Array(bytes.length + piece.length);
    out.set(bytes.subarray(0, at));
    out.set(piece, at);
    out.set(bytes.subarray(at), at + piece.length);
    return out;
  },
  // A stretch of one value.
  (bytes, rng) =>
    bytes.slice().fill([0, 0xff, rng.int(256)][rng.int(3)]!, place(bytes, rng), place(bytes, rng)),
  // The head of one file on the body of another.
  (bytes, rng, others) => {
    const other = others[rng.int(others.length)]!;
    const head = bytes.subarray(0, place(bytes, rng));
    const out = new Uint8Array(Math.max(head.length, other.length));
    out.set(other);
    out.set(head);
    return out;
  },
];

/** @param number which of the endless row of mutations */
export function mutate(films: readonly Uint8Array[], seed: number, number: number): Uint8Array {
  const rng = new Rng(seed, 'synthetic', number);
  let bytes = films[rng.int(films.length)]!;
  for (let i = 1 + rng.int(2); i > 0 && bytes.length > 0; i--) {
    bytes = MUTATIONS[rng.int(MUTATIONS.length)]!(bytes, rng, films);
  }
  return bytes;
}
