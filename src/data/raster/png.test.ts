// PNG of every colour type and depth, interlaced or not, with every filter: samples come out as they went in, and
// become grey without losing bits.

import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../util/rng.ts';
import { greyOfSamples, readPng } from './png.ts';
import { readPngSamples } from './pngSamples.ts';

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Written {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  readonly depth: number;
  readonly interlaced?: boolean;
  readonly samples: readonly number[];
  readonly before?: readonly Buffer[];
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Bits of the samples of a row, the first sample highest. */
function packRow(samples: readonly number[], depth: number): number[] {
  const bits = samples.flatMap((value) =>
    Array.from({ length: depth }, (_, i) => (value >> (depth - 1 - i)) & 1),
  );
  while (bits.length % 8) bits.push(0);
  return Array.from({ length: bits.length / 8 }, (_, i) =>
    Number.parseInt(bits.slice(8 * i, 8 * i + 8).join(''), 2),
  );
}

function filterRow(
  type: number,
  row: readonly number[],
  above: readonly number[],
  distance: number,
): number[] {
  return row.map((value, i) => {
    const [a, b, c] = [row[i - distance] ?? 0, above[i] ?? 0, above[i - distance] ?? 0];
    const p = a + b - c;
    const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
    const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    const guess = [0, a, b, (a + b) >> 1, paeth][type]!;
    return (value - guess) & 255;
  });
}

function writePng({
  width,
  height,
  colourType,
  depth,
  interlaced = false,
  samples,
  before = [],
}: Written): Uint8Array {
  const channels = CHANNELS[colourType]!;
  const distance = Math.max(1, (channels * depth) / 8);
  const data: number[] = [];
  let filter = 0;
  for (const [left, top, across, down] of interlaced ? ADAM7 : [[0, 0, 1, 1]]) {
    let above: number[] = [];
    for (let y = top!; y < height && left! < width; y += down!) {
      const row: number[] = [];
      for (let x = left!; x < width; x += across!) {
        for (let c = 0; c < channels; c++) row.push(samples[(y * width + x) * channels + c]!);
      }
      const packed = packRow(row, depth);
      data.push(filter, ...filterRow(filter, packed, above, distance));
      above = packed;
      filter = (filter + 1) % 5;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const packed = deflateSync(Uint8Array.from(data));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', packed.subarray(0, 7)),
    chunk('IDAT', packed.subarray(7)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const KINDS = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
] as const;
const kinds = KINDS.flatMap(([type, depths]) =>
  depths.flatMap((depth) => [false, true].map((interlaced) => [type, depth, interlaced] as const)),
);

function madeSamples(colourType: number, depth: number, width: number, height: number): number[] {
  const rng = new Rng(3, 'synthetic', colourType, depth);
  return Array.from({ length: width * height * CHANNELS[colourType]! }, () => rng.int(2 ** depth));
}

const PLTE = chunk(
  'PLTE',
  Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256),
);

describe('PNG samples', () => {
  it.each(kinds)('colour type %d, %d bits, interlaced %s', async (colourType, depth, interlaced) => {
    const [width, height] = [13, 11];
    const samples = madeSamples(colourType, depth, width, height);
    const before = colourType === 3 ? [PLTE] : [];
    const png = readPng(writePng({ width, height, colourType, depth, interlaced, samples, before }));
    expect([...(await readPngSamples(png))]).toEqual(samples);
  });

  it.each([1, 3, 5])('interlaced films of %d pixels on a side leave passes out', async (side) => {
    const samples = madeSamples(0, 8, side, side);
    const film = { width: side, height: side, colourType: 0, depth: 8, interlaced: true, samples };
    expect([...(await readPngSamples(readPng(writePng(film))))]).toEqual(samples);
  });

  it('that are fewer or more than the size asks for are refused', async () => {
    const samples = madeSamples(0, 8, 8, 8);
    const film = { width: 8, height: 8, colourType: 0, depth: 8, samples };
    const lie = (height: number) => {
      const bytes = Buffer.from(writePng(film));
      bytes.writeUInt32BE(height, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      return readPngSamples(readPng(bytes));
    };
    await expect(lie(9)).rejects.toThrow('ends before the picture is full');
    await expect(lie(7)).rejects.toThrow('longer than its size allows');
  });

  it('come out whole although bytes follow the stream, or its check sum is wrong', async () => {
    const samples = madeSamples(0, 8, 8, 8);
    const png = readPng(writePng({ width: 8, height: 8, colourType: 0, depth: 8, samples }));
    expect([...(await readPngSamples({ ...png, data: [...png.data, Uint8Array.of(1, 2, 3)] }))]).toEqual(
      samples,
    );
    const data = png.data.map((part) => part.slice());
    const last = data.at(-1)!;
    last[last.length - 1]! ^= 1;
    expect([...(await readPngSamples({ ...png, data }))]).toEqual(samples);
  });
});

describe('PNG to grey', () => {
  const grey = async (film: Omit<Written, 'width' | 'height'> & { width?: number }) => {
    const width = film.width ?? film.samples.length / CHANNELS[film.colourType]!;
    const png = readPng(writePng({ height: 1, ...film, width }));
    const { values, bits } = greyOfSamples(png, await readPngSamples(png));
    return { values: [...values], bits };
  };

  it('keeps every bit of 16-bit grey and tells how many are used', async () => {
    expect(await grey({ colourType: 0, depth: 16, samples: [0, 1, 4095, 2048] })).toEqual({
      values: [0, 1, 4095, 2048],
      bits: 12,
    });
    expect((await grey({ colourType: 0, depth: 16, samples: [65_535, 257] })).bits).toBe(16);
  });

  it('keeps few bits as they are', async () => {
    expect(await grey({ colourType: 0, depth: 2, samples: [0, 1, 2, 3] })).toEqual({
      values: [0, 1, 2, 3],
      bits: 2,
    });
  });

  it('weighs colour in full depth', async () => {
    const samples = [65_535, 0, 0, 0, 65_535, 0, 0, 0, 65_535, 40_000, 40_000, 40_000];
    expect((await grey({ colourType: 2, depth: 16, samples })).values).toEqual([
      19_595, 38_469, 7471, 40_000,
    ]);
  });

  it('lays alpha, a clear colour and clear palette entries over black', async () => {
    expect((await grey({ colourType: 4, depth: 8, samples: [200, 255, 200, 0, 200, 128] })).values).toEqual([
      200, 0, 100,
    ]);
    const clear = chunk('tRNS', Uint8Array.of(0, 77));
    expect((await grey({ colourType: 0, depth: 8, samples: [77, 78], before: [clear] })).values).toEqual([
      0, 78,
    ]);
    const palette = chunk('PLTE', Uint8Array.of(10, 10, 10, 200, 200, 200));
    const half = chunk('tRNS', Uint8Array.of(255, 128));
    expect(await grey({ colourType: 3, depth: 1, samples: [0, 1], before: [palette, half] })).toEqual({
      values: [10, 100],
      bits: 8,
    });
  });
});
