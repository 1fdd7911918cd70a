// Pixel data of a DICOM image to stored values: frames are found, decoded by the codec of their transfer syntax,
// cut to their stored bits and sign-extended. No rescale, no window, no inversion; that is grayscale.ts.
// Nothing is allocated beyond what the bytes in the file can fill.

import { AppError } from '../../util/errors.ts';
import type { StoredValues } from '../grayscale.ts';
import { checkMemory } from '../limits.ts';
import { workload } from '../workload.ts';
import { codedWords } from './coded.ts';
import { type DicomDataSet, PIXEL_DATA, readDataSet } from './dicom.ts';
import { type DicomHeader, readHeader, samplesPerFrame } from './header.ts';
import { codecOf } from './syntax.ts';
import { interleave, maskWords, readWords, type Words } from './words.ts';

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
  const words =
    codec === 'native' ? nativeWords(dataSet, header, most) : await codedWords(dataSet, codec, header, most);
  const { rows, cols, samplesPerPixel, bitsStored, signed } = header;
  const frames = words.length / (rows * cols * samplesPerPixel);
  const values = maskWords(words, header);
  const transferSyntax = dataSet.syntax.uid;
  return { dataSet, header, transferSyntax, rows, cols, frames, samplesPerPixel, bitsStored, signed, values };
}

function nativeWords({ tags }: DicomDataSet, header: DicomHeader, most: number): Words {
  const { bitsAllocated, rows, cols } = header;
  if (header.photometric === 'YBR_FULL_422') {
    throw new AppError('dicom-unsupported', 'uncompressed YBR_FULL_422 colour.');
  }
  if (tags.element(PIXEL_DATA)?.hadUndefinedLength) {
    throw invalid('its uncompressed pixels have no length.');
  }
  const data = tags.value(PIXEL_DATA) ?? new Uint8Array(0);
  const samples = samplesPerFrame(header);
  const available = Math.floor((data.length * 8) / bitsAllocated);
  const frames = Math.min(most, Math.floor(available / samples));
  if (frames < 1) {
    const needed = Math.ceil((samples * bitsAllocated) / 8);
    throw new AppError('dicom-truncated', `it holds ${data.length} of the ${needed} bytes of its pixels.`);
  }
  const count = samples * frames;
  checkMemory(data.length + 2 * count * Math.max(1, bitsAllocated / 8), {
    width: cols,
    height: rows * frames,
  });
  const swapped = tags.element(PIXEL_DATA)?.vr === 'OW' && !tags.littleEndian;
  const words = readWords(data, count, bitsAllocated, tags.littleEndian, swapped);
  return header.planar && header.samplesPerPixel === 3 ? interleave(words, rows * cols) : words;
}
