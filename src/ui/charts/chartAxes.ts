// The axes of a chart in whole pixels, which is what recharts is given: a run that grows asks for new axes only when a tick
// moves by a pixel. Pure arithmetic; drawing is MetricChartPlot's.

import { type ChartView, xPixel, yPixel } from './chartView.ts';
import { stepLabel, tickLabel } from './ticks.ts';

/** Space around the plot area, CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface PlotArea {
  readonly view: ChartView;
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
  readonly labels: boolean;
}

export function axesOf({ view, width, height, frame }: PlotArea, labels: boolean): Axes {
  const plotWidth = width - frame.left - frame.right;
  const plotHeight = height - frame.top - frame.bottom;
  const across = (step: number) => Math.round(xPixel(view.range, step, plotWidth));
  return {
    width,
    height,
    frame,
    labels,
    x: view.xTicks.map((step) => ({ at: across(step), text: stepLabel(step) })),
    y: view.yTicks.map((value) => ({
      at: Math.round(yPixel(view, value, plotHeight)),
      text: tickLabel(value),
    })),
  };
}

/** Equal as drawn; the arrays are made anew for every drawing. */
export const drawnAlike = (before: Axes, now: Axes): boolean =>
  JSON.stringify(before) === JSON.stringify(now);
