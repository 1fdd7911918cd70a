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
} from './chartView.ts';
import { paperChart, paperSvg } from './paper.ts';
import { xTicks } from './xScale.ts';

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

const stepTicks = ({ from, to }: { from: number; to: number }, width: number) =>
  xTicks({ unit: 'step', log: false, from, to }, width).map(({ text }) => Number(text.replace(/\D/g, '')));

/** A share of the width for every row of the global curve of a run. */
const placesIn = (view: ReturnType<typeof buildView>, id: string) =>
  view.lines.find(({ dataKey }) => dataKey === `global/variance@${id}`)!.rows.map(({ at }) => at!);

describe('what the x axis counts', () => {
  const paced = (run: ShownRun, batchSize: number, stepsPerEpoch: number): ShownRun => ({
    ...run,
    batchSize,
    stepsPerEpoch,
  });
  const runs = [paced(ramp('live', 11), 8, 5), paced(ramp('a', 11, 'purple'), 16, 5)];

  it('lets runs meet where they have seen as many films', () => {
    const view = buildView(request({ unit: 'films' }, { runs }));
    // The second run sees twice as many, so the first ends in the middle.
    expect([view.x.from, view.x.to]).toEqual([8, 176]);
    expect(placesIn(view, 'live').at(-1)).toBeCloseTo((88 - 8) / 168);
    expect(placesIn(view, 'a').at(-1)).toBeCloseTo(1);
    expect(view.x.stepAt(placesIn(view, 'live').at(-1)!)).toBeCloseTo(10);
    expect(view.xTicks.map(({ text }) => text)).toContain('100');
  });

  it('counts epochs where it is known how many steps one has, and says where it is not', () => {
    expect(buildView(request({ unit: 'epoch' }, { runs })).x.to).toBeCloseTo(11 / 5);
    const vague = [runs[0]!, ramp('b', 11, 'green')];
    const view = buildView(request({ unit: 'epoch' }, { runs: vague }));
    expect(view.unplaced).toEqual(['Run b']);
    expect(view.lines.some(({ dataKey }) => dataKey.endsWith('@b'))).toBe(false);
  });

  it('counts the time trained, which is a second a step here', () => {
    const view = buildView(request({ unit: 'time' }, { runs }));
    expect([view.x.from, view.x.to, view.x.label]).toEqual([0, 10, 'time, s']);
    expect(placesIn(view, 'live')[5]).toBeCloseTo(0.5);
  });

  it('puts powers at even distances and keeps the first steps of a long run apart', () => {
    const view = buildView(request({ logX: true }, { runs: [ramp('live', 4097)] }));
    const rows = view.lines[0]!.rows;
    const at = (step: number) => rows.find((row) => row.step === step)!.at!;
    expect(at(2) - at(1)).toBeCloseTo(1 / 12);
    expect(at(4) - at(2)).toBeCloseTo(1 / 12);
    expect(rows.every(({ at: share }) => share! >= 0 && share! <= 1)).toBe(true);
    expect(rows.length).toBeLessThan(800);
    expect(view.xTicks.length).toBeGreaterThan(1);
  });
});

describe('a y range without outliers', () => {
  it('shows what most values do and says how many it leaves out', () => {
    const run = ramp('live', 0);
    for (let step = 0; step < 100; step++) {
      const values = new Float64Array(METRIC_NAMES.length).fill(Number.NaN);
      values[METRIC_NAMES.indexOf('global/variance')] = step === 50 ? 1e6 : 1 + (step % 10) / 10;
      run.series.append({ step, activeSeconds: step, values }, METRIC_NAMES);
    }
    const curves = [CURVES[0]!];
    expect(buildView(request({}, { runs: [run], curves })).y[1]).toBeGreaterThan(1e6);
    const view = buildView(request({ withoutOutliers: true }, { runs: [run], curves }));
    expect(view.y[1]).toBeLessThan(3);
    expect(view.outside).toBe(1);
    // A curve without outliers is shown whole.
    expect(buildView(request({ withoutOutliers: true })).outside).toBe(0);
  });
});

describe('the difference to a pinned run', () => {
  it('is zero to itself, stands where x says, and is not there where the other has no values', () => {
    const a = { ...ramp('a', 6, 'purple'), batchSize: 16 };
    const live = { ...ramp('live', 11), batchSize: 8 };
    const curves = [CURVES[0]!];
    const steps = buildView(request({ differenceTo: 'a' }, { runs: [live, a], curves }));
    expect(steps.lines.map(({ dataKey }) => dataKey)).toEqual(['global/variance@live']);
    expect(steps.rows.map((row) => row['global/variance@live'])).toEqual([0, 0, 0, 0, 0, 0]);
    // Step 2 k + 1 of batches of 8 has seen as many films as step k of batches of 16.
    const films = buildView(request({ differenceTo: 'a', unit: 'films' }, { runs: [live, a], curves }));
    const at = (step: number) => films.rows.find((row) => row.step === step)?.['global/variance@live'];
    expect([at(1), at(2), at(3), at(9)]).toEqual([1, 1.5, 2, 5]);
    expect(films.difference?.name).toBe('Run a');
  });

  it('has no log axis', () => {
    const runs = [ramp('live', 11), ramp('a', 11, 'purple')];
    expect(buildView(request({ differenceTo: 'a', logY: true }, { runs })).log).toBe(false);
  });
});

describe('a figure for a paper', () => {
  it('is one SVG with title, legend, ticks and curves, and no name of the page in it', () => {
    const runs = [ramp('live', 11), { ...ramp('a', 11, 'purple'), name: 'A < B' }];
    const size = { width: 300, height: 100 };
    const view = buildView(request({ smoothing: 0.5 }, { runs, ...size }));
    const paint = (colour: string) => (colour === 'red' ? '#ff0000' : '#800080');
    const figure = paperChart('Variance', view, CURVES, runs, size, paint);
    const svg = paperSvg(figure, paint, 'data:font/woff2;base64,AA');
    expect(svg).toContain('<title>Variance</title>');
    expect(svg).toContain('global/variance, A &lt; B');
    expect(svg).toContain('url(data:font/woff2;base64,AA)');
    expect(svg).toContain('moving average');
    expect(svg.match(/<path /g)).toHaveLength(view.lines.length + 2);
    expect(svg).not.toMatch(/var\(|class=|NaN/);
    const [, width] = /<svg[^>]* width="(\d+)"/.exec(svg)!;
    expect(Number(width)).toBeGreaterThan(300);
  });
});

describe('the ticks of steps', () => {
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
