// A DICOM file to grey values: its first frame, grey as it is, colour and palettes turned to grey by BT.601 luma,
// with the aspect of its pixels and what its tags say about the taking. A palette (PS3.3 C.7.9) is three tables, from index
// to red, green and blue; segmented ones are refused by name. Contrast is left to grayscale.ts.

import { AppError } from '../../util/errors.ts';
import { bitsOf, type Lut, lumaOf, plainRecipe, type StoredValues } from '../grayscale.ts';
import type { Picture } from '../picture.ts';
import type { Tags } from './dicom.ts';
import { type DicomHeader, isGrey } from './header.ts';
import { readLut } from './lut.ts';
import { decodeStored, type StoredImage } from './pixels.ts';

/** Larger distortions are errors in the file rather than pixels of that shape. */
const MAX_ASPECT = 8;

/** @throws AppError with the reason the file cannot be read */
export async function decodeDicomFile(bytes: Uint8Array): Promise<Picture> {
  return pictureOf(await decodeStored(bytes, { frames: 'first' }));
}

/** @param image its first frame. @throws AppError `dicom-unsupported` for colour that cannot be turned to grey */
export function pictureOf(image: StoredImage): Picture {
  const { cols: width, rows: height, frames, facts, recipe } = image.header;
  const notes = [...(frames > 1 ? [`first of ${frames} frames`] : []), ...image.notes];
  const size = { width, height, pixelAspect: aspectOf(image.header), ...facts };
  if (isGrey(image.header.photometric)) {
    if (image.samplesPerPixel === 1) return { ...size, values: image.values, recipe, notes };
    return {
      ...size,
      values: oneOfThree(image),
      recipe,
      notes: [...notes, 'its grey is stored three times'],
    };
  }
  return { ...size, ...greyOfColour(image), notes: [...notes, 'colour turned to grey'] };
}

/** Grey whose three samples are equal. @throws AppError `dicom-invalid` where they differ, so that nobody knows what they are */
function oneOfThree({ values, header }: StoredImage): StoredValues {
  const { photometric, rows, cols } = header;
  const one = values.slice(0, rows * cols);
  for (let i = 0; i < one.length; i++) {
    const value = values[3 * i]!;
    if (values[3 * i + 1] !== value || values[3 * i + 2] !== value) {
      throw new AppError('dicom-invalid', `${photometric} with 3 samples a pixel that differ.`);
    }
    one[i] = value;
  }
  return one;
}

function aspectOf({ pixelAspect }: DicomHeader): number {
  return pixelAspect >= 1 / MAX_ASPECT && pixelAspect <= MAX_ASPECT ? pixelAspect : 1;
}

function greyOfColour(image: StoredImage): Pick<Picture, 'values' | 'recipe'> {
  const { values, header, transferSyntax, dataSet } = image;
  const { photometric, bitsAllocated, bitsStored, rows, cols } = header;
  if (photometric === 'PALETTE COLOR') return { values: readPalette(dataSet.tags, values), recipe: null };
  if (!(values instanceof Uint8Array || values instanceof Uint16Array)) {
    throw new AppError('dicom-unsupported', `${header.signed ? 'signed ' : ''}${bitsAllocated}-bit colour.`);
  }
  const pixels = rows * cols;
  const grey = values instanceof Uint8Array ? new Uint8Array(pixels) : new Uint16Array(pixels);
  if (isLumaFirst(photometric, transferSyntax)) for (let i = 0; i < pixels; i++) grey[i] = values[3 * i]!;
  else lumaOf(values.subarray(0, 3 * pixels), 3, grey);
  return { values: grey, recipe: bitsStored === 8 ? null : plainRecipe(bitsStored) };
}

/** YBR pixels lead with their luma, unless the decoder turned them to red, green and blue (JPEG, and RCT and ICT). */
function isLumaFirst(photometric: DicomHeader['photometric'], transferSyntax: string): boolean {
  if (photometric !== 'YBR_FULL' && photometric !== 'YBR_FULL_422') return false;
  return !/^1\.2\.840\.10008\.1\.2\.4\.5\d$/.test(transferSyntax);
}

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
