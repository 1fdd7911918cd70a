// The plot of a chart, read when someone begins or there is something to draw: its library is large, and all that it would show
// on a first visit is a line. Until it is there, that line stands in its place.

import { lazy, Suspense } from 'react';
import { begun } from '../../store/run/visit.ts';
import { MARK_SIZE } from '../shell/theme.ts';
import type { MetricChartPlotProps } from './MetricChartPlot.tsx';

const readPlot = () => import('./MetricChartPlot.tsx');
const Plot = lazy(async () => ({ default: (await readPlot()).MetricChartPlot }));
// Where it fails, the first plot asks again and says so.
void begun.then(readPlot).catch(() => undefined);

function BareAxis({ width, height, frame, view }: MetricChartPlotProps) {
  const foot = height - frame.bottom + 0.5;
  return (
    <svg width={width} height={height} display="block" aria-hidden="true">
      <line x1={frame.left} x2={width - frame.right} y1={foot} y2={foot} stroke="var(--hairline-strong)" />
      {frame.left > 40 && (
        <text x={frame.left - 42} y={height - 5} fontSize={MARK_SIZE} fill="var(--ink-faint)">
          {view.x.label}
        </text>
      )}
    </svg>
  );
}

export function MetricChartLater(props: MetricChartPlotProps) {
  const bare = <BareAxis {...props} />;
  if (props.view.rows.length === 0) return bare;
  return (
    <Suspense fallback={bare}>
      <Plot {...props} />
    </Suspense>
  );
}
