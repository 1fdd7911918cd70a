// Damaged films by the thousand: whatever the bytes, a film or a refusal by name, within the time and the memory that
// one film is given. FUZZ_COUNT and FUZZ_SEED ask for more or others (npm run fuzz).

import { existsSync, readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import Papa from 'papaparse';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../util/errors.ts';
import { decodeFilm } from './decode.ts';
import { openNpz } from './raster/npz.ts';
import { storedFacts } from './storedFacts.ts';
import { greyElements, writeDicom } from './testDicom.ts';
import { TEST_ENCODINGS } from './testEncoders.ts';
import { mutate } from './testFuzz.ts';
import { testPixels } from './testJpeg.ts';
import { viewFilm } from './view.ts';

vi.mock('./codecWasm.ts', () => import('./testCodecs.ts'));

const COUNT = Number(process.env.FUZZ_COUNT ?? 600);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** ms of processor time, so that a busy machine does not fail the limit. */
const LIMIT_MS = 2000;
/** bytes of the largest shared film that is mutated; larger ones only repeat what small ones show, slowly. */
const LARGEST = 300_000;
const SHARED = new URL('../../../shared/data/dicom/', import.meta.url);

/** A film in every encoding that the test encoders write, and the plain ones. */
async function madeFilms(): Promise<Uint8Array[]> {
  const films: Uint8Array[] = [];
  for (const { syntax, precisions, components, encode: pack } of Object.values(TEST_ENCODINGS)) {
    const pixels = testPixels(40, 24, precisions.at(-1)!, components?.[0]);
    const bits = pixels.precision > 8 ? 16 : 8;
    const colour = pixels.components === 3;
    const more = colour ? [{ tag: 0x00280002, vr: 'US', value: [3] }] : [];
    const photometric = colour ? 'RGB' : 'MONOCHROME2';
    const elements = greyElements({ rows: 24, cols: 40, bits, stored: pixels.precision, photometric, more });
    const stream = await pack(pixels);
    films.push(writeDicom({ syntax, elements, fragments: [stream] }));
    if (!colour && bits === 8 && syntax.endsWith('.50')) films.push(stream);
  }
  const { samples } = testPixels(40, 24, 12);
  const plain = greyElements({ rows: 24, cols: 40, stored: 12, pixels: samples });
  films.push(writeDicom({ elements: plain }));
  films.push(writeDicom({ elements: plain, syntax: '1.2.840.10008.1.2', explicit: false }));
  films.push(writeDicom({ elements: plain, syntax: '1.2.840.10008.1.2.2', littleEndian: false }));
  const deep = Uint16Array.from(samples);
  films.push(encode({ width: 40, height: 24, depth: 16, channels: 1, data: deep }));
  films.push(encode({ width: 20, height: 24, depth: 16, channels: 2, data: deep }));
  films.push(encode({ width: 40, height: 24, depth: 8, channels: 1, data: Uint8Array.from(samples) }));
  films.push(new TextEncoder().encode(`P5 8 8 255\n${'x'.repeat(64)}`));
  return films;
}

function sharedFilms(): Uint8Array[] {
  const manifest = new URL('manifest.csv', SHARED);
  if (!existsSync(manifest)) return [];
  const { data } = Papa.parse<Record<string, string>>(readFileSync(manifest, 'utf8'), { header: true });
  const readable = data.filter((row) => row.sha256_pixels && Number(row.bytes) <= LARGEST);
  return readable.map((row) => new Uint8Array(readFileSync(new URL(row.file!, SHARED))));
}

/** What came of one film. @returns the code of the refusal, or `decoded` */
async function outcome(bytes: Uint8Array, number: number): Promise<string> {
  const blob = new Blob([bytes.slice()]);
  try {
    // Most as training reads them; some as the viewer and the runner do.
    if (number % 5 === 3) await viewFilm(blob);
    else if (number % 5 === 4) await storedFacts(blob);
    else await decodeFilm(blob, { planeSize: 64, thumbnailSize: 16 });
    return 'decoded';
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return error.code;
    throw new Error(`film ${number} of seed ${SEED}`, { cause: error });
  }
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const MIB = 2 ** 20;
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss / MIB;
};

describe('damaged films', () => {
  it(`are films or refusals, ${COUNT} of seed ${SEED}`, { timeout: 3_600_000 }, async () => {
    const films = [...(await madeFilms()), ...sharedFilms()];
    const codes = new Map<string, number>();
    let slowest = { ms: 0, number: -1 };
    let settled = 0;
    let most = 0;
    for (let number = 0; number < COUNT; number++) {
      const bytes = mutate(films, SEED, number);
      const start = cpu();
      const code = await outcome(bytes, number);
      const ms = cpu() - start;
      if (ms > slowest.ms) slowest = { ms, number };
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (number === Math.floor(COUNT / 4)) settled = memory();
      if (number % 50 === 0) most = Math.max(most, process.memoryUsage().rss / MIB);
    }
    const left = memory();
    const counts = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
    process.stdout.write(
      `${COUNT} mutations of ${films.length} films, seed ${SEED}: ${counts.join(', ')}; slowest ` +
        `${slowest.ms.toFixed(0)} ms (number ${slowest.number}); memory ${settled.toFixed(0)} MiB after a quarter, ` +
        `${left.toFixed(0)} MiB at the end, ${most.toFixed(0)} MiB at most\n`,
    );
    expect(codes.get('decoded')).toBeGreaterThan(0);
    expect(codes.size).toBeGreaterThan(3);
    expect(slowest.ms).toBeLessThan(LIMIT_MS);
    // A leak of one film in ten would show; the collector's mood does not.
    expect(left - settled).toBeLessThan(300);
  });

  it('and damaged archives never throw anything but a reason', { timeout: 600_000 }, async () => {
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 6), }`.padEnd(117);
    const array = Uint8Array.from([
      0x93,
      ...Buffer.from('NUMPY'),
      1,
      0,
      118,
      0,
      ...Buffer.from(`${header}\n`),
    ]);
    const zip = zipSync({ 'train_images.npy': Uint8Array.from([...array, ...new Uint8Array(48)]) });
    const opened = await openNpz({ path: 'a.npz', file: new File([zip.slice()], 'a.npz') });
    expect(opened).toHaveLength(3);
    for (let number = 0; number < COUNT / 2; number++) {
      const bytes = mutate([zip], SEED, number);
      const attempt = openNpz({ path: 'a.npz', file: new File([bytes.slice()], 'a.npz') });
      await attempt.catch((error: unknown) => {
        if (!(error instanceof AppError))
          throw new Error(`archive ${number} of seed ${SEED}`, { cause: error });
      });
    }
  });
});
