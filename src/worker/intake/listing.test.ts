// What a folder holds besides films: folders of a network storage, masks, names that handles do not show; folders that are
// left out by choice, from reading to the parts; and array files opened into films, the shared PneumoniaMNIST where it is at hand.

import { existsSync, readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeFilm } from '../../data/decode.ts';
import { type EngineDataset, filmsAsRows } from '../../protocol/dataset.ts';
import type { IntakeOptions, IntakeSource, SourceFile } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { Intake } from './intake.ts';
import { listFiles, openArchives } from './listing.ts';

const png = (path: string, shade = 9): SourceFile => {
  const data = Uint8Array.from({ length: 200 }, (_, i) => (i * shade) % 256);
  const bytes = encode({ width: 20, height: 10, data, channels: 1, depth: 8 });
  return { path, file: new File([bytes.slice()], 'x', { lastModified: 1 }) };
};
const OPTIONS: IntakeOptions = { name: 'folder', planeSize: 16, seed: 1 };

function connect() {
  const { port1 } = new MessageChannel();
  const decoder = (options: { planeSize: number; thumbnailSize: number }) => ({
    decode: ({ file }: SourceFile) => decodeFilm(file, options),
    dispose: () => undefined,
  });
  const intake = new Intake(decoder);
  intake.connectEngine(port1);
  return { intake, close: () => port1.close() };
}

async function summarise(source: IntakeSource, kept: SourceFile[] = [], options = OPTIONS) {
  const { intake, close } = connect();
  intake.keepFiles(kept, true);
  return intake.readFiles(source, options, () => undefined).finally(close);
}

async function read(source: IntakeSource, kept: SourceFile[] = []) {
  const { filmTable, skipped } = await summarise(source, kept);
  return { films: filmTable.paths, left: skipped.map(({ path, error }) => [path, error.code]) };
}

const entry = ({ path, file }: SourceFile) => ({ kind: 'file', name: path, getFile: async () => file });
const folder = (name: string, entries: readonly { name: string }[]) => ({
  kind: 'directory',
  name,
  async *values() {
    yield* entries as unknown as FileSystemHandle[];
  },
  getFileHandle: async (wanted: string) => entries.find((one) => one.name === wanted),
});
const handles = (root: unknown) => [{ path: '', handle: root as FileSystemHandle }];

const SYSTEM = {
  films: ['a.png', 'b/c.png'],
  left: [
    ['@eaDir', 'not-a-film'],
    ['b/#recycle', 'not-a-film'],
  ],
};

describe('folders that a system made', () => {
  it('are left out of files of an input', async () => {
    const files = [
      'a.png',
      'b/c.png',
      '@eaDir/a.png/THUMB.jpg',
      '@eaDir/a.png/M.jpg',
      'b/#recycle/old.png',
      '.thumbnails/a.png',
    ];
    expect(await read(files.map((path) => png(path)))).toEqual(SYSTEM);
  });

  it('are not walked', async () => {
    const trap = {
      kind: 'directory',
      name: '@eaDir',
      values: () => {
        throw new Error('walked');
      },
    };
    const inner = folder('b', [entry(png('c.png')), folder('#recycle', [entry(png('old.png'))])]);
    const root = folder('root', [trap, entry(png('a.png')), inner, folder('.thumbnails', [])]);
    expect(await read({ handles: handles(root) })).toEqual(SYSTEM);
  });
});

it('masks beside films are no films, and each says why', async () => {
  const { films, left } = await read(['X/images/1.png', 'X/masks/1.png'].map((path) => png(path)));
  expect([films, left]).toEqual([['X/images/1.png'], [['X/masks/1.png', 'not-a-film']]]);
});

it('a folder that was taken for masks is named, and its pictures are films where it is kept', async () => {
  const films = ['X/images/1.png', 'X/images/2.png', 'X/masks/1.png', 'X/masks/2.png', 'Y/img/3.png'];
  const files = [...films, 'Y/img/3_mask.png', 'Y/gt/3.png'].map((path, i) => png(path, 3 + i));
  const whole = await summarise(files);
  expect(whole.maskFolders).toEqual([
    { folder: 'X/masks', films: 2, places: 1 },
    { folder: 'Y/gt', films: 1, places: 1 },
  ]);
  const kept = await summarise(files, [], { ...OPTIONS, keepFolders: ['X/masks'] });
  expect(kept.filmTable.paths).toEqual(films);
  expect(kept.maskFolders).toEqual([{ folder: 'Y/gt', films: 1, places: 1 }]);
  const named = await summarise(files, [], { ...OPTIONS, keepFolders: ['*/masks', '*/gt', 'Y/img'] });
  expect(named.filmTable.length).toBe(7);
  expect(named.maskFolders).toBeUndefined();
});

it('names that handles do not show come from the page, each film once', async () => {
  const root = folder('root', [entry(png('a.png')), entry(png('b%.png'))]);
  const source = { handles: handles(root), besides: 'kept', unopened: ['lost:.png'] } as const;
  expect(await read(source, [png('12:30.png'), png('b%.png')])).toEqual({
    films: ['12:30.png', 'a.png', 'b%.png'],
    left: [['lost:.png', 'file-unreadable']],
  });
});

describe('folders left out by choice', () => {
  const paths = ['A', 'B', 'bad'].flatMap((group) =>
    Array.from({ length: 12 }, (_, i) => `${group}/${i}.png`),
  );
  const all = paths.map((path, i) => png(path, 3 + i));
  const rest = all.filter(({ path }) => !path.startsWith('bad/'));
  const placesIn = (rows: ReturnType<typeof filmsAsRows>) =>
    rows.flatMap(({ path, split }) => (path.startsWith('bad/') ? [] : [[path, split]]));

  it('are in no part, and labels and parts are those of the set without them', async () => {
    const { intake, close } = connect();
    const without = await intake.readFiles(rest, OPTIONS, () => undefined);
    const whole = await intake.readFiles(all, OPTIONS, () => undefined);
    expect(whole.findings).toContain('bad');
    const ticked = await intake.arrange({ leaveOutFolders: ['bad'] });
    const given = await intake.readFiles(all, { ...OPTIONS, leaveOutFolders: ['*/bad'] }, () => undefined);
    close();
    for (const summary of [ticked, given]) {
      const rows = filmsAsRows(summary.filmTable);
      expect(summary.findings).toEqual(without.findings);
      expect(placesIn(rows)).toEqual(placesIn(filmsAsRows(without.filmTable)));
      expect(rows.filter(({ path }) => path.startsWith('bad/')).every(({ split }) => split === 'out')).toBe(
        true,
      );
      expect([summary.leftOut, summary.films]).toEqual([12, without.films]);
    }
    expect([ticked.leftOutFolders, whole.leftOutFolders]).toEqual([['bad'], undefined]);
  });

  it('leave the only copy of a film in the set', async () => {
    const { intake, close } = connect();
    const copies = [...rest, ...rest.map(({ path, file }) => ({ path: path.replace(/^A|^B/, 'bad'), file }))];
    await intake.readFiles([...copies].reverse(), OPTIONS, () => undefined);
    const summary = await intake.arrange({ leaveOutFolders: ['bad'], leaveOut: ['duplicate'] });
    close();
    const flagged = summary.quality!.counts.find(({ flag }) => flag === 'duplicate')!.films;
    expect(summary.films.train + summary.films.val + summary.films.test).toBe(24 - flagged);
    expect(flagged).toBeLessThan(12);
  });
});

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
