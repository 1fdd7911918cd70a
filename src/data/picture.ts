// One film, whatever its format, as grey values and how they are meant to be seen: what training, the viewer and the
// runner all start from. The format is told by the first bytes; each failure is an AppError that names its reason.

import type { ImageFormat, Taking } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { decodeDicomFile } from './dicom/picture.ts';
import type { GreyRecipe, StoredValues } from './grayscale.ts';
import { MAX_FILE_BYTES, notBlamed } from './limits.ts';
import { decodePgmFile } from './raster/pgm.ts';
import { decodeJpegFile, decodePngFile } from './raster/raster.ts';
import { SNIFF_BYTES, sniff } from './sniff.ts';

export type FileFormat = Exclude<ImageFormat, 'synthetic'>;

/** What a DICOM file says about whom it shows and how. */
export interface TakingFacts {
  readonly patientId?: string;
  readonly taking?: Taking;
}

export interface Picture extends TakingFacts {
  readonly width: number;
  readonly height: number;
  /** One per pixel, row-major. */
  readonly values: StoredValues;
  /** null: the values are 8-bit grey already. */
  readonly recipe: GreyRecipe | null;
  /** Height of a pixel over its width. */
  readonly pixelAspect: number;
  /** Something the reader should know, e.g. "first of 3 frames". */
  readonly notes: readonly string[];
}

/** Larger files are read only once their first bytes say that they are films. */
const READ_AT_ONCE = 2 ** 20;

export interface FilmBytes {
  readonly format: FileFormat;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @throws AppError `file-unreadable`, `file-empty`, `format-unknown`, `image-too-large` */
export async function readFilm(blob: Blob): Promise<FilmBytes> {
  if (blob.size === 0) throw new AppError('file-empty');
  const bytes = await readBytes(blob.size > READ_AT_ONCE ? blob.slice(0, SNIFF_BYTES) : blob);
  const format = sniff(bytes);
  if (!format) throw new AppError('format-unknown');
  if (blob.size > MAX_FILE_BYTES) throw new AppError('image-too-large', 'the file has more than 256 MiB.');
  return { format, bytes: blob.size > READ_AT_ONCE ? await readBytes(blob) : bytes };
}

async function readBytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await notBlamed(() => blob.arrayBuffer()));
  } catch (cause) {
    throw new AppError('file-unreadable', 'the system refused to read it.', { cause });
  }
}

/** @throws AppError `image-*`, `dicom-*` */
export async function decodePicture({ format, bytes }: FilmBytes): Promise<Picture> {
  switch (format) {
    case 'png':
      return decodePngFile(bytes);
    case 'jpeg':
      return decodeJpegFile(bytes);
    case 'dicom':
      return decodeDicomFile(bytes);
    case 'pgm':
      return decodePgmFile(bytes);
    default:
      return format satisfies never;
  }
}
