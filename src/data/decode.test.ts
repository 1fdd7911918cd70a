import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encode } from 'fast-png';
import { deflateSync } from 'fflate';
import { describe, expect, it, test } from 'vitest';
import { AppError, type ErrorCode } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';
import { DECODE_VERSION, decodeFilm, decodeOptionsKey } from './decode.ts';
import { decodeStored } from './dicom/pixels.ts';
import { type GreyOptions, greyElements, type TestImage, writeDicom } from './testDicom.ts';

const SIZES = { planeSize: 64, thumbnailSize: 8 };
const bufferOf = (bytes: Uint8Array) => bytes.slice().buffer;
const film = (bytes: Uint8Array) => decodeFilm(bufferOf(bytes), SIZES);
const dicom = (grey: GreyOptions, rest: Partial<TestImage> = {}) =>
  writeDicom({ ...rest, elements: greyElements(grey) });

async function refusal(bytes: Uint8Array): Promise<ErrorCode | 'decoded'> {
  try {
    await film(bytes);
    return 'decoded';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

const window = (center: number, width: number) => [
  { tag: 0x00281050, vr: 'DS', value: `${center}` },
  { tag: 0x00281051, vr: 'DS', value: `${width}` },
];

const ramp = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('stored values of DICOM', () => {
  const pixels = [0, 1, 2047, 4095, 100, 200];
  const base: GreyOptions = { rows: 2, cols: 3, stored: 12, pixels };

  it.each([
    ['explicit little endian', {}],
    ['implicit little endian', { syntax: '1.2.840.10008.1.2', explicit: false }],
    ['explicit big endian', { syntax: '1.2.840.10008.1.2.2', littleEndian: false }],
    ['a bare data set without preamble', { preamble: false }],
    ['a bare implicit data set', { preamble: false, explicit: false }],
    ['implicit declared, explicit written', { syntax: '1.2.840.10008.1.2' }],
  ] as const)('come out of %s', async (_, how) => {
    const { values, rows, cols } = await decodeStored(dicom(base, how));
    expect([rows, cols]).toEqual([2, 3]);
    expect([...values]).toEqual(pixels);
  });

  it('come out of a deflated data set', async () => {
    const plain = dicom(base, { syntax: '1.2.840.10008.1.2.1.99' });
    const start = metaEnd(plain);
    const packed = Uint8Array.from([...plain.subarray(0, start), ...deflateSync(plain.subarray(start))]);
    expect([...(await decodeStored(packed)).values]).toEqual(pixels);
  });

  it('extend the sign of the stored bits and drop what lies above and below them', async () => {
    const words = [0x7ff0, 0x800f, 0xfff0, 0x0010];
    const grey = { rows: 2, cols: 2, stored: 12, highBit: 15, signed: true, pixels: words };
    expect([...(await decodeStored(dicom(grey))).values]).toEqual([2047, -2048, -1, 1]);
  });

  it('join several RLE fragments of one frame', async () => {
    const segment = (bytes: number[]) => [bytes.length - 1, ...bytes];
    const header = new Uint8Array(64);
    const high = segment(pixels.map((value) => value >> 8));
    const low = segment(pixels.map((value) => value & 255));
    new DataView(header.buffer).setUint32(0, 2, true);
    new DataView(header.buffer).setUint32(4, 64, true);
    new DataView(header.buffer).setUint32(8, 64 + high.length, true);
    const whole = Uint8Array.from([...header, ...high, ...low]);
    const fragments = [whole.subarray(0, 66), whole.subarray(66)];
    const bytes = dicom({ ...base, pixels: undefined }, { syntax: '1.2.840.10008.1.2.5', fragments });
    expect([...(await decodeStored(bytes)).values]).toEqual(pixels);
  });
});

/** Where the only meta element of a test file ends. */
const metaEnd = (bytes: Uint8Array) => 132 + 8 + new DataView(bytes.buffer).getUint16(132 + 6, true);

describe('decodeFilm', () => {
  it('shrinks the plane, makes a thumbnail and reads the patient of a DICOM film', async () => {
    const pixels = ramp(100 * 80);
    const made = await film(dicom({ rows: 100, cols: 80, pixels }));
    expect(made).toMatchObject({
      width: 51,
      height: 64,
      originalWidth: 80,
      originalHeight: 100,
      format: 'dicom',
    });
    expect(made).toMatchObject({ patientId: 'P-17', thumbnail: { width: 6, height: 8 } });
    expect(made.plane).toHaveLength(51 * 64);
    expect(made.plane[0]).toBeLessThan(5);
    expect(made.plane.at(-1)).toBeGreaterThan(250);
  });

  it('gives the same picture for MONOCHROME1 with inverted values', async () => {
    const upright = ramp(256);
    const options = { rows: 16, cols: 16, bits: 8 } as const;
    const two = await film(dicom({ ...options, pixels: Uint8Array.from(upright) }));
    const one = await film(
      dicom({ ...options, photometric: 'MONOCHROME1', pixels: Uint8Array.from(upright, (v) => 255 - v) }),
    );
    expect([...one.plane]).toEqual([...two.plane]);
  });

  it.each([0, 1])('turns RGB with planar configuration %d to grey and says so', async (planar) => {
    // Red, green, blue and a grey pixel.
    const byPixel = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
    const byPlane = [255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9];
    const more = [
      { tag: 0x00280002, vr: 'US', value: [3] },
      { tag: 0x00280006, vr: 'US', value: [planar] },
    ];
    const pixels = Uint8Array.from(planar ? byPlane : byPixel);
    const made = await film(dicom({ rows: 1, cols: 4, bits: 8, photometric: 'RGB', pixels, more }));
    expect(made.note).toBe('colour turned to grey');
    expect([...made.plane]).toEqual([76, 150, 29, 9]);
  });

  it('reads patient, view, side and spacing, and squares oblong pixels', async () => {
    const text = (tag: number, value: string) => ({ tag, vr: 'LO', value });
    const more = [
      text(0x00185101, 'pa'),
      text(0x00200062, 'L'),
      text(0x00280030, '0.4\\0.2'),
      text(0x00100020, '77'),
    ];
    const made = await film(dicom({ rows: 8, cols: 8, bits: 8, pixels: Uint8Array.from(ramp(64)), more }));
    expect(made).toMatchObject({ patientId: '77', width: 4, height: 8, originalWidth: 8, originalHeight: 8 });
    expect(made.taking).toEqual({ view: 'PA', laterality: 'L', spacing: [0.4, 0.2] });
  });

  it('looks palette colours up and weighs them', async () => {
    const words = (tag: number, ...value: number[]) => ({ tag, vr: 'US', value });
    const more = [
      ...[0x00281101, 0x00281102, 0x00281103].map((tag) => words(tag, 3, 0, 16)),
      ...[0x00281201, 0x00281202, 0x00281203].map((tag, i) =>
        words(tag, ...[0, 1, 2].map((entry) => (entry === i ? 0xff00 : 0))),
      ),
    ];
    const pixels = Uint8Array.of(0, 1, 2, 2);
    const made = await film(dicom({ rows: 1, cols: 4, bits: 8, photometric: 'PALETTE COLOR', pixels, more }));
    expect([...made.plane]).toEqual([76, 150, 29, 29]);
  });

  it('takes the first frame of several and says so', async () => {
    const frames = { tag: 0x00280008, vr: 'IS', value: '2' };
    const pixels = Uint8Array.from([...ramp(4), 9, 9, 9, 9]);
    const made = await film(dicom({ rows: 2, cols: 2, bits: 8, pixels, more: [frames, ...window(2, 4)] }));
    expect(made.note).toBe('first of 2 frames');
    expect(made.plane).toHaveLength(4);
  });

  it('keeps all bits of a 16-bit PNG until it is scaled', async () => {
    const data = Uint16Array.from({ length: 256 }, (_, i) => i * 257);
    const made = await film(encode({ width: 16, height: 16, depth: 16, channels: 1, data }));
    expect([...made.plane]).toEqual(ramp(256));
    const dark = await film(
      encode({ width: 16, height: 16, depth: 16, channels: 1, data: data.map((v) => v >> 4) }),
    );
    expect(dark.note).toBe('uses 12 of its 16 bits');
    expect(dark.plane[255]).toBe(255);
    expect(Math.abs(dark.plane[128]! - 128)).toBeLessThanOrEqual(1);
  });

  it('lays transparency over black', async () => {
    const data = Uint16Array.of(65_535, 65_535, 65_535, 0, 65_535, 32_768);
    const made = await film(encode({ width: 3, height: 1, depth: 16, channels: 2, data }));
    expect([...made.plane]).toEqual([255, 0, 128]);
  });
});

describe('refusals', () => {
  const grey: GreyOptions = { rows: 2, cols: 2, pixels: [1, 2, 3, 4] };
  const short = (tag: number, ...value: number[]) => ({ tag, vr: 'US', value });
  const png = encode({ width: 64, height: 64, depth: 16, channels: 1, data: new Uint16Array(4096) });
  const bombed = encode({ width: 3000, height: 300, depth: 16, channels: 1, data: new Uint16Array(900_000) });
  const sized = (bytes: Uint8Array, width: number, height: number) => {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(16, width);
    new DataView(copy.buffer).setUint32(20, height);
    new DataView(copy.buffer).setUint32(29, crc32(copy.subarray(12, 29)));
    return copy;
  };

  it.each<[string, Uint8Array, ErrorCode]>([
    ['an empty file', new Uint8Array(0), 'file-empty'],
    ['text', new TextEncoder().encode('Image Index,Finding Labels\n'), 'format-unknown'],
    ['a cut PNG', png.subarray(0, png.length - 20), 'image-corrupt'],
    ['a PNG that claims a huge side', sized(png, 70_000, 2), 'image-too-large'],
    ['a PNG that claims more than its data can hold', sized(png, 5000, 5000), 'image-corrupt'],
    ['a JPEG without a frame', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9, 0, 0), 'image-corrupt'],
    ['a DICOM report', writeDicom({ elements: greyElements({ rows: 2, cols: 2 }) }), 'dicom-no-pixels'],
    ['cut DICOM pixels', dicom(grey).subarray(0, -2), 'dicom-truncated'],
    ['video', dicom(grey, { syntax: '1.2.840.10008.1.2.4.102' }), 'dicom-unsupported'],
    ['an invented syntax', dicom(grey, { syntax: '1.2.3' }), 'dicom-unsupported'],
    ['raw pixels said to be JPEG', dicom(grey, { syntax: '1.2.840.10008.1.2.4.50' }), 'dicom-invalid'],
    ['12 bits allocated', dicom({ ...grey, more: [short(0x00280100, 12)] }), 'dicom-unsupported'],
    ['more bits stored than allocated', dicom({ ...grey, more: [short(0x00280101, 17)] }), 'dicom-invalid'],
    ['no rows', dicom({ ...grey, rows: 0 }), 'dicom-invalid'],
    ['a side beyond the cap', dicom({ ...grey, rows: 20_000 }), 'image-too-large'],
    ['palette colour', dicom({ ...grey, photometric: 'PALETTE COLOR' }), 'dicom-unsupported'],
  ])('%s', async (_, bytes, code) => {
    expect(await refusal(bytes)).toBe(code);
  });

  it('stops inflating a PNG where its size is reached', async () => {
    await expect(film(sized(bombed, 64, 64))).rejects.toThrow('longer than its size');
  });
});

/** Raise DECODE_VERSION first, then record the new digest beside it. */
const RECORDED = { version: 2, digest: 'f9942d6e29397c54' };

const rng = new Rng(3, 'synthetic');
const [width, height] = [61, 47];
const noise = (levels: number) => Array.from({ length: width * height }, () => rng.int(levels));
const png = (data: Uint8Array | Uint16Array, channels: 1 | 3, depth: 8 | 16) =>
  encode({ width, height, data, channels, depth }).slice();
const toned = (photometric: string) =>
  writeDicom({
    elements: greyElements({ rows: 5, cols: 7, photometric, pixels: noise(4096).slice(0, 35), stored: 12 }),
  }).slice();

test('what decoding yields is of the version that it says', async () => {
  const files = [
    png(Uint8Array.from(noise(256)), 1, 8),
    png(Uint16Array.from(noise(65536)), 1, 16),
    png(Uint8Array.from([...noise(256), ...noise(256), ...noise(256)]), 3, 8),
    toned('MONOCHROME1'),
    toned('MONOCHROME2'),
  ];
  const hash = createHash('sha256');
  for (const file of files) {
    const {
      thumbnail: _,
      plane,
      ...facts
    } = await decodeFilm(new Blob([file]), { planeSize: 32, thumbnailSize: 8 });
    hash.update(plane).update(JSON.stringify(Object.entries(facts).sort()));
  }
  expect({ version: DECODE_VERSION, digest: hash.digest('hex').slice(0, 16) }).toEqual(RECORDED);
  expect(decodeOptionsKey(224)).not.toBe(decodeOptionsKey(225));
});
