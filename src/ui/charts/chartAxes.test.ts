import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { fakeSample } from '../../fake/curves.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { Series } from '../../store/curves/series.ts';
import { axesOf, drawnAlike, type Frame } from './chartAxes.ts';
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
