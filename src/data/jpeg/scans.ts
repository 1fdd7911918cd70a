// A JPEG stream as its scans: frame header, tables as they stand when a scan begins, and where its data starts
// (ITU T.81 annex B). For the decoders of our own; nothing entropy-coded is read here.

import { AppError } from '../../util/errors.ts';
import { buildHuffman, type HuffmanTable } from './bits.ts';

/** More scans than any encoder writes; each costs a walk over the picture. */
const MAX_SCANS = 64;

const corrupt = (detail: string) => new AppError('image-corrupt', detail);

export interface JpegComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly quantisation: number;
}

export interface ScanComponent {
  /** Place among the components of the frame. */
  readonly component: number;
  readonly dc: number;
  readonly ac: number;
}

export interface JpegScan {
  readonly components: readonly ScanComponent[];
  /** Spectral selection; in lossless JPEG the first is the predictor. */
  readonly first: number;
  readonly last: number;
  /** Successive approximation; in lossless JPEG the second is the point transform. */
  readonly high: number;
  readonly low: number;
  /** Units between restart markers, 0 for none. */
  readonly restartInterval: number;
  /** First byte of the entropy-coded data. */
  readonly start: number;
}

interface RawTable {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
  built?: HuffmanTable;
}

export class JpegScans {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #huffman = new Map<number, RawTable>();
  readonly #quantisation = new Map<number, Uint16Array>();
  #restartInterval = 0;
  #scans = 0;
  components: readonly JpegComponent[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param from where to look for the next marker: 2 at first, then behind the data of the scan before */
  next(from: number): JpegScan | null {
    for (let at = this.#markerFrom(from); at !== null; at = this.#markerFrom(at)) {
      const marker = this.#bytes[at + 1]!;
      if (marker === 0xd9) return null;
      if (marker >= 0xd0 && marker <= 0xd8) {
        at += 2;
        continue;
      }
      if (at + 4 > this.#bytes.length) break;
      const end = at + 2 + this.#view.getUint16(at + 2);
      if (end < at + 4 || end > this.#bytes.length) throw corrupt('a JPEG segment runs past the end.');
      const body = this.#bytes.subarray(at + 4, end);
      if (marker === 0xda) return this.#scan(body, end);
      this.#segment(marker, body);
      at = end;
    }
    return null;
  }

  /** Entropy-coded data that a scan left unread is passed over. */
  #markerFrom(from: number): number | null {
    const bytes = this.#bytes;
    for (let at = from; at + 1 < bytes.length; at++) {
      if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at;
    }
    return null;
  }

  #segment(marker: number, body: Uint8Array): void {
    if (marker === 0xc4) this.#readHuffman(body);
    else if (marker === 0xdb) this.#readQuantisation(body);
    else if (marker === 0xdd) this.#restartInterval = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
    else if (marker >= 0xc0 && marker <= 0xc3) this.#readFrame(body);
  }

  #readFrame(body: Uint8Array): void {
    if (this.components.length > 0) throw corrupt('it has two JPEG frame headers.');
    const count = body[5] ?? 0;
    if (count === 0 || body.length < 6 + 3 * count) throw corrupt('its JPEG frame header is cut off.');
    this.components = Array.from({ length: count }, (_, i) => ({
      id: body[6 + 3 * i]!,
      across: body[7 + 3 * i]! >> 4,
      down: body[7 + 3 * i]! & 15,
      quantisation: body[8 + 3 * i]!,
    }));
  }

  #readHuffman(body: Uint8Array): void {
    let at = 0;
    while (at + 17 <= body.length) {
      const counts = body.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const symbols = body.subarray(at + 17, at + 17 + total);
      if (symbols.length < total) throw corrupt('a JPEG Huffman table is cut off.');
      this.#huffman.set(body[at]!, { counts, symbols });
      at += 17 + total;
    }
  }

  #readQuantisation(body: Uint8Array): void {
    let at = 0;
    while (at < body.length) {
      const wide = body[at]! >> 4;
      const size = wide ? 128 : 64;
      if (at + 1 + size > body.length) throw corrupt('a JPEG quantisation table is cut off.');
      const values = Uint16Array.from({ length: 64 }, (_, i) =>
        wide ? (body[at + 1 + 2 * i]! << 8) | body[at + 2 + 2 * i]! : body[at + 1 + i]!,
      );
      this.#quantisation.set(body[at]! & 15, values);
      at += 1 + size;
    }
  }

  #scan(body: Uint8Array, start: number): JpegScan {
    if (++this.#scans > MAX_SCANS) throw corrupt(`it has more than ${MAX_SCANS} JPEG scans.`);
    const count = body[0] ?? 0;
    if (count === 0 || body.length < 4 + 2 * count) throw corrupt('a JPEG scan header is cut off.');
    const components = Array.from({ length: count }, (_, i) => {
      const component = this.components.findIndex(({ id }) => id === body[1 + 2 * i]);
      if (component < 0) throw corrupt('a JPEG scan names a component that is not there.');
      return { component, dc: body[2 + 2 * i]! >> 4, ac: body[2 + 2 * i]! & 15 };
    });
    const [first, last, approximation] = body.subarray(1 + 2 * count, 4 + 2 * count) as unknown as number[];
    return {
      components,
      first: first!,
      last: last!,
      high: approximation! >> 4,
      low: approximation! & 15,
      restartInterval: this.#restartInterval,
      start,
    };
  }

  /** @throws AppError `image-corrupt` when no such table has come */
  huffman(kind: 'dc' | 'ac', number: number): HuffmanTable {
    const raw = this.#huffman.get(number + (kind === 'ac' ? 16 : 0));
    if (!raw) throw corrupt('a JPEG Huffman table is missing.');
    raw.built ??= buildHuffman(raw.counts, raw.symbols);
    return raw.built;
  }

  /** 64 values in zigzag order. */
  quantisation(number: number): Uint16Array {
    const table = this.#quantisation.get(number);
    if (!table) throw corrupt('a JPEG quantisation table is missing.');
    return table;
  }
}

/**
 * Holds the scans of a DCT stream against what its frame header asks for; what lies in them is left to a decoder.
 * @throws AppError `image-corrupt` when a component, or a bit of a coefficient, comes in no scan
 */
export function requireAllScans(bytes: Uint8Array, isProgressive: boolean): void {
  const scans = new JpegScans(bytes);
  /** Per component and coefficient, the bits still to come; -1 before the first scan. */
  const left: Int8Array[] = [];
  for (let scan = scans.next(2); scan; scan = scans.next(scan.start)) {
    const [first, last, low] = isProgressive ? [scan.first, Math.min(scan.last, 63), scan.low] : [0, 63, 0];
    for (const { component } of scan.components) {
      left[component] ??= new Int8Array(64).fill(-1);
      left[component].fill(low, first, last + 1);
    }
  }
  const isWhole = scans.components.every((_, i) => left[i]?.every((bits) => bits === 0));
  if (scans.components.length === 0 || !isWhole) throw corrupt('its JPEG scans are not all there.');
}
