// Array files opened into films: the shared PneumoniaMNIST where it is at hand, a made one, and broken ones.

import { existsSync, readFileSync } from 'node:fs';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeFilm } from '../../data/decode.ts';
import type { EngineDataset } from '../../protocol/dataset.ts';
import { AppError } from '../../util/errors.ts';
import { openArchives } from './archives.ts';
import { Intake } from './intake.ts';
import { listFiles } from './listing.ts';

const SHARED = new URL('../../../shared/data/medmnist/pneumoniamnist.npz', import.meta.url);

function npy(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = text.padEnd(118 - 1, ' ');
  return Uint8Array.from([0x93, ...strToU8('NUMPY'), 1, 0, 118, 0, ...strToU8(`${header}\n`), ...data]);
}

const images = (count: number, shade: number) =>
  npy(
    '|u1',
    [count, 4, 6],
    Uint8Array.from({ length: count * 24 }, (_, i) => (i % 24) + shade),
  );
const labels = (values: readonly number[]) =>
  npy('<i8', [values.length, 1], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));

const made = () =>
  zipSync({
    'train_images.npy': images(8, 10),
    'train_labels.npy': labels([0, 1, 0, 1, 0, 1, 0, 1]),
    'val_images.npy': [images(2, 50), { level: 0 }],
    'val_labels.npy': labels([0, 1]),
    'test_images.npy': images(3, 90),
    'test_labels.npy': labels([1, 0, 1]),
  });

const source = (path: string, bytes: Uint8Array) => ({ path, file: new File([bytes.slice()], path) });

async function readAll(files: { path: string; file: File }[]) {
  const channel = new MessageChannel();
  const intake = new Intake((options) => ({
    decode: ({ file }) => decodeFilm(file, options),
    dispose: () => undefined,
  }));
  intake.connectEngine(channel.port1);
  const delivered = new Promise<EngineDataset>((resolve) => {
    channel.port2.onmessage = ({ data }) => resolve(data);
  });
  const options = { name: 'arrays', planeSize: 64, seed: 1 };
  const summary = await intake.readFiles(files, options, () => undefined);
  const engine = await delivered;
  channel.port1.close();
  channel.port2.close();
  return { summary, engine };
}

