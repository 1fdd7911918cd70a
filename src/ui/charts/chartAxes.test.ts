import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { fakeSample } from '../../fake/curves.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { Series } from '../../store/curves/series.ts';
import { axesOf, drawnAlike, type Frame, linearTicks, logTicks, tickLabel } from './chartAxes.ts';
import { buildView, type ShownRun } from './chartView.ts';
import { chartsOf } from './curveSpecs.ts';

const FRAME: Frame = { left: 44, right: 10, top: 6, bottom: 18 };
const SETTING = {
  config: presetConfig('smoke'),
  totalSteps: 20_000,
  imagesPerSecond: 40,
  collapse: false,
};

function axesAfter(run: ShownRun) {
  const [width, height] = [754, 158];
  const charts = { range: null, follow: false, smoothing: 0.8, logY: false, hidden: new Set<string>() };
  const size = { width: width - 54, height: height - 24 };
  const view = buildView({ curves: chartsOf('mlvicx').total, runs: [run], charts, ...size });
  return axesOf({ view, width, height, frame: FRAME }, true);
}

describe('axesOf', () => {
  const series = new Series();
  const run = { id: 'live', name: 'live', series, colour: null };
  const grow = (steps: number) => {
    for (let i = 0; i < steps; i++)
      series.append(fakeSample(series.length, SETTING), metricNames(SETTING.config));
  };

  it('stands where the ticks are, in whole pixels', () => {
    grow(10_001);
    const { x, y } = axesAfter(run);
    expect(x.map(({ at, text }) => `${text} at ${at}`)).toEqual([
      '0 at 0',
      '2,000 at 140',
      '4,000 at 280',
      '6,000 at 420',
      '8,000 at 560',
    ]);
    expect([...x, ...y].every(({ at }) => Number.isInteger(at))).toBe(true);
    expect(y.map(({ at }) => at)).toEqual(y.map(({ at }) => at).toSorted((a, b) => b - a));
  });

  it('seldom asks for other axes while a long run grows', () => {
    let changes = 0;
    let before = axesAfter(run);
    for (let redraw = 0; redraw < 60; redraw++) {
      grow(2);
      const now = axesAfter(run);
      if (!drawnAlike(before, now)) changes++;
      before = now;
    }
    expect(changes).toBeLessThan(30);
    grow(1000);
    expect(drawnAlike(before, axesAfter(run))).toBe(false);
  });
});

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

  it('have short labels', () => {
    expect([0, 0.25, 12_500, 2e6, 1e-5, 5e-7].map(tickLabel)).toEqual([
      '0',
      '0.25',
      '12.5k',
      '2M',
      '1e-5',
      '5e-7',
    ]);
  });
});
