// Pixel data of a DICOM image to stored values: frames are found, decoded by the codec of their transfer syntax,
// cut to their stored bits and sign-extended. No rescale, no window, no inversion; that is grayscale.ts.
// Nothing is allocated beyond what the bytes in the file can fill.

import { AppError } from '../../util/errors.ts';
import type { StoredValues } from '../grayscale.ts';
import { checkMemory, workload } from '../limits.ts';
import { codedWords } from './coded.ts';
import { type DicomDataSet, PIXEL_DATA, readDataSet } from './dicom.ts';
import { type DicomHeader, readHeader, samplesPerFrame } from './header.ts';
import { codecOf, type PixelCodec } from './syntax.ts';
import { concat, interleave, maskWords, readWords, splitFrames, type Words } from './words.ts';

export interface StoredImage {
  readonly dataSet: DicomDataSet;
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
  /** What was odd about the file and read all the same. */
  readonly notes: readonly string[];
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
  workload.pixels(header.rows * header.cols * header.samplesPerPixel * most);
  const notes = new Set(dataSet.notes);
  const words = isUncompressed(codec)
    ? nativeWords(dataSet, header, most, codec === 'encapsulated')
    : await codedWords(dataSet, codec, header, most, notes);
  const { rows, cols, samplesPerPixel, bitsStored, signed } = header;
  const frames = words.length / (rows * cols * samplesPerPixel);
  const values = maskWords(words, header);
  const transferSyntax = dataSet.syntax.uid;
  return {
    dataSet,
    header,
    transferSyntax,
    rows,
    cols,
    frames,
    samplesPerPixel,
    bitsStored,
    signed,
    values,
    notes: [...notes, ...header.notes],
  };
}

const isUncompressed = (codec: PixelCodec): codec is 'native' | 'encapsulated' =>
  codec === 'native' || codec === 'encapsulated';

function nativeWords(
  dataSet: DicomDataSet,
  header: DicomHeader,
  most: number,
  isEncapsulated: boolean,
): Words {
  const { tags } = dataSet;
  const { bitsAllocated, rows, cols } = header;
  const data = isEncapsulated ? framesJoined(dataSet, header) : wholeValue(dataSet);
  const samples = samplesPerFrame(header);
  const halved = isHalved(header, data.length);
  const stored = halved ? (samples * 2) / 3 : samples;
  const available = Math.floor((data.length * 8) / bitsAllocated);
  const frames = Math.min(most, Math.floor(available / stored));
  if (frames < 1) {
    const needed = Math.ceil((stored * bitsAllocated) / 8);
    throw new AppError('dicom-truncated', `it holds ${data.length} of the ${needed} bytes of its pixels.`);
  }
  const count = samples * frames;
  checkMemory(data.length + 2 * count * Math.max(1, bitsAllocated / 8), {
    width: cols,
    height: rows * frames,
  });
  if (halved) return wholeColour(data, count);
  const swapped = tags.element(PIXEL_DATA)?.vr === 'OW' && !tags.littleEndian;
  const words = readWords(data, count, bitsAllocated, tags.littleEndian, swapped);
  return header.planar && header.samplesPerPixel === 3 ? interleave(words, rows * cols) : words;
}

function wholeValue({ tags }: DicomDataSet): Uint8Array {
  if (tags.element(PIXEL_DATA)?.hadUndefinedLength) {
    throw invalid('its uncompressed pixels have no length.');
  }
  return tags.value(PIXEL_DATA) ?? new Uint8Array(0);
}

/** Each frame lies in fragments of its own, made even with a byte. */
function framesJoined(dataSet: DicomDataSet, header: DicomHeader): Uint8Array {
  if (!dataSet.tags.element(PIXEL_DATA)?.fragments) return wholeValue(dataSet);
  const size = Math.ceil((samplesPerFrame(header) * header.bitsAllocated) / 8);
  const frames = splitFrames(dataSet, header.frames).map((frame) => frame.subarray(0, size));
  return concat(frames);
}

/** Uncompressed YBR_FULL_422 has colour for every other pixel only, unless the data is as long as if it had all of it. */
const isHalved = ({ photometric, bitsAllocated, rows, cols, frames }: DicomHeader, bytes: number): boolean =>
  photometric === 'YBR_FULL_422' && bitsAllocated === 8 && cols % 2 === 0 && bytes < 3 * rows * cols * frames;

/** Y Y Cb Cr of two pixels to Y Cb Cr of each (PS3.3 C.7.6.3.1.2). */
function wholeColour(data: Uint8Array, samples: number): Uint8Array {
  const out = new Uint8Array(samples);
  for (let from = 0, to = 0; to < samples; from += 4, to += 6) {
    out[to] = data[from]!;
    out[to + 3] = data[from + 1]!;
    out[to + 1] = out[to + 4] = data[from + 2]!;
    out[to + 2] = out[to + 5] = data[from + 3]!;
  }
  return out;
}
