import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MetricName, metricNames } from '../../protocol/metrics.ts';
import { Series } from '../../store/curves/series.ts';
import {
  buildView,
  type ChartRequest,
  type CurveSpec,
  curvePath,
  type ShownRun,
  spread,
  stepTicks,
} from './chartView.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const spec = (metric: MetricName): CurveSpec => ({
  key: metric,
  metric,
  label: metric,
  colour: 'red',
  ink: 'red',
});
const CURVES = [spec('global/variance'), spec('local/variance')];

/** A run whose global variance is 0, 1, 2 ... and whose local variance is a hundred times that. */
function ramp(id: string, length: number, colour: string | null = null): ShownRun {
  const series = new Series();
  for (let step = 0; step < length; step++) {
    const values = new Float64Array(METRIC_NAMES.length).fill(Number.NaN);
    values[METRIC_NAMES.indexOf('global/variance')] = step;
    values[METRIC_NAMES.indexOf('local/variance')] = step * 100;
    series.append({ step, activeSeconds: step, values }, METRIC_NAMES);
  }
  return { id, name: `Run ${id}`, series, colour };
}

const request = (
  change: Partial<ChartRequest['charts']>,
  more: Partial<ChartRequest> = {},
): ChartRequest => ({
  curves: CURVES,
  runs: [ramp('live', 11)],
  charts: { range: null, follow: false, smoothing: 0, logY: false, hidden: new Set(), ...change },
  width: 300,
  height: 100,
  ...more,
});

describe('buildView', () => {
  it('leaves hidden curves out of lines and scale', () => {
    const view = buildView(request({ hidden: new Set(['local/variance']) }));
    expect(view.lines.map(({ curve }) => curve.metric)).toEqual(['global/variance']);
    expect(view.y[1]).toBeLessThan(12);
    expect(buildView(request({})).y[1]).toBeGreaterThan(1000);
  });

  it('keeps the zoomed window while the run grows, and moves it only when it follows', () => {
    const range = { from: 2, to: 6 };
    const runs = [ramp('live', 50)];
    expect(buildView(request({ range }, { runs })).range).toEqual(range);
    expect(buildView(request({ range, follow: true }, { runs })).range).toEqual({ from: 45, to: 49 });
    expect(buildView(request({ range }, { runs, whole: true })).range).toEqual({ from: 0, to: 49 });
  });

  it('names the curves of which a log axis can show nothing, and only those', () => {
    const zeros = ramp('live', 11);
    const flat = new Series();
    for (let step = 0; step < 11; step++) {
      const values = new Float64Array(METRIC_NAMES.length).fill(Number.NaN);
      values[METRIC_NAMES.indexOf('global/variance')] = 0;
      values[METRIC_NAMES.indexOf('local/variance')] = step;
      flat.append({ step, activeSeconds: step, values }, METRIC_NAMES);
    }
    const runs = [{ ...zeros, series: flat }];
    expect(buildView(request({ logY: true }, { runs })).withoutLog).toEqual(['global/variance']);
    expect(buildView(request({ logY: true }, { runs, curves: [CURVES[1]!] })).withoutLog).toEqual([]);
    expect(buildView(request({ logY: false }, { runs })).withoutLog).toEqual([]);
    expect(buildView(request({ logY: true })).withoutLog).toEqual([]);
    // Zero at step 0 alone.
    const range = { from: 0, to: 0 };
    expect(buildView(request({ logY: true, range })).withoutLog).toEqual([
      'global/variance',
      'local/variance',
    ]);
    const hidden = new Set(['global/variance']);
    expect(buildView(request({ logY: true, hidden }, { runs })).withoutLog).toEqual([]);
  });

  it('adds the faint raw line when smoothing, and pinned runs with their name at the end', () => {
    const runs = [ramp('live', 11), ramp('a', 21, 'purple')];
    const view = buildView(request({ smoothing: 0.9 }, { runs }));
    const kinds = view.lines.map(({ kind, outer }) => `${kind}${outer ? '+outer' : ''}`).sort();
    expect(kinds).toEqual(['main', 'main', 'main+outer', 'main+outer', 'raw', 'raw']);
    expect(view.ends.map(({ text }) => text)).toEqual(['Run a', 'global/variance', 'local/variance']);
    expect(view.range).toEqual({ from: 0, to: 20 });
  });

  it('draws nothing, and no axis, before the first step', () => {
    const view = buildView(request({}, { runs: [ramp('live', 0)] }));
    expect([view.rows, view.xTicks, view.yTicks, view.ends]).toEqual([[], [], [], []]);
    expect(curvePath(view, 'global/variance@live', 300, 100)).toBe('');
  });
});

describe('stepTicks', () => {
  it('names a second step on a narrow chart where the last round one would be cut off', () => {
    expect(stepTicks({ from: 0, to: 10_345 }, 202)).toEqual([0, 5000]);
    expect(stepTicks({ from: 0, to: 10_345 }, 650)).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
  });

  it('names only one step where two labels would touch', () => {
    expect(stepTicks({ from: 0, to: 10_345 }, 40)).toHaveLength(1);
  });
});

describe('spread', () => {
  it('keeps labels apart, in order and inside whenever they fit', () => {
    const wanted = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(wanted, (ys) => {
        const placed = spread(ys, 13, 200);
        const sorted = [...placed].sort((a, b) => a - b);
        expect(sorted.every((y, i) => i === 0 || y - sorted[i - 1]! > 13 - 1e-9)).toBe(true);
        expect(sorted.every((y) => y >= -1e-9 && y <= 200 + 1e-9)).toBe(true);
      }),
    );
  });
});
