// Published splits by their digests: the table against the recorded one, and made lists in its place, since the real ones
// are not at hand. Whole lists beside a few films are known, cut lists are not.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../protocol/dataset.ts';
import { type KnownLists, knownParts, type ListName, NIH_LISTS, nihName, nihNames } from './knownLists.ts';
import { films, readSet } from './testSets.ts';

const RECORDED = new URL('../../../../shared/data/labels/nih-split-digests.json', import.meta.url);

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${String(from + i).padStart(8, '0')}_000.png`);
const MADE: Record<ListName, string[]> = {
  'official-train': names(0, 70),
  'official-val': names(70, 80),
  'official-train-val': names(0, 80),
  'official-test': names(80, 105),
  'chexnet-train': names(30, 101),
  'chexnet-val': names(10, 21),
  'chexnet-test': names(0, 9),
};
const lists = Object.fromEntries(
  Object.entries(MADE).map(([list, all]) => [
    list,
    { films: all.length, sha256: createHash('sha256').update(all.toSorted().join('\n')).digest('hex') },
  ]),
) as KnownLists;
const words = async (given: Partial<Record<Split, readonly string[]>>, here: readonly string[]) =>
  (
    await knownParts(
      new Map(Object.entries(given).map(([part, all]) => [part as Split, new Set(all)])),
      nihNames(here),
      lists,
    )
  )?.words ?? null;

describe.skipIf(!existsSync(RECORDED))('the digests (skipped without ../shared)', () => {
  it('are those recorded', () => {
    const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')).lists as {
      list: string;
      films: number;
      sha256: string;
    }[];
    for (const { list, films: count, sha256 } of recorded) {
      const name = list === 'published-mlvicx-test-and-val' ? 'chexnet-val' : (list as ListName);
      expect(NIH_LISTS[name]).toEqual({ films: count, sha256 });
    }
    expect(recorded).toHaveLength(Object.keys(NIH_LISTS).length + 1);
  });
});

describe('a published split', () => {
  it('is told from another, and what the folder has of it is counted', async () => {
    const here = [...MADE['official-train-val'].slice(0, 7), ...MADE['official-test']];
    const official = { train: MADE['official-train-val'], test: MADE['official-test'] };
    expect(await words(official, here)).toBe(
      'the official NIH split (training 7 of 80 films, test all 25 films)',
    );
    const divided = { train: MADE['official-train'], val: MADE['official-val'], test: MADE['official-test'] };
    expect(await words(divided, here)).toContain('its training list divided');
    const chexnet = { train: MADE['chexnet-train'], val: MADE['chexnet-val'], test: MADE['chexnet-test'] };
    expect(await words(chexnet, here)).toMatch(/^the 70\/10\/20 split by patient/);
  });
  it('is told where the lists overlap as the published repository has them', async () => {
    const list = MADE['chexnet-val'];
    const published = { train: MADE['official-train'], val: list, test: list };
    expect(await words(published, list)).toMatch(/^the lists of the published MLVICX repository/);
  });
  it('is not claimed of lists that were cut or mixed, nor of other films', async () => {
    const cut = { train: MADE['official-train-val'].slice(1), test: MADE['official-test'] };
    expect(await words(cut, [])).toBe(
      'no published split of NIH ChestX-ray14: training is no published list, test is the official test list (training 0 of 79 films, test 0 of 25 films)',
    );
    const other = { train: MADE['official-train-val'].with(3, '99999999_000.png') };
    expect(await words(other, [])).toMatch(/^no published split of NIH ChestX-ray14 as a whole/);
    expect(await words({ train: [] }, [])).toBeNull();
    expect(nihName('patient1/view1.png')).toBeNull();
    expect(nihName('images/00000001_003.png.dcm')).toBe('00000001_003.png');
  });
});

describe('lists in a folder', () => {
  it('are looked at as a whole, also where few of their films are there', async () => {
    const set = await readSet({
      ...films('00000001_000.png', '00000090_000.png'),
      'train_val_list.txt': MADE['official-train-val'].join('\n'),
      'test_list.txt': MADE['official-test'].join('\n'),
    });
    expect(set.parts).toEqual([1, 0, 1, 0]);
    // Made lists are none of the published ones: nothing is claimed of the split, and its films are counted all the same.
    expect(set.rule).toMatch(/^As given by the lists of names \(2 files\)\./);
    expect(set.assignment?.knownParts).toBe(
      'no published split of NIH ChestX-ray14 as a whole (training 1 of 80 films, test 1 of 25 films)',
    );
  });
});
