// A lookup table as DICOM writes it (PS3.3 C.11.1.1): a descriptor of three words and the entries. Tables that
// cannot be used are dropped, because a film can do without them.

import type { Lut } from '../grayscale.ts';
import type { Tags } from './dicom.ts';

export const asSigned = (word: number, signed: boolean): number =>
  signed && word > 0x7fff ? word - 0x10000 : word;

/**
 * Descriptor: number of entries (0 means 65536), first input, bits per entry.
 * @param signed whether inputs can be negative
 */
export function readLut(tags: Tags, descriptor: string, data: string, signed: boolean): Lut | null {
  const [declared, first, bits] = tags.words(descriptor);
  if (declared === undefined || first === undefined || bits === undefined) return null;
  const entries = declared || 65_536;
  const value = tags.value(data);
  if (!value || bits < 1 || bits > 16) return null;
  const packed = bits <= 8 && value.length < 2 * entries;
  const values = packed ? value.slice(0, entries) : Uint16Array.from(tags.words(data, entries));
  return values.length === entries ? { first: asSigned(first, signed), values, bits } : null;
}
