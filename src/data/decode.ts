// One film, whatever its format: bytes to an 8-bit grey plane at training size, a thumbnail, and what the page
// should know about it. Each failure is an AppError that names its reason; the caller decides what to do with it. Decoded films are
// kept between visits, so what decoding yields has a version.

import type { FilmMeasures } from '../protocol/arrangement.ts';
import { toGrey } from './grayscale.ts';
import { decodePicture, type FileFormat, type Picture, readFilm, type TakingFacts } from './picture.ts';
import { measureFilm } from './quality/quality.ts';
import { type Plane, shrink } from './resize.ts';

export interface DecodeOptions {
  /** Longest side of the stored plane, px. Smaller films keep their size. */
  readonly planeSize: number;
  /** Longest side of the thumbnail, px. */
  readonly thumbnailSize: number;
}

export interface DecodedFilm extends TakingFacts {
  /** width * height bytes, row-major, 0 is black; square pixels. */
  readonly plane: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly format: FileFormat;
  /** Something the reader should know, e.g. "first of 3 frames". */
  readonly note?: string;
  readonly measures: FilmMeasures;
  readonly thumbnail: Plane;
}

/** @throws AppError `file-unreadable`, `file-empty`, `format-unknown`, `image-*`, `dicom-*` */
export async function decodeFilm(source: Blob | ArrayBuffer, options: DecodeOptions): Promise<DecodedFilm> {
  const film = await readFilm(source instanceof ArrayBuffer ? new Blob([source]) : source);
  const picture = await decodePicture(film);
  const { width, height, values, recipe, pixelAspect, notes, ...facts } = picture;
  const { bytes, doubts } = greyOf(values, recipe);
  const note = [...notes, ...doubts].join('; ');
  const stored = shrink({ width, height, bytes }, options.planeSize, pixelAspect);
  return {
    ...facts,
    plane: stored.bytes,
    width: stored.width,
    height: stored.height,
    originalWidth: width,
    originalHeight: height,
    format: film.format,
    ...(note && { note }),
    measures: measureFilm(stored.bytes, stored.width, stored.height),
    thumbnail: ownBytes(shrink(stored, options.thumbnailSize), stored),
  };
}

function greyOf(
  values: Picture['values'],
  recipe: Picture['recipe'],
): { bytes: Uint8Array; doubts: readonly string[] } {
  if (recipe === null) return { bytes: values as Uint8Array, doubts: [] };
  const { plane, doubts } = toGrey(values, recipe);
  return { bytes: plane, doubts };
}

/** A thumbnail as small as the plane would be the plane itself, and could not be transferred beside it. */
const ownBytes = (plane: Plane, other: Plane): Plane =>
  plane.bytes === other.bytes ? { ...plane, bytes: plane.bytes.slice() } : plane;

export const DECODE_VERSION = 2;

/** Names the options under which planes were made; planes of equal files and equal options are equal. */
export const decodeOptionsKey = (planeSize: number): string =>
  `version ${DECODE_VERSION}, ${planeSize} px, 8 bit`;
