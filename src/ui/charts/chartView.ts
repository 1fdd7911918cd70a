// From stores to what a chart draws: decimated rows, lines, axes, labels at the line ends. Pure and synchronous,
// so the redraw queue can time it; drawing is MetricChartPlot's, and nothing here touches the DOM.

import type { MetricName } from '../../protocol/metrics.ts';
import { type ChartsState, type StepRange, shownRange } from '../../store/curves/charts.ts';
import type { Column } from '../../store/curves/column.ts';
import { decimate, decimateByPowers, type Row, type Trace } from '../../store/curves/decimate.ts';
import type { Place } from '../../store/curves/places.ts';
import type { Reference, Series } from '../../store/curves/series.ts';
import { linearTicks, logTicks, type Scales, yPixel } from './chartAxes.ts';
import { type Extent, emptyExtent, include, padded, withoutOutliers } from './valueRange.ts';
import { placesOf, type XScale, xScaleOf, xTicks } from './xScale.ts';

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
  /** Where they are not known, the run has no place on an axis of films or epochs. */
  readonly batchSize?: number;
  readonly stepsPerEpoch?: number;
}

/** The run that others are drawn as the difference to, and what it takes to find its value beside theirs. */
export interface Difference extends Reference {
  readonly id: string;
  readonly name: string;
  readonly unit: XScale['unit'];
  readonly placeOf: (run: ShownRun) => Place | null;
}

export interface ChartLine {
  readonly dataKey: string;
  /** What it is drawn from, each with its share of the width. */
  readonly rows: readonly Row[];
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
  /** Values of how many points lie above or below the axis, which leaves outliers out. */
  readonly outside: number;
  /** Names of runs that the x axis has no place for. */
  readonly unplaced: readonly string[];
  readonly difference: Difference | null;
  /** Number of logged rows of the live run: tells readers of the latest value when to look again. */
  readonly length: number;
}

