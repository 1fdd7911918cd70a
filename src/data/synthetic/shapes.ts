// Geometry that the phantom is drawn with: a pixel grid in centimetres of the body, tabulated curves, tubes,
// ellipses and a lattice noise. Body coordinates: x to the right of the image (the patient's left), y down,
// origin at the sternal notch. Everything has soft edges of about a pixel, so any film size looks alike.

import type { Rng } from '../../util/rng.ts';

/** Side of the detector, cm. */
export const FIELD = 37;
/** Body y that lies on the centre of the film when the patient stands exactly right, cm. */
const CENTRE_Y = 9.5;

/** How the body lies on the film. */
export interface Pose {
  /** cm */
  readonly shiftX: number;
  readonly shiftY: number;
  /** radians */
  readonly tilt: number;
  /** Above 1 enlarges. */
  readonly zoom: number;
}

/** Pixel centres in body coordinates, and the way back. */
export class Grid {
  readonly size: number;
  /** cm per pixel */
  readonly pitch: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly #pose: Pose;

  constructor(size: number, pose: Pose) {
    this.size = size;
    this.pitch = FIELD / size;
    this.#pose = pose;
    this.x = new Float32Array(size * size);
    this.y = new Float32Array(size * size);
    const cos = Math.cos(pose.tilt) / pose.zoom;
    const sin = Math.sin(pose.tilt) / pose.zoom;
    for (let row = 0, at = 0; row < size; row++) {
      const v = (row + 0.5) * this.pitch - FIELD / 2 - pose.shiftY;
      for (let column = 0; column < size; column++, at++) {
        const u = (column + 0.5) * this.pitch - FIELD / 2 - pose.shiftX;
        this.x[at] = u * cos + v * sin;
        this.y[at] = v * cos - u * sin + CENTRE_Y;
      }
    }
  }

  layer(): Float32Array {
    return new Float32Array(this.size * this.size);
  }

  /** Calls `visit` with every pixel within `reach` cm of the box around the points. */
  near(x0: number, y0: number, x1: number, y1: number, reach: number, visit: (at: number) => void): void {
    const a = this.#pixel(x0, y0);
    const b = this.#pixel(x1, y1);
    const margin = (reach * this.#pose.zoom) / this.pitch + 1;
    const last = this.size - 1;
    const top = Math.max(0, Math.floor(Math.min(a.row, b.row) - margin));
    const bottom = Math.min(last, Math.ceil(Math.max(a.row, b.row) + margin));
    const left = Math.max(0, Math.floor(Math.min(a.column, b.column) - margin));
    const right = Math.min(last, Math.ceil(Math.max(a.column, b.column) + margin));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) visit(row * this.size + column);
    }
  }

  #pixel(x: number, y: number): { row: number; column: number } {
    const { tilt, zoom, shiftX, shiftY } = this.#pose;
    const cos = Math.cos(tilt) * zoom;
    const sin = Math.sin(tilt) * zoom;
    const u = x * cos - (y - CENTRE_Y) * sin + shiftX;
    const v = x * sin + (y - CENTRE_Y) * cos + shiftY;
    return { column: (u + FIELD / 2) / this.pitch - 0.5, row: (v + FIELD / 2) / this.pitch - 0.5 };
  }
}

/** 0 below `low`, 1 above `high`, smooth between; `low` may exceed `high` to fall instead. */
export function smooth(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** A curve over one coordinate, tabulated because powers and roots per pixel are dear. */
export class Profile {
  readonly #values: Float32Array;
  readonly #low: number;
  readonly #perCm: number;

  constructor(low: number, high: number, curve: (t: number) => number, points = 512) {
    this.#low = low;
    this.#perCm = (points - 1) / (high - low);
    this.#values = Float32Array.from({ length: points }, (_, i) => curve(low + i / this.#perCm));
  }

  at(t: number): number {
    const last = this.#values.length - 1;
    const place = Math.min(last - 1e-3, Math.max(0, (t - this.#low) * this.#perCm));
    const cell = Math.floor(place);
    const a = this.#values[cell]!;
    return a + (this.#values[cell + 1]! - a) * (place - cell);
  }
}

export interface Ellipse {
  readonly x: number;
  readonly y: number;
  /** Half axes, cm. */
  readonly a: number;
  readonly b: number;
  /** Angle of `a` against the x axis, radians, clockwise on the film. */
  readonly tilt: number;
}

/** Half of the ray's way through an ellipsoid of unit depth: sqrt(1 - r^2) inside, 0 outside. */
export function throughEllipse({ x, y, a, b, tilt }: Ellipse, px: number, py: number): number {
  const cos = Math.cos(tilt);
  const sin = Math.sin(tilt);
  const u = ((px - x) * cos + (py - y) * sin) / a;
  const v = ((py - y) * cos - (px - x) * sin) / b;
  const r2 = u * u + v * v;
  return r2 < 1 ? Math.sqrt(1 - r2) : 0;
}

export interface Segment {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** Radius at either end, cm. */
  readonly r0: number;
  readonly r1: number;
}

/**
 * Draws a tapering tube: the ray's way through it in cm, the larger value where tubes meet, so that joints do
 * not shine. A tube thinner than a pixel is drawn a pixel wide and accordingly fainter.
 */
export function drawTube(grid: Grid, layer: Float32Array, segment: Segment): void {
  const { x0, y0, x1, y1, r0, r1 } = segment;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length2 = Math.max(1e-6, dx * dx + dy * dy);
  const floor = 0.75 * grid.pitch;
  grid.near(x0, y0, x1, y1, Math.max(r0, r1, floor), (at) => {
    const px = grid.x[at]! - x0;
    const py = grid.y[at]! - y0;
    const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
    const ex = px - t * dx;
    const ey = py - t * dy;
    const radius = r0 + (r1 - r0) * t;
    const drawn = Math.max(radius, floor);
    const rest = drawn * drawn - ex * ex - ey * ey;
    if (rest <= 0) return;
    const way = 2 * Math.sqrt(rest) * Math.min(1, (radius * radius) / (drawn * drawn));
    if (way > layer[at]!) layer[at] = way;
  });
}

/** Smooth noise in 0..1 over the plane, the same for the same generator; two octaves. */
export class Noise {
  static readonly #side = 64;
  readonly #lattice: Float32Array;
  readonly #perCm: number;

  /** @param cell size of the coarsest bumps, cm */
  constructor(rng: Rng, cell: number) {
    this.#lattice = Float32Array.from({ length: Noise.#side ** 2 }, () => rng.uniform());
    this.#perCm = 1 / cell;
  }

  at(x: number, y: number): number {
    const u = x * this.#perCm + 31.4;
    const v = y * this.#perCm + 27.1;
    return 0.65 * this.#octave(u, v) + 0.35 * this.#octave(2.13 * u + 5.2, 2.13 * v + 1.3);
  }

  #octave(u: number, v: number): number {
    const column = Math.floor(u);
    const row = Math.floor(v);
    const s = u - column;
    const t = v - row;
    const a = s * s * (3 - 2 * s);
    const b = t * t * (3 - 2 * t);
    const mask = Noise.#side - 1;
    const left = column & mask;
    const right = (column + 1) & mask;
    const top = (row & mask) * Noise.#side;
    const bottom = ((row + 1) & mask) * Noise.#side;
    const n = this.#lattice;
    const upper = n[top + left]! + (n[top + right]! - n[top + left]!) * a;
    const lower = n[bottom + left]! + (n[bottom + right]! - n[bottom + left]!) * a;
    return upper + (lower - upper) * b;
  }
}
