// Binary PGM (netpbm P5), 8 or 16 bits: the plainest way to write a grey picture. Films out of array files (npz.ts)
// are handed on in it, so that everything behind the reader meets one kind of thing: a film in a file.

import { AppError } from '../../util/errors.ts';
import { plainRecipe } from '../grayscale.ts';
import { checkSize } from '../limits.ts';
import type { Picture } from '../picture.ts';

const HEADER_BYTES = 128;
/** Magic, width, height, highest value, one white space; comments may stand between. */
const HEADER = /^P5(?:\s+(?:#[^\n]*\n)*)(\d+)(?:\s+(?:#[^\n]*\n)*)(\d+)(?:\s+(?:#[^\n]*\n)*)(\d+)\s/;

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
  const head = HEADER.exec(String.fromCharCode(...bytes.subarray(0, HEADER_BYTES)));
  if (!head) throw new AppError('image-corrupt', 'its PGM header makes no sense.');
  const [width, height, highest] = head.slice(1, 4).map(Number) as [number, number, number];
  checkSize(width, height);
  if (highest < 1 || highest > 65_535) throw new AppError('image-corrupt', 'its PGM header makes no sense.');
  const size = highest > 255 ? 2 : 1;
  const data = bytes.subarray(head[0].length);
  if (data.length < width * height * size) throw new AppError('image-corrupt', 'the PGM file is cut off.');
  if (size === 1) return { width, height, highest, values: data.slice(0, width * height) };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = Uint16Array.from({ length: width * height }, (_, i) => view.getUint16(2 * i));
  return { width, height, highest, values };
}

/** @throws AppError `image-corrupt`, `image-too-large` */
export function decodePgmFile(bytes: Uint8Array): Picture {
  const { width, height, values, highest } = readPgm(bytes);
  const recipe = highest === 255 ? null : plainRecipe(Math.log2(highest + 1));
  return { width, height, values, recipe, pixelAspect: 1, notes: [] };
}
