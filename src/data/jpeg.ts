// JPEG: its header, read by hand so that sizes are known before anything is allocated, and the door to
// libjpeg-turbo (WebAssembly, 8 bit), loaded when the first DICOM file needs it. Plain JPEG files go through the
// browser instead (raster.ts); DICOM needs the same bytes on every machine, and the browser manages colour.

import type { JpegDecoderModule } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { AppError } from '../util/errors.ts';
import { checkSize } from './limits.ts';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** Bits per sample. */
  readonly precision: number;
  /** Second byte of the frame marker: c0 baseline, c1 extended, c2 progressive, c3 lossless, c9.. arithmetic. */
  readonly process: number;
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** A block of 64 pixels takes at least one bit, whatever the process. */
const MAX_PIXELS_PER_BYTE = 512;
/** c0..cf are frame headers, apart from these three. */
const NOT_A_FRAME = new Set([0xc4, 0xc8, 0xcc]);

const corrupt = (detail: string, cause?: unknown) => new AppError('image-corrupt', detail, { cause });

/** @throws AppError `image-corrupt`, `image-too-large` */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== MARKER) throw corrupt('a JPEG marker is missing.');
    const marker = bytes[at + 1]!;
    if (marker === MARKER) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_A_FRAME.has(marker))
      return readFrameHeader(view, at, marker);
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
  if (header.width * header.height > MAX_PIXELS_PER_BYTE * view.byteLength) {
    throw corrupt(`it holds too little data for ${header.width} x ${header.height} pixels.`);
  }
  return header;
}

/** Whether the stream has its end marker; decoders fill the rest of a cut film with grey and say nothing. */
export const isJpegWhole = (bytes: Uint8Array): boolean => {
  for (let at = bytes.length - 2; at >= 2; at--) {
    if (bytes[at] === MARKER && bytes[at + 1] === END_OF_IMAGE) return true;
  }
  return false;
};

export interface JpegPixels {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** width * height * components bytes, interleaved; colour is red, green, blue. */
  readonly samples: Uint8Array;
}

let loading: Promise<JpegDecoderModule> | null = null;

function loadCodec(): Promise<JpegDecoderModule> {
  loading ??= (async () => {
    const [glue, wasm] = await Promise.all([
      import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs'),
      import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url'),
    ]);
    return glue.default({ locateFile: () => wasm.default, print: () => {}, printErr: () => {} });
  })();
  loading.catch(() => {
    loading = null;
  });
  return loading;
}

/** One 8-bit JPEG stream. @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
export async function decodeJpeg(bytes: Uint8Array): Promise<JpegPixels> {
  const header = readJpegHeader(bytes);
  if (header.precision !== 8) throw new AppError('image-unsupported', `${header.precision}-bit JPEG.`);
  if (header.process > 0xc2) throw new AppError('image-unsupported', 'lossless or arithmetic JPEG.');
  if (!isJpegWhole(bytes)) throw corrupt('the JPEG data is cut off.');
  const codec = await loadCodec();
  const decoder = new codec.JPEGDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount } = decoder.getFrameInfo();
    return { width, height, components: componentCount, samples: new Uint8Array(decoder.getDecodedBuffer()) };
  } catch (thrown) {
    // What the codec threw through may have left its heap in any state.
    loading = null;
    throw corrupt('the JPEG data cannot be decoded.', thrown);
  } finally {
    if (loading) decoder.delete();
  }
}
