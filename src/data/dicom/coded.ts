// Compressed frames of a DICOM image to its words, as wide as the bits allocated. Streams say themselves how they
// are coded, so a transfer syntax only names the family; what stream and data set say of the size must agree.

import { AppError } from '../../util/errors.ts';
import type { CodedFrame } from '../codec.ts';
import { decodeJpeg } from '../jpeg/jpeg.ts';
import { decodeJpeg2000 } from '../jpeg/jpeg2000.ts';
import { checkMemory } from '../limits.ts';
import type { DicomDataSet } from './dicom.ts';
import { splitFrames } from './frames.ts';
import { type DicomHeader, samplesPerFrame } from './header.ts';
import { decodeRleFrame } from './rle.ts';
import type { PixelCodec } from './syntax.ts';
import { emptyWords, type Words } from './words.ts';

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
