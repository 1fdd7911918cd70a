// Palette colour (PS3.3 C.7.9): three tables from index to red, green and blue, turned to one table of grey.
// Segmented tables are refused by name.

import { AppError } from '../../util/errors.ts';
import type { Lut, StoredValues } from '../grayscale.ts';
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
  const luts = TABLES.map(([descriptor, data]) => readLut(tags, descriptor, data, false));
  const [red, green, blue] = luts;
  if (!red || !green || !blue) throw unsupported('palette colour without a palette.');
  const grey = Uint8Array.from(red.values, (_, i) => {
    const [r, g, b] = [byteAt(red, i), byteAt(green, i), byteAt(blue, i)];
    return (299 * r + 587 * g + 114 * b + 500) / 1000;
  });
  const last = grey.length - 1;
  return Uint8Array.from(indices, (index) => grey[Math.min(Math.max(index - red.first, 0), last)]!);
}

function byteAt({ values, bits }: Lut, i: number): number {
  const value = values[Math.min(i, values.length - 1)]!;
  return bits > 8 ? value >> (bits - 8) : value;
}
