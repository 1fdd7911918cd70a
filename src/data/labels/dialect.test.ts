import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { films, numbered, readSet, type TestSet } from './testSets.ts';

const NAMES = numbered(8, (i) => `img0${i}.png`);
const rows = (cut = ',', quote = '') => NAMES.map((name, i) => `${quote}${name}${quote}${cut}${i % 2}`);
const right = { Effusion: [4, 4, 0] };
type Bytes = Uint8Array<ArrayBuffer>;
const read = (
  content: string | Bytes,
  name = 'labels.csv',
  choice = {},
  pictures: TestSet = films(...NAMES),
) => readSet({ ...pictures, [name]: content }, choice);

const utf16 = (text: string, big = false, mark = true): Bytes => {
  const bytes = new Uint8Array(2 * (text.length + Number(mark)));
  const view = new DataView(bytes.buffer);
  [...(mark ? '\uFEFF' : ''), ...text].forEach((char, i) => {
    view.setUint16(2 * i, char.charCodeAt(0), !big);
  });
  return bytes;
};
const concat = (...parts: readonly (string | Bytes)[]): Bytes =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
const plain = `file,Effusion\n${rows().join('\n')}\n`;
const tabs = `file\tEffusion\r\n${rows('\t').join('\r\n')}\r\n`;

