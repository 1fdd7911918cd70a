// The samples of a PNG file, every depth, interlaced or not: inflated in one pass into the space its size asks for and
// not a byte more, then unfiltered in place. Our own, because the package at hand inflates whatever it is given and
// unpacks no interlaced film of few bits, and a canvas makes four bytes of every grey one.

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
export async function readPngSamples(png: PngFile): Promise<Uint8Array | Uint16Array> {
  const passes = passesOf(png);
  const size = passes.reduce((sum, { rowBytes, height }) => sum + (rowBytes + 1) * height, 0);
  return samplesOf(png, passes, await inflate(png.data, size));
}

function samplesOf(png: PngFile, passes: readonly Pass[], raw: Uint8Array): Uint8Array | Uint16Array {
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

/** Packed bytes taken at a time, so that what swells is noticed early. */
const PIECE = 16_384;

function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE)
      yield part.subarray(at, at + PIECE) as Uint8Array<ArrayBuffer>;
  }
}

/** By the browser, which is quick; by fflate where that one minds what a PNG decoder passes over, such as bytes past the end. */
async function inflate(parts: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const out = new Filling(size);
  const { readable, writable } = new DecompressionStream('deflate');
  // What is wrong with the bytes is heard at the other end.
  feed(writable.getWriter(), parts).catch(() => undefined);
  try {
    const reader = readable.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) out.take(next.value);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    if (!out.full) return inflateTolerantly(parts, size);
  }
  return out.whole();
}

async function feed(
  writer: WritableStreamDefaultWriter<BufferSource>,
  parts: readonly Uint8Array[],
): Promise<void> {
  for (const piece of piecesOf(parts)) await writer.write(piece);
  await writer.close();
}

function inflateTolerantly(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Filling(size);
  const stream = new Unzlib((chunk) => out.take(chunk));
  try {
    for (const piece of piecesOf(parts)) stream.push(piece);
    stream.push(new Uint8Array(0), true);
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : corrupt('the PNG data cannot be inflated.', thrown);
  }
  return out.whole();
}

/** Takes bytes until it is full, and not one more. */
class Filling {
  readonly #bytes: Uint8Array;
  #filled = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  get full(): boolean {
    return this.#filled === this.#bytes.length;
  }

  /** @throws AppError image-corrupt */
  take(chunk: Uint8Array): void {
    if (this.#filled + chunk.length > this.#bytes.length) {
      throw corrupt('its PNG data is longer than its size allows.');
    }
    this.#bytes.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  /** @throws AppError image-corrupt */
  whole(): Uint8Array {
    if (!this.full) throw corrupt('its PNG data ends before the picture is full.');
    return this.#bytes;
  }
}

/** In place (PNG 9.2). @param distance bytes to the sample on the left, at least 1 */
function unfilter(type: number, row: Uint8Array, above: Uint8Array | null, distance: number): void {
  if (type === 0) return;
  if (type > 4) throw corrupt('its PNG data names a filter that does not exist.');
  if (type === 1) {
    for (let i = distance; i < row.length; i++) row[i] = row[i]! + row[i - distance]!;
  } else if (type === 2) {
    if (above) for (let i = 0; i < row.length; i++) row[i] = row[i]! + above[i]!;
  } else if (type === 3) {
    for (let i = 0; i < row.length; i++)
      row[i] = row[i]! + (((i >= distance ? row[i - distance]! : 0) + (above ? above[i]! : 0)) >> 1);
  } else if (!above) {
    for (let i = distance; i < row.length; i++) row[i] = row[i]! + row[i - distance]!;
  } else {
    for (let i = 0; i < Math.min(distance, row.length); i++) row[i] = row[i]! + above[i]!;
    for (let i = distance; i < row.length; i++)
      row[i] = row[i]! + paeth(row[i - distance]!, above[i]!, above[i - distance]!);
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
  if (depth === 8 && acrossStep === 1) {
    out.set(row, base);
    return;
  }
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