describe('an array file', () => {
  const parts = (one: (count: number, shade: number) => Uint8Array) =>
    zipSync({ 'train_images.npy': one(8, 1), 'val_images.npy': one(3, 5), 'test_images.npy': one(3, 9) });
  const grey = (count: number, shade: number) =>
    Array.from({ length: count * 24 }, (_, i) => 160 * ((i % 24) + shade) + 1);
  const deep = (littleEndian: boolean) => (count: number, shade: number) => {
    const values = grey(count, shade);
    const view = new DataView(new ArrayBuffer(2 * values.length));
    values.forEach((value, i) => {
      view.setUint16(2 * i, value, littleEndian);
    });
    return npy(littleEndian ? '<u2' : '>u2', [count, 4, 6], new Uint8Array(view.buffer));
  };
  const planes = async (bytes: Uint8Array) =>
    (await readAll([source('a.npz', bytes)])).engine.planes.map((plane) => [...plane]);

  it.each([
    ['last, as Keras has it', [4, 6, 1]],
    ['first, as PyTorch has it', [1, 4, 6]],
  ])('may have one channel, %s', async (_, sides) => {
    const data = (count: number, shade: number) =>
      Uint8Array.from({ length: count * 24 }, (_, i) => (i % 24) + shade);
    const plain = await planes(parts((count, shade) => npy('|u1', [count, 4, 6], data(count, shade))));
    expect(await planes(parts((count, shade) => npy('|u1', [count, ...sides], data(count, shade))))).toEqual(
      plain,
    );
  });

  it('may have 16 bits in either order, white where the bits in use are', async () => {
    const [little, big] = [await planes(parts(deep(true))), await planes(parts(deep(false)))];
    expect(little).toEqual(big);
    // The darkest and the brightest of a part: 13 bits are in use at most.
    const all = little.flat();
    expect([Math.min(...all), Math.max(...all)].map((value) => value > 0 && value < 256)).toEqual([
      true,
      true,
    ]);
    expect(Math.max(...all)).toBeGreaterThan(120);
  });

  it.each([
    ['three channels', [2, 4, 6, 3], '3 channels; grey ones, of one channel, are read'],
    ['no sides', [48], 'none of pictures'],
    ['five dimensions', [2, 2, 2, 2, 6], 'grey ones'],
  ])('of %s is refused for what it is', async (_, shape, words) => {
    const bytes = zipSync({
      'train_images.npy': npy('|u1', shape, new Uint8Array(shape.reduce((a, b) => a * b, 1))),
    });
    const { refused } = await openArchives(listFiles([source('a.npz', bytes)]).files);
    expect(String(refused.get('a.npz'))).toContain(words);
  });

  it('becomes films with labels and the split of its arrays', async () => {
    const { summary, engine } = await readAll([source('set/pneumoniamnist.npz', made())]);
    expect(summary.films).toEqual({ train: 8, val: 2, test: 3 });
    expect(summary.findings).toEqual(['pneumonia']);
    expect(summary.counts[0]?.positives).toEqual({ train: 4, val: 1, test: 2 });
    expect(summary.filmTable.paths[0]).toBe('set/pneumoniamnist.npz/test_0.pgm');
    const first = summary.filmTable.paths.indexOf('set/pneumoniamnist.npz/val_1.pgm');
    expect([...engine.planes[first]!]).toEqual(Array.from({ length: 24 }, (_, i) => i + 50));
  });

  const zip = made();
  const broken: [string, Uint8Array][] = [
    ['cut', zip.subarray(0, zip.length - 60)],
    ['no zip at all', strToU8('not a zip, whatever its name')],
    ['without films', zipSync({ 'readme.txt': strToU8('hello') })],
    [
      'an array shorter than its shape',
      zipSync({ 'train_images.npy': npy('|u1', [9, 4, 6], new Uint8Array(24)) }),
    ],
    ['floating-point films', zipSync({ 'train_images.npy': npy('<f4', [1, 4, 6], new Uint8Array(96)) })],
    ['colour films', zipSync({ 'train_images.npy': npy('|u1', [1, 4, 6, 3], new Uint8Array(72)) })],
    [
      'a film larger than any',
      zipSync({ 'train_images.npy': npy('|u1', [0, 99_999, 2], new Uint8Array(0)) }),
    ],
    ['a member that swells', swollen()],
  ];

  it.each(broken)('that is %s is refused with its reason, and other films are read', async (_, bytes) => {
    const { refused } = await openArchives(listFiles([source('bad.npz', bytes)]).files);
    expect(refused.get('bad.npz')).toBeInstanceOf(AppError);
    const { summary } = await readAll([source('bad.npz', bytes), source('good.npz', made())]);
    expect(summary.filmTable.length).toBe(13);
    expect(summary.skipped).toHaveLength(1);
    expect(['archive-unreadable', 'image-too-large']).toContain(summary.skipped[0]?.error.code);
  });

  it.skipIf(!existsSync(SHARED))(
    `of PneumoniaMNIST gives 5,856 films${existsSync(SHARED) ? '' : ' (not beside the repository)'}`,
    async () => {
      const { summary } = await readAll([source('pneumoniamnist.npz', readFileSync(SHARED))]);
      expect(summary.filmTable.length).toBe(5856);
      expect(summary.films).toEqual({ train: 4708, val: 524, test: 624 });
      expect(summary.counts[0]).toMatchObject({
        finding: 'pneumonia',
        positives: { train: 3494, val: 389, test: 390 },
        negatives: { train: 1214, val: 135, test: 234 },
      });
    },
  );
});

/** A member whose deflated data gives 64 MB where 200 bytes are declared. */
function swollen(): Uint8Array {
  const name = 'train_images.npy';
  const zip = zipSync({ [name]: [new Uint8Array(2 ** 26), { level: 9 }] });
  const view = new DataView(zip.buffer);
  // The declared size in the directory, which is what is believed.
  const directory = view.getUint32(zip.length - 6, true);
  view.setUint32(directory + 24, 200, true);
  return zip;
}
