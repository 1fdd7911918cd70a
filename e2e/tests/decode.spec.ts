// The built decode worker in the browser, spoken to directly: what Node cannot show, namely the browser's own
// PNG and JPEG decoders with colour management off, and the WebAssembly codec under the page's policy.

import { readdirSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright/test';
import { greyElements, writeDicom } from '../../src/data/testDicom.ts';
import { writeDctJpeg } from '../../src/data/testJpeg.ts';
import { expect, test } from './fixtures.ts';

interface Decoded {
  readonly plane?: readonly number[];
  readonly width?: number;
  readonly height?: number;
  readonly code?: string;
}

const assets = new URL('../../dist/assets/', import.meta.url);
const workerName = () => readdirSync(assets).find((name) => /^decode\.worker-.*\.js$/.test(name));

/** Files through one worker, one after the other. */
async function decode(page: Page, files: readonly Uint8Array[], planeSize = 4096): Promise<Decoded[]> {
  const address = `assets/${workerName()}`;
  const encoded = files.map((bytes) => Buffer.from(bytes).toString('base64'));
  return page.evaluate(
    async ({ address, encoded, planeSize }) => {
      const worker = new Worker(new URL(address, document.baseURI), { type: 'module' });
      const decodeOne = (text: string, id: number) =>
        new Promise<Decoded>((resolve, reject) => {
          worker.onmessage = ({ data }) => {
            // Notices to the pool have no number.
            if (!data.id) return;
            const { plane, ...rest } = data.value;
            resolve(data.type === 'RAW' ? { plane: [...plane], ...rest } : { code: data.value.code });
          };
          worker.onerror = (event) => reject(new Error(event.message));
          const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
          const args = [new File([bytes], 'film'), { planeSize, thumbnailSize: 8 }];
          const argumentList = args.map((value) => ({ type: 'RAW', value }));
          worker.postMessage({ id: String(id), type: 'APPLY', path: ['decode'], argumentList });
        });
      const films: Decoded[] = [];
      for (const [i, text] of encoded.entries()) films.push(await decodeOne(text, i));
      worker.terminate();
      return films;
    },
    { address, encoded, planeSize },
  );
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  /** Packed rows without filter bytes. */
  readonly rows: readonly (readonly number[] | Uint8Array)[];
  readonly before?: Buffer;
}

function png({ width, height, depth, colourType, rows, before = Buffer.alloc(0) }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType], 8);
  const data = deflateSync(Buffer.concat(rows.map((row) => Buffer.from([0, ...row]))));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test.beforeEach(async ({ page, home }) => {
  await page.goto(home);
});

const ramp = (count: number) => Array.from({ length: count }, (_, i) => i);
const GREY = 0;
const PALETTE = 3;
const RGBA = 6;

/** A JPEG of a grey ramp from left to right, as the browser writes it: three components. */
const rampJpeg = async (page: Page, width: number, height: number): Promise<Buffer> => {
  const base64 = await page.evaluate(
    async ({ width, height }) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d')!;
      for (let x = 0; x < width; x++) {
        const grey = Math.round((255 * x) / (width - 1));
        context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
        context.fillRect(x, 0, 1, height);
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
      return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
    },
    { width, height },
  );
  return Buffer.from(base64, 'base64');
};

function expectRamp(film: Decoded, width: number, tolerance: number): void {
  for (const x of ramp(width)) {
    expect(Math.abs(film.plane![x]! - (255 * x) / (width - 1))).toBeLessThanOrEqual(tolerance);
  }
}

test('8-bit PNG keeps every value, whatever colour profile it claims', async ({ page }) => {
  const gamma = Buffer.alloc(4);
  gamma.writeUInt32BE(100_000);
  const square = { width: 16, height: 16, depth: 8, colourType: GREY };
  const rows = ramp(16).map((y) => ramp(16).map((x) => 16 * y + x));
  const films = await decode(page, [
    png({ ...square, rows }),
    png({ ...square, rows, before: chunk('gAMA', gamma) }),
  ]);
  for (const film of films) expect(film.plane).toEqual(ramp(256));
});

test('few bits, palettes and transparency become grey', async ({ page }) => {
  const [one, two, four, palette, clear] = await decode(page, [
    png({ width: 4, height: 1, depth: 1, colourType: GREY, rows: [[0b0101_0000]] }),
    png({ width: 4, height: 1, depth: 2, colourType: GREY, rows: [[0b00_01_10_11]] }),
    png({ width: 2, height: 1, depth: 4, colourType: GREY, rows: [[0x3c]] }),
    png({
      width: 3,
      height: 1,
      depth: 8,
      colourType: PALETTE,
      rows: [[2, 1, 0]],
      before: chunk('PLTE', Uint8Array.of(255, 0, 0, 0, 255, 0, 7, 7, 7)),
    }),
    png({
      width: 4,
      height: 1,
      depth: 8,
      colourType: RGBA,
      rows: [[90, 90, 90, 255, 255, 255, 255, 0, 200, 200, 200, 128, 0, 0, 255, 255]],
    }),
  ]);
  expect(one?.plane).toEqual([0, 255, 0, 255]);
  expect(two?.plane).toEqual([0, 85, 170, 255]);
  expect(four?.plane).toEqual([51, 204]);
  expect(palette?.plane).toEqual([7, 150, 76]);
  expect(clear?.plane?.slice(0, 2)).toEqual([90, 0]);
  expect(Math.abs(clear!.plane![2]! - 100)).toBeLessThanOrEqual(1);
  expect(clear?.plane?.[3]).toBe(29);
});

