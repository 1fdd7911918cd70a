// `headless decode`: a made folder in every encoding, and the shared DICOM set beside its manifest, through the decode
// workers of the built app in the browser.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import Papa from 'papaparse';
import { greyElements, writeDicom } from '../../src/data/testDicom.ts';
import { TEST_ENCODINGS } from '../../src/data/testEncoders.ts';
import { testPixels } from '../../src/data/testJpeg.ts';
import type { StoredRow } from '../../src/protocol/film.ts';
import { expect, test } from './fixtures.ts';
import { headless } from './headless.ts';

const KEYS = [
  'file',
  'ok',
  'transferSyntax',
  'rows',
  'cols',
  'min',
  'max',
  'mean',
  'sha256',
  'code',
  'reason',
];
const SHARED = path.resolve('../shared/data/dicom');

const hashOf = (samples: readonly number[], precision: number) => {
  const typed = precision > 8 ? Uint16Array.from(samples) : Uint8Array.from(samples);
  return createHash('sha256').update(new Uint8Array(typed.buffer)).digest('hex');
};

async function decodeFolder(folder: string): Promise<{ rows: Map<string, StoredRow>; out: string }> {
  const out = mkdtempSync(path.join(tmpdir(), 'decoded-'));
  const json = path.join(out, 'decoded.json');
  const ran = await headless('decode', folder, '--json', json);
  expect(ran.err).toBe('');
  expect(ran.status).toBe(0);
  const rows = JSON.parse(readFileSync(json, 'utf8')) as StoredRow[];
  for (const row of rows) expect(Object.keys(row)).toEqual(KEYS);
  rmSync(out, { recursive: true });
  return { rows: new Map(rows.map((row) => [row.file, row])), out: ran.out };
}

test('every encoding that can be made comes out as it went in', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'films-'));
  mkdirSync(path.join(folder, 'deep'));
  const wanted = new Map<string, string | null>();
  for (const [name, { syntax, precisions, components, tolerance, encode: pack }] of Object.entries(
    TEST_ENCODINGS,
  )) {
    const pixels = testPixels(33, 19, precisions.at(-1)!, components?.[0]);
    const colour = pixels.components === 3;
    const elements = greyElements({
      rows: 19,
      cols: 33,
      bits: pixels.precision > 8 ? 16 : 8,
      stored: pixels.precision,
      photometric: colour ? 'RGB' : 'MONOCHROME2',
      more: colour ? [{ tag: 0x00280002, vr: 'US', value: [3] }] : [],
    });
    const file = writeDicom({ syntax, elements, fragments: [await pack(pixels)] });
    writeFileSync(path.join(folder, `deep/${name}`), file);
    wanted.set(`deep/${name}`, tolerance === 0 ? hashOf(pixels.samples, pixels.precision) : null);
  }
  const { samples } = testPixels(16, 9, 16);
  const png = encode({ width: 16, height: 9, depth: 16, channels: 1, data: Uint16Array.from(samples) });
  writeFileSync(path.join(folder, 'deep.png'), png);
  wanted.set('deep.png', hashOf(samples, 16));
  writeFileSync(path.join(folder, '<b>cut.png'), png.subarray(0, 90));
  const { rows, out } = await decodeFolder(folder);
  for (const [file, hash] of wanted) {
    expect(rows.get(file), file).toMatchObject({ ok: true, ...(hash && { sha256: hash }) });
  }
  expect(rows.get('<b>cut.png')).toMatchObject({ ok: false, sha256: null, code: 'image-corrupt' });
  expect(out).toMatch(/\d+ of \d+ files decoded, 1 refused, in .* files\/s/);
  rmSync(folder, { recursive: true });
});

test('the shared DICOM set agrees with its manifest', async () => {
  test.skip(!existsSync(SHARED), 'no DICOM set: ../shared/data/dicom is absent');
  const { data } = Papa.parse<Record<string, string>>(
    readFileSync(path.join(SHARED, 'manifest.csv'), 'utf8'),
    {
      header: true,
      skipEmptyLines: true,
    },
  );
  const { rows } = await decodeFolder(SHARED);
  const exact = data.filter((row) => row.exact_tolerance === '0' && row.expect!.startsWith('decode'));
  const mayRefuse = new Set(exact.filter((row) => row.expect!.includes('or reject')).map((row) => row.file));
  expect(exact.length).toBeGreaterThan(80);
  const wrong = exact.filter(({ file, sha256_pixels: hash }) => {
    const row = rows.get(file!);
    return row?.sha256 !== hash && !(row && !row.ok && mayRefuse.has(file!));
  });
  expect(wrong.map(({ file }) => [file, rows.get(file!)?.reason])).toEqual([]);

  const rejected = data.filter((row) => row.expect === 'reject').map((row) => rows.get(row.file!)!);
  expect(rejected.length).toBeGreaterThan(20);
  expect(rejected.filter(({ ok }) => ok)).toEqual([]);
  expect(rejected.filter(({ code, reason }) => !code || code === 'internal' || !reason)).toEqual([]);
  expect(data.filter(({ file }) => !rows.has(file!))).toEqual([]);
});
