import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Column } from './column.ts';
import { SmoothedColumn } from './smooth.ts';

function smooth(values: readonly number[], weight: number, log = false): number[] {
  const source = new Column();
  for (const value of values) source.push(value);
  return [...new SmoothedColumn(source, { weight, log }).follow().toArray()];
}

const weight = fc.double({ min: 0, max: 0.999, noNaN: true });

describe('SmoothedColumn', () => {
  it('leaves a constant exactly as it is', () => {
    const constant = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(constant, weight, (c, w) => smooth(Array(200).fill(c), w).every((value) => value === c)),
    );
  });

  it('equals the debiased average written as a sum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 40 }),
        weight,
        (xs, w) => {
          const weights = xs.map((_, i) => w ** (xs.length - 1 - i));
          const total = weights.reduce((sum, x) => sum + x, 0);
          const expected = xs.reduce((sum, x, i) => sum + x * weights[i]!, 0) / total;
          expect(smooth(xs, w).at(-1)).toBeCloseTo(expected, 8);
        },
      ),
    );
  });

  it('averages logarithms on a log axis, so exponential decay lags but stays straight', () => {
    const decay = Array.from({ length: 400 }, (_, i) => Math.exp(-0.01 * i));
    const smoothed = smooth(decay, 0.9, true);
    const slopes = smoothed.slice(201).map((value, i) => Math.log(value) - Math.log(smoothed[200 + i]!));
    for (const slope of slopes) expect(slope).toBeCloseTo(-0.01, 8);
  });

  it('passes over missing values and, on a log axis, over those that have no logarithm', () => {
    expect(smooth([2, Number.NaN, 2], 0.5)).toEqual([2, Number.NaN, 2]);
    expect(smooth([1, 0, -3, 1], 0.5, true)).toEqual([1, Number.NaN, Number.NaN, 1]);
  });

  it('catches up with a source that has grown', () => {
    const source = new Column();
    source.push(0);
    const follower = new SmoothedColumn(source, { weight: 0.5, log: false });
    expect(follower.follow().length).toBe(1);
    source.push(3);
    expect(follower.follow().at(1)).toBeCloseTo(2, 12);
  });
});
