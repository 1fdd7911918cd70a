import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FilmMeasures } from '../../protocol/arrangement.ts';
import { Rng } from '../../util/rng.ts';
import { decodeJpeg } from '../jpeg/jpeg.ts';
import { decodePngFile } from '../raster/raster.ts';
import { shrink } from '../resize.ts';
import { findDuplicates } from './duplicates.ts';
import { measureFilm } from './quality.ts';
import { flagFilms } from './report.ts';

vi.mock('../codecWasm.ts', () => import('../testCodecs.ts'));

const SHARED = '../shared/data/cxr-folder';
const NIH = `${SHARED}/nih-cxr14-1000/images`;
const CHILDREN = ['NORMAL', 'PNEUMONIA'].map((name) => `${SHARED}/kermany-paediatric-1600/${name}`);

interface Plane {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function read(file: string): Promise<Plane> {
  const bytes = new Uint8Array(readFileSync(file));
  if (file.endsWith('.png')) {
    const { values, width, height } = await decodePngFile(bytes);
    return { bytes: Uint8Array.from(values), width, height };
  }
  const { samples, width, height, components } = await decodeJpeg(bytes);
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = samples[i * components]!;
  return { bytes: grey, width, height };
}

const measure = ({ bytes, width, height }: Plane): FilmMeasures => measureFilm(bytes, width, height);
const negative = ({ bytes, ...size }: Plane): Plane => ({
  ...size,
  bytes: bytes.map((value) => 255 - value),
});

function crop({ bytes, width, height }: Plane, margin: number): Plane {
  const [w, h] = [width - 2 * margin, height - 2 * margin];
  const inner = (_: unknown, i: number) => bytes[(margin + Math.floor(i / w)) * width + margin + (i % w)]!;
  return { bytes: Uint8Array.from({ length: w * h }, inner), width: w, height: h };
}

const rng = new Rng(1, 'synthetic');
const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
const map = (plane: Plane, of: (value: number) => number): Plane => ({
  ...plane,
  bytes: plane.bytes.map((v) => clamp(of(v))),
});

/** What happens to films on their way through hospitals and competitions. */
const COPIES: Record<string, { make: (plane: Plane) => Plane; found: number }> = {
  'as it is': { make: (plane) => plane, found: 1 },
  'half the size': { make: (plane) => shrink(plane, Math.max(plane.width, plane.height) / 2), found: 1 },
  'noise of 4 grey values': { make: (plane) => map(plane, (v) => v + 4 * rng.normal()), found: 0.99 },
  'gamma 0.8': { make: (plane) => map(plane, (v) => 255 * (v / 255) ** 0.8), found: 0.95 },
  'less contrast': { make: (plane) => map(plane, (v) => 12 + 0.9 * v), found: 0.99 },
  'the negative': { make: negative, found: 0.99 },
};

describe.skipIf(!existsSync(SHARED))(
  '2,600 real films (skipped where ../shared/data/cxr-folder is absent)',
  () => {
    const planes: Plane[] = [];
    let measures: FilmMeasures[] = [];

    beforeAll(async () => {
      for (const folder of [NIH, ...CHILDREN]) {
        for (const name of readdirSync(folder).sort()) planes.push(await read(`${folder}/${name}`));
      }
      measures = planes.map(measure);
    }, 120_000);

    it('negatives are told: one original of 2,600 is flagged, three negatives are missed', () => {
      const looksInverted = (of: readonly FilmMeasures[]) =>
        flagFilms(
          of.map((each) => ({ measures: each, originalWidth: 1, originalHeight: 1, lateral: undefined })),
          new Int32Array(of.length).fill(-1),
        ).filter((flags) => (flags & 4) !== 0).length;
      const falsely = looksInverted(measures);
      const truly = looksInverted(planes.map((plane) => measure(negative(plane))));
      expect(planes).toHaveLength(2600);
      expect({ falsely, missed: 2600 - truly }).toEqual({ falsely: 1, missed: 3 });
    });

    it('no film is called constant or dark', () => {
      expect(measures.filter(({ deviation }) => deviation < 4)).toEqual([]);
      expect(Math.min(...measures.map(({ mean }) => mean))).toBeGreaterThan(55);
    });

    it('five films occur twice in the folders, and no others are alike', () => {
      const found = findDuplicates(measures.map(({ hash }) => hash));
      const pairs = [...found].flatMap((first, film) => (first >= 0 ? [[first, film] as const] : []));
      expect(pairs).toHaveLength(5);
      for (const [a, b] of pairs) expect(Buffer.compare(planes[a]!.bytes, planes[b]!.bytes)).toBe(0);
    });

    it.each(Object.keys(COPIES))('copies are found: %s', (name) => {
      const { make, found: least } = COPIES[name]!;
      const chosen = Array.from({ length: 200 }, (_, i) => 13 * i);
      const copies = chosen.map((film) => measure(make(planes[film]!)).hash);
      const found = findDuplicates([...measures.map(({ hash }) => hash), ...copies]);
      const first = (film: number) => (found[film]! >= 0 ? found[film]! : film);
      const right = chosen.filter((film, i) => found[planes.length + i] === first(film)).length;
      expect(right / chosen.length).toBeGreaterThanOrEqual(least);
    });

    it('a margin cut away by one per cent is mostly found; the report does not promise more', () => {
      const chosen = Array.from({ length: 100 }, (_, i) => 26 * i);
      const copies = chosen.map((film) => measure(crop(planes[film]!, 2)).hash);
      const found = findDuplicates([...measures.map(({ hash }) => hash), ...copies]);
      const right = chosen.filter((_, i) => found[planes.length + i]! >= 0).length;
      expect(right).toBeGreaterThan(60);
    });
  },
);
