// The axes of a chart: round numbers for its ticks, and where they stand in whole pixels, which is what recharts is given: a
// run that grows asks for new axes only when a tick moves by a pixel. Pure arithmetic; drawing is MetricChartPlot's, and what
// the x axis counts is xScale.ts.

import type { StepRange } from '../../store/curves/charts.ts';
import type { XScale, XTick } from './xScale.ts';

const STEPS = [1, 2, 2.5, 5, 10];

/** About `count` round values inside [low, high]; whole numbers only, if asked. */
export function linearTicks(low: number, high: number, count: number, whole = false): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * (STEPS.find((candidate) => candidate * power >= rough) ?? 10);
  if (whole) step = Math.max(1, Math.ceil(step));
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** Powers of ten inside [low, high]; with 2 and 5 between them where a window spans less than two decades. */
export function logTicks(low: number, high: number, count: number): number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const decades = Math.log10(high / low);
  if (decades < 0.5) return linearTicks(low, high, count);
  const factors = decades < 2.5 ? (decades < 1.2 ? [1, 2, 3, 5] : [1, 3]) : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  const every = Math.ceil(ticks.length / (count + 1));
  return every > 1 ? ticks.filter((_, i) => i % every === 0) : ticks;
}

/** A tick label: as short as the value allows. */
export function tickLabel(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  if (size < 1e-3) return Number(value.toPrecision(3)).toExponential();
  return String(Number(value.toPrecision(4)));
}

/** What the axes of a chart show. */
export interface Scales {
  /** The window in steps of the first run. */
  readonly range: StepRange;
  readonly x: XScale;
  readonly y: readonly [number, number];
  readonly log: boolean;
  readonly xTicks: readonly XTick[];
  readonly yTicks: readonly number[];
}

/** Vertical place of a value in a plot of `height` pixels. */
export function yPixel(view: Pick<Scales, 'y' | 'log'>, value: number, height: number): number {
  const [low, high] = view.y;
  const share = view.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return height * (1 - share);
}

/** Horizontal place of a step in a plot of `width` pixels that shows steps evenly. */
export const xPixel = ({ from, to }: StepRange, step: number, width: number): number =>
  ((step - from) / (to - from)) * width;

/** Space around the plot area, CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface PlotArea<View extends Scales = Scales> {
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
}

export interface Tick {
  /** Whole pixels from the plot's left or top edge. */
  readonly at: number;
  readonly text: string;
}

/** What recharts draws: it is given pixels, so that a run which grows moves an axis only when the eye could see it. */
export interface Axes extends Omit<PlotArea, 'view'> {
  readonly x: readonly Tick[];
  readonly y: readonly Tick[];
  /** What the x axis counts. */
  readonly unit: string;
  readonly labels: boolean;
}

export function axesOf({ view, width, height, frame }: PlotArea, labels: boolean): Axes {
  const plotWidth = width - frame.left - frame.right;
  const plotHeight = height - frame.top - frame.bottom;
  return {
    width,
    height,
    frame,
    labels,
    unit: view.x.label,
    x: view.xTicks.map(({ at, text }) => ({ at: Math.round(at * plotWidth), text })),
    y: view.yTicks.map((value) => ({
      at: Math.round(yPixel(view, value, plotHeight)),
      text: tickLabel(value),
    })),
  };
}

/** Equal as drawn; the arrays are made anew for every drawing. */
export const drawnAlike = (before: Axes, now: Axes): boolean =>
  JSON.stringify(before) === JSON.stringify(now);
