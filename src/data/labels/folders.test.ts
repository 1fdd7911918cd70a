import { describe, expect, it } from 'vitest';
import { films, numbered, readSet, type TestSet } from './testSets.ts';

/** Two classes in train and test below `root`; films of one number have the same bytes in every root. */
const kermany = (root: string, parts = ['train', 'test']): TestSet =>
  Object.fromEntries(
    parts.flatMap((part) =>
      ['NORMAL', 'PNEUMONIA'].flatMap((name) =>
        numbered(4, (i) => `${part}/${name}/${part}-${name}-${i}.png`).map((path) => [
          `${root}${path}`,
          `film ${path}`,
        ]),
      ),
    ),
  );

describe('parts and classes by folder', () => {
  const right = { findings: ['PNEUMONIA'], counts: { PNEUMONIA: [8, 8, 0] } };

  it.each([
    ['a text', { 'README.txt': 'about' }],
    ['a licence without an ending', { LICENSE: 'free' }],
    ['data in JSON', { 'dataset.json': '{"a": [1, 2]}' }],
    ['a table of other things', { 'prices.csv': 'a,b\n1,2\n' }],
    ['a workbook', { 'labels.xlsx': 'PK' }],
    ['a program', { 'src/load.py': 'import os' }],
    ['what macOS leaves', { '__MACOSX/train/NORMAL/._a.png': 'x' }],
    ['an empty file', { done: '' }],
  ])('are not disturbed by %s beside them', async (_, beside) => {
    for (const root of ['', 'set/']) {
      const set = await readSet({ ...kermany(root), ...(beside as TestSet) });
      expect(set).toMatchObject(right);
      expect(set.parts).toEqual([7, 1, 8, 0]);
      expect(set.films).toHaveLength(16);
    }
  });

  it('count the nearest part folder, and leave a film beside the parts without a class', async () => {
    const set = await readSet({ ...kermany('a/train/set/'), ...films('a/stray.png') });
    expect(set.counts).toEqual({ PNEUMONIA: [8, 8, 1] });
    expect(set.given.filter((part) => part === 'test')).toHaveLength(8);
    expect(set.given[set.films.indexOf('a/stray.png')]).toBeUndefined();
  });

  it('find classes above the parts, and classes beside a part that has the same', async () => {
    const above = await readSet(
      films(
        ...['NORMAL', 'TB'].flatMap((name) =>
          ['train', 'test'].flatMap((part) => numbered(4, (i) => `${name}/${part}/${i}.png`)),
        ),
      ),
    );
    expect(above.counts).toEqual({ TB: [8, 8, 0] });
    expect(above.given.filter((part) => part === 'test')).toHaveLength(8);
    const beside = await readSet(
      films(
        ...['normal', 'tb'].flatMap((name) => [
          ...numbered(4, (i) => `${name}/${i}.png`),
          ...numbered(2, (i) => `test/${name}/t${i}.png`),
        ]),
      ),
    );
    expect(beside.counts).toEqual({ tb: [6, 6, 0] });
    expect(beside.given.filter((part) => part === 'test')).toHaveLength(4);
  });

  it('take 0 and 1 as image generators do, and views for no classes', async () => {
    const digits = await readSet(
      films('train/0/a.png', 'train/1/b.png', 'val/0/c.png', 'val/1/d.png', 'test/0/e.png'),
    );
    expect(digits.counts).toEqual({ '1': [2, 3, 0] });
    expect(digits.notes).toContain('folder 0');
    expect((await readSet(films('frontal/a.png', 'lateral/b.png'))).findings).toEqual([]);
  });

  it('take one of two classes that denies the other for its absence, and classes below other folders', async () => {
    expect((await readSet(films('tb/a.png', 'no_tb/b.png'))).counts).toEqual({ tb: [1, 1, 0] });
    expect((await readSet(films('COVID/a.png', 'non-COVID/b.png'))).counts).toEqual({ COVID: [1, 1, 0] });
    const sites = await readSet(
      films(
        ...['Bern', 'Oslo'].flatMap((site) => ['normal', 'tb'].map((name) => `${site}/${name}/${site}.png`)),
      ),
    );
    expect(sites.counts).toEqual({ tb: [2, 2, 0] });
    const words = await readSet(
      films(
        ...['Entrenamiento', 'Validación', 'Prueba'].flatMap((part) =>
          ['normal', 'tb'].map((name) => `${part.normalize('NFD')}/${name}/${part}.png`),
        ),
      ),
    );
    expect(words.given).toEqual(['train', 'train', 'test', 'test', 'val', 'val']);
  });

  it('ask about a folder beside the parts that is called otherwise, and train on none of its films', async () => {
    const set = { ...kermany(''), ...films(...numbered(3, (i) => `extra/NORMAL/${i}.png`)) };
    const asked = await readSet(set);
    expect(asked.scan.unknownParts).toEqual([{ word: 'extra', films: 3 }]);
    expect(asked.parts[3]).toBe(3);
    expect(asked.counts).toEqual({ PNEUMONIA: [8, 11, 0] });
    expect(
      (await readSet(set, { parts: { extra: 'test' } })).given.filter((part) => part === 'test'),
    ).toHaveLength(11);
  });

  it('give the parts of a table that says none', async () => {
    const set = kermany('');
    const rows = Object.keys(set).map((path, i) => `${path},${i % 2}`);
    const read = await readSet({ ...set, 'labels.csv': `file,Edema\n${rows.join('\n')}` });
    expect(read.findings).toEqual(['Edema']);
    expect(read.rule).toContain('As given by the folder names');
    expect(read.parts).toEqual([7, 1, 8, 0]);
  });
});

