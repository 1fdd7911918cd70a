// The cache over a disk in memory: films are found again as they were, and everything that can be wrong with storage
// (evicted, cut, overwritten, full, written to by another tab) leaves only films that must be decoded again.

import { describe, expect, test } from 'vitest';
import { AppError, toWire } from '../util/errors.ts';
import { roomFor } from './disk.ts';
import { type CacheParts, eraseCache, type FileKey, FilmCache, type Found } from './filmCache.ts';
import { checksum, type FilmFacts } from './packIndex.ts';
import { PackReader } from './packs.ts';
import { MemoryDisk, MemoryIndex } from './testDisk.ts';

const OPTIONS = 'version 1, 16 px, 8 bit';
const PLANE = 7 * 5;

const file = (i: number, modified = 1000): FileKey => ({ path: `set/${i}.png`, size: 50 + i, modified });
const facts = (i: number): FilmFacts => ({
  width: 7,
  height: 5,
  originalWidth: 700 + i,
  originalHeight: 500,
  format: 'dicom',
  patientId: `p${i}`,
  measures: { mean: 120, deviation: 50, polarity: 0.5, hash: 'ff' },
});
const plane = (i: number) => Uint8Array.from({ length: PLANE }, (_, at) => (at * 7 + i) % 256);
const files = (count: number) => Array.from({ length: count }, (_, i) => file(i));

/** Packs of three films, committed after every second. */
const setUp = (parts: Partial<CacheParts> = {}) => {
  const disk = new MemoryDisk();
  const index = new MemoryIndex();
  const grant = async () => ({ quota: null, usage: null, persisted: false });
  const limits = { packBytes: 100, commitBytes: 60 };
  const open = (writer = true, options = OPTIONS) =>
    FilmCache.open({ disk, index, grant, writer, limits, ...parts }, options);
  return { disk, index, open };
};

async function filled(count: number, parts: Partial<CacheParts> = {}) {
  const made = setUp(parts);
  const cache = await made.open();
  for (let i = 0; i < count; i++) await cache.add(file(i), facts(i), plane(i));
  await cache.seal();
  return made;
}

const isFilm = (found: Found | null | undefined) => found !== null && found !== undefined && 'film' in found;
const which = (found: readonly (Found | null)[]) => found.flatMap((one, i) => (isFilm(one) ? [i] : []));

describe('a second visit', () => {
  test('finds every film with its facts and its plane, in the order asked for', async () => {
    const { open, disk } = await filled(10);
    expect(disk.files.size).toBe(4);
    const cache = await open();
    const order = files(10).reverse();
    const found = await cache.lookUp(order);
    for (const [at, one] of found.entries()) {
      const i = 9 - at;
      if (!one || !('film' in one)) throw new Error(`film ${i} is not there`);
      expect(one.film).toEqual(facts(i));
      expect(await cache.read(one.place, PLANE)).toEqual(plane(i));
    }
    expect(cache).toMatchObject({ films: 10, mode: 'on' });
  });

  test('reads again what has another size, another time of change or other options', async () => {
    const { open, index } = await filled(6);
    const asked = [file(0), file(1, 2000), { ...file(2), size: 9 }, file(3), file(99)];
    expect(which(await (await open()).lookUp(asked))).toEqual([0, 3]);
    // What was out of date has left the index, and is not found by its old key either.
    expect(which(await (await open()).lookUp(files(6)))).toEqual([0, 3, 4, 5]);
    expect(which(await (await open(true, 'version 2')).lookUp(files(6)))).toEqual([]);
    expect((await index.packs()).reduce((sum, { films }) => sum + films, 0)).toBe(4);
  });

  test('remembers why a file is no film', async () => {
    const { open } = setUp();
    const cache = await open();
    const refusal = toWire(new AppError('image-corrupt', 'the data ends early.'));
    await cache.refuse(file(0), refusal);
    await cache.seal();
    expect(await (await open()).lookUp([file(0), file(1)])).toEqual([{ refusal }, null]);
  });
});

