import { describe, expect, it } from 'vitest';
import { QUALITY_FLAGS, type QualityFlag } from '../../protocol/arrangement.ts';
import type { Placement } from '../../protocol/dataset.ts';
import { Rng } from '../../util/rng.ts';
import { shrink } from '../resize.ts';
import { renderFilm } from '../synthetic/film.ts';
import { planSyntheticSet, renderEntry } from '../synthetic/set.ts';
import { findDuplicates } from './duplicates.ts';
import { CHEST, HASH_BITS, measureFilm } from './quality.ts';
import { flagFilms, type JudgedFilm, leaveOut, qualityReport } from './report.ts';

const phantoms = planSyntheticSet({ patients: 24, seed: 5, difficulty: 'classroom' }).map(
  (entry) => renderEntry(entry, 128).plane,
);
const measure = (bytes: Uint8Array, side = 128) => measureFilm(bytes, side, bytes.length / side);
const negative = (bytes: Uint8Array) => bytes.map((value) => 255 - value);

describe('the measures of a film', () => {
  it('have a chest template like phantoms that stand as a film should show them', () => {
    const sum = new Float64Array(64);
    const set = planSyntheticSet({ patients: 40, seed: 1, difficulty: 'fine' });
    for (const entry of set) {
      const spec = entry.spec();
      const pose = { shiftX: 0, shiftY: 0, tilt: 0, zoom: 1 };
      const taking = { ...spec.taking, pose, gamma: 1, windowShift: 0, windowWidth: 1 };
      const { plane } = renderFilm({ ...spec, taking }, 64);
      const { bytes } = shrink({ bytes: plane, width: 64, height: 64 }, 8);
      const mean = bytes.reduce((a, b) => a + b, 0) / 64;
      const deviation = Math.sqrt(bytes.reduce((a, b) => a + (b - mean) ** 2, 0) / 64);
      for (let i = 0; i < 64; i++) {
        const mirrored = 8 * Math.floor(i / 8) + 7 - (i % 8);
        sum[i]! += ((bytes[i]! + bytes[mirrored]!) / 2 - mean) / deviation / set.length;
      }
    }
    const scale = Math.sqrt(sum.reduce((a, b) => a + b * b, 0) / 64);
    const alike = sum.reduce((total, value, i) => total + (value / scale) * CHEST[i]!, 0) / 64;
    expect(alike).toBeGreaterThan(0.95);
  });

  it('tell negatives, and hash them as they would look upright', () => {
    for (const film of phantoms) {
      const [positive, turned] = [measure(film), measure(negative(film))];
      expect(positive.polarity).toBeGreaterThan(0.1);
      expect(turned.polarity).toBeLessThan(-0.1);
      expect(findDuplicates([positive.hash, turned.hash])[1]).toBe(0);
    }
  });

  it('are those of plain formulas', () => {
    const bytes = Uint8Array.from({ length: 64 * 48 }, (_, i) => i % 200);
    const mean = bytes.reduce((a, b) => a + b, 0) / bytes.length;
    const variance = bytes.reduce((a, b) => a + (b - mean) ** 2, 0) / bytes.length;
    const found = measureFilm(bytes, 64, 48);
    expect(found.mean).toBeCloseTo(mean, 2);
    expect(found.deviation).toBeCloseTo(Math.sqrt(variance), 2);
    expect(found.hash).toHaveLength(Math.ceil(HASH_BITS / 4));
    expect(measureFilm(new Uint8Array(100).fill(7), 10, 10)).toEqual({
      mean: 7,
      deviation: 0,
      polarity: 0,
      hash: '',
    });
    for (const [width, height] of [
      [1, 1],
      [1, 400],
      [400, 1],
      [3, 5],
    ] as const) {
      const film = Uint8Array.from({ length: width * height }, (_, i) => (i % 2) * 255);
      expect(Number.isFinite(measureFilm(film, width, height).polarity)).toBe(true);
    }
  });
});

