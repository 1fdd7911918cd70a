// Text by its character set. Bytes are from PS3.5 annexes H, I, J, K and from iconv; the names are those of the standard's
// own examples or invented.

import { describe, expect, it } from 'vitest';
import { decodeFilm } from '../decode.ts';
import { patientOf } from '../patient.ts';
import { greyElements, writeDicom } from '../testDicom.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const utf8 = (text: string) => new TextEncoder().encode(text);

async function patientIn(charset: string | null, id: Uint8Array): Promise<string | undefined> {
  const more = [
    ...(charset === null ? [] : [{ tag: 0x00080005, vr: 'CS', value: charset }]),
    { tag: 0x00100020, vr: 'LO', value: id },
  ];
  const elements = greyElements({ rows: 2, cols: 2, pixels: [1, 2, 3, 4], more });
  const film = await decodeFilm(writeDicom({ elements }).slice().buffer, { planeSize: 8, thumbnailSize: 8 });
  return film.patientId;
}

describe('PatientID', () => {
  it.each<[string | null, string, string]>([
    ['GB18030', 'd5c5c8fd', '张三'],
    ['GBK', 'd5c5c8fd', '张三'],
    ['ISO_IR 192', 'e5bca0e4b889', '张三'],
    ['ISO_IR 100', '4dfc6c6c6572', 'Müller'],
    ['ISO_IR 101', 'a3f3d8bc', 'ŁóŘź'],
    ['ISO_IR 109', 'a9e6', 'İĉ'],
    ['ISO_IR 110', 'bdbf', 'Ŋŋ'],
    ['ISO_IR 144', 'bbee', 'Лю'],
    ['ISO_IR 126', 'c4e9efed', 'Διον'],
    ['ISO_IR 127', 'c7c8', 'اب'],
    ['ISO_IR 138', 'f9f8e5ef', 'שרון'],
    ['ISO_IR 148', 'deddf0', 'Şİğ'],
    ['ISO_IR 166', 'bbc3d0', 'ประ'],
    ['ISO_IR 203', 'a4bd', '€œ'],
    ['ISO_IR 13', 'd4cfc0de', 'ﾔﾏﾀﾞ'],
    ['\\ISO 2022 IR 87', '1b24423b3345441b2842', '山田'],
    ['ISO 2022 IR 6\\ISO 2022 IR 87', '41311b24423b3345441b284242', 'A1山田B'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', 'd4cf1b24423b331b284a31', 'ﾔﾏ山1'],
    ['ISO 2022 IR 6\\ISO 2022 IR 159', '1b2428443021222f1b2842', '丂˘'],
    ['\\ISO 2022 IR 149', '1b242943b1e8c8f1', '김희'],
    ['\\ISO 2022 IR 58', '1b242941d5c5c8fd', '张三'],
    ['ISO 2022 IR 100\\ISO 2022 IR 144', 'e41b2d4cbbee', 'äЛю'],
    ['ISO 2022 IR 100\\ISO 2022 IR 126', '1b2d46c4e9', 'Δι'],
    ['ISO-IR 100', '4dfc', 'Mü'],
    ['ISO_IR_100', '4dfc', 'Mü'],
    ['ISO 2022 IR 100', '4dfc', 'Mü'],
    ['UTF-8', '4dc3bc', 'Mü'],
    // Nothing said, or something unknown: UTF-8, or the bytes one by one.
    [null, '4dc3bc', 'Mü'],
    [null, '4dfc', 'Mü'],
    ['ISO_IR 6', '4dfc', 'Mü'],
    ['ISO_IR 192', '4dfc', 'Mü'],
    ['SOMETHING ELSE', '4dfc', 'Mü'],
    // Decomposed, as some systems send it.
    ['ISO_IR 192', '4d75cc886c', 'Mül'],
  ])('in %s is read by its character set', async (charset, bytes, wanted) => {
    expect(await patientIn(charset, hex(bytes))).toBe(wanted);
  });

  it('tells persons apart whose bytes no set allows', async () => {
    const ids = ['81ff', '82ff', 'ff81', '8130'];
    for (const charset of ['GB18030', 'ISO_IR 192', '\\ISO 2022 IR 149', 'ISO_IR 13', null]) {
      const found = new Set(await Promise.all(ids.map((id) => patientIn(charset, hex(id)))));
      expect(found.size).toBe(ids.length);
    }
  });

  it('makes one person of the same name from systems with different sets', async () => {
    const name = 'Ångström-7';
    const latin = Uint8Array.from(name, (sign) => sign.charCodeAt(0));
    const found = await Promise.all([
      patientIn('ISO_IR 100', latin),
      patientIn('ISO_IR 192', utf8(name)),
      patientIn('ISO_IR 192', utf8(name.normalize('NFD'))),
      patientIn(null, utf8(name)),
    ]);
    const column = patientOf({ path: 'a.png', column: name.normalize('NFD') }).patient;
    expect(new Set([...found, column])).toEqual(new Set([name]));
  });
});
