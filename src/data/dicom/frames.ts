// Encapsulated pixel data to the compressed bytes of each frame (PS3.5 annex A.4): fragments are joined, offset tables
// believed only where they name fragments that exist, and otherwise frames begin where a stream begins.

import { AppError } from '../../util/errors.ts';
import { type DicomDataSet, PIXEL_DATA } from './dicom.ts';

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
