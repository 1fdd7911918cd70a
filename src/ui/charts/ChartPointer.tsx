// The transparent sheet above a plot: shows the step under the pointer in this chart when any chart is hovered,
// turns a drag into a zoom of all charts, a double click into the whole run, a click into the offer to look at the step again, and does
// the same from the keyboard.
// Values come from the logged columns, never from what is drawn.

import { Button } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { hoverStep, resetZoom, useCharts, zoomTo } from '../../store/curves/charts.ts';
import { liveSeries } from '../../store/curves/series.ts';
import { showStep } from '../../store/run/stepAgain.ts';
import { formatCount, formatMeasured } from '../../util/format.ts';
import styles from './ChartPointer.module.css';
import { type Frame, yPixel } from './chartAxes.ts';
import { type ChartView, type ShownRun, shownColumn } from './chartView.ts';

interface ChartPointerProps {
  readonly view: ChartView;
  readonly runs: readonly ShownRun[];
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
  readonly label: string;
}

/** Drags shorter than this are clicks. */
const DRAG_PIXELS = 4;

/** The logged step nearest to `step`, in the first run that has any. */
function snapped(step: number, runs: readonly ShownRun[]): number | null {
  for (const { series } of runs) {
    const index = series.nearest(step);
    if (index >= 0) return series.steps.at(index);
  }
  return null;
}

export function ChartPointer({ view, runs, width, height, frame, label }: ChartPointerProps) {
  const sheet = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  /** The step that was clicked, at which its films are offered. */
  const [offered, setOffered] = useState<number | null>(null);
  const hovered = useCharts((state) => state.hovered);
  const plotWidth = Math.max(1, width - frame.left - frame.right);
  const plotHeight = Math.max(1, height - frame.top - frame.bottom);
  const { from, to } = view.range;

  const pixelAt = (event: PointerEvent) => {
    const left = sheet.current?.getBoundingClientRect().left ?? 0;
    return Math.min(plotWidth, Math.max(0, event.clientX - left));
  };
  const stepAt = (pixel: number) => view.x.stepAt(pixel / plotWidth);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const pixel = pixelAt(event);
    setDrag({ from: pixel, to: pixel });
  };
  const onPointerMove = (event: PointerEvent) => {
    const pixel = pixelAt(event);
    hoverStep(snapped(stepAt(pixel), runs));
    if (drag) setDrag({ ...drag, to: pixel });
  };
  const onPointerUp = () => {
    const dragged = drag && Math.abs(drag.to - drag.from) >= DRAG_PIXELS;
    if (dragged) zoomTo(stepAt(drag.from), stepAt(drag.to));
    setOffered(dragged || offered !== null ? null : hovered);
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && hovered !== null) showStep(hovered);
    else if (keyAction(event.key, view, runs, hovered)) event.preventDefault();
  };

  const shown = hovered !== null && hovered >= from && hovered <= to ? hovered : null;
  const x = shown === null ? 0 : view.x.share(shown) * plotWidth;
  return (
    <div
      ref={sheet}
      className={styles.chartSheet}
      style={{ left: frame.left, top: frame.top, width: plotWidth, height: plotHeight }}
      role="slider"
      tabIndex={0}
      aria-label={`${label}: step`}
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={hovered ?? to}
      aria-valuetext={valueText(view, runs, hovered ?? to)}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => !drag && hoverStep(null)}
      onDoubleClick={resetZoom}
      onKeyDown={onKeyDown}
    >
      {drag && (
        <div
          className={styles.chartDrag}
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
      {shown !== null && <div className={styles.chartCrosshair} style={{ left: x }} />}
      {shown !== null &&
        dotsAt(view, runs, shown).map(({ key, value, colour }) => (
          <div
            key={key}
            className={styles.chartDot}
            style={{ left: x, top: yPixel(view, value, plotHeight), background: colour }}
          />
        ))}
      {offered !== null && offered >= from && offered <= to && (
        <Button
          className={styles.chartOffer}
          variant="default"
          data-testid="show-step"
          style={{ left: `min(${view.x.share(offered) * plotWidth}px, calc(100% - 140px))` }}
          onPointerDown={(event) => event.stopPropagation()}
          onPointerUp={(event) => event.stopPropagation()}
          onClick={() => showStep(offered)}
        >
          Show step {formatCount(offered)}
        </Button>
      )}
    </div>
  );
}

/** The logged step of a run that stands where `step` of the first one does, or null. */
export function stepBeside(
  view: Pick<ChartView, 'x'>,
  runs: readonly ShownRun[],
  run: ShownRun,
  step: number,
): number | null {
  const index = runs.indexOf(run);
  const place = view.x.places[index];
  const own = view.x.places[runs.findIndex(({ series }, i) => series.length > 0 && view.x.places[i])];
  if (!place || !own) return null;
  const there = place === own ? step : place.step(own.at(step));
  const row = run.series.nearest(there);
  const logged = row < 0 ? Number.NaN : run.series.steps.at(row);
  return Math.abs(logged - there) <= (place === own ? 0 : 0.5) ? logged : null;
}

function dotsAt(view: ChartView, runs: readonly ShownRun[], step: number) {
  const dots: { key: string; value: number; colour: string }[] = [];
  for (const { dataKey, curve, kind } of view.lines) {
    if (kind === 'raw') continue;
    const run = runs.find(({ id }) => dataKey === `${curve.key}@${id}`);
    const logged = run ? stepBeside(view, runs, run, step) : null;
    if (!run || logged === null) continue;
    const value = shownColumn(run, curve.metric, view.difference).at(run.series.nearest(logged));
    const inside = Number.isFinite(value) && value >= view.y[0] && value <= view.y[1];
    if (inside) dots.push({ key: dataKey, value, colour: curve.colour });
  }
  return dots;
}

function valueText(view: ChartView, runs: readonly ShownRun[], step: number): string {
  const run = runs[0];
  const series = run?.series ?? liveSeries();
  const index = series.nearest(step);
  if (!run || index < 0) return 'no steps yet';
  const values = view.lines
    .filter(({ kind, outer }) => kind === 'main' && !outer)
    .map(({ curve }) => {
      const value = shownColumn(run, curve.metric, view.difference).at(index);
      return `${curve.label} ${formatMeasured(value)}`;
    });
  const than = view.difference ? `, difference to ${view.difference.name}` : '';
  return `step ${formatCount(series.steps.at(index))}${than}: ${values.join(', ')}`;
}

/** Enter shows the films of the step (above). Arrows move through the steps, plus and minus zoom about the step, Escape shows the whole run. */
function keyAction(key: string, view: ChartView, runs: readonly ShownRun[], hovered: number | null): boolean {
  const { from, to } = view.range;
  const at = hovered ?? to;
  const stride = Math.max(1, view.stepsPerColumn);
  const width = to - from;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      hoverStep(snapped(Math.min(to, Math.max(from, at + (key === 'ArrowLeft' ? -stride : stride))), runs));
      return true;
    case 'Home':
    case 'End':
      hoverStep(snapped(key === 'Home' ? from : to, runs));
      return true;
    case '+':
    case '=':
      zoomTo(Math.max(from, at - width / 4), Math.min(to, at + width / 4));
      return true;
    case '-':
      zoomTo(from - width / 2, to + width / 2);
      return true;
    case 'Escape':
      hoverStep(null);
      resetZoom();
      return true;
    default:
      return false;
  }
}
