// The drawn part of a chart: recharts, told everything (ticks, domains, sizes) and deciding nothing.
// No animation, no dots, no pointer handling: hover and zoom belong to ChartPointer, which lies above it.

import { memo, useId } from 'react';
import { CartesianGrid, LineChart, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { Marker } from '../../store/series.ts';
import { type ChartView, curvePath, spread, yPixel } from './chartView.ts';
import { stepLabel, tickLabel } from './ticks.ts';

/** Space around the plot area, CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface PlotArea {
  readonly view: ChartView;
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
}

interface MetricChartPlotProps extends PlotArea {
  readonly markers: readonly Marker[];
  readonly labels: boolean;
}

const MARKER_COLOUR = {
  pause: 'var(--ink-faint)',
  change: 'var(--ink-dim)',
  checkpoint: 'var(--good)',
  fault: 'var(--bad)',
  gap: 'var(--warn)',
} as const;

const TICK = { fontSize: 11, fill: 'var(--ink-faint)' } as const;
const LABEL_HEIGHT = 13;
const LABEL_CHARACTERS = 10;

const NO_DATA: never[] = [];

/**
 * The curves as plain paths in recharts' surface. Its own Line makes several objects per point and redraw, which
 * for a screen of twenty live charts is the difference between a smooth page and one that stutters.
 */
function Curves({ view, width, height, frame }: PlotArea) {
  const clip = useId();
  const plotWidth = width - frame.left - frame.right;
  const plotHeight = height - frame.top - frame.bottom;
  return (
    <g transform={`translate(${frame.left} ${frame.top})`} clipPath={`url(#${clip})`} fill="none">
      <clipPath id={clip}>
        <rect x="0" y="-2" width={plotWidth} height={plotHeight + 4} />
      </clipPath>
      {view.lines.map((line) => {
        const path = curvePath(view, line.dataKey, plotWidth, plotHeight);
        const { colour, dash, width: thickness = 1.6 } = line.curve;
        const raw = line.kind === 'raw';
        return (
          <g key={line.dataKey} strokeLinejoin="round">
            {line.outer && (
              <path d={path} stroke={line.outer} strokeWidth={thickness + 1.8} strokeOpacity={0.5} />
            )}
            <path
              className="chart-line"
              d={path}
              stroke={colour}
              strokeWidth={raw || line.outer ? 1 : thickness}
              strokeOpacity={raw ? 0.28 : 1}
              strokeDasharray={raw ? undefined : dash}
            />
          </g>
        );
      })}
    </g>
  );
}

function EndLabels({ view, width, height, frame }: PlotArea) {
  const plotHeight = height - frame.top - frame.bottom;
  const wanted = view.ends.map(({ value }) => yPixel(view, value, plotHeight));
  const placed = spread(wanted, LABEL_HEIGHT, plotHeight);
  return (
    <g>
      {view.ends.map(({ dataKey, text, ink }, i) => (
        <text
          key={dataKey}
          x={width - frame.right + 6}
          y={frame.top + placed[i]!}
          dy="0.35em"
          fontSize={11}
          fill={ink}
        >
          {text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text}
        </text>
      ))}
    </g>
  );
}

export const MetricChartPlot = memo(function MetricChartPlot(props: MetricChartPlotProps) {
  const { view, width, height, frame, markers, labels } = props;
  const { from, to } = view.range;
  return (
    <LineChart
      width={width}
      height={height}
      data={NO_DATA}
      margin={{ top: frame.top, right: frame.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
      tabIndex={-1}
      style={{ pointerEvents: 'none' }}
    >
      <CartesianGrid
        vertical={false}
        stroke="var(--hairline)"
        horizontalValues={[...view.yTicks]}
        syncWithTicks
      />
      <XAxis
        dataKey="step"
        type="number"
        domain={[from, to]}
        allowDataOverflow
        ticks={[...view.xTicks]}
        interval={0}
        height={frame.bottom}
        tick={frame.bottom > 8 ? TICK : false}
        tickSize={3}
        tickMargin={3}
        tickFormatter={stepLabel}
        stroke="var(--hairline-strong)"
      />
      <YAxis
        type="number"
        scale={view.log ? 'log' : 'linear'}
        domain={[view.y[0], view.y[1]]}
        allowDataOverflow
        ticks={[...view.yTicks]}
        interval={0}
        width={frame.left}
        tick={TICK}
        tickSize={0}
        tickMargin={6}
        tickFormatter={tickLabel}
        axisLine={false}
        tickLine={false}
      />
      {markers
        .filter(({ step }) => step >= from && step <= to)
        .map((marker) => (
          <ReferenceLine
            key={`${marker.kind}-${marker.step}-${marker.text}`}
            x={marker.step}
            stroke={MARKER_COLOUR[marker.kind]}
            strokeDasharray={marker.kind === 'fault' ? undefined : '2 4'}
            strokeOpacity={0.6}
          />
        ))}
      <Curves view={view} width={width} height={height} frame={frame} />
      {frame.left > 40 && (
        <text x={frame.left - 42} y={height - 5} {...TICK}>
          step
        </text>
      )}
      {labels && <EndLabels view={view} width={width} height={height} frame={frame} />}
    </LineChart>
  );
});
