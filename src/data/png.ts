// PNG below the surface: the chunk list, read by hand so that sizes are known and damage is named before any
// decoder runs, and 16-bit samples through fast-png, because the browser's decoder would cut them to 8.

import { decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { AppError } from '../util/errors.ts';
import { lumaOf } from './grayscale.ts';
import { checkSize, MAX_DEFLATE_RATIO } from './limits.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and check sum around the data of a chunk. */
const CHUNK_FRAME = 12;
/** What decoding needs. The rest is left away: profiles are compressed too, and can be bombs of their own. */
const NEEDED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
const PALETTE = 3;
/** By colour type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Chunk {
  readonly type: string;
  /** With its frame. */
  readonly bytes: Uint8Array;
}

export interface PngFile {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  readonly channels: number;
  readonly isPalette: boolean;
  readonly chunks: readonly Chunk[];
}

const corrupt = (detail: string, cause?: unknown) => new AppError('image-corrupt', detail, { cause });

/** @throws AppError `image-corrupt` (cut off, no header, too little data for its size), `image-too-large` */
export function readPng(bytes: Uint8Array): PngFile {
  const chunks = readChunks(bytes);
  const first = chunks[0];
  if (first?.type !== 'IHDR' || first.bytes.length !== CHUNK_FRAME + 13)
    throw corrupt('it has no PNG header.');
  const view = new DataView(first.bytes.buffer, first.bytes.byteOffset + 8);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height);
  const depth = view.getUint8(8);
  const colourType = view.getUint8(9);
  const channels = CHANNELS[colourType];
  if (!channels || ![1, 2, 4, 8, 16].includes(depth)) throw corrupt('its PNG header makes no sense.');
  let packed = 0;
  for (const { type, bytes: chunk } of chunks) if (type === 'IDAT') packed += chunk.length - CHUNK_FRAME;
  if (packed * MAX_DEFLATE_RATIO < (width * height * channels * depth) / 8) {
    throw corrupt(`it holds too little data for ${width} x ${height} pixels.`);
  }
  return { width, height, depth, channels, isPalette: colourType === PALETTE, chunks };
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_FRAME <= bytes.length) {
    const end = at + CHUNK_FRAME + view.getUint32(at);
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, bytes: bytes.subarray(at, end) });
    if (type === 'IEND') return chunks;
    at = end;
  }
  throw corrupt('the PNG file is cut off.');
}

/**
 * A PNG with 8 or 16 bits a sample, grey or colour, to 8-bit grey.
 * White is full scale; a 16-bit film that leaves its top bits empty (12-bit detectors) is scaled by the bits it
 * does use, and `bits` says how many those are.
 * @throws AppError `image-corrupt`, `image-unsupported` (palette)
 */
export function decodePngSamples(png: PngFile): { grey: Uint8Array; bits: number } {
  if (png.isPalette) throw new AppError('image-unsupported', 'palette colour.');
  refuseBomb(png);
  const { width, height, channels, depth } = png;
  const { data } = decodeNeeded(png);
  const bits = depth === 16 ? usedBits(data, channels) : 8;
  const toByte = 255 / (2 ** bits - 1);
  const toAlpha = 1 / (2 ** depth - 1);
  const pixels = width * height;
  const colours = channels >= 3 ? 3 : 1;
  const bytes = new Uint8Array(pixels * colours);
  const hasAlpha = channels === 2 || channels === 4;
  for (let i = 0; i < pixels; i++) {
    const alpha = hasAlpha ? data[i * channels + channels - 1]! * toAlpha : 1;
    for (let c = 0; c < colours; c++) {
      bytes[i * colours + c] = data[i * channels + c]! * alpha * toByte + 0.5;
    }
  }
  if (colours === 1) return { grey: bytes, bits };
  const grey = new Uint8Array(pixels);
  lumaOf(bytes, 3, grey);
  return { grey, bits };
}

function decodeNeeded(png: PngFile) {
  const parts = png.chunks.filter(({ type }) => NEEDED.has(type));
  const size = parts.reduce((sum, { bytes }) => sum + bytes.length, SIGNATURE_BYTES);
  const file = new Uint8Array(size);
  file.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  let at = SIGNATURE_BYTES;
  for (const { bytes } of parts) {
    file.set(bytes, at);
    at += bytes.length;
  }
  try {
    return decode(file, { checkCrc: true });
  } catch (thrown) {
    throw corrupt('the PNG data cannot be decoded.', thrown);
  }
}

/** fast-png inflates whatever it is given, so what would pass the size of the image is caught before. */
function refuseBomb({ chunks, width, height, channels, depth }: PngFile): void {
  // A filter byte a row; interlacing has at most twice the rows, and rows of seven passes are padded apart.
  const most = ((width * channels * depth) / 8 + 8) * height + 8 * (width + height) + 1024;
  let total = 0;
  const stream = new Unzlib((chunk) => {
    total += chunk.length;
    if (total > most) throw corrupt('its PNG data is longer than its size allows.');
  });
  try {
    for (const { type, bytes } of chunks) {
      if (type !== 'IDAT') continue;
      const piece = 16_384;
      for (let at = 8; at < bytes.length - 4; at += piece) {
        stream.push(bytes.subarray(at, Math.min(at + piece, bytes.length - 4)));
      }
    }
    stream.push(new Uint8Array(0), true);
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : corrupt('the PNG data cannot be inflated.', thrown);
  }
}

/** Bits that the brightest colour sample needs, at least 8; alpha does not count. */
function usedBits(data: ArrayLike<number>, channels: number): number {
  const colours = channels === 2 ? 1 : Math.min(channels, 3);
  let all = 0;
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < colours; c++) all |= data[i + c]!;
  }
  return Math.max(8, 32 - Math.clz32(all));
}