describe('the same films twice', () => {
  it.each([
    ['an inner copy', 'chest_xray/'],
    ['a copy beside it', 'chest_xray - Copy/'],
    ['a copy deeper down', 'backup/old/chest_xray/'],
  ])('in %s are one set, and said', async (_, copy) => {
    const outer = copy === 'chest_xray/' ? '' : 'chest_xray/';
    const set = await readSet({ ...kermany(outer), ...kermany(copy), 'README.txt': 'x' });
    expect(set.films).toHaveLength(16);
    expect(set.counts).toEqual({ PNEUMONIA: [8, 8, 0] });
    expect(set.parts).toEqual([7, 1, 8, 0]);
    expect(set.leftOut.filter(([, code]) => code === 'film-twice')).toHaveLength(16);
  });

  it('are found in an inner copy that was written anew, by folders and names', async () => {
    const names = numbered(3, (i) => `0000001${i}_005.png`);
    const rows = names.map((name, i) => `${name},${i === 0 ? 'Effusion' : 'No Finding'}`).join('\n');
    const set = await readSet({
      ...films(...names.map((name) => `images/${name}`), ...names.map((name) => `sample/images/${name}`)),
      'sample_labels.csv': `Image Index,Finding Labels\n${rows}`,
    });
    expect(set.counts).toEqual({ Effusion: [1, 2, 0] });
    expect(set.leftOut.map(([path]) => path)).toEqual(names.map((name) => `sample/images/${name}`));
  });

  it('stay where the folders say another part or class, or where only some are alike', async () => {
    const same = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, 'the same film']));
    for (const paths of [
      ['train/a.png', 'test/a.png'],
      ['NORMAL/a.png', 'TB/a.png'],
    ]) {
      expect((await readSet(same(...paths))).films).toEqual(paths.toSorted());
    }
    const some = {
      ...same('a/1.png', 'b/1.png'),
      ...films(...numbered(9, (i) => `a/x${i}.png`), ...numbered(9, (i) => `b/y${i}.png`)),
    };
    expect((await readSet(some)).films).toHaveLength(20);
    const alike = films('p1/view1.png', 'p2/view1.png');
    expect((await readSet(alike)).films).toHaveLength(2);
  });
});
