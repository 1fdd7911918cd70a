// The drawn part of a chart: recharts, told everything (rows, ticks, domains, sizes) and deciding nothing.
// No animation, no dots, no pointer handling: hover and zoom belong to ChartPointer, which lies above it.

import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { Marker } from '../../store/series.ts';
import { type ChartLine, type ChartView, spread, yPixel } from './chartView.ts';
import { stepLabel, tickLabel } from './ticks.ts';

/** Space around the plot area, CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface MetricChartPlotProps {
  readonly view: ChartView;
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
  readonly markers: readonly Marker[];
  readonly labels: boolean;
}

const MARKER_COLOUR = {
  pause: 'var(--ink-faint)',
  change: 'var(--ink-dim)',
  checkpoint: 'var(--good)',
  fault: 'var(--bad)',
} as const;

const TICK = { fontSize: 11, fill: 'var(--ink-faint)' } as const;
const LABEL_HEIGHT = 13;
const LABEL_CHARACTERS = 9;

function linesOf(line: ChartLine) {
  const common = {
    dataKey: line.dataKey,
    type: 'linear',
    dot: false,
    activeDot: false,
    legendType: 'none',
    tooltipType: 'none',
    isAnimationActive: false,
    connectNulls: true,
    stroke: line.curve.colour,
    strokeDasharray: line.curve.dash,
    strokeLinejoin: 'round',
  } as const;
  if (line.kind === 'raw') {
    return [<Line key={line.dataKey} {...common} strokeDasharray="" strokeWidth={1} strokeOpacity={0.28} />];
  }
  const width = line.curve.width ?? 1.6;
  const inner = <Line key={line.dataKey} {...common} strokeWidth={line.outer ? 1 : width} />;
  if (!line.outer) return [inner];
  const outer = (
    <Line
      key={`${line.dataKey}~outer`}
      {...common}
      strokeDasharray=""
      stroke={line.outer}
      strokeWidth={width + 2.4}
      strokeOpacity={0.45}
    />
  );
  return [outer, inner];
}

function EndLabels({ view, width, height, frame }: Omit<MetricChartPlotProps, 'markers' | 'labels'>) {
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
      data={view.rows}
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
            strokeDasharray={marker.kind === 'fault' ? undefined : '2 3'}
          />
        ))}
      {view.lines.flatMap(linesOf)}
      {labels && <EndLabels view={view} width={width} height={height} frame={frame} />}
    </LineChart>
  );
});
