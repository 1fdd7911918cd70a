// Grey DCT JPEG with up to 12 bits (ITU T.81 annexes F and G; DICOM .51, .53, .55): extended sequential, spectral
// selection and progressive. Our own, because the codecs at hand read 8 bits only; those streams go to codec.ts.
// Coefficients of all scans are gathered first, then turned into samples block by block, in floating point by rows and
// columns: exact to rounding, which integer transforms are not, and fast enough because most coefficients are zero.

import { AppError } from '../../util/errors.ts';
import type { CodedFrame } from '../codec.ts';
import { BitReader, type HuffmanTable } from './bits.ts';
import { decodeBlock, refineBlock, ScanState } from './dctScan.ts';
import type { JpegHeader } from './header.ts';
import { type JpegScan, JpegScans } from './scans.ts';

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

/** @param header of the same stream. @throws AppError `image-corrupt`, `image-unsupported` */
export function decodeDctJpeg(bytes: Uint8Array, header: JpegHeader): CodedFrame {
  const { width, height, components, precision } = header;
  if (components !== 1) throw new AppError('image-unsupported', `${precision}-bit JPEG in colour.`);
  const across = Math.ceil(width / 8);
  const down = Math.ceil(height / 8);
  const coefficients = new Int16Array(64 * across * down);
  const scans = new JpegScans(bytes);
  let isFirst = true;
  let from = 2;
  const isProgressive = header.process === 0xc2;
  for (let scan = scans.next(from); scan; scan = scans.next(from)) {
    from = gather(bytes, scans, isProgressive ? checkPart(scan) : wholeScan(scan), coefficients);
    isFirst = false;
  }
  if (isFirst) throw corrupt('its JPEG data is missing.');
  const table = scans.quantisation(scans.components[0]!.quantisation);
  const samples = precision > 8 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  const block = new Int32Array(64);
  const level = 1 << (precision - 1);
  const highest = 2 ** precision - 1;
  for (let i = 0; i < across * down; i++) {
    inverseDct(coefficients.subarray(64 * i, 64 * i + 64), table, block);
    const [left, top] = [8 * (i % across), 8 * Math.floor(i / across)];
    const [right, bottom] = [Math.min(8, width - left), Math.min(8, height - top)];
    for (let y = 0; y < bottom; y++) {
      for (let x = 0; x < right; x++) {
        const value = block[8 * y + x]! + level;
        samples[(top + y) * width + left + x] = Math.min(Math.max(value, 0), highest);
      }
    }
  }
  return { width, height, components, precision, samples };
}

/** Sequential scans hold everything, whatever their header says of the progress. */
const wholeScan = (scan: JpegScan): JpegScan => ({ ...scan, first: 0, last: 63, high: 0, low: 0 });

function checkPart(scan: JpegScan): JpegScan {
  const { components, first, last, high, low } = scan;
  const isBand = first <= last && last < 64 && (first > 0 || last === 0);
  if (components.length === 1 && isBand && low < 14 && (high === 0 || high === low + 1)) return scan;
  throw corrupt('its JPEG scan header makes no sense.');
}

/** One scan over all blocks. @returns where its data ends */
function gather(bytes: Uint8Array, scans: JpegScans, scan: JpegScan, coefficients: Int16Array): number {
  const [component] = scan.components;
  const none: HuffmanTable = new Uint16Array(0);
  const isRefining = scan.high > 0;
  const dc = scan.first === 0 && !isRefining ? scans.huffman('dc', component!.dc) : none;
  const ac = scan.last > 0 ? scans.huffman('ac', component!.ac) : none;
  const reader = new BitReader(bytes, scan.start);
  const state = new ScanState(reader, scan, dc, ac);
  const blocks = coefficients.length / 64;
  for (let i = 0; i < blocks; i++) {
    if (scan.restartInterval > 0 && i > 0 && i % scan.restartInterval === 0) {
      reader.restart();
      state.reset();
    }
    const block = coefficients.subarray(64 * i, 64 * i + 64);
    if (isRefining) refineBlock(state, block);
    else decodeBlock(state, block);
  }
  return reader.position;
}

/** Row-major place of each coefficient in the order of the stream. */
const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/** basis[8 * u + x] = C(u) / 2 * cos((2x + 1) u pi / 16) */
const BASIS = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

const rows = new Float64Array(64);
const column = new Float64Array(8);

/**
 * @param coefficients 64 in zigzag order, before dequantisation
 * @param quantisation 64 in zigzag order
 * @param out 64 samples, row-major, around zero
 */
export function inverseDct(coefficients: Int16Array, quantisation: Uint16Array, out: Int32Array): void {
  rows.fill(0);
  for (let k = 0; k < 64; k++) {
    const coefficient = coefficients[k]!;
    if (coefficient === 0) continue;
    const value = coefficient * quantisation[k]!;
    const place = ZIGZAG[k]!;
    const [v, u] = [place & 56, place & 7];
    for (let x = 0; x < 8; x++) rows[v + x] = rows[v + x]! + value * BASIS[8 * u + x]!;
  }
  for (let x = 0; x < 8; x++) {
    column.fill(0);
    for (let v = 0; v < 8; v++) {
      const value = rows[8 * v + x]!;
      if (value === 0) continue;
      for (let y = 0; y < 8; y++) column[y] = column[y]! + value * BASIS[8 * v + y]!;
    }
    for (let y = 0; y < 8; y++) out[8 * y + x] = Math.round(column[y]!);
  }
}
