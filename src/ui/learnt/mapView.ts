// The geometry of the map of films: from places to pixels and back, the film nearest to a point, the next one in a direction, and
// those inside a line drawn by hand. Pure.

/** A pixel is scale * place + offset; y grows upwards on the map. */
export interface MapView {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export type Point = readonly [x: number, y: number];

const MARGIN = 16;

/** All places inside the picture, both axes alike. */
export function fitted(places: ArrayLike<number>, width: number, height: number): MapView {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < places.length; at += 2) {
    left = Math.min(left, places[at]!);
    right = Math.max(right, places[at]!);
    low = Math.min(low, places[at + 1]!);
    high = Math.max(high, places[at + 1]!);
  }
  if (!(right >= left)) return { scale: 1, x: width / 2, y: height / 2 };
  const wide = Math.max(1, width - 2 * MARGIN) / Math.max(right - left, 1e-9);
  const tall = Math.max(1, height - 2 * MARGIN) / Math.max(high - low, 1e-9);
  const scale = Math.min(wide, tall);
  return { scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 + (scale * (low + high)) / 2 };
}

export const pixelOf = ({ scale, x, y }: MapView, places: ArrayLike<number>, row: number): Point => [
  x + scale * places[2 * row]!,
  y - scale * places[2 * row + 1]!,
];

/** The same picture `factor` times as large about a pixel. */
export const zoomed = ({ scale, x, y }: MapView, factor: number, [px, py]: Point): MapView => ({
  scale: scale * factor,
  x: px + factor * (x - px),
  y: py + factor * (y - py),
});

/** The row within `reach` pixels of a point, the nearest; null where there is none. */
export function rowAt(
  view: MapView,
  places: ArrayLike<number>,
  [px, py]: Point,
  reach: number,
): number | null {
  let best: number | null = null;
  let square = reach * reach;
  for (let row = 0; row < places.length / 2; row++) {
    const [x, y] = pixelOf(view, places, row);
    const away = (x - px) ** 2 + (y - py) ** 2;
    if (away > square) continue;
    best = row;
    square = away;
  }
  return best;
}

/** The nearest row in a direction, within 45 degrees of it; the row itself where there is none. */
export function rowTowards(places: ArrayLike<number>, from: number, [dx, dy]: Point): number {
  let best = { row: from, square: Infinity };
  for (let row = 0; row < places.length / 2; row++) {
    const x = places[2 * row]! - places[2 * from]!;
    const y = places[2 * row + 1]! - places[2 * from + 1]!;
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy - y * dx);
    if (row === from || ahead <= 0 || aside > ahead) continue;
    const square = x * x + y * y;
    if (square < best.square) best = { row, square };
  }
  return best.row;
}

/** Rows inside a closed line of pixels, by the even-odd rule. */
export function rowsInside(view: MapView, places: ArrayLike<number>, line: readonly Point[]): number[] {
  const rows: number[] = [];
  for (let row = 0; row < places.length / 2; row++)
    if (isInside(pixelOf(view, places, row), line)) rows.push(row);
  return rows;
}

function isInside([x, y]: Point, line: readonly Point[]): boolean {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [xi, yi] = line[i]!;
    const [xj, yj] = line[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
