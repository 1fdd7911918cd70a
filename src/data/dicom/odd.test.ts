// DICOM that breaks a rule and is read elsewhere: the values must be those of the same film written by the rules, and what
// was odd must be said. And the true damage next to it, which must go on being refused.

import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../util/errors.ts';
import { decodeFilm } from '../decode.ts';
import { greyElements, type TestElement, writeDicom } from '../testDicom.ts';
import { TEST_ENCODINGS } from '../testEncoders.ts';
import { testPixels } from '../testJpeg.ts';
import { decodeStored } from './pixels.ts';

vi.mock('../codecWasm.ts', () => import('../testCodecs.ts'));

const pixels = Array.from({ length: 48 }, (_, i) => 80 * i);
const rows = 6;
const cols = 8;
const WINDOW: TestElement[] = [
  { tag: 0x00281050, vr: 'DS', value: '2000' },
  { tag: 0x00281051, vr: 'DS', value: '4000' },
];
const elements = (more: TestElement[] = []) =>
  greyElements({ rows, cols, stored: 12, pixels, more: [...WINDOW, ...more] });

const le16 = (...words: number[]) => words.flatMap((word) => [word & 255, word >> 8]);
const le32 = (value: number) => le16(value & 0xffff, value >>> 16);
const tag = (number: number) => le16(number >>> 16, number & 0xffff);
const ascii = (text: string) => [...new TextEncoder().encode(text.length % 2 ? `${text}\0` : text)];
const implicit = (number: number, value: number[]) => [...tag(number), ...le32(value.length), ...value];
const long = (number: number, vr: string, value: number[], length = value.length) => [
  ...tag(number),
  ...ascii(vr),
  0,
  0,
  ...le32(length),
  ...value,
];
const short = (number: number, vr: string, value: number[]) => [
  ...tag(number),
  ...ascii(vr),
  ...le16(value.length),
  ...value,
];
const item = (value: number[], length = value.length) => [...tag(0xfffee000), ...le32(length), ...value];
const ITEM_END = [...tag(0xfffee00d), ...le32(0)];
const SEQUENCE_END = [...tag(0xfffee0dd), ...le32(0)];
const UNDEFINED = 0xffffffff;
const NOTHING = [...new Uint8Array(128), ...ascii('DICM')];
const EXPLICIT = '1.2.840.10008.1.2.1';

/** The data set without preamble and meta group. */
const body = (explicit = true, more: TestElement[] = []) => [
  ...writeDicom({ elements: elements(more), explicit, preamble: false }),
];
const meta = (syntax: string) => short(0x00020010, 'UI', ascii(syntax));
/** The body with bytes put in before the rows, where nothing but group 0028 follows. */
function withInside(inside: number[], explicit = true): number[] {
  const whole = body(explicit);
  const mark = tag(0x00280002);
  const at = whole.findIndex((_, i) => mark.every((byte, j) => whole[i + j] === byte));
  return [...whole.slice(0, at), ...inside, ...whole.slice(at)];
}
const file = (inside: number[]) => [...NOTHING, ...meta(EXPLICIT), ...withInside(inside)];

const read = (bytes: readonly number[] | Uint8Array) =>
  decodeFilm(Uint8Array.from(bytes).buffer, { planeSize: 64, thumbnailSize: 8 });
const stored = async (bytes: readonly number[] | Uint8Array) => [
  ...(await decodeStored(Uint8Array.from(bytes))).values,
];

const ID = ascii('id');
const ODD_META = 'its file meta group is written in implicit VR';
const DELIMITERS = 'it has delimiters where none belong';
const UNKNOWN_VR = 'it has values of an unknown VR';
const EXPLICIT_ITEMS = 'it has explicit items in a sequence of unknown VR';

