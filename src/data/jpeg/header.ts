// The header of a JPEG or JPEG-LS stream, read by hand so that sizes are known before anything is allocated, and
// whether the stream is whole.

import { AppError } from '../../util/errors.ts';
import { checkSize } from '../limits.ts';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** Bits per sample. */
  readonly precision: number;
  /** Second byte of the frame marker: c0 baseline, c1 extended, c2 progressive, c3 lossless, f7 JPEG-LS. */
  readonly process: number;
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const JPEG_LS = 0xf7;
/** A block of 64 pixels takes at least one bit, whatever the process; JPEG-LS shortens runs further. */
const MAX_PIXELS_PER_BYTE = 512;
const MAX_PIXELS_PER_BYTE_LS = 16_384;
/** c0..cf are frame headers, apart from these three. */
const NOT_A_FRAME = new Set([0xc4, 0xc8, 0xcc]);

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

const isFrame = (marker: number) =>
  marker === JPEG_LS || (marker >= 0xc0 && marker <= 0xcf && !NOT_A_FRAME.has(marker));

/** @throws AppError `image-corrupt`, `image-too-large` */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  if (bytes[0] !== MARKER || bytes[1] !== 0xd8) throw corrupt('its pixels do not begin as JPEG does.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== MARKER) throw corrupt('a JPEG marker is missing.');
    const marker = bytes[at + 1]!;
    if (marker === MARKER) {
      at += 1;
      continue;
    }
    if (isFrame(marker)) return readFrameHeader(view, at, marker);
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) break;
    at += 2 + view.getUint16(at + 2);
  }
  throw corrupt('it has no JPEG frame header.');
}

function readFrameHeader(view: DataView, at: number, process: number): JpegHeader {
  if (at + 10 > view.byteLength) throw corrupt('it is cut off in the JPEG header.');
  const header = {
    process,
    precision: view.getUint8(at + 4),
    height: view.getUint16(at + 5),
    width: view.getUint16(at + 7),
    components: view.getUint8(at + 9),
  };
  checkSize(header.width, header.height);
  const most = process === JPEG_LS ? MAX_PIXELS_PER_BYTE_LS : MAX_PIXELS_PER_BYTE;
  if (header.width * header.height > most * view.byteLength) {
    throw corrupt(`it holds too little data for ${header.width} x ${header.height} pixels.`);
  }
  return header;
}

/** Whether the stream has its end marker. */
export const hasJpegEnd = (bytes: Uint8Array): boolean => {
  for (let at = bytes.length - 2; at >= 2; at--) {
    if (bytes[at] === MARKER && bytes[at + 1] === END_OF_IMAGE) return true;
  }
  return false;
};

/** The stream with an end marker behind it. */
export function withJpegEnd(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([MARKER, END_OF_IMAGE], bytes.length);
  return ended;
}
