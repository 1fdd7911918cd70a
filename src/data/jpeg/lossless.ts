// Lossless JPEG (ITU T.81 annex H, DICOM .57 and .70): 2 to 16 bits, all seven predictors, point transform, restarts,
// one to three components interleaved or scan by scan. Our own, because the decoder on npm ignores the point
// transform, predicts wrongly behind a restart and reads past the end of cut data without a word.

import { AppError } from '../../util/errors.ts';
import type { CodedFrame } from '../codec.ts';
import { BitReader, type HuffmanTable } from './bits.ts';
import type { JpegHeader } from './header.ts';
import { type JpegScan, JpegScans } from './scans.ts';

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

/** @param header of the same stream. @throws AppError `image-corrupt`, `image-unsupported` */
export function decodeLosslessJpeg(bytes: Uint8Array, header: JpegHeader): CodedFrame {
  const { width, height, components, precision } = header;
  const pixels = width * height;
  const samples = precision > 8 ? new Uint16Array(pixels * components) : new Uint8Array(pixels * components);
  const scans = new JpegScans(bytes);
  let seen = 0;
  let from = 2;
  while (seen < components) {
    const scan = scans.next(from);
    if (!scan) throw corrupt('its JPEG data ends before the picture is full.');
    if (components > 1 && scans.components.some(({ across, down }) => across !== 1 || down !== 1)) {
      throw new AppError('image-unsupported', 'lossless JPEG with subsampled colour.');
    }
    from = decodeScan(bytes, scans, scan, header, samples);
    seen += scan.components.length;
  }
  return { width, height, components, precision, samples };
}

type Samples = Uint8Array | Uint16Array;

function decodeScan(
  bytes: Uint8Array,
  scans: JpegScans,
  scan: JpegScan,
  { width, height, precision, components }: JpegHeader,
  samples: Samples,
): number {
  const { first: predictor, low: shift, restartInterval } = scan;
  if (predictor < 1 || predictor > 7 || shift >= precision)
    throw corrupt('its JPEG predictor does not exist.');
  if (restartInterval % width !== 0) throw corrupt('its JPEG restarts lie within a row.');
  const reader = new BitReader(bytes, scan.start);
  const tables = scan.components.map(({ dc }) => scans.huffman('dc', dc));
  const places = scan.components.map(({ component }) => component);
  const line = { predictor, stride: components, samples, width, reader, tables, places };
  const rowsPerRestart = restartInterval / width;
  const origin = 1 << (precision - shift - 1);
  for (let y = 0; y < height; y++) {
    const isRestart = rowsPerRestart > 0 && y % rowsPerRestart === 0;
    if (isRestart && y > 0) reader.restart();
    decodeLine(line, y, y === 0 || isRestart ? origin : null);
  }
  if (shift > 0) scaleUp(samples, places, components, shift);
  return reader.position;
}

interface Line {
  readonly predictor: number;
  readonly stride: number;
  readonly samples: Samples;
  readonly width: number;
  readonly reader: BitReader;
  readonly tables: readonly HuffmanTable[];
  readonly places: readonly number[];
}

/** @param origin what the first sample is predicted from where a line stands alone; null: the line above is there */
function decodeLine(line: Line, y: number, origin: number | null): void {
  const { predictor, stride, samples, width, reader, tables, places } = line;
  const row = width * stride;
  for (let x = 0; x < width; x++) {
    for (let c = 0; c < places.length; c++) {
      const at = y * row + x * stride + places[c]!;
      const left = x > 0 ? samples[at - stride]! : 0;
      let predicted = left;
      if (origin !== null) predicted = x === 0 ? origin : left;
      else if (x === 0) predicted = samples[at - row]!;
      else if (predictor > 1)
        predicted = predict(predictor, left, samples[at - row]!, samples[at - row - stride]!);
      const category = reader.symbol(tables[c]!);
      if (category > 16) throw corrupt('its JPEG data holds a code that means nothing.');
      samples[at] = predicted + (category === 16 ? 32_768 : reader.signed(category));
    }
  }
}

/** T.81 table H.1. */
function predict(predictor: number, left: number, above: number, corner: number): number {
  switch (predictor) {
    case 2:
      return above;
    case 3:
      return corner;
    case 4:
      return left + above - corner;
    case 5:
      return left + ((above - corner) >> 1);
    case 6:
      return above + ((left - corner) >> 1);
    default:
      return (left + above) >> 1;
  }
}

function scaleUp(samples: Samples, places: readonly number[], stride: number, shift: number): void {
  for (const place of places) {
    for (let at = place; at < samples.length; at += stride) samples[at] = samples[at]! << shift;
  }
}
