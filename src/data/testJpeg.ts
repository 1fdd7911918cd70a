// Writes JPEG streams for tests that no package here can write: lossless with any predictor, and grey DCT with up to 12
// bits, sequential or progressive. Plain, slow, with Huffman codes all of one length.

import { Rng } from '../util/rng.ts';

class BitWriter {
  readonly bytes: number[] = [];
  #held = 0;
  #count = 0;

  put(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      if (++this.#count === 8) this.#flush();
    }
  }

  /** A number after its category: negative ones as one less (T.81 F.1.2.1). */
  signed(value: number, category: number): void {
    this.put(value < 0 ? value + (1 << category) - 1 : value, category);
  }

  /** Fills the byte with ones. */
  align(): void {
    while (this.#count > 0) this.put(1, 1);
  }

  marker(code: number): void {
    this.align();
    this.bytes.push(0xff, code);
  }

  #flush(): void {
    this.bytes.push(this.#held);
    if (this.#held === 0xff) this.bytes.push(0);
    this.#held = 0;
    this.#count = 0;
  }
}

const segment = (marker: number, body: readonly number[]) => [
  ...[0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255],
  ...body,
];
const word = (value: number) => [value >> 8, value & 255];

/** Codes of equal length: the code of a symbol is the symbol. */
const table = (kind: 0 | 16, bits: number, symbols: number) =>
  segment(0xc4, [
    kind,
    ...Array.from({ length: 16 }, (_, i) => (i === bits - 1 && symbols < 256 ? symbols : 0)),
    ...Array.from({ length: symbols }, (_, i) => i),
  ]);
const DC_BITS = 5;
const AC_BITS = 9;
/** 256 codes do not fit a byte of the count, so they are split over two lengths of which one is empty but for one. */
const acTable = () => {
  const counts = Array.from({ length: 16 }, (_, i) => (i === AC_BITS - 1 ? 255 : i === AC_BITS ? 1 : 0));
  return segment(0xc4, [16, ...counts, ...Array.from({ length: 256 }, (_, i) => i)]);
};
const putAc = (out: BitWriter, symbol: number) =>
  symbol === 255 ? out.put(255 << 1, AC_BITS + 1) : out.put(symbol, AC_BITS);

const frame = (process: number, precision: number, width: number, height: number, components: number) =>
  segment(process, [
    ...[precision, ...word(height), ...word(width), components],
    ...Array.from({ length: components }, (_, c) => [c + 1, 0x11, 0]).flat(),
  ]);
const scan = (components: readonly number[], first: number, last: number, approximation: number) =>
  segment(0xda, [components.length, ...components.flatMap((c) => [c + 1, 0]), first, last, approximation]);

const categoryOf = (value: number) => 32 - Math.clz32(Math.abs(value));

export interface TestPixels {
  readonly width: number;
  readonly height: number;
  readonly components?: number;
  readonly precision: number;
  /** Interleaved. */
  readonly samples: readonly number[];
}

export interface LosslessOptions {
  readonly predictor: number;
  readonly shift?: number;
  /** Rows between restart markers. */
  readonly restartRows?: number;
  /** Components in scans of their own. */
  readonly apart?: boolean;
}

export function writeLosslessJpeg(pixels: TestPixels, options: LosslessOptions): Uint8Array {
  const { width, height, precision, components = 1 } = pixels;
  const { predictor, shift = 0, restartRows = 0, apart = false } = options;
  const all = Array.from({ length: components }, (_, c) => c);
  const bytes = [0xff, 0xd8, ...frame(0xc3, precision, width, height, components), ...table(0, DC_BITS, 17)];
  if (restartRows) bytes.push(...segment(0xdd, word(restartRows * width)));
  for (const part of apart ? all.map((c) => [c]) : [all]) {
    bytes.push(...scan(part, predictor, 0, shift), ...losslessScan(pixels, options, part));
  }
  return Uint8Array.from([...bytes, 0xff, 0xd9]);
}

function losslessScan(
  { width, height, precision, components = 1, samples }: TestPixels,
  { predictor, shift = 0, restartRows = 0 }: LosslessOptions,
  part: readonly number[],
): number[] {
  const out = new BitWriter();
  const at = (x: number, y: number, c: number) => samples[(y * width + x) * components + c]! >> shift;
  for (let y = 0; y < height; y++) {
    const restarts = restartRows > 0 && y % restartRows === 0;
    if (restarts && y > 0) out.marker(0xd0 + ((y / restartRows - 1) % 8));
    const alone = y === 0 || restarts;
    for (let x = 0; x < width; x++) {
      for (const c of part) {
        const left = x > 0 ? at(x - 1, y, c) : 0;
        const above = alone ? 0 : at(x, y - 1, c);
        const corner = alone || x === 0 ? 0 : at(x - 1, y - 1, c);
        let guess = predictions(left, above, corner)[predictor - 1]!;
        if (alone) guess = x === 0 ? 2 ** (precision - shift - 1) : left;
        else if (x === 0) guess = above;
        // Modulo 2^16, as a signed word; -32768 has a category of its own.
        const difference = ((at(x, y, c) - guess) << 16) >> 16;
        const category = difference === -32_768 ? 16 : categoryOf(difference);
        out.put(category, DC_BITS);
        if (category < 16) out.signed(difference, category);
      }
    }
  }
  out.align();
  return out.bytes;
}

const predictions = (a: number, b: number, c: number) => [
  a,
  b,
  c,
  a + b - c,
  a + ((b - c) >> 1),
  b + ((a - c) >> 1),
  (a + b) >> 1,
];

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
];

/** Quantised coefficients of each block in zigzag order, by the defining sum (T.81 A.3.3). */
function blocksOf({ width, height, precision, samples }: TestPixels, step: number): Int32Array[] {
  const blocks: Int32Array[] = [];
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      const at = (x: number, y: number) =>
        samples[Math.min(top + y, height - 1) * width + Math.min(left + x, width - 1)]! -
        2 ** (precision - 1);
      blocks.push(
        Int32Array.from(ZIGZAG, (place) => {
          const [v, u] = [place >> 3, place & 7];
          let sum = 0;
          for (let y = 0; y < 8; y++) {
            for (let x = 0; x < 8; x++) {
              sum +=
                at(x, y) *
                Math.cos(((2 * x + 1) * u * Math.PI) / 16) *
                Math.cos(((2 * y + 1) * v * Math.PI) / 16);
            }
          }
          const norm = (u ? 1 : Math.SQRT1_2) * (v ? 1 : Math.SQRT1_2) * 0.25;
          return Math.round((sum * norm) / step);
        }),
      );
    }
  }
  return blocks;
}

