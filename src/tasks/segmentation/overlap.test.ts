import { describe, expect, it } from 'vitest';
import { Rng } from '../../util/rng.ts';
import { pairedDifference } from '../scores/bootstrap.ts';
import { diceOf, intervalOf, iouOf, meanOverFilms, type Overlap, overlapOf } from './overlap.ts';

const overlap = (both: number, drawn: number, there: number): Overlap => ({ both, drawn, there });
const SOME: readonly Overlap[] = [
  overlap(4, 8, 8),
  overlap(0, 0, 0),
  overlap(0, 5, 0),
  overlap(0, 0, 7),
  overlap(3, 3, 3),
];
const mean = (name: Parameters<typeof meanOverFilms>[0], films = SOME) =>
  meanOverFilms(name, [films], [...films.keys()], 1).value;

describe('overlap', () => {
  it('is counted pixel by pixel', () => {
    const truth = Uint8Array.of(9, 0, 1, 1, 0, 1);
    expect(overlapOf((at) => at % 2 === 0, truth, 5, 1)).toEqual(overlap(2, 3, 3));
    expect([diceOf, iouOf].map((of) => of(overlap(1, 3, 3)))).toEqual([1 / 3, 1 / 5]);
  });

  it('of an empty film is whole where nothing is drawn, and none otherwise', () => {
    expect([diceOf(SOME[1]!), iouOf(SOME[1]!), diceOf(SOME[2]!), iouOf(SOME[2]!)]).toEqual([1, 1, 0, 0]);
  });

  it('has four means that are not each other', () => {
    expect(mean('dice')).toBeCloseTo((0.5 + 1 + 0 + 0 + 1) / 5, 12);
    expect(mean('dicePositive')).toBeCloseTo((0.5 + 0 + 1) / 3, 12);
    expect(mean('iou')).toBeCloseTo((1 / 3 + 1 + 0 + 0 + 1) / 5, 12);
    expect(mean('empty')).toBeCloseTo(2 / 5, 12);
    expect(mean('dicePositive', [SOME[1]!, SOME[2]!])).toBeNull();
  });
});

describe('intervals', () => {
  const rng = new Rng(5, 'init');
  const films = Array.from({ length: 200 }, () => overlap(rng.int(10), 10, 10));
  const better = films.map(({ both, drawn, there }) => overlap(Math.min(10, both + 1), drawn, there));
  const patients = films.map((_, i) => i >> 1);

  it('hold the mean, are those of patients, and repeat themselves', () => {
    const found = meanOverFilms('dice', [films], patients, 3);
    const { value, low, high } = intervalOf(found);
    expect(low! < value! && value! < high!).toBe(true);
    expect(meanOverFilms('dice', [films], patients, 3)).toEqual(found);
    // A patient whose films are all alike counts as one: the interval is wider than that of films.
    const twice = films.map((_, i) => films[i - (i % 2)]!);
    const spread = (of: readonly number[]) => {
      const interval = intervalOf(meanOverFilms('dice', [twice], of, 3));
      return interval.high! - interval.low!;
    };
    expect(spread(patients)).toBeGreaterThan(1.2 * spread(films.map((_, i) => i)));
  });

  it('of a difference on the same films are narrow, and repetitions are averaged', () => {
    const [a, b] = [better, films].map((of) => meanOverFilms('dice', [of], patients, 3));
    const gain = pairedDifference(a!, b!);
    expect(gain.value).toBeCloseTo(0.1, 1);
    expect(gain.low).toBeGreaterThan(0.08);
    const both = meanOverFilms('dice', [films, better], patients, 3);
    expect(both.value).toBeCloseTo((a!.value! + b!.value!) / 2, 12);
  });
});
