// The map itself: one canvas with a point for every film, and one above it for what follows the pointer. Drawn only when
// something changed, so that ten thousand films cost nothing while a run trains. What a film is, and what happens to those
// that are gathered, is FilmMap.tsx's business.

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import styles from './map.module.css';
import type { MapGroups } from './mapGroups.ts';
import {
  fitted,
  type MapView,
  type Point,
  pixelOf,
  rowAt,
  rowsInside,
  rowTowards,
  zoomed,
} from './mapView.ts';

export interface MapPoints {
  /** [films, 2]. */
  readonly places: Float32Array;
  readonly groups: MapGroups;
  /** 1 for films of the test part: hollow. */
  readonly hollow: Uint8Array;
  readonly gathered: ReadonlySet<number>;
  readonly chosen: number | null;
  /** Joined to the chosen one by lines. */
  readonly neighbours: readonly number[];
}

interface Props extends MapPoints {
  readonly label: string;
  readonly cursor: number | null;
  readonly onCursor: (row: number | null, at: Point | null) => void;
  readonly onChoose: (row: number | null) => void;
  readonly onGather: (rows: readonly number[]) => void;
  readonly onToggle: (row: number) => void;
  readonly onShowGathered: () => void;
}

export const MAP_HEIGHT = 460;
const REACH = 12;
const ZOOM = 1.25;
/** A shorter way of the pointer is a click. */
const DRAG = 5;
const MANY = 3000;
const FAINT = 0.25;

const colourOf = (name: string): string => {
  const variable = /^var\((--[\w-]+)\)$/.exec(name)?.[1];
  return variable ? getComputedStyle(document.documentElement).getPropertyValue(variable).trim() : name;
};

/** A canvas of so many pixels of the screen, cleared, in page pixels. */
function cleared(canvas: HTMLCanvasElement | null, width: number, height: number) {
  const context = canvas?.getContext('2d');
  if (!canvas || !context) return null;
  const ratio = globalThis.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function drawPoints(
  context: CanvasRenderingContext2D,
  points: MapPoints,
  view: MapView,
  height: number,
): void {
  const { places, groups, hollow, gathered } = points;
  const films = places.length / 2;
  const size = films > MANY ? 2 : 3;
  const some = gathered.size > 0;
  const width = context.canvas.width;
  for (const [group, { colour }] of groups.groups.entries()) {
    const [full, ring, faint] = [new Path2D(), new Path2D(), new Path2D()];
    for (let row = 0; row < films; row++) {
      if (groups.of[row] !== group) continue;
      const [x, y] = pixelOf(view, places, row);
      if (x < -size || y < -size || y > height + size || x > width + size) continue;
      const path = some && !gathered.has(row) ? faint : hollow[row] ? ring : full;
      // Rectangles of a path are filled far faster than circles.
      if (films > MANY) path.rect(x - size, y - size, 2 * size, 2 * size);
      else {
        path.moveTo(x + size, y);
        path.arc(x, y, size, 0, 2 * Math.PI);
      }
    }
    const painted = colourOf(colour);
    context.fillStyle = context.strokeStyle = painted;
    context.globalAlpha = FAINT;
    context.fill(faint);
    context.globalAlpha = 0.85;
    context.fill(full);
    context.lineWidth = 1.25;
    context.stroke(ring);
    context.globalAlpha = 1;
  }
}

function drawAbove(
  context: CanvasRenderingContext2D,
  { places, chosen, neighbours }: MapPoints,
  view: MapView,
  cursor: number | null,
  lasso: readonly Point[],
): void {
  const ink = colourOf('var(--ink)');
  context.strokeStyle = ink;
  context.lineWidth = 1;
  const ring = (row: number, radius: number) => {
    const [x, y] = pixelOf(view, places, row);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  };
  if (chosen !== null && 2 * chosen < places.length) {
    const from = pixelOf(view, places, chosen);
    context.globalAlpha = 0.5;
    for (const row of neighbours) {
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...pixelOf(view, places, row));
      context.stroke();
    }
    context.globalAlpha = 1;
    for (const row of neighbours) ring(row, 5);
    context.lineWidth = 2;
    ring(chosen, 7);
  }
  context.lineWidth = 1.5;
  if (cursor !== null && 2 * cursor < places.length) ring(cursor, 6);
  if (lasso.length < 2) return;
  context.beginPath();
  context.moveTo(...lasso[0]!);
  for (const point of lasso.slice(1)) context.lineTo(...point);
  context.closePath();
  context.fillStyle = ink;
  context.globalAlpha = 0.08;
  context.fill();
  context.globalAlpha = 1;
  context.stroke();
}

