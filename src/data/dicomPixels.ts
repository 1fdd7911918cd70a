// Pixel data of a DICOM image to stored values: frames are found, decoded by the codec of their transfer syntax,
// cut to their stored bits and sign-extended. No rescale, no window, no inversion; that is grayscale.ts.
// Nothing is allocated beyond what the bytes in the file can fill.

import { AppError } from '../util/errors.ts';
import { type DicomDataSet, PIXEL_DATA, readDataSet } from './dicom.ts';
import { type DicomHeader, readHeader } from './dicomHeader.ts';
import { decodeRleFrame } from './dicomRle.ts';
import { codecOf } from './dicomSyntax.ts';
import type { StoredValues } from './grayscale.ts';
import { decodeJpeg } from './jpeg.ts';
import { MAX_FILE_BYTES } from './limits.ts';

export interface StoredImage {
  readonly header: DicomHeader;
  /** UID. */
  readonly transferSyntax: string;
  readonly rows: number;
  readonly cols: number;
  /** Frames in `values`. */
  readonly frames: number;
  readonly samplesPerPixel: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  /**
   * (word >> (high bit + 1 - bits stored)), cut to the stored bits and sign-extended; frame after frame, rows
   * from the top, colour interleaved by pixel. 8, 16 or 32 bits wide after the bits allocated.
   */
  readonly values: StoredValues;
}

const invalid = (detail: string) => new AppError('dicom-invalid', detail);

/** @throws AppError with the reason the file cannot be read */
export async function decodeStored(
  bytes: Uint8Array,
  { frames: wanted }: { frames: 'all' | 'first' } = { frames: 'all' },
): Promise<StoredImage> {
  const dataSet = readDataSet(bytes);
  const codec = codecOf(dataSet.syntax);
  const header = readHeader(dataSet);
  const most = wanted === 'first' ? 1 : header.frames;
  const words =
    codec === 'native' ? nativeWords(dataSet, header, most) : await codedWords(dataSet, header, most);
  const { rows, cols, samplesPerPixel, bitsStored, signed } = header;
  const frames = words.length / (rows * cols * samplesPerPixel);
  const values = maskWords(words, header);
  const transferSyntax = dataSet.syntax.uid;
  return { header, transferSyntax, rows, cols, frames, samplesPerPixel, bitsStored, signed, values };
}

type Words = Uint8Array | Uint16Array | Uint32Array;

const samplesPerFrame = ({ rows, cols, samplesPerPixel }: DicomHeader) => rows * cols * samplesPerPixel;

function nativeWords({ tags }: DicomDataSet, header: DicomHeader, most: number): Words {
  if (header.photometric === 'YBR_FULL_422') {
    throw new AppError('dicom-unsupported', 'uncompressed YBR_FULL_422 colour.');
  }
  if (tags.element(PIXEL_DATA)?.hadUndefinedLength) {
    throw invalid('its uncompressed pixels have no length.');
  }
  const data = tags.value(PIXEL_DATA) ?? new Uint8Array(0);
  const samples = samplesPerFrame(header);
  const available = Math.floor((data.length * 8) / header.bitsAllocated);
  const frames = Math.min(most, Math.floor(available / samples));
  if (frames < 1) {
    const needed = Math.ceil((samples * header.bitsAllocated) / 8);
    throw invalid(`it holds ${data.length} of the ${needed} bytes of its pixels.`);
  }
  const swapped = tags.element(PIXEL_DATA)?.vr === 'OW' && !tags.littleEndian;
  const words = readWords(data, samples * frames, header.bitsAllocated, tags.littleEndian, swapped);
  return header.planar && header.samplesPerPixel === 3 ? interleave(words, header) : words;
}

/** @param swapped bytes written as big-endian 16-bit words, so that each pair comes in the wrong order */
function readWords(
  data: Uint8Array,
  count: number,
  bits: DicomHeader['bitsAllocated'],
  littleEndian: boolean,
  swapped: boolean,
): Words {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (bits === 1) return Uint8Array.from({ length: count }, (_, i) => (data[i >> 3]! >> (i & 7)) & 1);
  if (bits === 8)
    return swapped ? Uint8Array.from({ length: count }, (_, i) => data[i ^ 1]!) : data.slice(0, count);
  const words = bits === 16 ? new Uint16Array(count) : new Uint32Array(count);
  if (littleEndian) {
    // Every platform a browser runs on is little endian.
    new Uint8Array(words.buffer).set(data.subarray(0, words.byteLength));
  } else {
    const size = bits / 8;
    for (let i = 0; i < count; i++) {
      words[i] = bits === 16 ? view.getUint16(i * size, false) : view.getUint32(i * size, false);
    }
  }
  return words;
}