describe('duplicates', () => {
  const hashes = phantoms.map((film) => measure(film).hash);

  it('are none among different phantoms of different patients', () => {
    const found = findDuplicates(hashes);
    expect([...found].filter((first) => first >= 0).length).toBe(0);
  });

  it('are found whatever their size, noise and contrast, and point at the first', () => {
    const rng = new Rng(3, 'synthetic');
    const changed: ((film: Uint8Array) => Uint8Array)[] = [
      (film) => film.slice(),
      (film) => film.map((value) => Math.max(0, Math.min(255, value + rng.int(9) - 4))),
      (film) => film.map((value) => Math.round(12 + 0.9 * value)),
    ];
    const copies = phantoms.flatMap((film) => changed.map((change) => measure(change(film)).hash));
    const halves = phantoms.map((film) => {
      const small = shrink({ bytes: film, width: 128, height: 128 }, 64);
      return measureFilm(small.bytes, 64, 64).hash;
    });
    const found = findDuplicates([...hashes, ...copies, ...halves]);
    const expected = [...phantoms.flatMap((_, i) => changed.map(() => i)), ...phantoms.map((_, i) => i)];
    expect([...found.slice(hashes.length)]).toEqual(expected);
  });

  it('are searched among 100,000 in seconds, a film of no contrast being like none', () => {
    const rng = new Rng(1, 'synthetic');
    const random = () => Array.from({ length: 36 }, (_, i) => rng.int(i < 35 ? 16 : 8).toString(16)).join('');
    const many = Array.from({ length: 100_000 }, (_, i) => (i % 1000 === 999 ? '' : random()));
    const near = (hash: string, flips: number, bit: number) => {
      const digits = [...hash];
      for (let k = 0; k < flips; k++) {
        const at = 3 * k;
        digits[at] = (Number.parseInt(digits[at]!, 16) ^ bit).toString(16);
      }
      return digits.join('');
    };
    many[90_000] = near(many[17]!, 10, 1);
    many[90_001] = near(many[17]!, 11, 2);
    many[90_002] = many[500]!;
    const found = findDuplicates(many);
    expect([found[90_000], found[90_001], found[90_002], found[999]]).toEqual([17, -1, 500, -1]);
    expect(found.filter((first) => first >= 0)).toHaveLength(2);
  }, 30_000);

  it('do not take quadratic time where all look nearly alike', () => {
    const rng = new Rng(2, 'synthetic');
    const base = hashes[0]!.slice(0, 30);
    const alike = Array.from(
      { length: 20_000 },
      () => base + Array.from({ length: 6 }, () => rng.int(8).toString(16)).join(''),
    );
    expect(findDuplicates(alike)).toHaveLength(20_000);
  }, 20_000);
});

describe('flags', () => {
  const plain: JudgedFilm = {
    measures: { mean: 120, deviation: 50, polarity: 0.5, hash: '' },
    originalWidth: 1024,
    originalHeight: 1024,
    lateral: undefined,
  };
  const films: Record<QualityFlag, JudgedFilm> = {
    constant: { ...plain, measures: { ...plain.measures!, deviation: 1 } },
    dark: { ...plain, measures: { ...plain.measures!, mean: 12 } },
    inverted: { ...plain, measures: { ...plain.measures!, polarity: -0.4 } },
    duplicate: plain,
    lateral: { ...plain, lateral: true },
    aspect: { ...plain, originalWidth: 3000 },
  };
  const all = [plain, ...Object.values(films)];
  const duplicates = Int32Array.from(all, (_, i) => (i === 1 + QUALITY_FLAGS.indexOf('duplicate') ? 0 : -1));
  const flags = flagFilms(all, duplicates);

  it('say one thing each', () => {
    expect([...flags]).toEqual([0, 1, 2, 4, 8, 16, 32]);
    const onlyLaterals = flagFilms([films.lateral, films.lateral], new Int32Array(2).fill(-1));
    expect([...onlyLaterals]).toEqual([0, 0]);
  });

  it('take films out and are counted, with duplicates across parts', () => {
    const places: Placement[] = ['train', 'train', 'val', 'test', 'test', 'train', 'train'];
    expect(leaveOut(places, flags, ['constant', 'duplicate'])).toEqual([
      ...['train', 'out', 'val', 'test', 'out', 'train', 'train'],
    ]);
    const report = qualityReport(flags, duplicates, places, ['dark']);
    expect(report.counts.every(({ films: count }) => count === 1)).toBe(true);
    expect(report.counts.filter(({ leftOut }) => leftOut).map(({ flag }) => flag)).toEqual(['dark']);
    expect(report.duplicatesAcross).toBe(1);
    expect([...report.duplicateOf]).toEqual([[4, 0]]);
  });
});
