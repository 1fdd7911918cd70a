// JPEG 2000 and HTJ2K streams: the size header (ISO 15444-1 A.5.1) read by hand, because codecs allocate what it
// claims, and the choice between OpenJPEG and OpenJPH by what the stream says of itself. Boxes of a .jp2 file
// around the stream are passed over.

import { AppError } from '../../util/errors.ts';
import { type CodedFrame, decodeWith, type ExpectedFrame } from '../codec.ts';
import { checkMemory, checkSize, MAX_SIDE } from '../limits.ts';

/** Start of codestream, then SIZ. */
const START = [0xff, 0x4f, 0xff, 0x51];
const START_WITHIN = 4096;
/** The marker of extended capabilities, which HTJ2K must carry (ISO 15444-15). */
const CAPABILITIES = 0xff50;
const TILE_PART = 0xff90;
const END = 0xffd9;
/** Blank films shrink without end; up to this many pixels any stream is believed. */
const ANY_PIXELS = 2 ** 22;
const MAX_PIXELS_PER_BYTE = 1024;
/** OpenJPEG keeps some 7 kB a tile. */
const MAX_TILES = 4096;

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

export interface Jpeg2000Header extends ExpectedFrame {
  readonly highThroughput: boolean;
  /** The codestream. */
  readonly stream: Uint8Array;
}

function findStart(bytes: Uint8Array): number {
  for (let at = 0; at < Math.min(START_WITHIN, bytes.length - 48); at++) {
    if (START.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  throw corrupt('its pixels do not begin as JPEG 2000 does.');
}

/** Width and height by the data set around the stream. */
type Size = Pick<ExpectedFrame, 'width' | 'height'>;

/** Main header up to the first tile part, by its lengths. */
function hasMarker(view: DataView, wanted: number): boolean {
  for (let at = 2; at + 4 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === wanted) return true;
    if (marker === TILE_PART || marker < 0xff00) return false;
  }
  return false;
}

/**
 * A size that no film has, over a single tile as large as the data set says: damage to eight bytes, which can be
 * mended. @returns the stream, copied if it was mended
 */
function mendSize(stream: Uint8Array, { width, height }: Size): Uint8Array {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const [right, bottom, tileWidth, tileHeight] = [8, 12, 24, 28].map((at) => view.getUint32(at));
  if (right! <= MAX_SIDE && bottom! <= MAX_SIDE) return stream;
  if (tileWidth !== width || tileHeight !== height) return stream;
  const copy = stream.slice();
  const mended = new DataView(copy.buffer);
  mended.setUint16(6, 0);
  mended.setUint32(8, width);
  mended.setUint32(12, height);
  return copy;
}

/** @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
function readJpeg2000Header(bytes: Uint8Array, size: Size): Jpeg2000Header {
  const stream = mendSize(bytes.subarray(findStart(bytes)), size);
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const long = (at: number) => view.getUint32(at);
  const [width, height] = [long(8) - long(16), long(12) - long(20)];
  checkSize(width, height);
  if (width * height > Math.max(ANY_PIXELS, MAX_PIXELS_PER_BYTE * bytes.length)) {
    throw corrupt(`it holds too little data for ${width} x ${height} pixels.`);
  }
  const tiles = Math.ceil(long(8) / long(24)) * Math.ceil(long(12) / long(28));
  if (!(tiles <= MAX_TILES)) throw corrupt('its JPEG 2000 tiles make no sense.');
  const samples = readSamples(stream, view.getUint16(40));
  return { width, height, ...samples, highThroughput: hasMarker(view, CAPABILITIES), stream };
}

function readSamples(
  stream: Uint8Array,
  components: number,
): Pick<ExpectedFrame, 'components' | 'precision'> {
  if (components !== 1 && components !== 3) {
    throw new AppError('image-unsupported', `JPEG 2000 with ${components} components.`);
  }
  if (stream.length < 42 + 3 * components) throw corrupt('it is cut off in the JPEG 2000 header.');
  const first = stream.subarray(42, 45);
  const precision = (first[0]! & 0x7f) + 1;
  if (precision > 16) throw new AppError('image-unsupported', `${precision}-bit JPEG 2000.`);
  for (let at = 42; at < 42 + 3 * components; at += 3) {
    const isPlain = stream[at] === first[0] && stream[at + 1] === 1 && stream[at + 2] === 1;
    if (!isPlain) throw new AppError('image-unsupported', 'JPEG 2000 with subsampled colour.');
  }
  return { components, precision };
}

/** @param size by the data set. @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
export async function decodeJpeg2000(bytes: Uint8Array, size: Size): Promise<CodedFrame> {
  const { highThroughput, stream, ...frame } = readJpeg2000Header(bytes, size);
  // Wavelets and image in 32 bits, beside the compressed bytes and three copies of the samples.
  const samples = frame.width * frame.height * frame.components;
  checkMemory(2 * bytes.length + samples * (frame.precision > 8 ? 14 : 11), frame);
  const ending = endOf(stream);
  if (ending === 'cut') throw corrupt('the JPEG 2000 data is cut off.');
  const codec = highThroughput ? 'htj2k' : 'jpeg-2000';
  if (ending === 'whole') return decodeWith(codec, stream, frame);
  const decoded = await decodeWith(codec, withEnd(stream.subarray(0, ending)), frame);
  return { ...decoded, note: 'its JPEG 2000 data has no end marker' };
}

function withEnd(stream: Uint8Array): Uint8Array {
  const ended = new Uint8Array(stream.length + 2);
  ended.set(stream);
  new DataView(ended.buffer).setUint16(stream.length, END);
  return ended;
}

/**
 * Walks the tile parts by their lengths: a cut stream would decode into a blurred film without a word.
 * @returns where the end marker belongs if every tile part is whole and only that is missing
 */
function endOf(stream: Uint8Array): 'whole' | 'cut' | number {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let at = 2;
  let tiles = 0;
  while (at + 12 <= stream.length) {
    const marker = view.getUint16(at);
    if (marker === TILE_PART) {
      const length = view.getUint32(at + 6);
      // It goes up to the end marker, which alone tells that it is whole.
      if (length === 0) return hasEnd(stream) ? 'whole' : 'cut';
      if (length < 14 || at + length > stream.length) return 'cut';
      at += length;
      tiles += 1;
    } else if (marker === END) return 'whole';
    else if (marker < 0xff01) return 'cut';
    else at += 2 + view.getUint16(at + 2);
  }
  if (at + 2 <= stream.length && view.getUint16(at) === END) return 'whole';
  // A byte may be there to make the length even.
  return tiles > 0 && stream.length - at <= 1 ? at : 'cut';
}

/** Padding may follow. */
function hasEnd(stream: Uint8Array): boolean {
  let end = stream.length;
  while (end > 2 && stream[end - 1] === 0) end -= 1;
  return stream[end - 2] === 0xff && stream[end - 1] === 0xd9;
}