/** Colour planes of each frame to pixels. */
function interleave(words: Words, header: DicomHeader): Words {
  const out = words.slice();
  const pixels = header.rows * header.cols;
  for (let base = 0; base < words.length; base += 3 * pixels) {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < 3; c++) out[base + 3 * i + c] = words[base + c * pixels + i]!;
    }
  }
  return out;
}

async function codedWords(dataSet: DicomDataSet, header: DicomHeader, most: number): Promise<Words> {
  const coded = splitFrames(dataSet, header).slice(0, most);
  const samples = samplesPerFrame(header);
  const size = header.bitsAllocated / 8;
  if (samples * size * coded.length > MAX_FILE_BYTES) {
    throw new AppError(
      'image-too-large',
      `${coded.length} frames of ${header.cols} x ${header.rows} pixels.`,
    );
  }
  const decoded: Words[] = [];
  for (const frame of coded) {
    decoded.push(
      codecOf(dataSet.syntax) === 'rle' ? rleWords(frame, header) : await jpegWords(frame, header),
    );
  }
  if (decoded.length === 1) return decoded[0]!;
  const words = emptyWords(header, samples * decoded.length);
  for (const [i, part] of decoded.entries()) words.set(part, i * samples);
  return words;
}

function emptyWords({ bitsAllocated }: DicomHeader, count: number): Words {
  if (bitsAllocated === 32) return new Uint32Array(count);
  return bitsAllocated === 16 ? new Uint16Array(count) : new Uint8Array(count);
}

function rleWords(frame: Uint8Array, header: DicomHeader): Words {
  if (header.bitsAllocated === 1) throw new AppError('dicom-unsupported', 'RLE of single bits.');
  const pixels = header.rows * header.cols;
  const size = header.bitsAllocated / 8;
  const planes = decodeRleFrame(frame, header.samplesPerPixel * size, pixels);
  const words = emptyWords(header, samplesPerFrame(header));
  for (let sample = 0; sample < header.samplesPerPixel; sample++) {
    for (let i = 0; i < pixels; i++) {
      let word = 0;
      for (let byte = 0; byte < size; byte++)
        word = word * 256 + planes[(sample * size + byte) * pixels + i]!;
      words[i * header.samplesPerPixel + sample] = word;
    }
  }
  return words;
}

async function jpegWords(frame: Uint8Array, header: DicomHeader): Promise<Words> {
  if (header.bitsAllocated !== 8) throw invalid(`JPEG baseline with ${header.bitsAllocated} bits allocated.`);
  const { width, height, components, samples } = await decodeJpeg(frame);
  if (width !== header.cols || height !== header.rows || components !== header.samplesPerPixel) {
    throw invalid(`it declares ${header.cols} x ${header.rows}, its JPEG data is ${width} x ${height}.`);
  }
  return samples;
}

/** The compressed frames. Offset tables are believed only where they name fragments that exist. */
function splitFrames({ tags }: DicomDataSet, header: DicomHeader): Uint8Array[] {
  const found = tags.fragments(PIXEL_DATA);
  if (!found) throw invalid('it declares compressed pixels but holds raw ones.');
  const { bytes, offsets, starts } = found;
  if (bytes.length === 0) throw invalid('its compressed pixels are missing.');
  if (header.frames === 1) return [concat(bytes)];
  if (bytes.length <= header.frames) return bytes;
  const byOffset = offsets.map((offset) => starts.indexOf(offset));
  const firsts = byOffset.length === header.frames && !byOffset.includes(-1) ? byOffset : jpegStarts(bytes);
  return firsts.map((first, i) => concat(bytes.slice(first, firsts[i + 1])));
}

/** Fragments that begin a JPEG stream. */
function jpegStarts(fragments: readonly Uint8Array[]): number[] {
  const firsts = fragments.flatMap((bytes, i) => (bytes[0] === 0xff && bytes[1] === 0xd8 ? [i] : []));
  if (firsts[0] !== 0) throw invalid('its frames cannot be told apart.');
  return firsts;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** In place: bits below and above the stored ones go, then the sign is extended. */
function maskWords(words: Words, { bitsAllocated, bitsStored, highBit, signed }: DicomHeader): StoredValues {
  const down = highBit + 1 - bitsStored;
  if (bitsStored < bitsAllocated) {
    const mask = 2 ** bitsStored - 1;
    for (let i = 0; i < words.length; i++) words[i] = (words[i]! >>> down) & mask;
  }
  if (!signed) return words;
  const up = 32 - bitsStored;
  const values = signedView(words);
  if (bitsStored < bitsAllocated) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! << up) >> up;
  }
  return values;
}

function signedView(words: Words): StoredValues {
  if (words instanceof Uint32Array) return new Int32Array(words.buffer);
  return words instanceof Uint16Array ? new Int16Array(words.buffer) : new Int8Array(words.buffer);
}
