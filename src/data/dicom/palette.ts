// Palette colour (PS3.3 C.7.9): three tables from index to red, green and blue, turned to one table of grey.
// Segmented tables are refused by name.

import { AppError } from '../../util/errors.ts';
import { bitsOf, type Lut, type StoredValues } from '../grayscale.ts';
import type { Tags } from './dicom.ts';
import { readLut } from './lut.ts';

/** Descriptor and data of red, green and blue. */
const TABLES = [
  ['x00281101', 'x00281201'],
  ['x00281102', 'x00281202'],
  ['x00281103', 'x00281203'],
] as const;
const SEGMENTED_RED = 'x00281221';

const unsupported = (detail: string) => new AppError('dicom-unsupported', detail);

/** @returns grey bytes. @throws AppError `dicom-unsupported` where the palette is missing or segmented */
export function readPalette(tags: Tags, indices: StoredValues): Uint8Array {
  if (tags.has(SEGMENTED_RED)) throw unsupported('a segmented colour palette.');
  const [red, green, blue] = TABLES.map(([descriptor, data]) => readLut(tags, descriptor, data, false).lut);
  if (!red || !green || !blue) throw unsupported('palette colour without a palette.');
  const bits = Math.max(...[red, green, blue].map(usedBits));
  const grey = Uint8Array.from(red.values, (_, i) => {
    const [r, g, b] = [byteAt(red, i, bits), byteAt(green, i, bits), byteAt(blue, i, bits)];
    return (299 * r + 587 * g + 114 * b + 500) / 1000;
  });
  const last = grey.length - 1;
  return Uint8Array.from(indices, (index) => grey[Math.min(Math.max(index - red.first, 0), last)]!);
}

/** Tables that say 16 bits and hold 8 are shown by what they hold. */
const usedBits = ({ values, bits }: Lut): number => (bits > 8 && bitsOf(values) <= 8 ? 8 : bits);

function byteAt({ values }: Lut, i: number, bits: number): number {
  const value = values[Math.min(i, values.length - 1)]!;
  return bits > 8 ? value >> (bits - 8) : value;
}