export interface ChartRequest {
  readonly curves: readonly CurveSpec[];
  readonly runs: readonly ShownRun[];
  readonly charts: Pick<ChartsState, 'range' | 'follow' | 'smoothing' | 'logY' | 'hidden'> &
    Partial<Pick<ChartsState, 'unit' | 'logX' | 'withoutOutliers' | 'differenceTo'>>;
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

/** From the first step to where the last run ends, in steps of the first one that has any. */
function runSpan(runs: readonly ShownRun[], places: readonly (Place | null)[], first: number): StepRange {
  const own = places[first];
  if (!own || !runs[first]?.series.length) return { from: 0, to: 1 };
  const ends = runs.flatMap(({ series }, i) => {
    const place = places[i];
    if (!place || series.length === 0) return [];
    return [own.step(place.at(series.firstStep)), own.step(place.at(series.lastStep))];
  });
  return { from: Math.max(0, Math.floor(Math.min(...ends) + 1e-6)), to: Math.ceil(Math.max(...ends) - 1e-6) };
}

function differenceOf(
  { runs, charts, whole }: ChartRequest,
  unit: XScale['unit'],
  places: readonly (Place | null)[],
): Difference | null {
  const at = whole ? -1 : runs.findIndex(({ id }) => id === charts.differenceTo);
  const [run, place] = [runs[at], places[at]];
  if (!run || !place) return null;
  const { id, name, series } = run;
  return { id, name, series, place, unit, placeOf: (other) => places[runs.indexOf(other)] ?? null };
}

/** The values of a curve as the charts show them, before smoothing: logged ones, or their difference to another run. */
export function shownColumn(
  run: ShownRun,
  metric: MetricName,
  difference: Difference | null,
  weight = 0,
): Column {
  const place = difference?.placeOf(run);
  if (!difference || !place) return run.series.column(metric);
  return run.series.difference(metric, place, difference, weight, difference.unit);
}

export function buildView(request: ChartRequest): ChartView {
  const { curves, charts, width, height, whole } = request;
  const { unit, places } = placesOf(request.runs, whole ? 'step' : (charts.unit ?? 'step'));
  const first = Math.max(
    0,
    request.runs.findIndex(({ series }, i) => series.length > 0 && places[i]),
  );
  const difference = differenceOf(request, unit, places);
  const log = charts.logY && !difference;
  const runs = request.runs;
  const span = runSpan(runs, places, first);
  const window = whole ? { range: null, follow: false } : charts;
  const range = shownRange(window, span.from, span.to);
  const x = xScaleOf(range, first, { unit, log: !whole && (charts.logX ?? false) }, places);
  const columns = Math.max(16, Math.min(MAX_COLUMNS, Math.floor(width)));
  const drawn = drawnLines(curves, runs, { ...charts, logY: log }, difference);
  const placed = placeRows(drawn, runs, x, range, columns, log);
  const { lines, rows, stepsPerColumn } = placed;
  const extent = extentOf(lines, log, !whole && (charts.withoutOutliers ?? false));
  for (const run of request.scaleWith ? runs : []) {
    if (difference?.id === run.id) continue;
    for (const metric of request.scaleWith ?? []) widen(extent, run, metric, range, log, difference);
  }
  const y = padded(extent, log);
  const yCount = Math.max(2, Math.min(6, Math.floor(height / 27)));
  return {
    rows,
    lines,
    range,
    x,
    zoomed: window.range !== null,
    y,
    log,
    xTicks: rows.length ? xTicks(x, width) : [],
    yTicks: rows.length ? valueTicks(y, yCount, log) : [],
    ends: lineEnds(lines, runs),
    stepsPerColumn,
    withoutLog: log ? withoutLogarithm(drawn, range) : [],
    outside: charts.withoutOutliers ? outsideOf(lines, y) : 0,
    unplaced: runs.filter(({ series }, i) => series.length > 0 && !places[i]).map(({ name }) => name),
    difference,
    length: runs[0]?.series.length ?? 0,
  };
}

/** A line before it is thinned to what a screen can show. */
interface Drawn {
  readonly line: Omit<ChartLine, 'rows'>;
  readonly run: ShownRun;
  readonly column: Column;
}

/** Thins the lines, all runs together where their steps stand in the same places, and puts every row at its share of the width. */
function placeRows(
  drawn: readonly Drawn[],
  runs: readonly ShownRun[],
  x: XScale,
  range: StepRange,
  columns: number,
  log: boolean,
): { lines: ChartLine[]; rows: Row[]; stepsPerColumn: number } {
  const thin = x.log ? decimateByPowers : decimate;
  const trace = ({ line, run, column }: Drawn): Trace => ({ key: line.dataKey, series: run.series, column });
  const within = (run: number): StepRange => {
    const place = x.places[run];
    if (!place || x.unit === 'step') return range;
    return { from: Math.max(0, Math.floor(place.step(x.from))), to: Math.ceil(place.step(x.to)) };
  };
  const groups = x.unit === 'step' ? [runs] : runs.map((run) => [run]);
  const rows: Row[] = [];
  const rowsOf = new Map<ShownRun, readonly Row[]>();
  let stepsPerColumn = 1;
  for (const group of groups) {
    const run = runs.indexOf(group[0]!);
    const traces = drawn.filter((one) => group.includes(one.run)).map(trace);
    if (!x.places[run] || traces.length === 0) continue;
    const { from, to } = within(run);
    const made = thin(traces, from, to, columns, log);
    if (rows.length === 0) stepsPerColumn = made.stepsPerColumn;
    // On a log axis what lies left of its beginning is step 0.
    for (const row of made.rows) row.at = x.share(row.step, run);
    const kept = x.log ? made.rows.filter(({ at }) => at! > -0.5) : made.rows;
    rows.push(...kept);
    for (const member of group) rowsOf.set(member, kept);
  }
  const lines = drawn.flatMap(({ line, run }) => {
    const own = rowsOf.get(run);
    return own ? [{ ...line, rows: own }] : [];
  });
  return { lines, rows, stepsPerColumn };
}

const valueTicks = ([low, high]: readonly [number, number], count: number, log: boolean): number[] =>
  log ? logTicks(low, high, count) : linearTicks(low, high, count);

function drawnLines(
  curves: readonly CurveSpec[],
  runs: readonly ShownRun[],
  charts: ChartRequest['charts'],
  difference: Difference | null,
): Drawn[] {
  const drawn: Drawn[] = [];
  const add = (line: Drawn['line'], run: ShownRun) => {
    const { metric } = line.curve;
    const smoothed = line.kind === 'main' && charts.smoothing > 0 && !line.curve.exact;
    const weight = smoothed ? charts.smoothing : 0;
    const column = difference
      ? shownColumn(run, metric, difference, weight)
      : smoothed
        ? run.series.smoothed(metric, { weight, log: charts.logY })
        : run.series.column(metric);
    drawn.push({ line, run, column });
  };
  for (const run of [...runs].reverse()) {
    const { id, colour } = run;
    if (id === difference?.id) continue;
    for (const curve of curves) {
      if (charts.hidden.has(curve.key) || (curve.alone && colour !== null)) continue;
      const dataKey = `${curve.key}@${id}`;
      const faint = charts.smoothing > 0 && !curve.exact && colour === null;
      if (faint) add({ dataKey: `${dataKey}~raw`, curve, kind: 'raw', outer: null }, run);
      add({ dataKey, curve, kind: 'main', outer: colour }, run);
    }
  }
  return drawn;
}

function withoutLogarithm(drawn: readonly Drawn[], range: StepRange): string[] {
  const labels = drawn.flatMap(({ line: { curve, kind, outer }, run: { series } }) => {
    if (kind === 'raw' || outer !== null) return [];
    const column = series.column(curve.metric);
    const found = column.extremes(series.lowerBound(range.from), series.lowerBound(range.to + 1));
    return found && !(column.at(found.high) > 0) ? [curve.label] : [];
  });
  return [...new Set(labels)];
}

const valuesOf = ({ rows, dataKey }: ChartLine): number[] =>
  rows.flatMap((row) => {
    const value = row[dataKey];
    return typeof value === 'number' && Number.isFinite(value) ? [value] : [];
  });

function extentOf(lines: readonly ChartLine[], log: boolean, robust: boolean): Extent {
  const extent = emptyExtent();
  for (const line of lines) {
    if (robust) {
      const { low, high } = withoutOutliers(valuesOf(line), log);
      if (low <= high) {
        include(extent, low);
        include(extent, high);
      }
      continue;
    }
    for (const row of line.rows) include(extent, row[line.dataKey] ?? Number.NaN);
  }
  return extent;
}

const outsideOf = (lines: readonly ChartLine[], [low, high]: readonly [number, number]): number =>
  lines
    .filter(({ kind, outer }) => kind === 'main' && outer === null)
    .reduce((sum, line) => sum + valuesOf(line).filter((value) => value < low || value > high).length, 0);

function widen(
  extent: Extent,
  run: ShownRun,
  metric: MetricName,
  range: StepRange,
  log: boolean,
  difference: Difference | null,
): void {
  const { series } = run;
  const column = shownColumn(run, metric, difference);
  const found = column.extremes(series.lowerBound(range.from), series.lowerBound(range.to + 1));
  if (!found) return;
  for (const index of [found.low, found.high]) {
    const value = column.at(index);
    if (!log || value > 0) include(extent, value);
  }
}

function lineEnds(lines: readonly ChartLine[], runs: readonly ShownRun[]): LineEnd[] {
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  const ends: LineEnd[] = [];
  const named = new Set<string>();
  for (const { dataKey, rows, curve, kind, outer } of lines) {
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
export function curvePath(
  view: Pick<ChartView, 'lines' | 'y' | 'log'>,
  dataKey: string,
  width: number,
  height: number,
): string {
  let path = '';
  for (const row of view.lines.find((line) => line.dataKey === dataKey)?.rows ?? []) {
    const value = row[dataKey];
    if (typeof value !== 'number') continue;
    const x = row.at! * width;
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
