// What a file may ask for. Every size that a header claims passes here before anything is allocated for it,
// so that a few lying bytes cannot claim gigabytes.

import { AppError } from '../util/errors.ts';
import { workload } from './workload.ts';

/** px */
export const MAX_SIDE = 16_384;
/** px; twice the largest detector on sale, and what one worker holds several copies of without strain. */
const MAX_PIXELS = 2 ** 25;
/** bytes of one file, and of one data set after inflating */
export const MAX_FILE_BYTES = 2 ** 28;
export const MAX_INFLATED_BYTES = 2 ** 27;
/** Deflate cannot shrink anything further than this (RFC 1951: 258 bytes from two bits). */
export const MAX_DEFLATE_RATIO = 1032;

/** bytes at once for one film: compressed, decoded, and what the decoder needs in between */
const MAX_DECODE_BYTES = 2 ** 29;

/** @throws AppError `image-too-large` when decoding would take more memory than one film is given */
export function checkMemory(bytes: number, { width, height }: { width: number; height: number }): void {
  if (bytes <= MAX_DECODE_BYTES) return;
  const need = Math.ceil(bytes / 2 ** 20);
  throw new AppError('image-too-large', `decoding ${width} x ${height} pixels would take ${need} MiB.`);
}

/** @throws AppError `image-corrupt` for an empty image, `image-too-large` beyond the caps */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) {
    throw new AppError('image-corrupt', `it declares ${width} x ${height} pixels.`);
  }
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new AppError('image-too-large', `${width} x ${height} pixels.`);
  }
  if (width * height > MAX_PIXELS) {
    throw new AppError('image-too-large', `${width} x ${height} is more than 33 million pixels.`);
  }
  workload.pixels(width * height);
}
