// Ribs, clavicles, spine, scapulae and upper arms, as cm of bone along the ray. A rib is a tilted ring around
// the chest, so on the film it is an ellipse: the upper arc is its back, the lower arc its front, which ends in
// cartilage that does not show.

import type { Anatomy, Taking } from './anatomy.ts';
import { drawTube, type Grid, Profile, smooth } from './shapes.ts';
import { APEX_Y, type Cage } from './thorax.ts';

const RIBS = 10;

export function drawBones(grid: Grid, anatomy: Anatomy, taking: Taking, cage: Cage): Float32Array {
  const bone = grid.layer();
  drawSpine(grid, bone, anatomy);
  for (let rib = 0; rib < RIBS; rib++) drawRib(grid, bone, anatomy, cage, rib);
  drawShoulders(grid, bone, taking);
  return bone;
}

function drawSpine(grid: Grid, bone: Float32Array, { scoliosis, ribSpacing }: Anatomy): void {
  const half = 1.75;
  const bow = new Profile(-24, 40, (y) => scoliosis * Math.sin(y / 9));
  const disc = new Profile(-24, 40, (y) => 0.5 + 0.5 * Math.cos((2 * Math.PI * (y - APEX_Y)) / ribSpacing));
  const processes = new Profile(0, 1.25, (d) => 0.35 * Math.exp(-(((d - 0.62) / 0.16) ** 2)), 64);
  for (let at = 0; at < bone.length; at++) {
    const y = grid.y[at]!;
    const d = Math.abs(grid.x[at]! - bow.at(y)) / half;
    if (d >= 1.25) continue;
    const gap = disc.at(y);
    const body = d < 1 ? 0.9 * Math.sqrt(1 - d * d) : 0;
    bone[at] = bone[at]! + body * (1 - 0.55 * gap ** 4) + processes.at(d) * (1 - gap);
  }
}

function drawRib(grid: Grid, bone: Float32Array, anatomy: Anatomy, cage: Cage, rib: number): void {
  const height = (2 + 0.42 * rib) * anatomy.ribSlope;
  const y0 = APEX_Y + 0.9 + rib * anatomy.ribSpacing + height;
  const half = cage.half(y0) + 0.25;
  const back = 0.5 + 0.02 * rib;
  const front = back * 1.25;
  const band = (2 * front) / height;
  const least = Math.max(0, 1 - band) ** 2;
  const most = (1 + band) ** 2;
  grid.near(-half, y0 - height, half, y0 + height, front, (at) => {
    const u = grid.x[at]! / half;
    const v = (grid.y[at]! - y0) / height;
    const r2 = u * u + v * v;
    if (r2 < least || r2 > most) return;
    const r = Math.sqrt(r2);
    // First-order distance to the ellipse: value of the implicit function over its slope.
    const slope = Math.sqrt((u / half) ** 2 + (v / height) ** 2);
    const away = ((r - 1) * r) / slope;
    const radius = v < 0 ? back : front;
    const through = tubeWall(away, radius, grid.pitch);
    if (through === 0) return;
    const ends = v < 0 ? smooth(0.1, 0.16, Math.abs(u)) : 0.62 * smooth(0.42, 0.62, Math.abs(u));
    bone[at] = bone[at]! + 0.85 * anatomy.boneDensity * through * ends;
  });
}

/** cm of dense shell that a ray crosses in a hollow tube, at a distance from its axis. */
function tubeWall(away: number, radius: number, pitch: number): number {
  const outer = radius + 0.3 * pitch;
  const rest = outer * outer - away * away;
  if (rest <= 0) return 0;
  const inner = (0.72 * radius) ** 2 - away * away;
  return 2 * Math.sqrt(rest) - (inner > 0 ? 1.1 * Math.sqrt(inner) : 0);
}

function drawShoulders(grid: Grid, bone: Float32Array, taking: Taking): void {
  const layer = grid.layer();
  const lift = taking.ap ? -1.1 : 0;
  for (const side of [-1, 1]) {
    const clavicle: [number, number, number][] = [
      [1.4, 0.9 + lift, 0.85],
      [4.2, 0.35 + lift, 0.6],
      [7.5, -0.2 + lift, 0.5],
      [11, -1.4 + lift, 0.55],
      [14, -1.9 + lift, 0.7],
      [15.6, -1.6 + lift, 0.75],
    ];
    clavicle.slice(1).forEach(([x1, y1, r1], i) => {
      const [x0, y0, r0] = clavicle[i]!;
      drawTube(grid, layer, { x0: side * x0, y0, x1: side * x1, y1, r0, r1 });
    });
    drawTube(grid, layer, { x0: side * 18, y0: 2, x1: side * 18.3, y1: 2.6, r0: 2.2, r1: 1.7 });
    drawTube(grid, layer, { x0: side * 18.3, y0: 3, x1: side * 21, y1: 18, r0: 1.4, r1: 1.1 });
  }
  for (let at = 0; at < bone.length; at++) {
    bone[at] =
      bone[at]! + 0.5 * layer[at]! + scapula(grid.x[at]!, grid.y[at]!, taking.scapulaOut, grid.pitch);
  }
}

/** A thin triangular blade with a thicker rim, beside or over the outer lung. */
function scapula(x: number, y: number, out: number, pitch: number): number {
  const d = Math.abs(x) - out;
  if (y < -1 || y > 14 || d < 7 || d > 17) return 0;
  const medial = d - 9.2 - 0.09 * (y - 1);
  const top = y - 0.2 - 0.12 * (d - 9);
  const lateral = (13.8 - y) * 0.62 - (d - 10.2);
  const inside = Math.min(medial, top, lateral * 0.85);
  if (inside <= -pitch) return 0;
  return smooth(-pitch, pitch, inside) * (0.28 + 0.3 * Math.exp(-((inside / 0.45) ** 2)));
}
