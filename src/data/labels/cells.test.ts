import { describe, expect, it } from 'vitest';
import { films, numbered, readSet } from './testSets.ts';

const NAMES = numbered(8, (i) => `img0${i}.png`);
/** Eight films, Effusion as given, Edema 0, 0, 1, 1, ... */
const table = (cells: readonly string[], header = 'file,Effusion,Edema', quote = '') =>
  [header, ...NAMES.map((name, i) => `${name},${quote}${cells[i]}${quote},${(i >> 1) % 2}`)].join('\n');
const read = (cells: readonly string[], choice = {}, quote = '') =>
  readSet({ ...films(...NAMES), 'labels.csv': table(cells, undefined, quote) }, choice);
const withOdd = (odd: string) => ['0', '1', odd, '1', '0', odd, '0', '1'];

describe('a cell of a column of 0 and 1', () => {
  it.each([
    'NA',
    'N/A',
    'n/a',
    '#N/A',
    'nan',
    'NaN',
    'None',
    'null',
    'NULL',
    '.',
    '?',
    '-',
    '--',
    '–',
    ' ',
    '<NA>',
    '\\N',
    '(null)',
    'missing',
    'Unknown',
    'not available',
  ])('that says %j is not known, and blank', async (word) => {
    const set = await read(withOdd(word));
    expect(set.counts).toEqual({ Effusion: [3, 3, 2], Edema: [4, 4, 0] });
    expect((await read(withOdd(word), { blank: 'zero' })).counts.Effusion).toEqual([3, 5, 0]);
    expect(set.notes).not.toContain('not understood');
  });

  it.each(['2', 'x', '3.5', 'see report', '0.5', 'maybe', '-2', '#REF!'])(
    'that says %j is not known, counted and shown',
    async (odd) => {
      const set = await read(withOdd(odd));
      expect(set.counts).toEqual({ Effusion: [3, 3, 2], Edema: [4, 4, 0] });
      expect(set.notes).toContain(
        `2 cells are not understood and count as not known in "Effusion": "${odd}".`,
      );
    },
  );

  it.each([
    ['1.00', '0.00', ''],
    ['1.', '0.', ''],
    ['1,0', '0,0', '"'],
    ['Y', 'N', ''],
    ['yes', 'no', ''],
    ['TRUE', 'FALSE', ''],
    ['T', 'F', ''],
    ['Positive', 'Negative', ''],
    ['pos', 'neg', ''],
    ['present', 'absent', ''],
    ['+', '-', ''],
    ['ja', 'nein', ''],
    ['+1', '0', ''],
    ['1 ', ' 0', ''],
  ])('may say %j and %j', async (one, zero, quote) => {
    const cells = numbered(8, (i) => (i % 2 ? one : zero));
    expect((await read(cells, {}, quote)).counts).toEqual({ Effusion: [4, 4, 0], Edema: [4, 4, 0] });
    const some = cells.with(0, '');
    expect((await read(some, {}, quote)).counts.Effusion).toEqual([4, 3, 1]);
  });

  it('may be uncertain in words and numbers', async () => {
    for (const word of ['-1', '-1.0', '-1,0', 'uncertain']) {
      const cells = withOdd(word);
      expect((await read(cells, { uncertain: 'one' }, '"')).counts.Effusion).toEqual([5, 3, 0]);
    }
  });

  it('is one of many that are not 0 or 1: the column is left out with its reason', async () => {
    const set = await read(['0', '1', '2', '3', '4', '1', '0', '5']);
    expect(set.findings).toEqual(['Edema']);
    expect(set.notes).toContain(
      'The column "Effusion" is left out: 4 of its 8 cells are not 0 or 1, e.g. "2", "3", "4".',
    );
  });

  it('where every finding has one, the findings are there all the same', async () => {
    const rows = NAMES.map((name, i) => `${name},${i === 3 ? 'NA' : i % 2},${i === 4 ? '?' : (i >> 1) % 2}`);
    const set = await readSet({ ...films(...NAMES), 'l.csv': `file,A,B\n${rows.join('\n')}` });
    expect(set.counts).toEqual({ A: [3, 4, 1], B: [4, 3, 1] });
  });

  it('of a column with other things is named among those that are not read', async () => {
    const rows = NAMES.map((name, i) => `${name},${i % 2},4${i},"a note, ${i}",${i % 2}`);
    const set = await readSet({ ...films(...NAMES), 'l.csv': `file,A,Age,note,sex\n${rows.join('\n')}` });
    expect(set.findings).toEqual(['A']);
    expect(set.notes).toContain('Columns that were not read: "Age", "note".');
    expect(set.notes).toContain('The column "sex" is not a finding (about the person).');
  });
});

describe('a column of classes', () => {
  it('takes words for missing as not known, and numbers as classes where there are more than two', async () => {
    const cells = ['COVID', 'normal', 'NA', 'COVID', 'normal', '?', 'TB', ''];
    const text = `file,label\n${NAMES.map((name, i) => `${name},${cells[i]}`).join('\n')}`;
    expect((await readSet({ ...films(...NAMES), 'l.csv': text })).counts).toEqual({
      COVID: [2, 3, 3],
      TB: [1, 4, 3],
    });
    const numbers = `file,label\n${NAMES.map((name, i) => `${name},${i % 3}`).join('\n')}`;
    expect((await readSet({ ...films(...NAMES), 'l.csv': numbers })).findings).toEqual(['0', '1', '2']);
  });

  it('is one class in whatever case it is written', async () => {
    const cells = ['COVID', 'Covid', 'covid ', 'normal', 'Normal', 'TB', 'NORMAL', 'covid'];
    const text = `file,label\n${NAMES.map((name, i) => `${name},${cells[i]}`).join('\n')}`;
    expect((await readSet({ ...films(...NAMES), 'l.csv': text })).counts).toEqual({
      covid: [4, 4, 0],
      TB: [1, 7, 0],
    });
  });
});
