import { expect, test } from 'vitest';
import { sniff } from '../sniff.ts';
import { pgmHeader, readPgm } from './pgm.ts';

const file = (header: string, samples: readonly number[]) =>
  Uint8Array.from([...new TextEncoder().encode(header), ...samples]);

test.each([
  ['plain', 'P5 3 2 255\n'],
  ['one line each', 'P5\n3\n2\n255\n'],
  ['a comment longer than any header', `P5\n# ${'made by hand '.repeat(400)}\n3 2\n255\n`],
  ['comments everywhere, with returns', 'P5# one\r\n# two\n 3 # width\n\t2# height\r\n#\n255 '],
])('a header with %s is read', (_, header) => {
  const bytes = file(header, [1, 2, 3, 4, 5, 35]);
  expect(sniff(bytes)).toBe('pgm');
  expect(readPgm(bytes)).toEqual({
    width: 3,
    height: 2,
    highest: 255,
    values: Uint8Array.of(1, 2, 3, 4, 5, 35),
  });
});

test('samples of two bytes are big-endian, and begin after one white space even where they look like one', () => {
  const { values } = readPgm(file(pgmHeader(2, 1, 16), [0x0a, 0x20, 0x01, 0x02]));
  expect([...values]).toEqual([0x0a20, 0x0102]);
});

test.each([
  'P5 3 2',
  'P5 3 x 255\n',
  'P5 3 2 0\n',
  'P5 3 2 70000\n',
  `P5 ${'9'.repeat(40)} 2 255\n`,
  'P5 # no end',
])('a header such as %j is refused', (header) => {
  expect(() => readPgm(file(header, [1, 2, 3, 4, 5, 6]))).toThrow(/PGM header|too large/);
});
