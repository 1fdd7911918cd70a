// What a folder holds besides films: folders of a network storage, masks, names that handles do not show. And folders that
// are left out by choice, from reading to the parts.

import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodeFilm } from '../../data/decode.ts';
import { filmsAsRows } from '../../protocol/dataset.ts';
import type { IntakeOptions, IntakeSource, SourceFile } from '../../protocol/intake.ts';
import { Intake } from './intake.ts';

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
