// Binary PGM (netpbm P5), 8 or 16 bits: the plainest way to write a grey picture. Films out of array files (npz.ts)
// are handed on in it, so that everything behind the reader meets one kind of thing: a film in a file.

import { AppError } from '../../util/errors.ts';
import { plainRecipe } from '../grayscale.ts';
import { checkSize } from '../limits.ts';
import type { Picture } from '../picture.ts';
import { usedBits } from './png.ts';

const HASH = 0x23;
const isSpace = (byte: number) => byte === 0x20 || (byte >= 9 && byte <= 13);
const isBreak = (byte: number) => byte === 0x0a || byte === 0x0d;
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

const senseless = () => new AppError('image-corrupt', 'its PGM header makes no sense.');

/**
 * Width, height and highest value, and where the samples begin: one white space after them. Comments of any length and
 * number stand between, from "#" to the end of the line. @throws AppError `image-corrupt`
 */
function readHeader(bytes: Uint8Array): { readonly numbers: readonly number[]; readonly start: number } {
  const numbers: number[] = [];
  let at = 2;
  while (numbers.length < 3) {
    if (at >= bytes.length) throw senseless();
    if (bytes[at] === HASH) while (at < bytes.length && !isBreak(bytes[at]!)) at++;
    else if (isSpace(bytes[at]!)) at++;
    else if (isDigit(bytes[at]!)) {
      let value = 0;
      // More digits than any size has are no number.
      for (; isDigit(bytes[at] ?? 0) && value < 2 ** 31; at++) value = 10 * value + bytes[at]! - 0x30;
      numbers.push(value);
    } else throw senseless();
  }
  if (at >= bytes.length || !isSpace(bytes[at]!)) throw senseless();
  return { numbers, start: at + 1 };
}

export interface PgmSamples {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array | Uint16Array;
  readonly highest: number;
}

/** The head of a picture of this size; big-endian samples follow. */
export const pgmHeader = (width: number, height: number, bits: 8 | 16): string =>
  `P5 ${width} ${height} ${2 ** bits - 1}\n`;

/** @throws AppError `image-corrupt`, `image-too-large` */
export function readPgm(bytes: Uint8Array): PgmSamples {
  const { numbers, start } = readHeader(bytes);
  const [width, height, highest] = numbers as [number, number, number];
  checkSize(width, height);
  if (highest < 1 || highest > 65_535) throw senseless();
  const size = highest > 255 ? 2 : 1;
  const data = bytes.subarray(start);
  if (data.length < width * height * size) throw new AppError('image-corrupt', 'the PGM file is cut off.');
  if (size === 1) return { width, height, highest, values: data.slice(0, width * height) };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = Uint16Array.from({ length: width * height }, (_, i) => view.getUint16(2 * i));
  return { width, height, highest, values };
}

/** @throws AppError `image-corrupt`, `image-too-large` */
export function decodePgmFile(bytes: Uint8Array): Picture {
  const { width, height, values, highest } = readPgm(bytes);
  // Like a PNG of 16 bits: one that leaves its top bits empty is white where the bits it uses are.
  const bits = highest === 65_535 ? usedBits(values, 1) : Math.log2(highest + 1);
  const notes = bits < 16 && highest === 65_535 ? [`uses ${bits} of its 16 bits`] : [];
  const recipe = highest === 255 ? null : plainRecipe(bits);
  return { width, height, values, recipe, pixelAspect: 1, notes };
}
