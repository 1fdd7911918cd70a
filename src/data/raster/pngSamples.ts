// The samples of a PNG file, every depth, interlaced or not: inflated in one pass into the space its size asks for and
// not a byte more, then unfiltered in place. Our own, because the package at hand inflates whatever it is given and
// unpacks no interlaced film of few bits.

import { Unzlib } from 'fflate';
import { AppError } from '../../util/errors.ts';
import type { PngFile } from './png.ts';

const corrupt = (detail: string, cause?: unknown) => new AppError('image-corrupt', detail, { cause });

/** Start and step of each pass of Adam7, across and down. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const ALL_AT_ONCE = [[0, 0, 1, 1]] as const;

interface Pass {
  readonly left: number;
  readonly top: number;
  readonly acrossStep: number;
  readonly downStep: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row, its filter type aside. */
  readonly rowBytes: number;
}

function passesOf({ width, height, channels, depth, interlaced }: PngFile): Pass[] {
  const passes = (interlaced ? ADAM7 : ALL_AT_ONCE).map(([left, top, acrossStep, downStep]): Pass => {
    const across = Math.ceil((width - left) / acrossStep);
    const down = Math.ceil((height - top) / downStep);
    const rowBytes = Math.ceil((across * channels * depth) / 8);
    return { left, top, acrossStep, downStep, width: across, height: down, rowBytes };
  });
  return passes.filter((pass) => pass.width > 0 && pass.height > 0);
}

/**
 * @returns width * height * channels samples, 8 bits wide up to depth 8 and 16 bits wide above
 * @throws AppError `image-corrupt`
 */
export function readPngSamples(png: PngFile): Uint8Array | Uint16Array {
  const passes = passesOf(png);
  const raw = inflate(
    png.data,
    passes.reduce((sum, { rowBytes, height }) => sum + (rowBytes + 1) * height, 0),
  );
  const count = png.width * png.height * png.channels;
  const out = png.depth > 8 ? new Uint16Array(count) : new Uint8Array(count);
  const pixelBytes = Math.max(1, (png.channels * png.depth) / 8);
  let at = 0;
  for (const pass of passes) {
    let above: Uint8Array | null = null;
    for (let y = 0; y < pass.height; y++) {
      const row = raw.subarray(at + 1, at + 1 + pass.rowBytes);
      unfilter(raw[at]!, row, above, pixelBytes);
      place(png, pass, y, row, out);
      above = row;
      at += 1 + pass.rowBytes;
    }
  }
  return out;
}

function inflate(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let filled = 0;
  const stream = new Unzlib((chunk) => {
    if (filled + chunk.length > size) throw corrupt('its PNG data is longer than its size allows.');
    out.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    // In pieces, so that what swells is noticed early.
    const piece = 16_384;
    for (const part of parts) {
      for (let at = 0; at < part.length; at += piece) stream.push(part.subarray(at, at + piece));
    }
    stream.push(new Uint8Array(0), true);
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : corrupt('the PNG data cannot be inflated.', thrown);
  }
  if (filled < size) throw corrupt('its PNG data ends before the picture is full.');
  return out;
}

/** In place (PNG 9.2). @param distance bytes to the sample on the left, at least 1 */
function unfilter(type: number, row: Uint8Array, above: Uint8Array | null, distance: number): void {
  if (type === 0) return;
  if (type > 4) throw corrupt('its PNG data names a filter that does not exist.');
  for (let i = 0; i < row.length; i++) {
    const left = i >= distance ? row[i - distance]! : 0;
    const up = above ? above[i]! : 0;
    if (type === 1) row[i] = row[i]! + left;
    else if (type === 2) row[i] = row[i]! + up;
    else if (type === 3) row[i] = row[i]! + ((left + up) >> 1);
    else row[i] = row[i]! + paeth(left, up, above && i >= distance ? above[i - distance]! : 0);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** One row of a pass into its places. */
function place(
  { width, channels, depth }: PngFile,
  { left, top, acrossStep, downStep, width: across }: Pass,
  y: number,
  row: Uint8Array,
  out: Uint8Array | Uint16Array,
): void {
  const base = (top + y * downStep) * width * channels;
  const mask = (1 << depth) - 1;
  for (let x = 0; x < across; x++) {
    const to = base + (left + x * acrossStep) * channels;
    for (let c = 0; c < channels; c++) {
      const i = x * channels + c;
      if (depth === 8) out[to + c] = row[i]!;
      else if (depth === 16) out[to + c] = (row[2 * i]! << 8) | row[2 * i + 1]!;
      else out[to + c] = (row[(i * depth) >> 3]! >> (8 - depth - ((i * depth) & 7))) & mask;
    }
  }
}
