// One JPEG or JPEG-LS stream to samples, by the decoder its own header asks for: libjpeg-turbo for 8-bit DCT, CharLS
// for JPEG-LS, decoders of our own for lossless and for 12 bits. Plain JPEG files go through the browser instead
// (raster.ts); DICOM needs the same bytes on every machine, and the browser manages colour.

import { AppError } from '../../util/errors.ts';
import { type CodedFrame, decodeWith } from '../codec.ts';
import { checkMemory } from '../limits.ts';
import { decodeDctJpeg } from './dct.ts';
import { isJpegWhole, type JpegHeader, readJpegHeader } from './header.ts';
import { decodeLosslessJpeg } from './lossless.ts';

const unsupported = (detail: string) => new AppError('image-unsupported', detail);

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
  if (process === 0xf7) return decodeWith('jpeg-ls', withEnd(bytes), header);
  if (process === 0xc3) return decodeLosslessJpeg(bytes, header);
  if (!isDct(header)) throw unsupported('arithmetic or hierarchical JPEG.');
  if (precision === 12) return decodeDctJpeg(bytes, header);
  if (precision !== 8) throw unsupported(`${precision}-bit JPEG.`);
  if (!isJpegWhole(bytes)) throw new AppError('image-corrupt', 'the JPEG data is cut off.');
  return decodeWith('jpeg', bytes, header);
}

/** CharLS wanders through its memory for seconds when data ends without a marker; before one it stops at once. */
function withEnd(bytes: Uint8Array): Uint8Array {
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([0xff, 0xd9], bytes.length);
  return ended;
}
