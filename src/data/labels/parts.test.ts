import { describe, expect, it } from 'vitest';
import { splitFromWord, splitOfList } from '../splitWords.ts';
import { films, numbered, readSet } from './testSets.ts';

const NAMES = numbered(12, (i) => `im${10 + i}`);
const read = (column: string, words: readonly [string, string, string], choice = {}) =>
  readSet(
    {
      ...films(...NAMES.map((name) => `${name}.png`)),
      'split.csv': [
        `dicom_id,subject_id,${column}`,
        ...NAMES.map((name, i) => `${name},${1000 + i},${words[i < 6 ? 0 : i < 9 ? 1 : 2]}`),
      ].join('\n'),
    },
    choice,
  );

describe('words for parts', () => {
  it.each([
    ['train', 'validate', 'test'],
    ['Training', 'Validation', 'Testing'],
    ['TRAIN', 'VAL', 'TEST'],
    ['train_set', 'val_set', 'test_set'],
    ['internal_train', 'internal_val', 'external_test'],
    ['train', 'tune', 'holdout'],
    ['trn', 'dev', 'held-out'],
    ['trainSet', 'validSet', 'PublicTest'],
    ['train-split', 'valid-split', 'test split'],
  ])('%s, %s, %s are known', async (...words) => {
    const set = await read('split', words as [string, string, string]);
    expect(set.parts).toEqual([6, 3, 3, 0]);
    expect(set.rule).toBe('As given by column "split" of split.csv.');
  });

  it.each([
    'fold',
    'set',
    'phase',
    'dataset',
    'data_split',
    'Dataset_type',
    'Usage',
    'subset',
    'partition',
    'group',
    'belongs to',
  ])('are found in a column called %s', async (column) => {
    expect((await read(column, ['train', 'val', 'test'])).parts).toEqual([6, 3, 3, 0]);
  });

  it.each(['eval', 'internal', 'extra', '2', 'development', 'part C', 'not_train'])(
    '%s is asked about, and never trained on',
    async (word) => {
      for (const column of ['split', 'fold', 'set']) {
        const set = await read(column, ['train', word, 'test']);
        expect(set.parts[3]).toBe(3);
        expect(set.given.filter((part) => part === `? ${word.toLowerCase()}`)).toHaveLength(3);
        expect(set.parts.slice(0, 2).reduce((a, b) => a + b, 0)).toBe(6);
        expect(set.scan.unknownParts).toEqual([{ word: word.toLowerCase(), films: 3 }]);
        expect(set.rule).toContain('3 film(s) are left out');
        expect(
          (await read(column, ['train', word, 'test'], { parts: { [word.toLowerCase()]: 'val' } })).parts,
        ).toEqual([6, 3, 3, 0]);
        expect(
          (await read(column, ['train', word, 'test'], { parts: { [word.toLowerCase()]: 'out' } })).rule,
        ).toContain('left out as chosen');
      }
    },
  );

  it('0 and 1 in a split are asked about; in a column that may be anything they are named and not used', async () => {
    const set = await read('split', ['0', '1', '1']);
    expect(set.parts).toEqual([0, 0, 0, 12]);
    expect(set.scan.unknownParts).toEqual([
      { word: '0', films: 6 },
      { word: '1', films: 6 },
    ]);
    expect((await read('split', ['0', '1', '1'], { parts: { '0': 'train', '1': 'test' } })).parts[2]).toBe(6);
    const fold = await read('fold', ['0', '1', '2']);
    expect(fold.rule).toContain('drawn with seed');
    expect(fold.notes).toContain(
      'The column "fold" ("0", "1", "2") names no part that is known and was not used',
    );
  });

  it('0 and 1 in a split are no finding', async () => {
    const text = ['file,A,split', ...NAMES.map((name, i) => `${name},${i % 2},${i % 3}`)].join('\n');
    const set = await readSet({ ...films(...NAMES.map((name) => `${name}.png`)), 'l.csv': text });
    expect(set.findings).toEqual(['A']);
    expect(set.parts).toEqual([0, 0, 0, 12]);
  });

  it('may stand in columns of 0 and 1', async () => {
    const flagged = await readSet({
      ...films(...NAMES.map((name) => `${name}.png`)),
      'l.csv': [
        'file,A,is_valid,is_test',
        ...NAMES.map((name, i) => `${name},${i % 2},${Number(i > 5 && i < 9)},${Number(i > 8)}`),
      ].join('\n'),
    });
    expect(flagged.parts).toEqual([6, 3, 3, 0]);
    expect(flagged.findings).toEqual(['A']);
    expect(flagged.notes).toContain(
      '"is_valid" (1 is val), "is_test" (1 is test); films with 0 are for training',
    );
  });

  it('may be missing: such films follow their patient, or go to training, and are counted', async () => {
    const set = await read('split', ['train', 'NA', 'test']);
    expect(set.rule).toContain('Films without a split (3) follow their patient, or go to training.');
  });

  it('in names of lists: an unknown one beside a training list is asked about, and named where it says nothing', async () => {
    const list = (from: number, to: number) =>
      NAMES.slice(from, to)
        .map((name) => `${name}.png`)
        .join('\n');
    const set = {
      ...films(...NAMES.map((name) => `${name}.png`)),
      'train_list.txt': list(0, 6),
      'eval.txt': list(6, 9),
      'test.txt': list(9, 12),
    };
    const asked = await readSet(set);
    expect(asked.parts[3]).toBe(3);
    expect(asked.scan.unknownParts).toEqual([{ word: 'eval', films: 3 }]);
    expect((await readSet(set, { parts: { eval: 'val' } })).parts).toEqual([6, 3, 3, 0]);
    const { 'train_list.txt': _, 'test.txt': __, ...alone } = set;
    expect((await readSet(alone)).notes).toContain(
      'eval.txt was not used: its name says no part that is known.',
    );
  });

  it('do not make parts of other words', () => {
    for (const word of [
      'contest',
      'restrained',
      'images',
      'data',
      'NORMAL',
      'TB',
      '',
      'train_or_test',
      'pretrain',
    ]) {
      expect(splitFromWord(word)).toBeUndefined();
    }
    expect(splitFromWord('stage_2_train_images')).toBe('train');
    expect(splitFromWord('dicom-images-test')).toBe('test');
    expect(splitOfList('Xray14_train_official.txt')).toBe('train');
    expect(splitOfList('lists/val_labels.csv.gz')).toBe('val');
    expect(splitOfList('labels.csv')).toBeUndefined();
  });
});