const ARROWS: Record<string, Point> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** The picture's place, which is fitted anew when films are laid out anew, and stays while they move towards their place. */
function useMapView(places: Float32Array, width: number) {
  const [own, setOwn] = useState<MapView | null>(null);
  const view = own ?? fitted(places, width, MAP_HEIGHT);
  return { view, setView: setOwn };
}

/** A wheel must not scroll the page meanwhile, which React's own listener cannot say. */
function useWheel(ref: RefObject<HTMLElement | null>, onWheel: (factor: number, at: Point) => void) {
  const latest = useRef(onWheel);
  latest.current = onWheel;
  useEffect(() => {
    const element = ref.current;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element!.getBoundingClientRect();
      latest.current(event.deltaY < 0 ? ZOOM : 1 / ZOOM, [event.clientX - left, event.clientY - top]);
    };
    element?.addEventListener('wheel', turn, { passive: false });
    return () => element?.removeEventListener('wheel', turn);
  }, [ref]);
}

export function FilmMapCanvas(props: Props) {
  const { places, groups, hollow, gathered, chosen, neighbours, label, cursor } = props;
  const { ref: measured, width } = useElementSize<HTMLDivElement>();
  const sheet = useRef<HTMLDivElement>(null);
  const [below, above] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  const scheme = useComputedColorScheme('light');
  const [lasso, setLasso] = useState<readonly Point[]>([]);
  const [grip, setGrip] = useState<Point | null>(null);
  const { view, setView } = useMapView(places, width);
  const { scale, x, y } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the scheme; the view by its numbers
  useEffect(() => {
    const context = cleared(below.current, width, MAP_HEIGHT);
    if (context) drawPoints(context, props, view, MAP_HEIGHT);
  }, [places, groups, hollow, gathered, scale, x, y, width, scheme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    const context = cleared(above.current, width, MAP_HEIGHT);
    if (context) drawAbove(context, props, view, cursor, lasso);
  }, [places, chosen, neighbours, cursor, lasso, scale, x, y, width, scheme]);
  useWheel(sheet, (factor, at) => setView(zoomed(view, factor, at)));

  const pointOf = (event: PointerEvent): Point => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button > 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    if (event.shiftKey || event.button === 1) setGrip(pointOf(event));
    else setLasso([pointOf(event)]);
  };
  const onPointerMove = (event: PointerEvent) => {
    const at = pointOf(event);
    if (grip) {
      setView({ scale, x: x + at[0] - grip[0], y: y + at[1] - grip[1] });
      setGrip(at);
    } else if (lasso.length > 0) setLasso([...lasso, at]);
    else props.onCursor(rowAt(view, places, at, REACH), at);
  };
  const onPointerUp = () => {
    const way = lasso.reduce(
      (most, [px, py]) => Math.max(most, Math.hypot(px - lasso[0]![0], py - lasso[0]![1])),
      0,
    );
    if (lasso.length > 2 && way >= DRAG) props.onGather(rowsInside(view, places, lasso));
    else if (lasso.length > 0) props.onChoose(rowAt(view, places, lasso[0]!, REACH));
    setLasso([]);
    setGrip(null);
  };
  const middle: Point = [width / 2, MAP_HEIGHT / 2];
  const act: Record<string, () => void> = {
    enter: () => props.onChoose(cursor),
    ' ': () => cursor !== null && props.onToggle(cursor),
    g: props.onShowGathered,
    '+': () => setView(zoomed(view, ZOOM, middle)),
    '-': () => setView(zoomed(view, 1 / ZOOM, middle)),
    '0': () => setView(null),
    escape: () => {
      props.onChoose(null);
      props.onGather([]);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    const acted = act[event.key.toLowerCase()];
    if (!arrow && !acted) return;
    event.preventDefault();
    event.stopPropagation();
    if (!arrow) return acted!();
    const from = cursor ?? chosen ?? 0;
    const row = cursor === null ? from : rowTowards(places, from, arrow);
    props.onCursor(row, pixelOf(view, places, row));
  };
  return (
    <div ref={measured} className={styles.frame} style={{ height: MAP_HEIGHT }}>
      <div
        ref={sheet}
        className={styles.sheet}
        data-testid="film-map"
        data-gripped={grip !== null || undefined}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its films are read with the arrow keys.
        tabIndex={0}
        role="img"
        aria-label={label}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => props.onCursor(null, null)}
        onDoubleClick={() => setView(null)}
        onKeyDown={onKeyDown}
      >
        <canvas ref={below} aria-hidden />
        <canvas ref={above} aria-hidden />
      </div>
    </div>
  );
}
