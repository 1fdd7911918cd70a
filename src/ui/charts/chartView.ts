// From stores to what a chart draws: decimated rows, lines, axes, labels at the line ends. Pure and synchronous,
// so the redraw queue can time it; drawing is MetricChartPlot's, and nothing here touches the DOM.

import type { MetricName } from '../../protocol/metrics.ts';
import { type ChartsState, type StepRange, shownRange } from '../../store/curves/charts.ts';
import { decimate, type Row, type Trace } from '../../store/curves/decimate.ts';
import type { Series } from '../../store/curves/series.ts';
import { formatCount } from '../../util/format.ts';
import { linearTicks, logTicks, type Scales, xPixel, yPixel } from './chartAxes.ts';

/** A curve as a chart asks for it. */
export interface CurveSpec {
  /** What the legend switches on and off; the same key in two charts is switched together. */
  readonly key: string;
  readonly metric: MetricName;
  readonly label: string;
  readonly colour: string;
  /** Readable as text. */
  readonly ink: string;
  readonly dash?: string;
  readonly width?: number;
  /** Drawn for the live run only. */
  readonly alone?: boolean;
  /** Schedules and the like are shown as they are. */
  readonly exact?: boolean;
}

/** A run to be drawn; the live one has no outer colour. */
export interface ShownRun {
  readonly id: string;
  readonly name: string;
  readonly series: Series;
  readonly colour: string | null;
}

export interface ChartLine {
  readonly dataKey: string;
  readonly curve: CurveSpec;
  readonly kind: 'raw' | 'main';
  /** Outer colour of a pinned run. */
  readonly outer: string | null;
}

export interface LineEnd {
  readonly dataKey: string;
  readonly text: string;
  readonly ink: string;
  readonly value: number;
}

export interface ChartView extends Scales {
  readonly rows: Row[];
  readonly lines: readonly ChartLine[];
  readonly zoomed: boolean;
  readonly ends: readonly LineEnd[];
  readonly stepsPerColumn: number;
  /** Labels of curves of which a log axis can show nothing in this window, because no value is above zero. */
  readonly withoutLog: readonly string[];
  /** Number of logged rows of the live run: tells readers of the latest value when to look again. */
  readonly length: number;
}

export interface ChartRequest {
  readonly curves: readonly CurveSpec[];
  readonly runs: readonly ShownRun[];
  readonly charts: Pick<ChartsState, 'range' | 'follow' | 'smoothing' | 'logY' | 'hidden'>;
  /** Width and height of the plot area, CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** The overview shows the whole run whatever the zoom. */
  readonly whole?: boolean;
  /** Metrics whose extremes set the y axis beside the chart's own, for rows of charts on one scale. */
  readonly scaleWith?: readonly MetricName[];
}

/** Beyond this many columns a line does not gain anything an eye could see, but drawing it costs. */
const MAX_COLUMNS = 320;

function runSpan(runs: readonly ShownRun[]): StepRange {
  const filled = runs.filter(({ series }) => series.length > 0);
  if (!filled.length) return { from: 0, to: 1 };
  return {
    from: Math.min(...filled.map(({ series }) => series.firstStep)),
    to: Math.max(...filled.map(({ series }) => series.lastStep)),
  };
}

export function buildView(request: ChartRequest): ChartView {
  const { curves, runs, charts, width, height } = request;
  const span = runSpan(runs);
  const window = request.whole ? { range: null, follow: false } : charts;
  const range = shownRange(window, span.from, span.to);
  const { lines, traces } = drawnLines(curves, runs, charts);
  const columns = Math.max(16, Math.min(MAX_COLUMNS, Math.floor(width)));
  const { rows, stepsPerColumn } = decimate(traces, range.from, range.to, columns, charts.logY);
  const extent = extentOf(rows, lines);
  for (const { series } of request.scaleWith ? runs : []) {
    for (const metric of request.scaleWith ?? []) widen(extent, series, metric, range, charts.logY);
  }
  const y = padded(extent, charts.logY);
  const yCount = Math.max(2, Math.min(6, Math.floor(height / 27)));
  return {
    rows,
    lines,
    range,
    zoomed: window.range !== null,
    y,
    log: charts.logY,
    xTicks: rows.length ? stepTicks(range, width) : [],
    yTicks: rows.length ? valueTicks(y, yCount, charts.logY) : [],
    ends: lineEnds(rows, lines, runs),
    stepsPerColumn,
    withoutLog: charts.logY ? withoutLogarithm(lines, traces, range) : [],
    length: runs[0]?.series.length ?? 0,
  };
}

/** Pixels that a tick's label may reach beyond the plot, the width of one of its characters, and the least between two. */
const TICK_OVERHANG = 10;
const TICK_CHARACTER = 6.4;
const TICK_GAP = 8;
/** How many more ticks are tried where too few fit. */
const MORE_TICKS = 3;

