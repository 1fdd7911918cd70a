// Films are known again by what they show, smaller or in negative; and what is not known of them is not claimed.

import { describe, expect, it } from 'vitest';
import { measureFilm } from '../data/quality/quality.ts';
import { shrink } from '../data/resize.ts';
import { planSyntheticSet, renderEntry } from '../data/synthetic/set.ts';
import { madeFilms } from '../train/testRun.ts';
import { setsInWords } from './record.ts';
import { countSeen, setsOf } from './sets.ts';

const planes = planSyntheticSet({ patients: 12, seed: 3, difficulty: 'classroom' }).map(
  (entry) => renderEntry(entry, 128).plane,
);
const hashes = planes.map((plane) => measureFilm(plane, 128, 128).hash);
const half = hashes.length >> 1;
const [seen, others] = [hashes.slice(0, half), hashes.slice(half)];
const again = planes.slice(0, 3).map((plane) => {
  const { bytes, width, height } = shrink({ bytes: plane, width: 128, height: 128 }, 80);
  return measureFilm(
    bytes.map((value) => 255 - value),
    width,
    height,
  ).hash;
});

describe('films that were seen', () => {
  it('are counted among those of another set, whatever their size and polarity', () => {
    expect(countSeen(seen, [...again, ...others])).toBe(3);
    expect(countSeen(seen, others)).toBe(0);
    expect(countSeen([], again)).toBe(0);
  });

  it('are none where a film shows nothing', () => {
    expect(countSeen(['', ...seen], ['', ''])).toBe(0);
  });
});

const shown = [...others, ...again];
const count = shown.length;
// The last three films are the test films, of patients of their own.
const evaluated = {
  ...madeFilms(count),
  name: 'ward B',
  fingerprint: 'b',
  splits: Uint8Array.from({ length: count }, (_, film) => (film < count - 3 ? 0 : 2)),
  hashes: shown,
};
const trained = (films: readonly string[] | null, fingerprint = 'a') => ({
  seen: () => [{ name: films && 'ward A', fingerprint, hashes: films }],
});

describe('the sets of a report', () => {
  it('are not spoken of where films, parts and labels are those of the run', () => {
    expect(setsOf(trained(seen, 'b'), evaluated)).toBeNull();
    expect(setsOf({ seen: () => [] }, evaluated)).toBeNull();
  });

  it('are both named, with the test films that were pretrained on', () => {
    const sets = setsOf(trained(seen), evaluated)!;
    expect(sets).toEqual({ evaluated: 'ward B', pretrained: ['ward A'], test: 3, shared: 3 });
    expect(setsInWords(sets)).toMatch(/pretrained on ward A, evaluated on ward B.*3 of the 3 test films/s);
    expect(setsInWords({ ...sets, shared: 0 })).toContain('None of the 3 test films');
  });

  it('take what is known of a set that the run knows by its fingerprint alone', () => {
    const known = { name: 'ward A', fingerprint: 'a', hashes: seen };
    expect(setsOf(trained(null), evaluated, known)?.shared).toBe(3);
    const unknown = setsOf(trained(null), evaluated, { ...known, fingerprint: 'c' })!;
    expect(unknown).toMatchObject({ pretrained: [null], shared: null });
    expect(setsInWords(unknown)).toContain('may be among');
  });
});
