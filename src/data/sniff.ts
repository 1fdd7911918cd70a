// What a file is, by its first bytes and never by its name. Needs the first SNIFF_BYTES only, so that a large
// file of some other kind is turned away without being read.

import type { ImageFormat } from '../protocol/dataset.ts';

export const SNIFF_BYTES = 256;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];
const PGM_SIGNATURE = [0x50, 0x35];
const DICM = [0x44, 0x49, 0x43, 0x4d];
const PREAMBLE = 128;

const hasAt = (bytes: Uint8Array, at: number, wanted: readonly number[]): boolean =>
  wanted.every((byte, i) => bytes[at + i] === byte);

const isUpper = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x41 && byte <= 0x5a;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 9;

/** A part 10 file: 128 free bytes, then DICM. */
const startsWithPreamble = (bytes: Uint8Array): boolean => hasAt(bytes, PREAMBLE, DICM);

/** Where the elements of a DICOM file begin: behind DICM, with or without the free bytes before it. */
export function startOfFile(bytes: Uint8Array): number {
  if (startsWithPreamble(bytes)) return PREAMBLE + DICM.length;
  return hasAt(bytes, 0, DICM) ? DICM.length : 0;
}

/** A part 10 file that lost its preamble: element (0002,00xx) with two letters of VR, or a small length in implicit VR. */
export function startsWithMetaGroup(bytes: Uint8Array): boolean {
  if (!(bytes[0] === 2 && bytes[1] === 0 && bytes[3] === 0)) return false;
  const hasVr = isUpper(bytes[4]) && isUpper(bytes[5]);
  return hasVr || (bytes[4]! > 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0);
}

/** A bare data set: group 0008 in either byte order, then a VR or a believable 32-bit length. */
export function startsWithDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 8 && bytes[1] === 0;
  if (!littleEndian && !(bytes[0] === 0 && bytes[1] === 8)) return false;
  if (view.getUint16(2, littleEndian) > 0x2fff) return false;
  return (isUpper(bytes[4]) && isUpper(bytes[5])) || view.getUint32(4, littleEndian) <= 0xffff;
}

/** @param head the first bytes of a file. @returns null for anything that is no film */
export function sniff(head: Uint8Array): Exclude<ImageFormat, 'synthetic'> | null {
  if (hasAt(head, 0, PNG_SIGNATURE)) return 'png';
  if (hasAt(head, 0, JPEG_SIGNATURE)) return 'jpeg';
  if (hasAt(head, 0, PGM_SIGNATURE) && (isSpace(head[2]) || head[2] === 0x23)) return 'pgm';
  if (startOfFile(head) > 0 || startsWithMetaGroup(head) || startsWithDataSet(head)) return 'dicom';
  return null;
}
