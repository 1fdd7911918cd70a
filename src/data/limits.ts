// What a file may ask for. Every size that a header claims passes here before anything is allocated for it,
// so that a few lying bytes cannot claim gigabytes. A film under way also tells here those who watch its time: that it waits
// for something that is not its own doing (a codec that loads, bytes from a slow disk), and how many pixels it has, which
// decides how much work it may take. The decode worker listens; elsewhere nobody does.

import { AppError } from '../util/errors.ts';

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

export const workload = {
  waits: (_isWaiting: boolean): void => {},
  /** px of all frames that will be decoded. */
  pixels: (_count: number): void => {},
};

let waiting = 0;

/** While `work` runs the film is not to blame for the time. */
export async function notBlamed<T>(work: () => Promise<T>): Promise<T> {
  waiting += 1;
  if (waiting === 1) workload.waits(true);
  try {
    return await work();
  } finally {
    waiting -= 1;
    if (waiting === 0) workload.waits(false);
  }
}
