// The pointing game on made maps: boxes and masks, hits and misses, the middle of the film, maps that are empty.

import { describe, expect, it } from 'vitest';
import type { FilmMarks } from '../../protocol/film.ts';
import { CLASS_LOOK, type ClassMap } from '../../protocol/looks.ts';
import { meanInside } from '../../tasks/scores/pointing.ts';
import { pointedAt } from './pointing.ts';

const SIZE = 10;
/** A map with these values at these places. */
function mapOf(values: readonly (readonly [x: number, y: number, value: number])[]): ClassMap {
  const map = new Float32Array(SIZE * SIZE);
  for (const [x, y, value] of values) map[y * SIZE + x] = value;
  const [px, py] = values.toSorted((a, b) => b[2] - a[2])[0] ?? [0, 0];
  return {
    look: CLASS_LOOK,
    finding: 'Mass',
    places: [2, 2],
    size: SIZE,
    map,
    peak: [(px + 0.5) / SIZE, (py + 0.5) / SIZE],
    logit: 0,
  };
}
/** The upper left quarter. */
const box = { finding: 'mass', reader: '', x: 0, y: 0, width: 0.5, height: 0.5 };
const boxed: FilmMarks = { boxes: [box], masks: [] };

describe('a class map', () => {
  it('points at a box or beside it, and part of it lies inside', () => {
    const inside = pointedAt(
      mapOf([
        [4, 4, 3],
        [7, 7, 1],
      ]),
      boxed,
    )!;
    expect(inside).toEqual({ peak: 1, centre: 0, energy: 0.75, area: 0.25 });
    expect(
      pointedAt(
        mapOf([
          [5, 4, 3],
          [0, 0, 1],
        ]),
        boxed,
      ),
    ).toMatchObject({ peak: 0, energy: 0.25 });
  });
  it('is held against masks as well, and against nothing of other findings', () => {
    const bytes = Uint8Array.from({ length: 4 * 4 }, (_, i) => Number(i % 4 >= 2 && i >= 8));
    const masked: FilmMarks = { boxes: [], masks: [{ finding: 'Mass', width: 4, height: 4, bytes }] };
    expect(pointedAt(mapOf([[9, 5, 1]]), masked)).toEqual({ peak: 1, centre: 1, energy: 1, area: 0.25 });
    expect(pointedAt(mapOf([[1, 1, 1]]), { boxes: [{ ...box, finding: 'Edema' }], masks: [] })).toBeNull();
  });
  it('that is empty points nowhere', () => {
    expect(pointedAt(mapOf([]), boxed)).toEqual({ peak: 0, centre: 0, energy: 0, area: 0.25 });
  });
  it('counts over films', () => {
    const each = [pointedAt(mapOf([[1, 1, 1]]), boxed)!, pointedAt(mapOf([[8, 8, 1]]), boxed)!];
    expect(meanInside(each)).toEqual({
      peak: 0.5,
      centre: 0,
      energy: 0.5,
      area: 0.25,
    });
  });
});