describe('a table is read as it was written', () => {
  it.each<[string, string | Bytes]>([
    ['UTF-8 with a mark', `\uFEFF${plain}`],
    ['returns and line feeds', plain.replaceAll('\n', '\r\n')],
    ['returns alone', plain.replaceAll('\n', '\r')],
    ['no break at the end', plain.trimEnd()],
    ['UTF-16, little-endian, tabs', utf16(tabs)],
    ['UTF-16, big-endian', utf16(plain, true)],
    ['UTF-16 without a mark', utf16(tabs, false, false)],
    ['gzip', new Uint8Array(gzipSync(plain))],
    ['UTF-16 in gzip', new Uint8Array(gzipSync(utf16(tabs)))],
    ['a sep line', `sep=;\r\nfile;Effusion\r\n${rows(';').join('\r\n')}`],
    ['a sep line in quotes', `"sep=\t"\nfile\tEffusion\n${rows('\t').join('\n')}`],
    ['comment lines', `# exported by hand\n#\n# 2024, for tests\n${plain}`],
    ['comment lines of other kinds', `// from a viewer\n% of 8 films\n\n${plain}`],
    ['a title', `Findings of the spring survey\n\n${plain}`],
    ['a title with empty cells', `Findings of the spring survey,\n,\n${plain}`],
    ['its header in a comment', `# file,Effusion\n${rows().join('\n')}`],
    ['semicolons', `file;Effusion\n${rows(';').join('\n')}`],
    [
      'semicolons and decimal commas',
      `file;Effusion;dose\n${rows(';')
        .map((row) => `${row};0,13`)
        .join('\n')}`,
    ],
    ['upright strokes', `file|Effusion\n${rows('|').join('\n')}`],
    [
      'upright strokes around',
      `|file|Effusion|\n${rows('|')
        .map((row) => `|${row}|`)
        .join('\n')}`,
    ],
    ['blanks', `file Effusion\n${rows(' ').join('\n')}`],
    ['blanks in columns', `file           Effusion\n${rows('           ').join('\n')}`],
    [
      'row numbers without a name, as R does',
      `"file" "Effusion"\n${rows(' ', '"')
        .map((row, i) => `"${i + 1}" ${row}`)
        .join('\n')}`,
    ],
    [
      'row numbers without a name, commas',
      `"file","Effusion"\n${rows(',', '"')
        .map((row, i) => `"${i + 1}",${row}`)
        .join('\n')}`,
    ],
    [
      'row numbers as pandas does',
      `,file,Effusion\n${rows()
        .map((row, i) => `${i},${row}`)
        .join('\n')}`,
    ],
    ['quotes everywhere', `"file","Effusion"\n${NAMES.map((name, i) => `"${name}","${i % 2}"`).join('\n')}`],
    [
      'inch marks',
      `file,note,Effusion\n${NAMES.map((name, i) => `${name},tube at ${i}" mark,${i % 2}`).join('\n')}`,
    ],
    [
      'paths of Windows',
      `file,Effusion\n${NAMES.map((name, i) => `D:\\films\\${name.toUpperCase()},${i % 2}`).join('\n')}`,
    ],
    [
      'trailing commas',
      `file,Effusion,,\n${rows()
        .map((row) => `${row},,`)
        .join('\n')}`,
    ],
    ['empty lines', plain.replaceAll('\n', '\n\n')],
  ])('with %s', async (_, content) => {
    const set = await read(content);
    expect(set.counts).toEqual(right);
    expect(set.report).toMatchObject({ rows: 8, matchedRows: 8, filesWithoutRow: 0 });
    for (const name of ['labels.txt', 'labels.tsv', 'sub/labels.tab']) {
      expect((await read(content, name)).counts, name).toEqual(right);
    }
  });

  it('with letters of an old code page, the one in which its names are films', async () => {
    const pages: [string, string[], Bytes][] = [
      [
        'windows-1252',
        ['Müller_1.png', 'Åse_2.png'],
        concat(Uint8Array.of(0x4d, 0xfc), 'ller_1.png,1\r\n', Uint8Array.of(0xc5), 'se_2.png,0\r\n'),
      ],
      [
        'gb18030',
        ['张伟_1.png', '李娜_2.png'],
        concat(
          Uint8Array.of(0xd5, 0xc5, 0xce, 0xb0),
          '_1.png,1\n',
          Uint8Array.of(0xc0, 0xee, 0xc4, 0xc8),
          '_2.png,0\n',
        ),
      ],
      [
        'windows-1251',
        ['Анна_1.png', 'Олег_2.png'],
        concat(
          Uint8Array.of(0xc0, 0xed, 0xed, 0xe0),
          '_1.png,1\n',
          Uint8Array.of(0xce, 0xeb, 0xe5, 0xe3),
          '_2.png,0\n',
        ),
      ],
      [
        'macintosh',
        ['Müller_1.png', 'Åse_2.png'],
        concat('M', Uint8Array.of(0x9f), 'ller_1.png,1\n', Uint8Array.of(0x81), 'se_2.png,0\n'),
      ],
    ];
    for (const [encoding, names, body] of pages) {
      for (const form of ['NFC', 'NFD'] as const) {
        const set = await read(
          concat('file,Effusion\n', body),
          'l.csv',
          {},
          films(...names.map((name) => name.normalize(form))),
        );
        expect(set.report, encoding).toMatchObject({ rows: 2, matchedRows: 2 });
        expect(set.notes).toContain(`written in ${encoding}`);
      }
    }
  });

  it('names are compared in one form of Unicode', async () => {
    const names = ['Müller_1.png', 'Åse/Möller_1.png', 'plain_1.png', 'Ọlá_2.png'];
    for (const [mine, theirs] of [
      ['NFC', 'NFD'],
      ['NFD', 'NFC'],
    ] as const) {
      const text = `file,Effusion\n${names.map((name, i) => `${name.normalize(mine)},${i % 2}`).join('\n')}`;
      const set = await read(text, 'l.csv', {}, films(...names.map((name) => name.normalize(theirs))));
      expect(set.report).toMatchObject({ matchedRows: 4, filesWithoutRow: 0 });
    }
  });

  it('without a header: names and classes, a person before, a source behind, as COVIDx does', async () => {
    const classes = (i: number) => ['negative', 'positive'][i % 2]!;
    for (const [line, patient] of [
      [(name: string, i: number) => `${i} ${name} ${classes(i)} src${i % 3}`, true],
      [(name: string, i: number) => `p-${i >> 1} ${name} ${classes(i)}`, true],
      [(name: string, i: number) => `${name} ${classes(i)}`, false],
      [(name: string, i: number) => `${name},${classes(i)}`, false],
      [(name: string, i: number) => `images/${name}\t${classes(i)}\tcohen`, false],
    ] as const) {
      const text = NAMES.map(line).join('\n');
      for (const name of ['train_COVIDx.txt', 'covidx.csv']) {
        const set = await read(text, name);
        expect(set.counts, text).toEqual({ positive: [4, 4, 0] });
        expect(set.scan.tables[0]!.patientColumn !== null).toBe(patient);
      }
    }
    const three = NAMES.map((name, i) => `${i} ${name} ${['normal', 'pneumonia', 'COVID-19'][i % 3]}`).join(
      '\n',
    );
    expect((await read(three, 'train_split_v3.txt')).counts).toEqual({
      pneumonia: [3, 5, 0],
      'COVID-19': [2, 6, 0],
    });
    const both = await readSet({
      ...films(...NAMES),
      'train_COVIDx9A.txt': NAMES.slice(0, 5)
        .map((name, i) => `${i} ${name} ${classes(i)} src`)
        .join('\n'),
      'test_COVIDx9A.txt': NAMES.slice(5)
        .map((name, i) => `${i + 5} ${name} ${classes(i + 5)} src`)
        .join('\n'),
    });
    expect(both.counts).toEqual({ positive: [4, 4, 0] });
    expect(both.given.filter((part) => part === 'test')).toHaveLength(3);
  });

  it('a list of names may leave the endings out, and films may be PGM', async () => {
    const pgm = films(...numbered(4, (i) => `img0${i}.pgm`));
    expect(
      (await read('file,Effusion\nimg00,0\nimg01,1\nimg02.png,0\nimg03.pgm,1\n', 'l.csv', {}, pgm)).counts,
    ).toEqual({ Effusion: [2, 2, 0] });
    const list = await readSet({
      ...pgm,
      'train_list.txt': 'img00\nimg01\n',
      'test_list.txt': 'img02.pgm\nimg03.pgm\n',
    });
    expect(list.given).toEqual(['train', 'train', 'test', 'test']);
    expect((await read('img00.pgm 0\nimg01.pgm 1\n', 'train_list.txt', {}, pgm)).counts).toEqual({
      'number 1': [1, 1, 2],
    });
  });

  it('text that is no table is left alone', async () => {
    for (const text of [
      'A set of films, with labels, for tests.\nSee film.png, and others.\n',
      'MIT License\n\nCopyright, all rights',
      '1. NORMAL\n2. PNEUMONIA\n',
    ]) {
      const set = await read(text, 'README.txt');
      expect(set.leftOut).toEqual([['README.txt', 'format-unknown']]);
    }
  });

  it('what cannot be read is refused for its true reason', async () => {
    const reasons: [string, string | Bytes, RegExp][] = [
      ['l.csv', '', /it is empty/],
      ['l.csv', '\n\n', /it is empty/],
      ['l.csv', 'file,Mass\n', /a header but no rows/],
      ['l.csv.gz', new Uint8Array(gzipSync(plain)).slice(0, 30), /gzip data is damaged or cut off/],
      ['l.csv', concat(Uint8Array.of(0xff, 0xfe, 0, 0), utf16('a', false, false)), /UTF-32/],
      ['l.csv', concat('PK\u0003\u0004', 'nothing'), /ZIP file that is damaged/],
      ['l.csv', 'a,b\n1,2\n', /no column that names films/],
    ];
    for (const [name, content, reason] of reasons) {
      const set = await read(content, name);
      expect(set.leftOut.map(([path]) => path)).toEqual([name]);
      expect(set.scan.tables[0]!.error?.message).toMatch(reason);
    }
  });

  it('rows that run over, and marks that are not closed, are said', async () => {
    const wide = await read(plain.replace('img03.png,1', 'img03.png,tube, left,1'));
    expect(wide.notes).toContain('1 row(s) have more cells than there are columns (the first is row 4)');
    const open = await read(`${plain}"img09.png,1\n`);
    expect(open.notes).toContain('1 quotation mark(s) are out of place or never closed');
  });
});

