// One block of one scan of a DCT JPEG: Huffman codes to coefficients in zigzag order. A first pass writes them
// (T.81 F.2.2, G.1.2.1 and G.1.2.2), later passes of a progressive stream add a bit to each (G.1.2.3).

import { AppError } from '../../util/errors.ts';
import type { BitReader, HuffmanTable } from './bits.ts';
import type { JpegScan } from './scans.ts';

const corrupt = () => new AppError('image-corrupt', 'its JPEG data holds a code that means nothing.');

/** What lasts from block to block. */
export class ScanState {
  readonly reader: BitReader;
  readonly scan: JpegScan;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  /** The mean of the block before. */
  predicted = 0;
  /** Blocks still to come that hold nothing more in this band. */
  endOfBand = 0;

  constructor(reader: BitReader, scan: JpegScan, dc: HuffmanTable, ac: HuffmanTable) {
    this.reader = reader;
    this.scan = scan;
    this.dc = dc;
    this.ac = ac;
  }

  reset(): void {
    this.predicted = 0;
    this.endOfBand = 0;
  }
}

/** How many blocks an end-of-band code covers: the symbol gives the bits of the count. */
const bandRun = (reader: BitReader, size: number) => (1 << size) + reader.bits(size);

export function decodeBlock(state: ScanState, block: Int16Array): void {
  const { reader, scan, dc, ac } = state;
  let at = scan.first;
  if (at === 0) {
    const category = reader.symbol(dc);
    if (category > 16) throw corrupt();
    state.predicted += reader.signed(category);
    block[0] = state.predicted << scan.low;
    at = 1;
  }
  if (scan.last === 0) return;
  if (state.endOfBand > 0) {
    state.endOfBand -= 1;
    return;
  }
  while (at <= scan.last) {
    const symbol = reader.symbol(ac);
    const run = symbol >> 4;
    const size = symbol & 15;
    if (size === 0) {
      if (run < 15) {
        state.endOfBand = bandRun(reader, run) - 1;
        return;
      }
      at += 16;
      continue;
    }
    at += run;
    if (at > scan.last) throw corrupt();
    block[at++] = reader.signed(size) << scan.low;
  }
}

export function refineBlock(state: ScanState, block: Int16Array): void {
  const { reader, scan } = state;
  const bit = 1 << scan.low;
  if (scan.first === 0) {
    if (reader.bits(1)) block[0] = block[0]! | bit;
    return;
  }
  let at = scan.first;
  while (at <= scan.last && state.endOfBand === 0) at = refineRun(state, block, at, bit);
  if (state.endOfBand > 0) {
    for (; at <= scan.last; at++) if (block[at] !== 0) correct(reader, block, at, bit);
    state.endOfBand -= 1;
  }
}

/** Up to one coefficient that becomes non-zero, correcting those passed on the way. @returns the place behind it */
function refineRun(state: ScanState, block: Int16Array, from: number, bit: number): number {
  const { reader, scan, ac } = state;
  const symbol = reader.symbol(ac);
  let zeros = symbol >> 4;
  const size = symbol & 15;
  let fresh = 0;
  if (size === 1) fresh = reader.bits(1) ? bit : -bit;
  else if (size > 1) throw corrupt();
  else if (zeros < 15) {
    state.endOfBand = bandRun(reader, zeros);
    return from;
  }
  let at = from;
  for (; at <= scan.last; at++) {
    if (block[at] !== 0) correct(reader, block, at, bit);
    else if (zeros-- === 0) break;
  }
  if (fresh !== 0) {
    if (at > scan.last) throw corrupt();
    block[at] = fresh;
  }
  return at + 1;
}

function correct(reader: BitReader, block: Int16Array, at: number, bit: number): void {
  if (reader.bits(1) && (block[at]! & bit) === 0) block[at] = block[at]! + (block[at]! > 0 ? bit : -bit);
}
