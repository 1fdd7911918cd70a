import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figure, linearTicks, logTicks, tickLabel } from './ticks.ts';

describe('ticks', () => {
  it('are round, ascending, inside the window and about as many as asked', () => {
    const bound = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(
        bound,
        fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
        fc.integer({ min: 2, max: 8 }),
        (low, span, n) => {
          const ticks = linearTicks(low, low + span, n);
          const slack = span * 1e-6;
          expect(ticks.length).toBeLessThanOrEqual(n + 1);
          expect(ticks.every((t) => t >= low - slack && t <= low + span + slack)).toBe(true);
          expect(ticks.every((t, i) => i === 0 || t > ticks[i - 1]!)).toBe(true);
        },
      ),
    );
  });

  it('fall on whole steps and on decades', () => {
    expect(linearTicks(0, 3, 8, true)).toEqual([0, 1, 2, 3]);
    expect(logTicks(0.5, 2e4, 5)).toEqual([1, 10, 100, 1000, 10000]);
    expect(logTicks(1, 9, 5)).toEqual([1, 2, 3, 5]);
  });

  it('have short labels; figures have four digits', () => {
    expect([0, 0.25, 12_500, 2e6, 1e-5, 5e-7].map(tickLabel)).toEqual([
      '0',
      '0.25',
      '12.5k',
      '2M',
      '1e-5',
      '5e-7',
    ]);
    expect([12.345678, 0.00042137, 1234567, -3, 0, 2.4e-8].map((value) => figure(value))).toEqual([
      '12.35',
      '4.21e-4',
      '1,234,567',
      '−3.000',
      '0',
      '2.40e-8',
    ]);
    expect(figure(Number.NaN)).toBe('–');
  });
});
