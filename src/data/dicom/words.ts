// From the bytes of DICOM pixel data to words, as wide as the bits allocated: read in either byte order, made pixel by pixel,
// and cut to the stored bits (PS3.5 8.1.1). Encapsulated data are taken apart into the frames' bytes first (PS3.5 annex A.4):
// fragments are joined, offset tables believed only where they name fragments that exist. Knows no compression.

import { AppError } from '../../util/errors.ts';
import type { StoredValues } from '../grayscale.ts';
import { type DicomDataSet, PIXEL_DATA } from './dicom.ts';
import type { DicomHeader } from './header.ts';

export type Words = Uint8Array | Uint16Array | Uint32Array;
type BitsAllocated = DicomHeader['bitsAllocated'];

export function emptyWords(bitsAllocated: BitsAllocated, count: number): Words {
  if (bitsAllocated === 32) return new Uint32Array(count);
  return bitsAllocated === 16 ? new Uint16Array(count) : new Uint8Array(count);
}

/** @param swapped bytes written as big-endian 16-bit words, so that each pair comes in the wrong order */
export function readWords(
  data: Uint8Array,
  count: number,
  bits: BitsAllocated,
  littleEndian: boolean,
  swapped: boolean,
): Words {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const byteAt = swapped ? (i: number) => data[i ^ 1] ?? 0 : (i: number) => data[i]!;
  if (bits === 1) return Uint8Array.from({ length: count }, (_, i) => (byteAt(i >> 3) >> (i & 7)) & 1);
  if (bits === 8)
    return swapped ? Uint8Array.from({ length: count }, (_, i) => byteAt(i)) : data.slice(0, count);
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

/** Colour planes of each frame to pixels. @param pixels of one frame */
export function interleave(words: Words, pixels: number): Words {
  const out = words.slice();
  for (let base = 0; base < words.length; base += 3 * pixels) {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < 3; c++) out[base + 3 * i + c] = words[base + c * pixels + i]!;
    }
  }
  return out;
}

type Bits = Pick<DicomHeader, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed'>;

/** In place: bits below and above the stored ones go, then the sign is extended. */
export function maskWords(words: Words, { bitsAllocated, bitsStored, highBit, signed }: Bits): StoredValues {
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

const invalid = (detail: string) => new AppError('dicom-invalid', detail);

/**
 * @param frames as declared; at least 1
 * @returns the frames that are there, at most as many as declared
 * @throws AppError `dicom-invalid`, `dicom-truncated`
 */
export function splitFrames({ tags }: DicomDataSet, frames: number): Uint8Array[] {
  const found = tags.fragments(PIXEL_DATA);
  if (!found) throw invalid('it declares compressed pixels but holds raw ones.');
  const { bytes, offsets, starts } = found;
  if (!bytes.some(({ length }) => length > 0)) throw invalid('its compressed pixels are missing.');
  if (frames === 1) return [concat(bytes)];
  if (bytes.length <= frames) return bytes;
  const byOffset = offsets.map((offset) => starts.indexOf(offset));
  const isTable = byOffset.length === frames && byOffset.every((at, i) => at > (byOffset[i - 1] ?? -1));
  const firsts = isTable ? byOffset : streamStarts(bytes);
  return firsts.slice(0, frames).map((first, i) => concat(bytes.slice(first, firsts[i + 1])));
}

/** Fragments that begin a JPEG or a JPEG 2000 stream. */
function streamStarts(fragments: readonly Uint8Array[]): number[] {
  const begins = ([a, b]: Uint8Array) => a === 0xff && (b === 0xd8 || b === 0x4f);
  const firsts = fragments.flatMap((bytes, i) => (begins(bytes) ? [i] : []));
  if (firsts[0] !== 0) throw invalid('its frames cannot be told apart.');
  return firsts;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