test('a tall film is read in strips without a seam', async ({ page }) => {
  const rows = ramp(1500).map((y) => new Uint8Array(40).fill(y % 251));
  const [film] = await decode(page, [png({ width: 40, height: 1500, depth: 8, colourType: GREY, rows })]);
  expect([film?.width, film?.height]).toEqual([40, 1500]);
  expect(ramp(1500).filter((y) => film!.plane![40 * y + 20] !== y % 251)).toEqual([]);
});

test('JPEG: grey values, orientation, and what is refused', async ({ page }) => {
  const jpeg = await rampJpeg(page, 64, 16);
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010006000000000000', 'hex');
  const turned = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
  const frameAt = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const cmyk = Buffer.from(jpeg);
  cmyk[frameAt + 9] = 4;
  const samples = ramp(64 * 16).map((i) => Math.round((255 * (i % 64)) / 63));
  const film = { width: 64, height: 16, precision: 8, samples };
  const progressive = writeDctJpeg(film, { progressive: true });
  const files = [jpeg, turned, jpeg.subarray(0, 400), cmyk, progressive];
  const [whole, upright, cut, four, inScans] = await decode(page, files);
  expectRamp(whole!, 64, 3);
  expect([upright?.width, upright?.height]).toEqual([16, 64]);
  expectRamp(inScans!, 64, 3);
  expect(cut?.code).toBe('image-corrupt');
  expect(four?.code).toBe('image-unsupported');
});

test('a JPEG that lacks its end marker is whole, turned or not; one that lacks more is not', async ({
  page,
}) => {
  const jpeg = await rampJpeg(page, 64, 16);
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010006000000000000', 'hex');
  const turned = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
  const samples = ramp(64 * 16).map((i) => Math.round((255 * (i % 64)) / 63));
  const scans = writeDctJpeg({ width: 64, height: 16, precision: 8, samples }, { progressive: true });
  const last = Buffer.from(scans).lastIndexOf(Buffer.from([0xff, 0xda]));
  const films = await decode(page, [
    jpeg,
    jpeg.subarray(0, -2),
    turned.subarray(0, -2),
    jpeg.subarray(0, -20),
    scans.subarray(0, -2),
    scans.subarray(0, last),
  ]);
  expect(films[1]?.plane).toEqual(films[0]?.plane);
  expect([films[2]?.width, films[2]?.height]).toEqual([16, 64]);
  expect(films.map(({ code }) => code ?? 'decoded')).toEqual([
    'decoded',
    'decoded',
    'decoded',
    'image-corrupt',
    'decoded',
    'image-corrupt',
  ]);
});

test('damaged PNG is refused, and the worker goes on', async ({ page }) => {
  const rows = ramp(64).map((y) => ramp(64).map((x) => (x * y) % 256));
  const good = png({ width: 64, height: 64, depth: 8, colourType: GREY, rows });
  const scratched = Buffer.from(good);
  scratched.fill(0xa5, 80, 120);
  const films = await decode(page, [good.subarray(0, good.length - 40), scratched, good]);
  expect(films.map(({ code }) => code ?? 'decoded')).toEqual(['image-corrupt', 'image-corrupt', 'decoded']);
});

test('JPEG inside DICOM goes through the WebAssembly codec', async ({ page }) => {
  const jpeg = await rampJpeg(page, 64, 16);
  const short = (tag: number, value: number) => ({ tag, vr: 'US', value: [value] });
  const wrap = (data: Uint8Array) =>
    writeDicom({
      syntax: '1.2.840.10008.1.2.4.50',
      elements: greyElements({
        rows: 16,
        cols: 64,
        bits: 8,
        photometric: 'YBR_FULL_422',
        more: [short(0x00280002, 3)],
      }),
      fragments: [data.subarray(0, 200), data.subarray(200)],
    });
  const tables = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
  const torn = Buffer.from(jpeg);
  torn.fill(0xff, tables + 5, tables + 21);
  const films = await decode(page, [wrap(jpeg), wrap(torn), wrap(jpeg)]);
  expect(films.map(({ code }) => code ?? 'decoded')).toEqual(['decoded', 'image-corrupt', 'decoded']);
  expectRamp(films[0]!, 64, 3);
  expect(films[2]?.plane).toEqual(films[0]?.plane);
});

test('the pacer counts processor time: it goes on by itself until it is ended', async ({ page }) => {
  const name = readdirSync(assets).find((file) => /^pacer\.worker-.*\.js$/.test(file));
  const pieces = await page.evaluate(async (address) => {
    const pacer = new Worker(new URL(address, document.baseURI), { type: 'module' });
    let count = 0;
    pacer.onmessage = () => {
      count += 1;
    };
    const until = async (wanted: number) => {
      while (count < wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until(10);
    pacer.terminate();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = count;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { ended, later: count };
  }, `assets/${name}`);
  expect(pieces.ended).toBeGreaterThanOrEqual(10);
  expect(pieces.later).toBe(pieces.ended);
});
