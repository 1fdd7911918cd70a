import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricNames } from '../../protocol/metrics.ts';
import { decimate } from './decimate.ts';
import { Series } from './series.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

function seriesOf(totals: readonly number[], firstStep = 0): Series {
  const series = new Series();
  const at = METRIC_NAMES.indexOf('loss/total');
  totals.forEach((total, i) => {
    const values = new Float64Array(METRIC_NAMES.length).fill(Number.NaN);
    values[at] = total;
    series.append({ step: firstStep + i, activeSeconds: i, values }, METRIC_NAMES);
  });
  return series;
}

const traceOf = (series: Series, key = 'a') => ({ key, series, column: series.column('loss/total') });

describe('decimate', () => {
  it('gives logged steps as they are while they fit', () => {
    const { rows, stepsPerColumn } = decimate([traceOf(seriesOf([3, 1, 2], 10))], 10, 12, 100);
    expect(stepsPerColumn).toBe(1);
    expect(rows).toEqual([
      { step: 10, a: 3 },
      { step: 11, a: 1 },
      { step: 12, a: 2 },
    ]);
  });

  it('never exceeds two rows per column and always keeps the extremes of the window', () => {
    const totals = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 900 });
    fc.assert(
      fc.property(
        totals,
        fc.integer({ min: 4, max: 60 }),
        fc.nat(899),
        fc.nat(899),
        (values, columns, a, b) => {
          const from = Math.min(a, b, values.length - 1);
          const to = Math.min(Math.max(a, b), values.length - 1);
          const { rows } = decimate([traceOf(seriesOf(values))], from, to, columns);
          const shown = rows.map((row) => row.a).filter((value) => value !== null);
          const window = values.slice(from, to + 1);
          expect(rows.length).toBeLessThanOrEqual(2 * columns + 2);
          expect(Math.min(...(shown as number[]))).toBe(Math.min(...window));
          expect(Math.max(...(shown as number[]))).toBe(Math.max(...window));
          const steps = rows.map((row) => row.step);
          expect(steps).toEqual([...steps].sort((x, y) => x - y));
          expect(steps.every((step) => step >= from && step <= to)).toBe(true);
        },
      ),
      { examples: [[new Array(12).fill(0), 4, 3, 11]] },
    );
  });

  it('shows a spike of one step among a hundred thousand', () => {
    const values = Array.from({ length: 100_000 }, () => 1);
    values[77_777] = 50;
    const { rows } = decimate([traceOf(seriesOf(values))], 0, 99_999, 300);
    expect(rows.filter((row) => row.a === 50)).toHaveLength(1);
  });

  it('does not move what is already there when the run grows', () => {
    const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const before = decimate([traceOf(seriesOf(values.slice(0, 960)))], 0, 959, 64).rows;
    const after = decimate([traceOf(seriesOf(values))], 0, 999, 64).rows;
    expect(after.slice(0, before.length)).toEqual(before);
  });

  it('puts runs of different length on common rows and drops what a log axis cannot show', () => {
    const long = traceOf(seriesOf([1, 0, -2, 4]), 'long');
    const short = traceOf(seriesOf([5, 6]), 'short');
    expect(decimate([long, short], 0, 3, 10, true).rows).toEqual([
      { step: 0, long: 1, short: 5 },
      { step: 1, short: 6 },
      { step: 3, long: 4 },
    ]);
  });
});
