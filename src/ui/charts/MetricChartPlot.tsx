// The drawn part of a chart: recharts, told everything (ticks, domains, sizes) and deciding nothing.
// No animation, no dots, no pointer handling: hover and zoom belong to ChartPointer, which lies above it.

import { createContext, memo, useContext, useId, useMemo } from 'react';
import { CartesianGrid, LineChart, XAxis, YAxis } from 'recharts';
import type { Marker } from '../../store/curves/series.ts';
import { MARK_SIZE } from '../shell/theme.ts';
import { type Axes, axesOf, drawnAlike, type PlotArea, type Tick, yPixel } from './chartAxes.ts';
import { type ChartView, curvePath, spread } from './chartView.ts';

interface Marked {
  readonly markers: readonly Marker[];
}

/** Reaches curves and labels past recharts, which stands still while they move. */
const Area = createContext<(PlotArea<ChartView> & Marked) | null>(null);

export interface MetricChartPlotProps extends PlotArea<ChartView>, Marked {
  readonly labels: boolean;
}

const MARKER_COLOUR = {
  pause: 'var(--ink-faint)',
  change: 'var(--ink-dim)',
  checkpoint: 'var(--good)',
  fault: 'var(--bad)',
  gap: 'var(--warn)',
} as const;

const TICK = { fontSize: MARK_SIZE, fill: 'var(--ink-faint)' } as const;
const LABEL_HEIGHT = 13;
const LABEL_CHARACTERS = 10;

const NO_DATA: never[] = [];

/**
 * The curves as plain paths in recharts' surface. Its own Line makes several objects per point and redraw, which
 * for a screen of twenty live charts is the difference between a smooth page and one that stutters.
 */
function Curves() {
  const { view, width, height, frame } = useContext(Area)!;
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

function Markers() {
  const { view, width, height, frame, markers } = useContext(Area)!;
  const { from, to } = view.range;
  const plotWidth = width - frame.left - frame.right;
  return markers
    .filter(({ step }) => step >= from && step <= to && view.x.share(step) >= 0)
    .map(({ step, kind, text }) => {
      const x = frame.left + view.x.share(step) * plotWidth;
      return (
        <line
          key={`${kind}-${step}-${text}`}
          x1={x}
          x2={x}
          y1={frame.top}
          y2={height - frame.bottom}
          stroke={MARKER_COLOUR[kind]}
          strokeDasharray={kind === 'fault' ? undefined : '2 4'}
          strokeOpacity={0.6}
        />
      );
    });
}

function EndLabels() {
  const { view, width, height, frame } = useContext(Area)!;
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
          fontSize={MARK_SIZE}
          fill={ink}
        >
          {text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text}
        </text>
      ))}
    </g>
  );
}

const places = (ticks: readonly Tick[]): number[] => ticks.map(({ at }) => at);
const textOf = (ticks: readonly Tick[]) => (place: number) =>
  ticks.find(({ at }) => at === place)?.text ?? '';

const Surface = memo(function Surface({ width, height, frame, x, y, unit, labels }: Axes) {
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
      <CartesianGrid vertical={false} stroke="var(--hairline)" horizontalValues={places(y)} syncWithTicks />
      <XAxis
        dataKey="step"
        type="number"
        domain={[0, width - frame.left - frame.right]}
        allowDataOverflow
        ticks={places(x)}
        interval={0}
        height={frame.bottom}
        tick={frame.bottom > 8 ? TICK : false}
        tickSize={3}
        tickMargin={3}
        tickFormatter={textOf(x)}
        stroke="var(--hairline-strong)"
      />
      <YAxis
        type="number"
        domain={[0, height - frame.top - frame.bottom]}
        reversed
        allowDataOverflow
        ticks={places(y)}
        interval={0}
        width={frame.left}
        tick={TICK}
        tickSize={0}
        tickMargin={6}
        tickFormatter={textOf(y)}
        axisLine={false}
        tickLine={false}
      />
      <Markers />
      <Curves />
      {frame.left > 40 && (
        <text x={frame.left - 42} y={height - 5} {...TICK}>
          {unit}
        </text>
      )}
      {labels && <EndLabels />}
    </LineChart>
  );
}, drawnAlike);

export function MetricChartPlot(props: MetricChartPlotProps) {
  const { view, width, height, frame, markers, labels } = props;
  const area = useMemo(
    () => ({ view, width, height, frame, markers }),
    [view, width, height, frame, markers],
  );
  return (
    <Area value={area}>
      <Surface {...axesOf(area, labels)} />
    </Area>
  );
}
