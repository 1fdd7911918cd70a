// PNG below the surface: the chunk list, read by hand so that sizes are known and damage is named before any
// decoder runs, and what it takes to turn samples of any colour type into grey without losing bits.

import { AppError } from '../../util/errors.ts';
import { lumaOf } from '../grayscale.ts';
import { checkMemory, checkSize, MAX_DEFLATE_RATIO } from '../limits.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and check sum around the data of a chunk. */
const CHUNK_FRAME = 12;
/** What decoding needs, and what is kept. Profiles are left away: they are compressed too, and can be bombs of their own. */
const NEEDED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const PALETTE = 3;
/** By colour type: samples a pixel, and the depths it may have. */
const COLOUR_TYPES: Record<number, { channels: number; depths: readonly number[] }> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

export interface PngFile {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  readonly channels: number;
  readonly interlaced: boolean;
  /** Red, green and blue of each entry. */
  readonly palette: Uint8Array | null;
  /** As the file has it: alpha of palette entries, or the one colour that is clear. */
  readonly transparency: Uint8Array | null;
  /** Deflated samples. */
  readonly data: readonly Uint8Array[];
}

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

/** @throws AppError `image-corrupt` (cut off, no header, too little data for its size), `image-too-large` */
export function readPng(bytes: Uint8Array): PngFile {
  const chunks = readChunks(bytes);
  const header = chunks.get('IHDR')?.[0];
  if (header?.length !== 13) throw corrupt('it has no PNG header.');
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height);
  const depth = header[8]!;
  const type = COLOUR_TYPES[header[9]!];
  if (!type?.depths.includes(depth) || header[12]! > 1) throw corrupt('its PNG header makes no sense.');
  const { channels } = type;
  const data = chunks.get('IDAT') ?? [];
  const packed = data.reduce((sum, { length }) => sum + length, 0);
  if (packed * MAX_DEFLATE_RATIO < (width * height * channels * depth) / 8) {
    throw corrupt(`it holds too little data for ${width} x ${height} pixels.`);
  }
  // Inflated rows, samples, grey values and their table look-ups.
  checkMemory(bytes.length + width * height * (2 * channels * Math.max(1, depth / 8) + 4), { width, height });
  const palette = header[9] === PALETTE ? (chunks.get('PLTE')?.[0] ?? null) : null;
  if (header[9] === PALETTE && !palette) throw corrupt('its PNG palette is missing.');
  const transparency = chunks.get('tRNS')?.[0] ?? null;
  return { width, height, depth, channels, interlaced: header[12] === 1, palette, transparency, data };
}

/** The data of the chunks that matter, by type. */
function readChunks(bytes: Uint8Array): Map<string, Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array[]>();
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_FRAME <= bytes.length) {
    const end = at + CHUNK_FRAME + view.getUint32(at);
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (NEEDED.has(type)) {
      if (view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4))) {
        throw corrupt('a check sum in the PNG file is wrong.');
      }
      chunks.set(type, [...(chunks.get(type) ?? []), bytes.subarray(at + 8, end - 4)]);
    }
    if (type === 'IEND') return chunks;
    at = end;
  }
  throw corrupt('the PNG file is cut off.');
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!;
  return (crc ^ 0xffffffff) >>> 0;
}

type Samples = Uint8Array | Uint16Array;

export interface PngGrey {
  /** width * height, 0 is black. */
  readonly values: Samples;
  /** White is 2^bits - 1. */
  readonly bits: number;
}

/**
 * Samples to grey: palette looked up, transparency laid over black, colour weighed by BT.601.
 * A 16-bit film that leaves its top bits empty (12-bit detectors) is white where the bits it does use are.
 * @param samples of the file, see pngSamples.ts
 */
export function greyOfSamples(png: PngFile, samples: Samples): PngGrey {
  if (png.palette) return { values: throughPalette(png, samples), bits: 8 };
  const { channels, depth } = png;
  if (channels === 1 && !png.transparency)
    return { values: samples, bits: depth > 8 ? usedBits(samples, 1) : depth };
  const values = flatten(png, samples);
  return { values, bits: depth > 8 ? usedBits(values, 1) : depth };
}

function throughPalette({ palette, transparency }: PngFile, samples: Samples): Uint8Array {
  const entries = new Uint8Array(256);
  lumaOf(palette!.subarray(0, 3 * Math.floor(palette!.length / 3)), 3, entries);
  for (const [i, alpha] of (transparency ?? []).entries()) entries[i] = (entries[i]! * alpha) / 255 + 0.5;
  return Uint8Array.from(samples, (index) => entries[index]!);
}

/** Grey of each pixel over black, in as many bits as the samples have. */
function flatten({ width, height, depth, channels, transparency }: PngFile, samples: Samples): Samples {
  const pixels = width * height;
  const values = depth > 8 ? new Uint16Array(pixels) : new Uint8Array(pixels);
  const colours = channels >= 3 ? 3 : 1;
  const hasAlpha = channels === 2 || channels === 4;
  const opaque = 2 ** depth - 1;
  const clear = hasAlpha ? null : clearColour(transparency, colours);
  for (let i = 0, at = 0; i < pixels; i++, at += channels) {
    const [red, green, blue] = [samples[at]!, samples[at + colours - 2] ?? 0, samples[at + colours - 1]!];
    const grey = colours === 1 ? red : (299 * red + 587 * green + 114 * blue) / 1000;
    const isClear = clear && red === clear[0] && (colours === 1 || (green === clear[1] && blue === clear[2]));
    const alpha = isClear ? 0 : hasAlpha ? samples[at + channels - 1]! / opaque : 1;
    values[i] = grey * alpha + 0.5;
  }
  return values;
}

function clearColour(transparency: Uint8Array | null, colours: number): number[] | null {
  if (!transparency || transparency.length < 2 * colours) return null;
  return Array.from({ length: colours }, (_, c) => (transparency[2 * c]! << 8) | transparency[2 * c + 1]!);
}

/** Bits that the brightest value needs, at least 8. */
export function usedBits(values: Samples, step: number): number {
  let all = 0;
  for (let i = 0; i < values.length; i += step) all |= values[i]!;
  return Math.max(8, 32 - Math.clz32(all));
}
