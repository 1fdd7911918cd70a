// The whole run in a strip: the total's curve, the zoomed window to drag by its middle or its edges, and a mark for
// everything that happened on the way. It never zooms itself; it is where one sees what the zoom leaves out.

import { Tooltip } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { type PointerEvent, useCallback, useRef } from 'react';
import { resetZoom, type StepRange, useCharts, zoomTo } from '../../store/curves/charts.ts';
import type { Marker, MarkerKind } from '../../store/curves/series.ts';
import { formatCount } from '../../util/format.ts';
import { xPixel } from './chartAxes.ts';
import { buildView } from './chartView.ts';
import { OVERVIEW_CURVES } from './curveSpecs.ts';
import { MetricChartLater } from './MetricChartLater.tsx';
import styles from './OverviewChart.module.css';
import { REDRAW_MS, useDrawn } from './redraw.ts';
import { shownRuns } from './shown.ts';

const FRAME = { left: 44, right: 10, top: 6, bottom: 18 };
const HEIGHT = 58;
const NO_MARKERS: readonly Marker[] = [];

const MARKS: Record<MarkerKind, { path: string; colour: string }> = {
  pause: { path: 'M1.5 1h2v7h-2zM5.5 1h2v7h-2z', colour: 'var(--ink-faint)' },
  change: { path: 'M4.5 0.5 8.5 4.5 4.5 8.5 0.5 4.5z', colour: 'var(--ink)' },
  checkpoint: { path: 'M4.5 1a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7', colour: 'var(--good)' },
  fault: { path: 'M4.5 0.5 8.7 8.5H0.3z', colour: 'var(--bad)' },
  gap: { path: 'M0.5 2h3v5h-3zM5.5 2h3v5h-3z', colour: 'var(--warn)' },
};

export function OverviewChart() {
  const section = useRef<HTMLElement>(null);
  const { ref: measured, width } = useElementSize<HTMLElement>();
  const ref = useMergedRef(section, measured);
  const plotWidth = Math.max(1, width - FRAME.left - FRAME.right);
  const plotHeight = HEIGHT - FRAME.top - FRAME.bottom;

  const build = useCallback(() => {
    const runs = shownRuns().slice(0, 1);
    const charts = { ...useCharts.getState(), hidden: new Set<string>(), smoothing: 0 };
    const view = buildView({
      curves: OVERVIEW_CURVES,
      runs,
      charts,
      width: plotWidth,
      height: 30,
      whole: true,
    });
    return { view: { ...view, yTicks: [] }, markers: [...runs[0]!.series.markers] };
  }, [plotWidth]);
  const drawn = useDrawn(section, width, build, REDRAW_MS.side);

  return (
    <section ref={ref} className={styles.overview} style={{ height: HEIGHT }} aria-label="Whole run">
      {drawn && width > 0 && (
        <>
          <div aria-hidden="true">
            <MetricChartLater
              view={drawn.view}
              width={width}
              height={HEIGHT}
              frame={FRAME}
              markers={NO_MARKERS}
              labels={false}
            />
          </div>
          <div
            className={styles.overviewSheet}
            style={{ left: FRAME.left, top: FRAME.top, width: plotWidth, height: plotHeight }}
          >
            <Brush whole={drawn.view.range} width={plotWidth} />
            {drawn.markers.map((marker) => (
              <Mark
                key={`${marker.kind}-${marker.step}-${marker.text}`}
                marker={marker}
                left={Math.min(plotWidth, xPixel(drawn.view.range, marker.step, plotWidth))}
              />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function Mark({ marker, left }: { marker: Marker; left: number }) {
  const { path, colour } = MARKS[marker.kind];
  const text = `Step ${formatCount(marker.step)}: ${marker.text}`;
  return (
    <Tooltip label={text} openDelay={0}>
      <button type="button" className={styles.overviewMarker} style={{ left }} aria-label={text}>
        <svg width="9" height="9" aria-hidden="true" display="block">
          <path d={path} fill={colour} />
        </svg>
      </button>
    </Tooltip>
  );
}

type Grip = 'from' | 'to' | 'middle' | 'new';

/** What a drag by `moved` steps makes of the window it began with. */
function dragged(grip: Grip, start: StepRange, anchor: number, moved: number, whole: StepRange): StepRange {
  const inside = (step: number) => Math.min(whole.to, Math.max(whole.from, step));
  if (grip === 'new') return { from: inside(anchor), to: inside(anchor + moved) };
  if (grip === 'from') return { from: inside(start.from + moved), to: start.to };
  if (grip === 'to') return { from: start.from, to: inside(start.to + moved) };
  const width = start.to - start.from;
  const from = Math.min(whole.to - width, Math.max(whole.from, start.from + moved));
  return { from, to: from + width };
}

function Brush({ whole, width }: { whole: StepRange; width: number }) {
  const range = useCharts((state) => state.range);
  const follow = useCharts((state) => state.follow);
  const grabbed = useRef<{ grip: Grip; x: number; start: StepRange; anchor: number } | null>(null);
  const stepsPerPixel = (whole.to - whole.from) / width;
  const shown = follow && range ? { from: whole.to - (range.to - range.from), to: whole.to } : range;

  const grab = (grip: Grip) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    const left = event.currentTarget.getBoundingClientRect().left;
    const anchor = whole.from + (event.clientX - left) * stepsPerPixel;
    grabbed.current = { grip, x: event.clientX, start: shown ?? whole, anchor };
  };
  const move = (event: PointerEvent) => {
    const held = grabbed.current;
    if (!held) return;
    const moved = (event.clientX - held.x) * stepsPerPixel;
    if (held.grip === 'new' && Math.abs(event.clientX - held.x) < 4) return;
    const next = dragged(held.grip, held.start, held.anchor, moved, whole);
    zoomTo(next.from, next.to);
  };
  const drop = () => {
    grabbed.current = null;
  };
  const handlers = (grip: Grip) => ({
    onPointerDown: grab(grip),
    onPointerMove: move,
    onPointerUp: drop,
    onPointerCancel: drop,
  });

  const from = shown ? Math.max(0, xPixel(whole, shown.from, width)) : 0;
  const to = shown ? Math.min(width, xPixel(whole, shown.to, width)) : width;
  return (
    <>
      <button
        type="button"
        className={styles.overviewBrush}
        aria-label="Whole run: drag to zoom, double click or Enter to show all of it"
        {...handlers('new')}
        onDoubleClick={resetZoom}
        onKeyDown={(event) => event.key === 'Enter' && resetZoom()}
      />
      {shown && (
        <div
          className={styles.overviewWindow}
          style={{ left: from, width: Math.max(2, to - from) }}
          {...handlers('middle')}
        >
          <div className={styles.overviewHandle} style={{ left: -4 }} {...handlers('from')} />
          <div className={styles.overviewHandle} style={{ right: -4 }} {...handlers('to')} />
        </div>
      )}
    </>
  );
}
