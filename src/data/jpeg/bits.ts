// The entropy-coded part of a JPEG stream, bit by bit (ITU T.81 annex F.2.2): byte stuffing, markers, Huffman codes.
// Shared by the decoders of our own, lossless and 12-bit DCT. Knows neither pixels nor coefficients.

import { AppError } from '../../util/errors.ts';

const cutOff = () => new AppError('image-corrupt', 'its JPEG data ends before the picture is full.');
const badCode = () => new AppError('image-corrupt', 'its JPEG data holds a code that means nothing.');

/** By the next 16 bits: (length << 8) | symbol; 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

/**
 * @param counts codes of each length 1..16
 * @param symbols in the order of the codes
 * @throws AppError `image-corrupt` for a table with more codes than 16 bits can tell apart
 */
export function buildHuffman(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536);
  let at = 0;
  let symbol = 0;
  for (let length = 1; length <= 16; length++) {
    const span = 1 << (16 - length);
    for (let i = 0; i < counts[length - 1]!; i++) {
      if (at + span > table.length) throw badCode();
      table.fill((length << 8) | symbols[symbol++]!, at, at + span);
      at += span;
    }
  }
  return table;
}

export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  /** The next bits, the last read lowest. */
  #held = 0;
  #count = 0;
  /** How many of the held bits stand for data that is not there. */
  #missing = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next marker is looked for: behind every byte taken in so far. */
  get position(): number {
    return this.#at;
  }

  #fill(): void {
    while (this.#count <= 24) {
      let byte = this.#bytes[this.#at];
      if (byte === 0xff) {
        const next = this.#bytes[this.#at + 1];
        if (next === 0) this.#at += 2;
        else byte = undefined;
      } else if (byte !== undefined) this.#at += 1;
      if (byte === undefined) this.#missing += 8;
      this.#held = (this.#held << 8) | (byte ?? 0);
      this.#count += 8;
    }
  }

  #drop(bits: number): void {
    this.#count -= bits;
    if (this.#count < this.#missing) throw cutOff();
  }

  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[(this.#held >>> (this.#count - 16)) & 0xffff]!;
    if (entry === 0) throw this.#missing > this.#count - 16 ? cutOff() : badCode();
    this.#drop(entry >> 8);
    return entry & 0xff;
  }

  /** @param bits 0 to 16 */
  bits(bits: number): number {
    if (bits === 0) return 0;
    if (this.#count < bits) this.#fill();
    const value = (this.#held >>> (this.#count - bits)) & (0xffff >> (16 - bits));
    this.#drop(bits);
    return value;
  }

  /** A signed number of so many bits (T.81 F.2.2.1, EXTEND). */
  signed(bits: number): number {
    const value = this.bits(bits);
    return bits > 0 && value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  /** Drops the rest of the byte and takes the restart marker that must follow. */
  restart(): void {
    const bytes = this.#bytes;
    this.#held = 0;
    this.#count = 0;
    this.#missing = 0;
    while (bytes[this.#at] === 0xff && bytes[this.#at + 1] === 0xff) this.#at += 1;
    const marker = bytes[this.#at + 1] ?? 0;
    if (bytes[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw cutOff();
    this.#at += 2;
  }
}
