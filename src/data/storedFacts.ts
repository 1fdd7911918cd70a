// What is stored in a film, as numbers to compare with other readers: size, range, mean and a check sum of the stored
// values, before any rescale, table, window or inversion. All frames of a DICOM file count, one after the other.

import type { StoredFacts } from '../protocol/film.ts';
import { pictureOf } from './dicom/picture.ts';
import { decodeStored } from './dicom/pixels.ts';
import type { StoredValues } from './grayscale.ts';
import { decodeJpeg } from './jpeg/jpeg.ts';
import { type FilmBytes, readFilm } from './picture.ts';
import { readPgm } from './raster/pgm.ts';
import { readPng } from './raster/png.ts';
import { readPngSamples } from './raster/pngSamples.ts';

interface Stored {
  readonly transferSyntax: string;
  readonly rows: number;
  readonly cols: number;
  /** Colour interleaved by pixel. */
  readonly values: StoredValues;
}

async function readStored({ format, bytes }: FilmBytes): Promise<Stored> {
  switch (format) {
    case 'dicom': {
      const image = await decodeStored(bytes);
      // What could not be shown is refused here as well.
      pictureOf(image);
      return image;
    }
    case 'png': {
      const png = readPng(bytes);
      return { transferSyntax: format, rows: png.height, cols: png.width, values: await readPngSamples(png) };
    }
    case 'jpeg': {
      const { width, height, samples } = await decodeJpeg(bytes);
      return { transferSyntax: format, rows: height, cols: width, values: samples };
    }
    case 'pgm': {
      const { width, height, values } = readPgm(bytes);
      return { transferSyntax: format, rows: height, cols: width, values };
    }
    default:
      return format satisfies never;
  }
}

/** @throws AppError with the reason the film cannot be read */
export async function storedFacts(source: Blob): Promise<StoredFacts> {
  const { transferSyntax, rows, cols, values } = await readStored(await readFilm(source));
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  // Little endian, as on every platform a browser runs on.
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { transferSyntax, rows, cols, min, max, mean: sum / values.length, sha256 };
}