describe('a long table', () => {
  it('with an inch mark in its first row is read to the end', async () => {
    const filler = 'no acute change seen '.repeat(24);
    const long = [
      'file,notes,Effusion',
      'img00.png,tube at 5" mark,1',
      ...numbered(36_000, (i) => `x${i}.png,${filler},${i % 2}`),
      ...NAMES.slice(1).map((name, i) => `${name},ok,${(i + 1) % 2}`),
    ].join('\n');
    expect(long.length).toBeGreaterThan(2 ** 24);
    const set = await read(long);
    expect(set.report).toMatchObject({ rows: 36_008, matchedRows: 8, rowsWithoutFile: 36_000 });
    expect(set.counts).toEqual({ Effusion: [5, 3, 0] });
  }, 30_000);

  it('with quoted breaks and inch marks, is cut where rows end, wherever blocks end', async () => {
    const names = numbered(30_000, (i) => `${i}.png`);
    const text = `file,note,Mass\n${names.map((name, i) => `${name},${i % 3 ? `"a ""note""\nof ${i}, long"` : `at 7" or 9" of ${i}`},${i % 2}`).join('\n')}`;
    const set = await read(text, 'l.csv', {}, films(...names));
    expect(set.report).toMatchObject({ rows: 30_000, matchedRows: 30_000, duplicateRows: 0 });
    expect(set.counts).toEqual({ Mass: [15_000, 15_000, 0] });
  }, 30_000);
});
