// Which films of a run have changed since it was kept.

import { expect, it } from 'vitest';
import { filmTable, type ImageRow } from '../protocol/dataset.ts';
import { changesInWords, compareFilms, FILMS_FILE, writeFilmList } from './filmList.ts';
import { MemoryStorage } from './folder.ts';

const film = (path: string, changes: Partial<ImageRow> = {}): ImageRow => ({
  path,
  patient: 'p',
  split: 'train',
  format: 'png',
  width: 10,
  height: 20,
  labels: Uint8Array.of(1, 0),
  ...changes,
});

it('says what is missing, new and changed, and nothing where nothing is', async () => {
  const folder = await new MemoryStorage().open('11111111');
  const before = ['a.png', 'b\n\t"ü".png', 'c.png', 'd.png'].map((path) => film(path));
  expect(await compareFilms(folder, filmTable(before))).toBeNull();
  await writeFilmList(folder, filmTable(before));
  const same = (await compareFilms(folder, filmTable(before)))!;
  expect(same).toEqual({ missing: [], added: [], changed: [] });
  expect(changesInWords(same)).toMatch(/^the names are the same/);
  const after = [before[0]!, film('c.png', { labels: Uint8Array.of(1, 1) }), film('e.png'), before[3]!];
  const changes = (await compareFilms(folder, filmTable(after)))!;
  expect(changes).toEqual({ missing: ['b\n\t"ü".png'], added: ['e.png'], changed: ['c.png'] });
  expect(changesInWords(changes)).toBe('1 missing (b\n\t"ü".png); 1 new (e.png); 1 changed (c.png)');
  await folder.write(FILMS_FILE, [new TextEncoder().encode('["a.png", 1]\n["b')]);
  expect(await compareFilms(folder, filmTable(after))).toBeNull();
});
