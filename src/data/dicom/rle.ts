// The RLE codec of DICOM (PS3.5 annex G): one frame is a header of 16 words and up to 15 byte planes, each
// packed on its own, the most significant byte of a sample first.

import { AppError } from '../../util/errors.ts';

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
