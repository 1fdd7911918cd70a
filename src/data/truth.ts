// Where findings lie on a film, as a square of ones and zeros like the one in which the encoder sees the film: the union of the
// boxes, filled, and masks of the findings asked for, whatever frames they were drawn in; and masks that lie beside films as PNG.

import type { FilmMark, FilmMarks, FilmMask } from '../protocol/film.ts';
import { decodePngFile } from './raster/raster.ts';

/** What is drawn of a picture of few colours without one of its own: a pixel brighter than half of the brightest is inside. */
export async function maskOfPng(bytes: Uint8Array<ArrayBuffer>, finding: string): Promise<FilmMask> {
  const { width, height, values } = await decodePngFile(bytes);
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]!);
  const inside = Uint8Array.from({ length: width * height }, (_, i) => Number(2 * values[i]! > largest));
  return { finding, width, height, bytes: inside };
}

/** Points that are looked at along the side of a pixel, at most: masks of 1024 px are brought to squares of 64. */
const MOST_POINTS = 8;

/**
 * The union of what is drawn of these findings, side * side bytes, 1 where at least half of a pixel is inside; null where
 * nothing is drawn of them. A box or mask that holds less than half of any pixel leaves a square of zeros.
 */
export function insideOf(marks: FilmMarks, findings: readonly string[], side: number): Uint8Array | null {
  const wanted = ({ finding }: { readonly finding: string }) => findings.includes(finding);
  const boxes = marks.boxes.filter(wanted);
  const masks = marks.masks.filter(wanted);
  if (boxes.length + masks.length === 0) return null;
  const finest = Math.max(
    side * 4 * Math.min(1, boxes.length),
    ...masks.flatMap(({ width, height }) => [width, height]),
  );
  const points = Math.min(MOST_POINTS, Math.ceil(finest / side));
  const fine = side * points;
  const counts = new Uint8Array(side * side);
  for (let y = 0; y < fine; y++) {
    const inside = rowAt((y + 0.5) / fine, fine, boxes, masks);
    const row = Math.floor(y / points) * side;
    for (let x = 0; x < fine; x++) counts[row + Math.floor(x / points)]! += inside[x]!;
  }
  return counts.map((count) => Number(2 * count >= points * points));
}

/** One line of points across the film at the height `down`, in shares of its sides. */
function rowAt(
  down: number,
  points: number,
  boxes: readonly FilmMark[],
  masks: readonly FilmMask[],
): Uint8Array {
  const inside = new Uint8Array(points);
  for (const { x, y, width, height } of boxes) {
    if (down < y || down >= y + height) continue;
    // The middle of point i lies at (i + 0.5) / points.
    const first = Math.max(0, Math.ceil(x * points - 0.5));
    inside.fill(1, first, Math.max(first, Math.ceil((x + width) * points - 0.5)));
  }
  for (const { width, height, bytes } of masks) {
    const row = Math.min(height - 1, Math.floor(down * height)) * width;
    for (let i = 0; i < points; i++) inside[i]! |= bytes[row + Math.floor(((i + 0.5) / points) * width)]!;
  }
  return inside;
}
