// One film, whatever its format: bytes to an 8-bit grey plane at training size, a thumbnail, and what the page
// should know about it. Each failure is an AppError that names its reason; the caller decides what to do with it.

import type { ImageFormat } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { isGrey } from './dicomHeader.ts';
import { decodeStored, type StoredImage } from './dicomPixels.ts';
import { lumaOf, toGrey } from './grayscale.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { decodeJpegFile, decodePngFile, type Raster } from './raster.ts';
import { type Plane, shrink } from './resize.ts';
import { SNIFF_BYTES, sniff } from './sniff.ts';

export interface DecodeOptions {
  /** Longest side of the stored plane, px. Smaller films keep their size. */
  readonly planeSize: number;
  /** Longest side of the thumbnail, px. */
  readonly thumbnailSize: number;
}

export interface DecodedFilm {
  /** width * height bytes, row-major, 0 is black. */
  readonly plane: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly format: Exclude<ImageFormat, 'synthetic'>;
  /** From the DICOM file. */
  readonly patientId?: string;
  /** Something the reader should know, e.g. "first of 3 frames". */
  readonly note?: string;
  readonly thumbnail: Plane;
}

/** Larger files are read only once their first bytes say that they are films. */
const READ_AT_ONCE = 2 ** 20;

interface Picture extends Raster {
  readonly patientId?: string;
}

/** @throws AppError `file-unreadable`, `format-unknown`, `image-*`, `dicom-*` */
export async function decodeFilm(source: Blob | ArrayBuffer, options: DecodeOptions): Promise<DecodedFilm> {
  const blob = source instanceof ArrayBuffer ? new Blob([source]) : source;
  if (blob.size === 0) throw new AppError('file-unreadable', 'it is empty.');
  const bytes = await readBytes(blob.size > READ_AT_ONCE ? blob.slice(0, SNIFF_BYTES) : blob);
  const format = sniff(bytes);
  if (!format) throw new AppError('format-unknown');
  if (blob.size > MAX_FILE_BYTES) throw new AppError('image-too-large', 'the file has more than 512 MiB.');
  const whole = blob.size > READ_AT_ONCE ? await readBytes(blob) : bytes;
  const { plane: film, note, patientId } = await decodePicture(format, whole);
  const stored = shrink(film, options.planeSize);
  return {
    plane: stored.bytes,
    width: stored.width,
    height: stored.height,
    originalWidth: film.width,
    originalHeight: film.height,
    format,
    ...(patientId && { patientId }),
    ...(note && { note }),
    thumbnail: ownBytes(shrink(stored, options.thumbnailSize), stored),
  };
}

async function readBytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new AppError('file-unreadable', 'the system refused to read it.', { cause });
  }
}

function decodePicture(format: DecodedFilm['format'], bytes: Uint8Array<ArrayBuffer>): Promise<Picture> {
  switch (format) {
    case 'png':
      return decodePngFile(bytes);
    case 'jpeg':
      return decodeJpegFile(bytes);
    case 'dicom':
      return decodeDicomFile(bytes);
    default:
      return format satisfies never;
  }
}

async function decodeDicomFile(bytes: Uint8Array): Promise<Picture> {
  const image = await decodeStored(bytes, { frames: 'first' });
  const { cols: width, rows: height, patientId, frames } = image.header;
  const notes = frames > 1 ? [`first of ${frames} frames`] : [];
  const grey = isGrey(image.header.photometric) ? greyOf(image, notes) : greyOfColour(image, notes);
  return { plane: { width, height, bytes: grey }, patientId, note: notes.join('; ') };
}

function greyOf({ header, values }: StoredImage, notes: string[]): Uint8Array {
  const { plane, rule } = toGrey(values, header.recipe);
  if (rule === 'percentiles' && (header.recipe.window || header.recipe.voiLut)) {
    notes.push('its window shows nothing, so contrast is by percentiles');
  }
  return plane;
}

function greyOfColour({ header, values, transferSyntax }: StoredImage, notes: string[]): Uint8Array {
  const { photometric, bitsAllocated, rows, cols } = header;
  if (photometric === 'PALETTE COLOR') throw new AppError('dicom-unsupported', 'palette colour.');
  if (!(values instanceof Uint8Array)) {
    throw new AppError('dicom-unsupported', `${bitsAllocated}-bit colour.`);
  }
  notes.push('colour turned to grey');
  const grey = new Uint8Array(rows * cols);
  const isLumaFirst = photometric !== 'RGB' && !transferSyntax.startsWith('1.2.840.10008.1.2.4.');
  if (isLumaFirst) for (let i = 0; i < grey.length; i++) grey[i] = values[3 * i]!;
  else lumaOf(values, 3, grey);
  return grey;
}

/** A thumbnail as small as the plane would be the plane itself, and could not be transferred beside it. */
const ownBytes = (plane: Plane, other: Plane): Plane =>
  plane.bytes === other.bytes ? { ...plane, bytes: plane.bytes.slice() } : plane;
