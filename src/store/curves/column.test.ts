import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Column } from './column.ts';

const filled = (values: readonly number[]) => {
  const column = new Column();
  for (const value of values) column.push(value);
  return column;
};

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);

describe('Column', () => {
  it('finds the extremes of any window as a plain scan does', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 700 }), fc.nat(700), fc.nat(700), (values, a, b) => {
        const from = Math.min(a, b);
        const to = Math.max(a, b);
        const found = filled(values).extremes(from, to);
        const finite = values.slice(from, to).filter(Number.isFinite);
        if (!finite.length) return found === null;
        return values[found!.low] === Math.min(...finite) && values[found!.high] === Math.max(...finite);
      }),
    );
  });

  it('keeps its pyramid through growth over several levels', () => {
    const column = filled(Array.from({ length: 70_000 }, (_, i) => Math.sin(i)));
    column.push(9);
    for (let i = 0; i < 5000; i++) column.push(0);
    expect(column.extremes(0, column.length)!.high).toBe(70_000);
    expect(column.extremes(70_001, column.length)).toEqual({ low: 70_001, high: 70_001 });
  });

  it('forgets what a truncation cuts off', () => {
    const column = filled([1, 2, 99, -99, 3]);
    column.truncate(2);
    column.push(5);
    expect([...column.toArray()]).toEqual([1, 2, 5]);
    expect(column.extremes(0, 5)).toEqual({ low: 0, high: 2 });
    expect(column.at(3)).toBeNaN();
  });
});
