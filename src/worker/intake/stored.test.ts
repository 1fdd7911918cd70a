import { describe, expect, it } from 'vitest';
import type { StoredRow } from '../../protocol/film.ts';
import { AppError } from '../../util/errors.ts';
import { readStored, type StoredReader } from './stored.ts';

const facts = { transferSyntax: 'png', rows: 1, cols: 2, min: 0, max: 3, mean: 1.5, sha256: 'ab' };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sources = Array.from({ length: 200 }, (_, i) => ({ path: `f${i}`, file: new File([], 'x') }));

const reader = (answer: (path: string) => Promise<typeof facts>): StoredReader => ({
  size: 2,
  stored: ({ path }) => answer(path),
  dispose: () => undefined,
});

describe('reading what is stored', () => {
  it('gives one row for every file, whenever it comes, and refusals with code and reason', async () => {
    const sent: StoredRow[][] = [];
    const slow = reader(async (path) => {
      const number = Number(path.slice(1));
      await pause((number % 7) * 20);
      if (number % 10 === 0) throw new AppError('image-corrupt', 'it is bad.');
      return facts;
    });
    const { workers } = await readStored(sources, slow, (rows) => sent.push([...rows]));
    expect(workers).toBe(2);
    expect(sent.length).toBeGreaterThan(1);
    const rows = sent.flat();
    expect(rows.map(({ file }) => file).sort()).toEqual(sources.map(({ path }) => path).sort());
    expect(rows.filter(({ ok }) => !ok)).toHaveLength(20);
    expect(rows.find(({ file }) => file === 'f10')).toMatchObject({
      ok: false,
      sha256: null,
      code: 'image-corrupt',
      reason: 'The image data is damaged: it is bad.',
    });
    expect(rows.find(({ file }) => file === 'f11')).toEqual({
      file: 'f11',
      ok: true,
      ...facts,
      code: null,
      reason: null,
    });
  });

  it('answers only when every row has been taken', async () => {
    const taken: StoredRow[] = [];
    const quick = reader(async () => facts);
    await readStored(sources.slice(0, 3), quick, async (rows) => {
      await pause(50);
      taken.push(...rows);
    });
    expect(taken).toHaveLength(3);
  });

  it('ends when the workers cannot start', async () => {
    const dead = reader(() => Promise.reject(new AppError('worker-failed', 'no.')));
    await expect(readStored(sources, dead, () => undefined)).rejects.toMatchObject({ code: 'worker-failed' });
  });
});
