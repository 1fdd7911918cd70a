// Compressed frames of a DICOM image to its words, as wide as the bits allocated. Streams say themselves how they
// are coded, so a transfer syntax only names the family; what stream and data set say of the size must agree. RLE (PS3.5
// annex G) is taken apart here: a header of 16 words and up to 15 byte planes, each packed on its own, the most significant
// byte of a sample first.

import { AppError } from '../../util/errors.ts';
import type { CodedFrame } from '../codec.ts';
import { decodeJpeg } from '../jpeg/jpeg.ts';
import { decodeJpeg2000 } from '../jpeg/jpeg2000.ts';
import { checkMemory } from '../limits.ts';
import type { DicomDataSet } from './dicom.ts';
import { type DicomHeader, samplesPerFrame } from './header.ts';
import type { PixelCodec } from './syntax.ts';
import { emptyWords, splitFrames, type Words } from './words.ts';

const invalid = (detail: string) => new AppError('dicom-invalid', detail);

export type CodedPixels = Exclude<PixelCodec, 'native' | 'encapsulated'>;

type Decoder = (frame: Uint8Array, header: DicomHeader, notes: Set<string>) => Words | Promise<Words>;

const DECODERS: Record<CodedPixels, Decoder> = {
  rle: rleWords,
  jpeg: async (frame, header, notes) => wordsOf(await decodeJpeg(frame), header, notes),
  'jpeg-2000': async (frame, header, notes) => {
    const size = { width: header.cols, height: header.rows };
    return wordsOf(await decodeJpeg2000(frame, size), header, notes);
  },
};

/** @param most frames wanted. @param notes takes what was odd about the streams. @throws AppError with the reason */
export async function codedWords(
  dataSet: DicomDataSet,
  codec: CodedPixels,
  header: DicomHeader,
  most: number,
  notes: Set<string>,
): Promise<Words> {
  const coded = splitFrames(dataSet, header.frames).slice(0, most);
  const samples = samplesPerFrame(header);
  const decode = DECODERS[codec];
  if (coded.length === 1) return decode(coded[0]!, header, notes);
  const size = Math.max(1, header.bitsAllocated / 8);
  checkMemory(2 * samples * size * coded.length, { width: header.cols, height: header.rows * coded.length });
  const frames: Words[] = [];
  for (const frame of coded) frames.push(await decode(frame, header, notes));
  const words = emptyWords(header.bitsAllocated, samples * frames.length);
  for (const [i, part] of frames.entries()) words.set(part, i * samples);
  return words;
}

function rleWords(frame: Uint8Array, header: DicomHeader): Words {
  if (header.bitsAllocated === 1) throw new AppError('dicom-unsupported', 'RLE of single bits.');
  const pixels = header.rows * header.cols;
  const size = header.bitsAllocated / 8;
  // The frame, its byte planes and its words.
  checkMemory(frame.length + 2 * size * samplesPerFrame(header), { width: header.cols, height: header.rows });
  const planes = decodeRleFrame(frame, header.samplesPerPixel * size, pixels);
  if (size === 1 && header.samplesPerPixel === 1) return planes;
  const words = emptyWords(header.bitsAllocated, samplesPerFrame(header));
  for (let sample = 0; sample < header.samplesPerPixel; sample++) {
    for (let byte = 0; byte < size; byte++) {
      const from = (sample * size + byte) * pixels;
      const shift = 8 * (size - 1 - byte);
      for (let i = 0, to = sample; i < pixels; i++, to += header.samplesPerPixel) {
        words[to] = words[to]! | (planes[from + i]! << shift);
      }
    }
  }
  return words;
}

function wordsOf(
  { width, height, components, precision, samples, note }: CodedFrame,
  header: DicomHeader,
  notes: Set<string>,
): Words {
  if (note) notes.add(note);
  if (width !== header.cols || height !== header.rows) {
    throw invalid(
      `it declares ${header.cols} x ${header.rows} pixels, its compressed data ${width} x ${height}.`,
    );
  }
  if (components !== header.samplesPerPixel) {
    throw invalid(
      `it declares ${header.samplesPerPixel} samples a pixel, its compressed data ${components}.`,
    );
  }
  if (precision > header.bitsAllocated) {
    throw invalid(`it allocates ${header.bitsAllocated} bits, its compressed data has ${precision}.`);
  }
  const words = emptyWords(header.bitsAllocated, samples.length);
  // Negative samples keep their low bits, which is what a signed word is.
  words.set(samples);
  return words;
}

const HEADER_BYTES = 64;
/** A replicate run makes 128 bytes from two. */
const MAX_RATIO = 64;

const damaged = (detail: string) => new AppError('dicom-invalid', `its RLE data ${detail}.`);

/**
 * @param planes byte planes of the frame: samples per pixel x bytes per sample
 * @param pixels pixels of the frame
 * @returns planes * pixels bytes, plane after plane in the order of the file
 * @throws AppError `dicom-invalid`
 */
export function decodeRleFrame(frame: Uint8Array, planes: number, pixels: number): Uint8Array {
  if (frame.length < HEADER_BYTES) throw damaged('is cut off in its header');
  if (planes * pixels > MAX_RATIO * frame.length) throw damaged('is too short for the size it declares');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== planes) throw damaged(`has ${segments} segments, expected ${planes}`);
  const out = new Uint8Array(planes * pixels);
  for (let plane = 0; plane < planes; plane++) {
    const start = view.getUint32(4 + 4 * plane, true);
    const end = plane + 1 < planes ? view.getUint32(8 + 4 * plane, true) : frame.length;
    if (start < HEADER_BYTES || end < start || end > frame.length) throw damaged('points outside itself');
    unpack(frame.subarray(start, end), out.subarray(plane * pixels, (plane + 1) * pixels));
  }
  return out;
}

/** PackBits: 0..127 copies that many + 1 bytes, 129..255 repeats one byte 257 - n times, 128 does nothing. */
function unpack(packed: Uint8Array, out: Uint8Array): void {
  let at = 0;
  let filled = 0;
  while (filled < out.length) {
    if (at >= packed.length) throw damaged('ends before the frame is full');
    const control = packed[at++]!;
    if (control < 128) {
      const run = Math.min(control + 1, out.length - filled);
      if (at + run > packed.length) throw damaged('ends before the frame is full');
      out.set(packed.subarray(at, at + run), filled);
      at += control + 1;
      filled += run;
    } else if (control > 128) {
      const run = Math.min(257 - control, out.length - filled);
      if (at >= packed.length) throw damaged('ends before the frame is full');
      out.fill(packed[at++]!, filled, filled + run);
      filled += run;
    }
  }
}
