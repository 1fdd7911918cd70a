// One queue for all charts, so that drawing never holds the page: each frame draws those that are most overdue
// until a few milliseconds are used up, then rests as long as it drew. Where frames come slowly, because the GPU that draws the
// page is busy with the training, each may draw more: the page has nothing else to do meanwhile. Charts out of sight are not drawn, and on a
// slow machine the charts that matter most are drawn most often.
// After a person's own action (zoom, smoothing) there is no resting, but still never much more than one chart a frame.

import { type RefObject, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useCharts } from '../../store/curves/charts.ts';
import { subscribeSeries } from '../../store/curves/series.ts';
import { useGuess } from '../../store/lessons/guess.ts';
import { useRuns } from '../../store/run/runs.ts';

const FRAME_BUDGET_MS = 6;
/** Of a frame that came so long after it was asked for. */
const SLOW_FRAME_MS = 100;
const SLOW_BUDGET_MS = 24;
/** While data streams in: about six redraws a second of the main charts, one of the side ones. */
export const REDRAW_MS = { main: 160, side: 1000 } as const;
const REST_FACTOR = 1;

interface Entry {
  draw: () => void;
  readonly interval: number;
  /** Has a size to be drawn at. */
  sized: boolean;
  visible: boolean;
  dirty: boolean;
  urgent: boolean;
  drawnAt: number;
  /** Since when there is something to draw; rest before that is no claim, or a side chart would come before all others. */
  dirtyAt: number;
}

const entries = new Set<Entry>();
let scheduled = false;
let restUntil = 0;

function dueAt(entry: Entry): number {
  if (!entry.dirty || !entry.visible || !entry.sized) return Number.POSITIVE_INFINITY;
  return entry.urgent ? 0 : Math.max(restUntil, entry.drawnAt + entry.interval);
}

function mostOverdue(now: number): Entry | null {
  let best: Entry | null = null;
  let bestWait = Number.NEGATIVE_INFINITY;
  for (const entry of entries) {
    const wait = (now - entry.dirtyAt) / entry.interval;
    if (dueAt(entry) > now || wait <= bestWait) continue;
    best = entry;
    bestWait = wait;
  }
  return best;
}

function schedule(): void {
  if (scheduled) return;
  let next = Number.POSITIVE_INFINITY;
  for (const entry of entries) next = Math.min(next, dueAt(entry));
  if (next === Number.POSITIVE_INFINITY) return;
  scheduled = true;
  const wait = next - performance.now();
  if (wait <= 0) drawNextFrame();
  else setTimeout(drawNextFrame, wait);
}

function drawNextFrame(): void {
  const askedAt = performance.now();
  requestAnimationFrame(() => {
    const isSlow = performance.now() - askedAt > SLOW_FRAME_MS;
    drawSome(isSlow ? SLOW_BUDGET_MS : FRAME_BUDGET_MS);
  });
}

function drawSome(budget: number): void {
  scheduled = false;
  const start = performance.now();
  let entry = mostOverdue(start);
  while (entry) {
    entry.dirty = false;
    entry.urgent = false;
    entry.drawnAt = performance.now();
    flushSync(entry.draw);
    if (performance.now() - start > budget) break;
    entry = mostOverdue(start);
  }
  const end = performance.now();
  restUntil = end + REST_FACTOR * (end - start);
  schedule();
}

function invalidate(which: Iterable<Entry>, urgent: boolean): void {
  const now = performance.now();
  for (const entry of which) {
    if (!entry.dirty) entry.dirtyAt = now;
    entry.dirty = true;
    entry.urgent ||= urgent;
  }
  schedule();
}

subscribeSeries(() => invalidate(entries, false));
useCharts.subscribe((now, before) => {
  const onlyHovered = (Object.keys(now) as (keyof typeof now)[]).every(
    (key) => key === 'hovered' || now[key] === before[key],
  );
  if (!onlyHovered) invalidate(entries, true);
});
useRuns.subscribe(() => invalidate(entries, true));
useGuess.subscribe(() => invalidate(entries, true));

/**
 * What `build` makes of the stores, made anew by the queue when they change or `build` itself does; null until the
 * element has first come into sight and has a width.
 */
export function useDrawn<View>(
  element: RefObject<Element | null>,
  width: number,
  build: () => View,
  interval: number = REDRAW_MS.main,
): View | null {
  const [view, setView] = useState<View | null>(null);
  const latest = useRef({ build, width });
  const entry = useRef<Entry | null>(null);

  useEffect(() => {
    latest.current = { build, width };
    if (!entry.current) return;
    entry.current.sized = width > 0;
    invalidate([entry.current], true);
  }, [build, width]);

  useEffect(() => {
    const own: Entry = {
      draw: () => setView(latest.current.build()),
      interval,
      sized: latest.current.width > 0,
      visible: false,
      dirty: true,
      urgent: true,
      drawnAt: 0,
      dirtyAt: performance.now(),
    };
    entry.current = own;
    entries.add(own);
    const observer = new IntersectionObserver((changes) => {
      own.visible = changes.at(-1)?.isIntersecting ?? false;
      schedule();
    });
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
      entries.delete(own);
    };
  }, [element, interval]);

  return view;
}

/** Renders again once a second while samples arrive: for tables that show the newest values. */
export function useLiveTick(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | null = null;
    const stop = subscribeSeries(() => {
      waiting ??= setTimeout(() => {
        waiting = null;
        setTick((tick) => tick + 1);
      }, 1000);
    });
    return () => {
      stop();
      if (waiting !== null) clearTimeout(waiting);
    };
  }, []);
}
