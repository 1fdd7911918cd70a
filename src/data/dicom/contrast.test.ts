// Contrast as makers write it: tables whose descriptor is wrong, windows in functional groups. The same picture must come
// out as from the file in order, and what was odd must be said.

import { describe, expect, it } from 'vitest';
import { decodeFilm } from '../decode.ts';
import { greyElements, type TestElement, writeDicom } from '../testDicom.ts';

const SIDE = 64;
const pixels = Array.from({ length: SIDE * SIDE }, (_, i) => i);
/** An S-curve from 0 to the largest value. */
const curve = (entries: number, most: number) => {
  const s = (i: number) => 1 / (1 + Math.exp((-8 * (i - 2047.5)) / 4096));
  const [low, high] = [s(0), s(4095)];
  return Array.from({ length: entries }, (_, i) => Math.round((most * (s(i) - low)) / (high - low)));
};

const words = (tag: number, ...value: number[]): TestElement => ({ tag, vr: 'US', value });
const text = (tag: number, value: string): TestElement => ({ tag, vr: 'DS', value });
const sequence = (tag: number, ...items: TestElement[][]): TestElement => ({ tag, vr: 'SQ', value: items });
const voi = (descriptor: number[], data: TestElement['value'], vr = 'OW') =>
  sequence(0x00283010, [words(0x00283002, ...descriptor), { tag: 0x00283006, vr, value: data }]);

async function film(more: TestElement[], photometric = 'MONOCHROME2', explicit = true) {
  const elements = greyElements({ rows: SIDE, cols: SIDE, stored: 12, pixels, photometric, more });
  const syntax = explicit ? '1.2.840.10008.1.2.1' : '1.2.840.10008.1.2';
  const bytes = writeDicom({ elements, explicit, syntax });
  const { plane, note } = await decodeFilm(bytes.slice().buffer, { planeSize: SIDE, thumbnailSize: 8 });
  return { plane: [...plane], note };
}

describe('a VOI table', () => {
  const inOrder = film([voi([4096, 0, 12], curve(4096, 4095))]);

  it.each<[string, TestElement, string]>([
    [
      'says 16 bits and holds 12',
      voi([4096, 0, 16], curve(4096, 4095)),
      'its VOI table says 16 bits and holds 12',
    ],
    [
      'says 16 bits and holds 10',
      voi([4096, 0, 16], curve(4096, 1023)),
      'its VOI table says 16 bits and holds 10',
    ],
    [
      'says 8 bits and holds 12',
      voi([4096, 0, 8], curve(4096, 4095)),
      'its VOI table says 8 bits and holds 12',
    ],
    ['says 0 bits', voi([4096, 0, 0], curve(4096, 4095)), 'its VOI table says 0 bits'],
    [
      'says 0 entries, which is 65536',
      voi([0, 0, 12], curve(4096, 4095)),
      'its VOI table says 65536 entries and holds 4096',
    ],
    [
      'says too many entries',
      voi([5000, 0, 12], curve(4096, 4095)),
      'its VOI table says 5000 entries and holds 4096',
    ],
    [
      'says too few entries',
      voi([256, 0, 12], curve(4096, 4095)),
      'its VOI table says 256 entries and holds 4096',
    ],
    [
      'of bytes says too many',
      voi([5000, 0, 8], Uint8Array.from(curve(4096, 255)), 'OB'),
      'its VOI table says 5000 entries and holds 4096',
    ],
  ])('that %s gives the picture of one in order, and a note', async (_, table, note) => {
    const [wrong, right] = [await film([table]), await inOrder];
    // Tables of 8 and 10 bits are coarser.
    expect(Math.max(...wrong.plane.map((grey, i) => Math.abs(grey - right.plane[i]!)))).toBeLessThanOrEqual(
      1,
    );
    expect(wrong.note).toBe(note);
    expect(right.note).toBeUndefined();
  });

  it('shorter than the film goes on with its last entry', async () => {
    const { plane, note } = await film([voi([4096, 0, 12], curve(4000, 4095))]);
    const { plane: right } = await inOrder;
    expect(plane.slice(0, 4000)).toEqual(right.slice(0, 4000));
    expect(new Set(plane.slice(4000))).toEqual(new Set([plane[3999]]));
    expect(note).toBe('its VOI table says 4096 entries and holds 4000');
  });

  it('that is scaled by what it holds is inverted for MONOCHROME1', async () => {
    const { plane } = await film([voi([4096, 0, 16], curve(4096, 4095))], 'MONOCHROME1');
    expect(plane).toEqual((await inOrder).plane.map((grey) => 255 - grey));
  });

  it('without entries is passed over, and so is a film without any: by percentiles, with a note', async () => {
    const percentiles = 'the file gives no window, so contrast is by percentiles';
    const plain = await film([]);
    expect(plain.note).toBe(percentiles);
    const empty = await film([voi([4096, 0, 12], [])]);
    expect(empty).toEqual({ plane: plain.plane, note: `its VOI table has no entries; ${percentiles}` });
  });
});

describe('functional groups', () => {
  const window = [text(0x00281050, '1000'), text(0x00281051, '1500')];
  const rescale = [text(0x00281052, '-500'), text(0x00281053, '2')];
  const inGroups = 'its contrast is said in functional groups';

  it.each([
    ['of the frame', 0x52009230],
    ['shared by all', 0x52009229],
  ])('%s hold window, rescale and spacing', async (_, group) => {
    const elements = (more: TestElement[]) =>
      greyElements({ rows: SIDE, cols: SIDE, stored: 12, pixels, more });
    const groups = [
      sequence(0x00289110, [text(0x00280030, '0.4\\0.2')]),
      sequence(0x00289132, [...window]),
      sequence(0x00289145, [...rescale]),
    ];
    const decode = (bytes: Uint8Array) =>
      decodeFilm(bytes.slice().buffer, { planeSize: SIDE, thumbnailSize: 8 });
    const plain = await decode(
      writeDicom({ elements: elements([...window, ...rescale, text(0x00280030, '0.4\\0.2')]) }),
    );
    for (const explicit of [true, false]) {
      const syntax = explicit ? '1.2.840.10008.1.2.1' : '1.2.840.10008.1.2';
      const enhanced = await decode(
        writeDicom({ syntax, explicit, elements: elements([sequence(group, groups)]) }),
      );
      expect([...enhanced.plane]).toEqual([...plain.plane]);
      expect(enhanced.taking).toEqual({ spacing: [0.4, 0.2] });
      expect(enhanced.note).toBe(inGroups);
    }
    expect(plain.note).toBeUndefined();
  });

  it('give way to what stands at the top', async () => {
    const other = [text(0x00281050, '10'), text(0x00281051, '20')];
    const both = await film([...window, sequence(0x52009229, [sequence(0x00289132, other)])]);
    expect(both).toEqual(await film(window));
  });
});
