// Two readers of elements, written apart, say the same of every data set that keeps the rules: dicom-parser, which has the
// first word, and our own. What breaks a rule is none of the parser's business.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startOfFile } from '../sniff.ts';
import { greyElements, type TestElement, writeDicom } from '../testDicom.ts';
import { ElementReader, type Elements } from './elements.ts';
import { type DataSetEncoding, parsedElements } from './parsed.ts';

const SHARED = path.join(import.meta.dirname, '../../../../shared/data/dicom');

/** The two count a delimiter at the end to the length, or do not; nobody asks for the length of what has items or fragments. */
function withoutOpenLengths(elements: Elements): unknown {
  return Object.values(elements).map((element) => {
    const { length, items, ...rest } = element!;
    return {
      ...rest,
      ...(!rest.hadUndefinedLength && { length }),
      ...(items && { items: items.map(withoutOpenLengths) }),
    };
  });
}

function ownElements(
  bytes: Uint8Array,
  start: number,
  { explicit, littleEndian }: DataSetEncoding,
): Elements {
  const reader = new ElementReader(bytes, start, littleEndian);
  const elements: Elements = {};
  while (reader.position < bytes.length) {
    const element = reader.next(explicit);
    if (element) elements[element.tag] = element;
  }
  return elements;
}

const sequence: TestElement = {
  tag: 0x00283010,
  vr: 'SQ',
  value: [
    [
      { tag: 0x00283002, vr: 'US', value: [4, 0, 16] },
      { tag: 0x00283006, vr: 'US', value: [0, 10, 20, 30] },
    ],
    [{ tag: 0x00283003, vr: 'LO', value: 'second' }],
  ],
};
const elements = greyElements({
  rows: 4,
  cols: 4,
  stored: 12,
  pixels: [...Array(16).keys()],
  more: [sequence],
});
const film = (options: Partial<DataSetEncoding> = {}) => {
  const encoding = { explicit: true, littleEndian: true, ...options };
  return { encoding, bytes: writeDicom({ elements, preamble: false, ...encoding }) };
};

describe('a data set that keeps the rules', () => {
  it.each([
    ['explicit, little endian', film()],
    ['implicit', film({ explicit: false })],
    ['explicit, big endian', film({ littleEndian: false })],
  ])('%s: is read by the parser, as our reader reads it', (_, { bytes, encoding }) => {
    const parsed = parsedElements(bytes, 0, encoding);
    expect(parsed?.end).toBe(bytes.length);
    expect(withoutOpenLengths(parsed!.elements)).toEqual(withoutOpenLengths(ownElements(bytes, 0, encoding)));
    expect(parsed?.elements.x00283010?.items).toHaveLength(2);
  });

  it('with fragments: offsets count from the first, behind the table', () => {
    const fragments = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6)];
    const bytes = writeDicom({
      elements: elements.filter(({ tag }) => tag !== 0x7fe00010),
      fragments,
      preamble: false,
    });
    const encoding = { explicit: true, littleEndian: true };
    const parsed = parsedElements(bytes, 0, encoding);
    expect(parsed?.elements.x7fe00010?.fragments?.map(({ offset }) => offset)).toEqual([0, 12]);
    expect(withoutOpenLengths(parsed!.elements)).toEqual(withoutOpenLengths(ownElements(bytes, 0, encoding)));
  });
});

it.each([
  ['cut off inside an element', (bytes: Uint8Array) => bytes.slice(0, -3)],
  ['out of order', (bytes: Uint8Array) => Uint8Array.of(...bytes, ...bytes.slice(0, 14))],
  [
    'a delimiter where none belongs',
    (bytes: Uint8Array) => Uint8Array.of(0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, ...bytes),
  ],
  ['a VR that is none', (bytes: Uint8Array) => Uint8Array.of(8, 0, 1, 0, 0x58, 0x58, 2, 0, 65, 65, ...bytes)],
])('%s: is left to our reader', (_, spoil) => {
  expect(parsedElements(spoil(film().bytes), 0, { explicit: true, littleEndian: true })).toBeNull();
});

describe('the shared DICOM set', () => {
  const files = existsSync(SHARED)
    ? readdirSync(SHARED, { recursive: true, encoding: 'utf8' }).filter((file) => /\.dcm$/.test(file))
    : [];

  it.skipIf(files.length === 0)('is read alike by both, wherever the parser is believed', () => {
    let believed = 0;
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(path.join(SHARED, file)));
      const encoding = { explicit: true, littleEndian: true, onlyMeta: true } as const;
      const parsed = parsedElements(bytes, startOfFile(bytes), encoding);
      if (!parsed) continue;
      const body = bytes.subarray(parsed.end);
      const isLetter = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a;
      const way = { explicit: isLetter(body[4]), littleEndian: !(body[0] === 0 && body[1] !== 0) };
      const inside = parsedElements(body, 0, way);
      if (!inside) continue;
      believed++;
      expect(withoutOpenLengths(inside.elements), file).toEqual(
        withoutOpenLengths(ownElements(body, 0, way)),
      );
    }
    expect(believed).toBeGreaterThan(files.length / 2);
  });
});