/** One quantiser step for all coefficients. */
export function writeDctJpeg(
  pixels: TestPixels,
  { progressive, step = 1, restart = 0 }: { progressive: boolean; step?: number; restart?: number },
): Uint8Array {
  const { width, height, precision } = pixels;
  const blocks = blocksOf(pixels, step);
  const bytes = [0xff, 0xd8, ...segment(0xdb, [0, ...Array(64).fill(step)])];
  bytes.push(...frame(progressive ? 0xc2 : 0xc1, precision, width, height, 1));
  bytes.push(...table(0, DC_BITS, 16), ...acTable());
  if (restart) bytes.push(...segment(0xdd, word(restart)));
  const scans = progressive
    ? [
        { first: 0, last: 0, high: 0, low: 1 },
        { first: 1, last: 5, high: 0, low: 2 },
        { first: 6, last: 63, high: 0, low: 2 },
        { first: 1, last: 63, high: 2, low: 1 },
        { first: 0, last: 0, high: 1, low: 0 },
        { first: 1, last: 63, high: 1, low: 0 },
      ]
    : [{ first: 0, last: 63, high: 0, low: 0 }];
  for (const part of scans) {
    bytes.push(...scan([0], part.first, part.last, (part.high << 4) | part.low));
    bytes.push(...dctScan(blocks, part, restart));
  }
  return Uint8Array.from([...bytes, 0xff, 0xd9]);
}

interface Part {
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
}

function dctScan(blocks: readonly Int32Array[], part: Part, restart: number): number[] {
  const out = new BitWriter();
  let before = 0;
  for (const [i, block] of blocks.entries()) {
    if (restart && i > 0 && i % restart === 0) {
      out.marker(0xd0 + ((i / restart - 1) % 8));
      before = 0;
    }
    if (part.high > 0) refine(out, block, part);
    else {
      if (part.first === 0) {
        const mean = block[0]! >> part.low;
        const category = categoryOf(mean - before);
        out.put(category, DC_BITS);
        out.signed(mean - before, category);
        before = mean;
      }
      if (part.last > 0) firstPass(out, block, part);
    }
  }
  out.align();
  return out.bytes;
}

const reduced = (value: number, low: number) => Math.sign(value) * (Math.abs(value) >> low);

function firstPass(out: BitWriter, block: Int32Array, { first, last, low }: Part): void {
  let run = 0;
  for (let k = Math.max(first, 1); k <= last; k++) {
    const value = reduced(block[k]!, low);
    if (value === 0) {
      run += 1;
      continue;
    }
    for (; run > 15; run -= 16) putAc(out, 0xf0);
    const category = categoryOf(value);
    putAc(out, (run << 4) | category);
    out.signed(value, category);
    run = 0;
  }
  if (run > 0) putAc(out, 0);
}

function refine(out: BitWriter, block: Int32Array, { first, last, low }: Part): void {
  if (first === 0) {
    out.put((block[0]! >> low) & 1, 1);
    return;
  }
  let run = 0;
  let corrections: number[] = [];
  const correct = () => {
    for (const bit of corrections) out.put(bit, 1);
    corrections = [];
  };
  let lastFresh = 0;
  for (let k = first; k <= last; k++) if (Math.abs(block[k]!) >> low === 1) lastFresh = k;
  for (let k = first; k <= last; k++) {
    const size = Math.abs(block[k]!) >> low;
    if (size === 0) run += 1;
    else {
      while (run > 15 && k <= lastFresh) {
        putAc(out, 0xf0);
        correct();
        run -= 16;
      }
      if (size > 1) corrections.push(size & 1);
      else {
        putAc(out, (run << 4) | 1);
        out.put(block[k]! > 0 ? 1 : 0, 1);
        correct();
        run = 0;
      }
    }
  }
  if (run > 0 || corrections.length > 0) {
    putAc(out, 0);
    correct();
  }
}

/** A slope with noise, and the extremes. */
export function testPixels(width: number, height: number, precision: number, components = 1): TestPixels {
  const rng = new Rng(7, 'synthetic', precision, components);
  const white = 2 ** precision - 1;
  const samples = Array.from({ length: width * height * components }, (_, i) => {
    const x = (Math.floor(i / components) % width) / width;
    return Math.min(white, Math.max(0, Math.round(white * (0.2 + 0.6 * x + 0.06 * rng.normal()))));
  });
  samples[0] = white;
  samples[components] = 0;
  return { width, height, precision, components, samples };
}