/** Whole steps, without those whose label would be cut off at the right edge; two at least, where two labels fit. */
export function stepTicks(range: StepRange, width: number): number[] {
  const count = Math.max(2, Math.min(10, Math.floor(width / 80)));
  const reach = (step: number) => (formatCount(step).length * TICK_CHARACTER) / 2;
  const left = (step: number) => xPixel(range, step, width) - reach(step);
  const right = (step: number) => xPixel(range, step, width) + reach(step);
  const fitting = (wanted: number) =>
    linearTicks(range.from, range.to, wanted, true).filter((step) => right(step) <= width + TICK_OVERHANG);
  const ticks = fitting(count);
  for (let more = 1; ticks.length < 2 && more <= MORE_TICKS; more++) {
    const closer = fitting(count + more);
    const apart = closer.every((step, i) => i === 0 || left(step) - right(closer[i - 1]!) >= TICK_GAP);
    if (closer.length > 1 && apart) return closer;
  }
  return ticks;
}

const valueTicks = ([low, high]: readonly [number, number], count: number, log: boolean): number[] =>
  log ? logTicks(low, high, count) : linearTicks(low, high, count);

function drawnLines(curves: readonly CurveSpec[], runs: readonly ShownRun[], charts: ChartRequest['charts']) {
  const lines: ChartLine[] = [];
  const traces: Trace[] = [];
  const add = (line: ChartLine, series: Series) => {
    const { metric } = line.curve;
    const options = { weight: charts.smoothing, log: charts.logY };
    const smoothed = line.kind === 'main' && charts.smoothing > 0 && !line.curve.exact;
    const column = smoothed ? series.smoothed(metric, options) : series.column(metric);
    lines.push(line);
    traces.push({ key: line.dataKey, series, column });
  };
  for (const { id, series, colour } of [...runs].reverse()) {
    for (const curve of curves) {
      if (charts.hidden.has(curve.key) || (curve.alone && colour !== null)) continue;
      const dataKey = `${curve.key}@${id}`;
      const faint = charts.smoothing > 0 && !curve.exact && colour === null;
      if (faint) add({ dataKey: `${dataKey}~raw`, curve, kind: 'raw', outer: null }, series);
      add({ dataKey, curve, kind: 'main', outer: colour }, series);
    }
  }
  return { lines, traces };
}

function withoutLogarithm(lines: readonly ChartLine[], traces: readonly Trace[], range: StepRange): string[] {
  const labels = lines.flatMap(({ curve, kind, outer }, i) => {
    if (kind === 'raw' || outer !== null) return [];
    const { series } = traces[i]!;
    const column = series.column(curve.metric);
    const found = column.extremes(series.lowerBound(range.from), series.lowerBound(range.to + 1));
    return found && !(column.at(found.high) > 0) ? [curve.label] : [];
  });
  return [...new Set(labels)];
}

interface Extent {
  low: number;
  high: number;
}

function extentOf(rows: readonly Row[], lines: readonly ChartLine[]): Extent {
  const extent = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (const row of rows) {
    for (const { dataKey } of lines) include(extent, row[dataKey] ?? Number.NaN);
  }
  return extent;
}

function include(extent: Extent, value: number): void {
  if (value < extent.low) extent.low = value;
  if (value > extent.high) extent.high = value;
}

function widen(extent: Extent, series: Series, metric: MetricName, range: StepRange, log: boolean): void {
  const column = series.column(metric);
  const found = column.extremes(series.lowerBound(range.from), series.lowerBound(range.to + 1));
  if (!found) return;
  for (const index of [found.low, found.high]) {
    const value = column.at(index);
    if (!log || value > 0) include(extent, value);
  }
}

/** A little air above and below; a constant stands in the middle, nothing but zeros just above the axis. */
function padded({ low, high }: Extent, log: boolean): readonly [number, number] {
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (log) {
    const air = Math.max((high / low) ** 0.06, 1.02);
    return [low / air, high * air];
  }
  if (low === 0 && high === 0) return [-0.06, 1];
  const air = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1;
  return [low >= 0 && low < air ? 0 : low - air, high + air];
}

function lineEnds(rows: readonly Row[], lines: readonly ChartLine[], runs: readonly ShownRun[]): LineEnd[] {
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  const ends: LineEnd[] = [];
  const named = new Set<string>();
  for (const { dataKey, curve, kind, outer } of lines) {
    if (kind === 'raw') continue;
    const last = rows.findLast((row) => typeof row[dataKey] === 'number')?.[dataKey];
    if (typeof last !== 'number') continue;
    const runId = dataKey.slice(curve.key.length + 1);
    if (outer && named.has(runId)) continue;
    named.add(runId);
    const text = outer ? names.get(runId) : null;
    ends.push({ dataKey, text: text ?? curve.label, ink: outer ?? curve.ink, value: last });
  }
  return ends;
}

/** SVG path of one line through its rows; missing values are bridged. */
export function curvePath(view: ChartView, dataKey: string, width: number, height: number): string {
  let path = '';
  for (const row of view.rows) {
    const value = row[dataKey];
    if (typeof value !== 'number') continue;
    const x = xPixel(view.range, row.step, width);
    const y = yPixel(view, value, height);
    path += `${path ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

/** Labels pushed apart until they are `gap` apart, kept inside 0..height as far as they fit. */
export function spread(wanted: readonly number[], gap: number, height: number): number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  const placed = new Array<number>(wanted.length);
  let floor = Number.NEGATIVE_INFINITY;
  for (const { y, i } of order) {
    placed[i] = Math.max(y, floor + gap);
    floor = placed[i];
  }
  let ceiling = Math.max(height, 0) + gap;
  for (const { i } of order.reverse()) {
    placed[i] = Math.min(placed[i]!, ceiling - gap);
    ceiling = placed[i];
  }
  return placed;
}
