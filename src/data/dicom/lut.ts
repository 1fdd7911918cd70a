// A lookup table as DICOM writes it (PS3.3 C.11.1.1): a descriptor of three words and the entries. Descriptors are often
// wrong about the entries, so what the data holds counts; what differed is told. Tables that cannot be used are
// dropped, because a film can do without them.

import { bitsOf, type Lut } from '../grayscale.ts';
import type { Tags } from './dicom.ts';

export const asSigned = (word: number, signed: boolean): number =>
  signed && word > 0x7fff ? word - 0x10000 : word;

const MOST_ENTRIES = 65_536;

export interface LutReading {
  /** Null: it cannot be used. */
  readonly lut: Lut | null;
  /** What descriptor and data disagree about, e.g. "says 4096 entries and holds 4000". */
  readonly doubts: readonly string[];
}

/**
 * Descriptor: number of entries (0 means 65536), first input, bits per entry.
 * @param signed whether inputs can be negative
 */
export function readLut(tags: Tags, descriptor: string, data: string, signed: boolean): LutReading {
  const [declared, first, bits] = tags.words(descriptor);
  const value = tags.value(data);
  if (declared === undefined || first === undefined || !value || value.length === 0) {
    return { lut: null, doubts: ['has no entries'] };
  }
  const entries = declared || MOST_ENTRIES;
  const isByte = isPacked(value, entries, bits ?? 16);
  const held = Math.min(isByte ? value.length : value.length >> 1, MOST_ENTRIES);
  // A single byte behind packed entries makes their number even.
  const count = isByte && held === entries + 1 ? entries : held;
  if (count === 0) return { lut: null, doubts: ['has no entries'] };
  const values = isByte ? value.slice(0, count) : Uint16Array.from(tags.words(data, count));
  const isSaid = bits !== undefined && bits >= 1 && bits <= 16;
  return {
    lut: { first: asSigned(first, signed), values, bits: isSaid ? bits : bitsOf(values) },
    doubts: [
      ...(count === entries ? [] : [`says ${entries} entries and holds ${count}`]),
      ...(isSaid ? [] : [`says ${bits ?? 'nothing of its'} bits`]),
    ],
  };
}

/** Entries of 8 bits lie in words of their own or two to a word; where the number fits neither, empty high bytes tell. */
function isPacked(value: Uint8Array, entries: number, bits: number): boolean {
  if (bits > 8 || value.length >= 2 * entries) return false;
  if (value.length - entries === 0 || value.length - entries === 1) return true;
  return value.some((byte, i) => i % 2 === 1 && byte !== 0);
}
