// A film as the viewer gets it: levels, the grey of each, windows to choose from, and tags as text.

import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { type GreyOptions, greyElements, type TestElement, type TestImage, writeDicom } from './testDicom.ts';
import { viewFilm } from './view.ts';

const view = (bytes: Uint8Array) => viewFilm(new Blob([bytes.slice()]));
const text = (tag: number, vr: string, value: string): TestElement => ({ tag, vr, value });
const dicom = (grey: GreyOptions, rest: Partial<TestImage> = {}) =>
  view(writeDicom({ ...rest, elements: greyElements(grey) }));
const ramp = (count: number) => Array.from({ length: count }, (_, i) => i);
const base: GreyOptions = { rows: 10, cols: 20, stored: 12, pixels: ramp(200).map((v) => 10 * v) };

describe('levels', () => {
  it('give modality values and the grey that the file asks for', async () => {
    const more = [
      text(0x00281050, 'DS', '0\\500'),
      text(0x00281051, 'DS', '2000\\300'),
      text(0x00281055, 'LO', 'NORMAL\\LUNG'),
      text(0x00281052, 'DS', '-1000'),
      text(0x00281053, 'DS', '1'),
    ];
    const film = await dicom({ ...base, more });
    const at = (i: number) => film.levels[i]!;
    expect(film.modality[at(0)]).toBe(-1000);
    expect(film.modality[at(199)]).toBe(990);
    expect([film.table[at(0)], film.table[at(100)], film.table[at(199)]]).toEqual([0, 128, 254]);
    expect(film.windows).toEqual([
      { name: 'NORMAL', center: 0, width: 2000 },
      { name: 'LUNG', center: 500, width: 300 },
      { name: 'Whole range', center: -5, width: 1990 },
    ]);
    expect(film.contrast).toContain('window');
  });

  it('start from percentiles where the file gives no window, and know inversion and padding', async () => {
    const more = [{ tag: 0x00280120, vr: 'US', value: [0] }];
    const film = await dicom({ ...base, photometric: 'MONOCHROME1', more });
    expect(film.inverted).toBe(true);
    expect(film.windows[0].name).toBe('Percentiles');
    expect(film.padding[film.levels[0]!]).toBe(1);
    expect(film.table[film.levels[0]!]).toBe(0);
    expect(film.table[film.levels[199]!]).toBe(0);
    expect(film.table[film.levels[1]!]).toBe(255);
  });

  it('of films larger than a page are means of squares; boxes keep the size of the film', async () => {
    const data = Uint8Array.from({ length: 9000 * 4 }, (_, i) => (i % 9000) % 200);
    const film = await view(
      encode({ width: 9000, height: 4, depth: 16, channels: 1, data: Uint16Array.from(data) }),
    );
    expect([film.width, film.height, film.originalWidth, film.originalHeight]).toEqual([3000, 1, 9000, 4]);
    expect(film.modality[film.levels[1]!]).toBe(4);
  });

  it('of a 16-bit PNG are its values, as stored', async () => {
    const data = Uint16Array.of(0, 65_535, 1000, 40_000);
    const film = await view(encode({ width: 2, height: 2, depth: 16, channels: 1, data }));
    expect([...film.levels].map((level) => film.modality[level])).toEqual([...data]);
    expect(film.tags).toEqual([]);
  });
});

describe('the tag table', () => {
  it('names tags, shows values as text, and marks those that identify', async () => {
    const more = [
      text(0x00100010, 'PN', '<script>alert(1)</script>\x00\x1b[31m'),
      text(0x00080080, 'LO', 'St. Elsewhere'),
      text(0x00185101, 'CS', 'PA'),
      text(0x00091001, 'LO', 'a maker wrote this'),
      text(0x00189999, 'SH', 'unheard of'),
      { tag: 0x00091002, vr: 'OB', value: new Uint8Array(1234) },
    ];
    const { tags, packing } = await dicom({ ...base, more });
    const row = (tag: string) => tags.find((one) => one.tag === tag)!;
    expect(row('(0010,0010)')).toEqual({
      tag: '(0010,0010)',
      name: "Patient's name",
      vr: 'PN',
      value: '<script>alert(1)</script> [31m',
      identifying: true,
    });
    expect(row('(0010,0020)')).toMatchObject({ value: 'P-17', identifying: true });
    expect(row('(0008,0080)').identifying).toBe(true);
    expect(row('(0018,5101)')).toMatchObject({ name: 'View position', value: 'PA', identifying: false });
    expect(row('(0009,1001)')).toMatchObject({ name: 'Private', identifying: true });
    expect(row('(0009,1002)').value).toBe('1,234 bytes');
    expect(row('(0018,9999)')).toMatchObject({ name: '', value: 'unheard of', identifying: false });
    expect(row('(0028,0010)')).toMatchObject({ vr: 'US', value: '10' });
    expect(row('(7FE0,0010)').value).toBe('400 bytes');
    expect(packing).toBe('explicit little endian');
  });

  it('takes the VR from its own table where the file does not say, and reads the declared characters', async () => {
    const name = Uint8Array.of(0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72);
    const more = [text(0x00080005, 'CS', 'ISO_IR 100'), { tag: 0x00100010, vr: 'PN', value: name }];
    const { tags } = await dicom({ ...base, more }, { syntax: '1.2.840.10008.1.2', explicit: false });
    expect(tags.find((row) => row.tag === '(0010,0010)')).toMatchObject({ vr: 'PN', value: 'Müller' });
    expect(tags.find((row) => row.tag === '(0028,0011)')).toMatchObject({ vr: 'US', value: '20' });
  });

  it('stops somewhere, and says how much more there is', async () => {
    const more = ramp(500).map((i) => text(0x00210000 + i, 'LO', 'x'));
    const { tags, moreTags } = await dicom({ ...base, more });
    expect(tags.length + moreTags).toBeGreaterThan(500);
    expect(tags.length).toBe(400);
  });
});