describe('storage that fails', () => {
  test('an evicted pack costs its own films and no others', async () => {
    const { open, disk, index } = await filled(9);
    const [first] = [...disk.files.keys()];
    disk.files.delete(first!);
    expect(which(await (await open()).lookUp(files(9)))).toEqual([3, 4, 5, 6, 7, 8]);
    expect(index.records.size).toBe(2);
  });

  test('a torn pack keeps what is whole in it', async () => {
    const { open, disk } = await filled(3);
    const [[name, bytes]] = [...disk.files] as [[string, Uint8Array<ArrayBuffer>]];
    disk.files.set(name, bytes.slice(0, 2 * 36 + 3));
    expect(which(await (await open()).lookUp(files(3)))).toEqual([0, 1]);
  });

  test('foreign bytes are never taken for a film', async () => {
    const { open, disk } = await filled(3);
    const [[name, bytes]] = [...disk.files] as [[string, Uint8Array<ArrayBuffer>]];
    disk.files.set(
      name,
      bytes.map((value) => value ^ 1),
    );
    expect(which(await (await open()).lookUp(files(3)))).toEqual([]);
    // In the middle of a pack it shows when the plane is read.
    const other = await filled(3);
    const [[its, good]] = [...other.disk.files] as [[string, Uint8Array<ArrayBuffer>]];
    const bad = good.slice();
    bad[36 + 5]! ^= 4;
    other.disk.files.set(its, bad);
    const ranges = [0, 1, 2].map((i) => ({
      pack: its,
      offset: 36 * i,
      length: PLANE,
      checksum: checksum(plane(i)),
    }));
    const read = await new PackReader(other.disk).read(ranges);
    expect(read.damaged).toEqual([1]);
    expect(read.bytes.subarray(read.starts[2], read.starts[2]! + PLANE)).toEqual(plane(2));
  });

  test('a crash loses what was not committed, and the next writer clears it away', async () => {
    const { open, disk } = setUp();
    const crashed = await open();
    for (let i = 0; i < 4; i++) await crashed.add(file(i), facts(i), plane(i));
    expect(disk.files.size).toBe(2);
    const cache = await open();
    expect(which(await cache.lookUp(files(4)))).toEqual([0, 1, 2]);
    const lost = setUp();
    await (await lost.open()).add(file(0), facts(0), plane(0));
    expect(lost.disk.files.size).toBe(1);
    await lost.open();
    expect(lost.disk.files.size).toBe(0);
  });

  test('a disk that is full takes no more films, and keeps those it has', async () => {
    const { open, disk } = setUp();
    disk.limit = 36 * 4;
    const cache = await open();
    const places = [];
    for (let i = 0; i < 6; i++) places.push(await cache.add(file(i), facts(i), plane(i)));
    expect(places.map((place) => place !== null)).toEqual([true, true, true, true, false, false]);
    expect(cache.mode).toBe('full');
    await cache.seal();
    expect(which(await (await open()).lookUp(files(6)))).toEqual([0, 1, 2, 3]);
  });

  test('stops before the quota is reached', async () => {
    expect(roomFor({ quota: 1e9, usage: 0.95e9, persisted: false })).toBe(0);
    expect(roomFor({ quota: 1e9, usage: 0.88e9, persisted: false })).toBe(0.02e9);
    const none = setUp({ grant: async () => ({ quota: 1000, usage: 990, persisted: false }) });
    const cache = await none.open();
    expect(await cache.add(file(0), facts(0), plane(0))).toBeNull();
    expect(cache.mode).toBe('full');
  });
});

test('a second tab reads what is there and writes nothing', async () => {
  const { open, disk, index } = await filled(4);
  const before = [disk.files.size, index.records.size];
  const cache = await open(false);
  expect(which(await cache.lookUp([file(0), file(1, 5), file(2)]))).toEqual([0, 2]);
  expect(await cache.add(file(7), facts(7), plane(7))).toBeNull();
  expect(cache.mode).toBe('read-only');
  expect([disk.files.size, index.records.size]).toEqual(before);
});

test('erasing leaves nothing, except what another tab still reads, and says so', async () => {
  const { disk, index, open } = await filled(8);
  const [held] = [...disk.files.keys()];
  disk.busy.add(held!);
  expect(await eraseCache({ disk, index })).toBe(false);
  expect([...disk.files.keys()]).toEqual([held]);
  expect(which(await (await open()).lookUp(files(8)))).toEqual([]);
  disk.busy.clear();
  expect(await eraseCache({ disk, index })).toBe(true);
  expect(disk.files.size).toBe(0);
});

test('one changed byte changes the checksum, wherever it is', () => {
  for (const length of [1, 4, 35, 64]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    const sum = checksum(bytes);
    for (let at = 0; at < length; at++) {
      const other = bytes.slice();
      other[at]! ^= 128;
      expect(checksum(other)).not.toBe(sum);
    }
    const shifted = new Uint8Array(length + 1);
    shifted.set(bytes, 1);
    expect(checksum(shifted.subarray(1))).toBe(sum);
  }
});
