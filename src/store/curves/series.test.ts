import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metricNames, type StepSample } from '../../protocol/metrics.ts';
import { Column } from './column.ts';
import {
  addMarker,
  appendSamples,
  liveSeries,
  resetSeries,
  SmoothedColumn,
  subscribeSeries,
} from './series.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

/** A sample whose total is `total` and whose other metrics are missing. */
function sample(step: number, total: number): StepSample {
  const values = new Float64Array(METRIC_NAMES.length).fill(Number.NaN);
  values[METRIC_NAMES.indexOf('loss/total')] = total;
  return { step, activeSeconds: step / 10, values };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  resetSeries();
  vi.advanceTimersByTime(1000);
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

describe('series', () => {
  it('keeps every point with its step and finds the nearest logged one', () => {
    appendSamples([sample(5, 1), sample(6, 2), sample(9, 3)], METRIC_NAMES);
    const series = liveSeries();
    expect([...series.steps.toArray()]).toEqual([5, 6, 9]);
    expect([0, 6, 7, 8, 100].map((step) => series.nearest(step))).toEqual([0, 1, 1, 2, 2]);
    expect(series.latest('loss/total')).toBe(3);
    expect(series.latest('global/std')).toBeNull();
  });

  it('lets a run that goes back to a checkpoint replace what came after it', () => {
    appendSamples([sample(0, 1), sample(1, 2), sample(2, 3)], METRIC_NAMES);
    const options = { weight: 0.5, log: false };
    liveSeries().smoothed('loss/total', options);
    appendSamples([sample(1, 7)], METRIC_NAMES);
    expect([...liveSeries().column('loss/total').toArray()]).toEqual([1, 7]);
    expect(liveSeries().smoothed('loss/total', options).length).toBe(2);
  });

  it('has columns of nothing for metrics that the run does not have', () => {
    appendSamples([sample(0, 1)], METRIC_NAMES);
    expect(liveSeries().column('elsewhere/term').length).toBe(1);
    appendSamples([sample(1, 2)], METRIC_NAMES);
    expect([...liveSeries().column('elsewhere/term').toArray()]).toEqual([Number.NaN, Number.NaN]);
    expect(liveSeries().metrics).toEqual(METRIC_NAMES);
    expect(liveSeries().latest('elsewhere/term')).toBeNull();
  });

  it('tells listeners at most ten times a second, and never misses the last change', () => {
    const heard: number[] = [];
    const stop = subscribeSeries(() => heard.push(liveSeries().length));
    for (let step = 0; step < 100; step++) {
      appendSamples([sample(step, step)], METRIC_NAMES);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(200);
    stop();
    expect(heard.length).toBeLessThanOrEqual(12);
    expect(heard.at(-1)).toBe(100);
  });

  it('starts afresh without harming the series that others hold', () => {
    appendSamples([sample(0, 1)], METRIC_NAMES);
    addMarker({ step: 0, kind: 'pause', text: 'Paused' });
    const old = liveSeries();
    resetSeries();
    expect(liveSeries().length).toBe(0);
    expect(liveSeries().markers).toEqual([]);
    expect([old.length, old.markers.length]).toEqual([1, 1]);
  });
});

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