describe('a film written by rules of its own', () => {
  it.each<[string, number[], string | undefined]>([
    ['by the rules', file([]), undefined],
    [
      'with its meta group in implicit VR',
      [...NOTHING, ...implicit(0x00020010, ascii(EXPLICIT)), ...body()],
      ODD_META,
    ],
    [
      'all in implicit VR',
      [
        ...NOTHING,
        ...implicit(0x00020000, le32(26)),
        ...implicit(0x00020010, ascii('1.2.840.10008.1.2')),
        ...body(false),
      ],
      ODD_META,
    ],
    [
      'the same without preamble',
      [
        ...implicit(0x00020000, le32(26)),
        ...implicit(0x00020010, ascii('1.2.840.10008.1.2')),
        ...body(false),
      ],
      ODD_META,
    ],
    ['without free bytes before DICM', [...ascii('DICM'), ...meta(EXPLICIT), ...body()], undefined],
    [
      'with (0002,0003) again before an implicit data set',
      [...NOTHING, ...meta('1.2.840.10008.1.2'), ...implicit(0x00020003, ascii('1.2.3')), ...body(false)],
      ODD_META,
    ],
    [
      'with a delimiter behind a sequence of given length',
      file([...long(0x00180012, 'SQ', item(short(0x00080100, 'SH', ID))), ...SEQUENCE_END]),
      DELIMITERS,
    ],
    [
      'with a delimiter inside a sequence of given length',
      file(long(0x00180012, 'SQ', [...item(short(0x00080100, 'SH', ID)), ...SEQUENCE_END])),
      DELIMITERS,
    ],
    [
      'with a delimiter behind an item of given length',
      file(long(0x00180012, 'SQ', [...item(short(0x00080100, 'SH', ID)), ...ITEM_END])),
      DELIMITERS,
    ],
    [
      'the same in a sequence of no length',
      file(
        long(
          0x00180012,
          'SQ',
          [...item(short(0x00080100, 'SH', ID)), ...ITEM_END, ...SEQUENCE_END],
          UNDEFINED,
        ),
      ),
      DELIMITERS,
    ],
    [
      'with a delimiter inside an item of given length',
      file(long(0x00180012, 'SQ', item([...short(0x00080100, 'SH', ID), ...ITEM_END]))),
      DELIMITERS,
    ],
    [
      'with UN of no length and explicit items',
      file(
        long(
          0x00191010,
          'UN',
          [...item([...short(0x00080100, 'SH', ID), ...ITEM_END], UNDEFINED), ...SEQUENCE_END],
          UNDEFINED,
        ),
      ),
      EXPLICIT_ITEMS,
    ],
    [
      'with UN of no length, explicit items of given length',
      file(
        long(
          0x00191010,
          'UN',
          [...item(long(0x00081140, 'SQ', item(short(0x00080100, 'SH', ID)))), ...SEQUENCE_END],
          UNDEFINED,
        ),
      ),
      EXPLICIT_ITEMS,
    ],
    [
      'with UN of no length and implicit items, as the standard has it',
      file(
        long(
          0x00191010,
          'UN',
          [...item([...implicit(0x00080100, ID), ...ITEM_END], UNDEFINED), ...SEQUENCE_END],
          UNDEFINED,
        ),
      ),
      undefined,
    ],
    [
      'with a long value of a VR to come',
      file(long(0x00191010, 'ZZ', ascii('value of its own'))),
      UNKNOWN_VR,
    ],
    ['with an empty long value of a VR to come', file(long(0x00191010, 'QQ', [])), UNKNOWN_VR],
    ['with a short value of an unknown VR', file(short(0x00191010, 'ZZ', ascii('value'))), UNKNOWN_VR],
    [
      'with an implicit element among explicit ones',
      file(implicit(0x00191010, ascii('value'))),
      'it has elements in implicit VR among explicit ones',
    ],
    [
      'with OV, SV and UV',
      file([
        ...long(0x00191010, 'OV', le32(1)),
        ...long(0x00191011, 'SV', [...le32(1), ...le32(0)]),
        ...long(0x00191012, 'UV', [...le32(1), ...le32(0)]),
      ]),
      undefined,
    ],
  ])('%s', async (_, bytes, note) => {
    expect(await stored(bytes)).toEqual(pixels);
    expect((await read(bytes)).note).toBe(note);
  });

  it('with encapsulated uncompressed frames, whole or in several fragments', async () => {
    const data = Uint8Array.from(le16(...pixels));
    const head = greyElements({ rows, cols, stored: 12, more: WINDOW });
    const syntax = '1.2.840.10008.1.2.1.98';
    for (const fragments of [[data], [data.subarray(0, 40), data.subarray(40)]]) {
      expect(await stored(writeDicom({ syntax, elements: head, fragments }))).toEqual(pixels);
    }
    const two = greyElements({
      rows: 1,
      cols: 3,
      bits: 8,
      more: [{ tag: 0x00280008, vr: 'IS', value: '2' }],
    });
    // Frames of an odd number of bytes end with one that makes them even.
    const odd = writeDicom({
      syntax,
      elements: two,
      fragments: [Uint8Array.of(1, 2, 3, 0), Uint8Array.of(4, 5, 6, 0)],
    });
    expect(await stored(odd)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('with grey stored three times, but not with three that differ', async () => {
    const triple = (samples: number[]) =>
      writeDicom({
        elements: greyElements({
          rows: 1,
          cols: 2,
          bits: 8,
          pixels: Uint8Array.from(samples),
          more: [
            { tag: 0x00280002, vr: 'US', value: [3] },
            { tag: 0x00281050, vr: 'DS', value: '50' },
            { tag: 0x00281051, vr: 'DS', value: '100' },
          ],
        }),
      });
    const film = await read(triple([0, 0, 0, 100, 100, 100]));
    expect([[...film.plane], film.note]).toEqual([[0, 255], 'its grey is stored three times']);
    await expect(read(triple([0, 0, 0, 100, 101, 100]))).rejects.toThrow(/3 samples a pixel that differ/);
  });

  it('with uncompressed YBR_FULL_422, by its luma', async () => {
    const colour = (samples: number[]) =>
      writeDicom({
        elements: greyElements({
          rows: 2,
          cols: 2,
          bits: 8,
          photometric: 'YBR_FULL_422',
          pixels: Uint8Array.from(samples),
          more: [{ tag: 0x00280002, vr: 'US', value: [3] }],
        }),
      });
    const halved = [10, 20, 128, 129, 30, 40, 130, 131];
    const whole = [10, 128, 129, 20, 128, 129, 30, 130, 131, 40, 130, 131];
    for (const samples of [halved, whole]) {
      expect(await stored(colour(samples))).toEqual(whole);
      expect([...(await read(colour(samples))).plane]).toEqual([10, 20, 30, 40]);
    }
  });
});

/** The streams of the test encoders that end with FFD9, by the bits of their pixels. */
const MARKED = Object.entries(TEST_ENCODINGS).filter(([, { syntax }]) =>
  /4\.(5[0135]|57|70|90|91|20\d)$/.test(syntax),
);

describe('a stream without its end marker', () => {
  const end = (stream: Uint8Array) => {
    let at = stream.length - 2;
    while (at > 0 && !(stream[at] === 0xff && stream[at + 1] === 0xd9)) at -= 1;
    return at;
  };

  it.each(MARKED)('is whole when only that is missing, and damaged when more is: %s', async (_, encoding) => {
    const { syntax, precisions, encode: pack } = encoding;
    const test = testPixels(40, 24, precisions.at(-1)!);
    const bits = test.precision > 8 ? 16 : 8;
    const head = greyElements({ rows: 24, cols: 40, bits, stored: test.precision, more: WINDOW });
    const wrap = (stream: Uint8Array) => writeDicom({ syntax, elements: head, fragments: [stream] });
    const stream = await pack(test);
    const marker = end(stream);
    expect(marker).toBeGreaterThan(0);
    const cut = wrap(stream.subarray(0, marker));
    expect(await stored(cut)).toEqual(await stored(wrap(stream)));
    expect((await read(cut)).note).toMatch(/data has no end marker$/);
    for (const less of [8, 40, Math.floor(marker / 2)]) {
      const error = await read(wrap(stream.subarray(0, marker - less))).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(AppError);
    }
  });
});
