// One JPEG or JPEG-LS stream to samples, by the decoder its own header asks for: libjpeg-turbo for 8-bit DCT, CharLS
// for JPEG-LS, decoders of our own for lossless and for 12 bits. Plain JPEG files go through the browser instead
// (raster.ts); DICOM needs the same bytes on every machine, and the browser manages colour.

import { AppError } from '../../util/errors.ts';
import { type CodedFrame, decodeWith } from '../codec.ts';
import { checkMemory } from '../limits.ts';
import { decodeDctJpeg } from './dct.ts';
import { hasJpegEnd, type JpegHeader, readJpegHeader, withJpegEnd } from './header.ts';
import { decodeLosslessJpeg } from './lossless.ts';
import { requireAllScans } from './scans.ts';

const unsupported = (detail: string) => new AppError('image-unsupported', detail);

const NO_END = 'its JPEG data has no end marker';

const isDct = ({ process }: JpegHeader) => process <= 0xc2;

/** @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
export async function decodeJpeg(bytes: Uint8Array): Promise<CodedFrame> {
  const header = readJpegHeader(bytes);
  const { width, height, components, precision, process } = header;
  if (components !== 1 && components !== 3) {
    throw unsupported(components === 4 ? 'CMYK JPEG.' : `JPEG with ${components} components.`);
  }
  if (precision < 2 || precision > 16) throw unsupported(`${precision}-bit JPEG.`);
  // Compressed bytes, the codec's copy of them, and samples in its memory and in ours.
  checkMemory(2 * bytes.length + width * height * components * (precision > 8 ? 4 : 2), header);
  // CharLS wanders through its memory for seconds when data ends without a marker; before one it stops at once.
  if (process === 0xf7) return decodeWith('jpeg-ls', withJpegEnd(bytes), header);
  if (process === 0xc3) return toldOfEnd(bytes, decodeLosslessJpeg(bytes, header));
  if (!isDct(header)) throw unsupported('arithmetic or hierarchical JPEG.');
  if (precision !== 8 && precision !== 12) throw unsupported(`${precision}-bit JPEG.`);
  if (!hasJpegEnd(bytes)) return decodeEndless(bytes, header);
  return precision === 12 ? decodeDctJpeg(bytes, header) : decodeWith('jpeg', bytes, header);
}

const toldOfEnd = (bytes: Uint8Array, frame: CodedFrame): CodedFrame =>
  hasJpegEnd(bytes) ? frame : { ...frame, note: NO_END };

/** Only the marker is missing where every scan is there and whole; the decoder refuses one that is not. */
async function decodeEndless(bytes: Uint8Array, header: JpegHeader): Promise<CodedFrame> {
  try {
    requireAllScans(bytes, header.process === 0xc2);
    const ended = withJpegEnd(bytes);
    const frame =
      header.precision === 12 ? decodeDctJpeg(ended, header) : await decodeWith('jpeg', ended, header);
    return { ...frame, note: NO_END };
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'image-corrupt')) throw cause;
    throw new AppError('image-corrupt', 'the JPEG data is cut off.', { cause });
  }
}
