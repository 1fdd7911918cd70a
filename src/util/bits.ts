// Squares of ones and zeros, kept small: as bits, and as runs for files that people may open.

/** Eight places a byte, the first in the lowest bit; above zero is one. */
export function packBits(inside: ArrayLike<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil(inside.length / 8));
  for (let at = 0; at < inside.length; at++) if (inside[at]! > 0) bits[at >> 3]! |= 1 << (at & 7);
  return bits;
}

export const bitAt = (bits: Uint8Array, at: number): number => (bits[at >> 3]! >> (at & 7)) & 1;

/** Bits as bytes of 0 and 1. */
export const unpackBits = (bits: Uint8Array, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => bitAt(bits, at));

/** Pairs of gap and length of what is one; a gap counts from the end of the run before. */
export function runsOf(bits: Uint8Array, length: number): number[] {
  const runs: number[] = [];
  let end = 0;
  for (let at = 0; at < length; at++) {
    if (!bitAt(bits, at)) continue;
    const from = at;
    while (at < length && bitAt(bits, at)) at++;
    runs.push(from - end, at - from);
    end = at;
  }
  return runs;
}

/** The same as ones in a table of zeros; runs that leave it are cut. */
export function insideOfRuns(runs: readonly number[], length: number): Uint8Array {
  const inside = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    at += runs[i]!;
    inside.fill(1, at, at + runs[i + 1]!);
    at += runs[i + 1]!;
  }
  return inside;
}
