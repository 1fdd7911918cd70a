// The film on black, in true aspect: fitted or enlarged, moved and windowed by hand. What lies in it (boxes, masks) is
// handed in as children and covers the film exactly, whatever the zoom. Its grey is by the table the file asks for, or by a
// linear window the reader has chosen (PS3.3 C.11.2.1.3.2), inverted for MONOCHROME1 after it.
// Drag sets window and level, Shift-drag or the middle button moves, the wheel zooms at the pointer.

import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { FilmView } from '../../protocol/film.ts';
import {
  type ChosenWindow,
  type Spot,
  setScale,
  setSpot,
  setWindow,
  setZoom,
  useViewer,
} from '../../store/films/viewer.ts';
import { applyWindow } from '../../util/dicomWindow.ts';
import styles from './FilmStage.module.css';

interface Props {
  readonly view: FilmView;
  readonly label: string;
  readonly children?: ReactNode;
}

const MOST_ZOOM = 16;
const LEAST_ZOOM = 0.02;

export const clampZoom = (zoom: number): number => Math.min(Math.max(zoom, LEAST_ZOOM), MOST_ZOOM);

/** Screen pixels per column at which the whole film is seen. */
function fitZoom(view: FilmView, width: number, height: number): number {
  return Math.min(width / view.width, height / (view.height * view.pixelAspect));
}

interface Drag {
  readonly x: number;
  readonly y: number;
  readonly window: ChosenWindow;
  readonly moves: boolean;
  readonly offset: { readonly x: number; readonly y: number };
}

function FilmPixels({ view, label }: { view: FilmView; label: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const window = useViewer((viewer) => viewer.window);
  const image = useMemo(() => new ImageData(view.width, view.height), [view]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      paint(view.levels, greyTable(view, window), image);
      ref.current?.getContext('2d')?.putImageData(image, 0, 0);
    });
    return () => cancelAnimationFrame(frame);
  }, [view, window, image]);
  return <canvas ref={ref} width={view.width} height={view.height} role="img" aria-label={label} />;
}

const rangeOf = ({ windows }: FilmView) => Math.max(...windows.map(({ width }) => width));

/** The pixel under the pointer, if it is over the film. */
function spotAt(view: FilmView, event: PointerEvent): Spot | null {
  const box = event.currentTarget.querySelector('canvas')?.getBoundingClientRect();
  if (!box || box.width === 0) return null;
  const [across, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  if (across < 0 || across >= 1 || down < 0 || down >= 1) return null;
  const level = view.levels[Math.floor(down * view.height) * view.width + Math.floor(across * view.width)]!;
  return {
    x: Math.floor(across * view.originalWidth),
    y: Math.floor(down * view.originalHeight),
    value: view.modality[level]!,
  };
}

export function FilmStage({ view, label, children }: Props) {
  const { ref: stage, width: across, height: down } = useElementSize();
  const zoom = useViewer((viewer) => viewer.zoom);
  const [offset, setOffset] = useState({ x: 0, y: 0 });
  const [drag, setDrag] = useState<Drag | null>(null);
  const scale = zoom ?? (across > 0 ? fitZoom(view, across, down) : 0);
  useEffect(() => {
    if (zoom === null) setOffset({ x: 0, y: 0 });
  }, [zoom]);

  useEffect(() => setScale(scale), [scale]);

  const begin = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    const window = useViewer.getState().window ?? view.windows[0];
    setDrag({
      x: event.clientX,
      y: event.clientY,
      window,
      moves: event.shiftKey || event.button === 1,
      offset,
    });
  };
  const move = (event: PointerEvent) => {
    if (!drag) {
      setSpot(spotAt(view, event));
      return;
    }
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (drag.moves) setOffset({ x: drag.offset.x + dx, y: drag.offset.y + dy });
    else setWindow(draggedWindow(drag.window, rangeOf(view), dx, dy));
  };
  const zoomAt = (event: React.WheelEvent) => {
    const next = clampZoom(scale * 1.0015 ** -event.deltaY);
    const box = event.currentTarget.getBoundingClientRect();
    // From the middle of the stage to the pointer, which shall stay over the same place of the film.
    const [px, py] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
    const grown = next / scale;
    setOffset({ x: px - (px - offset.x) * grown, y: py - (py - offset.y) * grown });
    setZoom(next);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: sliders, buttons and keys beside it do the same
    <div
      ref={stage}
      className={styles.viewerStage}
      data-testid="viewer-stage"
      data-dragging={drag !== null}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={() => setDrag(null)}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => setSpot(null)}
      onDoubleClick={() => setZoom(null)}
      onWheel={zoomAt}
    >
      <div
        className={styles.viewerFilm}
        data-testid="viewer-film"
        data-coarse={scale > 2}
        style={{
          width: view.width * scale,
          height: view.height * view.pixelAspect * scale,
          transform: `translate(calc(-50% + ${offset.x}px), calc(-50% + ${offset.y}px))`,
        }}
      >
        <FilmPixels view={view} label={label} />
        {children}
      </div>
    </div>
  );
}

/** Grey of each level. */
export function greyTable(
  view: Pick<FilmView, 'modality' | 'padding' | 'table' | 'inverted'>,
  window: ChosenWindow | null,
): Uint8Array {
  if (!window) return view.table;
  return Uint8Array.from(view.modality, (value, level) => {
    if (view.padding[level]) return 0;
    const share = applyWindow({ ...window, shape: 'linear-exact' }, value);
    return Math.round(255 * (view.inverted ? 1 - share : share));
  });
}

/** Opaque grey pixels of an image as large as the film. */
export function paint(levels: Uint16Array, table: Uint8Array, image: ImageData): void {
  const colours = Uint32Array.from(table, (grey) => (0xff000000 | (grey * 0x010101)) >>> 0);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[i]!]!;
}

/** The window after a drag over the film: right widens, down darkens, as reading stations do. */
export function draggedWindow(
  start: ChosenWindow,
  range: number,
  across: number,
  down: number,
): ChosenWindow {
  const perPixel = range / 512;
  return {
    center: start.center + down * perPixel,
    width: Math.max(start.width + across * perPixel, range / 4096),
  };
}
