// The soft parts: body outline, lungs, mediastinum, heart, diaphragm, airways. Each pixel learns how many cm
// of tissue the ray crosses and how many of them are lung, which absorbs a quarter of what tissue does.

import type { Anatomy, Taking } from './anatomy.ts';
import { drawTube, type Ellipse, type Grid, Profile, smooth, throughEllipse } from './shapes.ts';

/** Top of the lungs, above the clavicles. */
export const APEX_Y = -3.2;

/** Curves that bones and findings refer to as well; cm, by side where the two differ. */
export interface Cage {
  /** Half inner width of the rib cage at a height. */
  readonly half: (y: number) => number;
  /** Height of the diaphragm under a place; x < 0 is the patient's right. */
  readonly diaphragm: (x: number) => number;
  /** Top of the dome on the side of x. */
  readonly dome: (x: number) => number;
}

export interface Thorax {
  readonly cage: Cage;
  /** cm of body along the ray. */
  readonly body: Float32Array;
  /** cm of lung along the ray; findings take from it. */
  readonly lung: Float32Array;
  /** Relative density of that lung: 0.25 healthy, 1 as dense as tissue. */
  readonly density: Float32Array;
  /** cm of heart along the ray. */
  readonly heart: Float32Array;
  /** cm of air in windpipe, bronchi and stomach. */
  readonly air: Float32Array;
}

export const LUNG_DENSITY = 0.25;

function makeCage(anatomy: Anatomy, taking: Taking): Cage {
  const { cageHalf, lungHeight, domeStep, domeCurve } = anatomy;
  const half = new Profile(-8, 36, (y) => {
    const v = Math.min(1, Math.max(0, (y - APEX_Y) / lungHeight));
    return cageHalf * Math.sqrt(1 - (1 - v) ** 3.1);
  });
  const leftDome = APEX_Y + lungHeight + taking.breath;
  const dome = (x: number) => leftDome - domeStep * smooth(1.5, -1.5, x);
  const top = 0.46 * cageHalf;
  const sag = new Profile(0, 22, (d) =>
    d > top ? domeCurve * ((d - top) / (cageHalf - top)) ** 2.4 : 1.6 * ((top - d) / top) ** 2,
  );
  return { half: (y) => half.at(y), dome, diaphragm: (x) => dome(x) + sag.at(Math.abs(x)) };
}

const BREAST: Ellipse = { x: 7.6, y: 15.5, a: 6.6, b: 6.4, tilt: 0.3 };

/** The silhouette of the heart: a tilted ventricle and the right atrium beside it. */
function heartOf(anatomy: Anatomy, taking: Taking, cage: Cage): readonly [Ellipse, Ellipse] {
  const k = (anatomy.heartRatio * taking.beat * 2 * anatomy.cageHalf) / 11.6;
  const y = cage.dome(1) - 3.9 * k;
  return [
    { x: 1.75 * k, y, a: 6.5 * k, b: 4.6 * k, tilt: anatomy.heartTilt },
    { x: -0.9 * k, y: y - 0.4 * k, a: 3.3 * k, b: 4.6 * k, tilt: -0.1 },
  ];
}

export function drawThorax(grid: Grid, anatomy: Anatomy, taking: Taking): Thorax {
  const cage = makeCage(anatomy, taking);
  const thorax: Thorax = {
    cage,
    body: grid.layer(),
    lung: grid.layer(),
    density: grid.layer().fill(LUNG_DENSITY),
    heart: grid.layer(),
    air: grid.layer(),
  };
  drawBody(grid, thorax.body, anatomy);
  const heart = heartOf(anatomy, taking, cage);
  drawHeart(grid, thorax.heart, heart);
  drawLungs(grid, thorax, anatomy, heart[0].y);
  drawAir(grid, thorax.air, anatomy, taking, cage);
  return thorax;
}

function drawBody(grid: Grid, body: Float32Array, { cageHalf, lungDepth, wall, breast }: Anatomy): void {
  const torso = new Profile(-24, 40, (y) => {
    const waist = cageHalf + wall + 0.6 * smooth(16, 30, y);
    return waist + (24 - waist) * smooth(9.5, 2.5, y);
  });
  const shoulder = new Profile(0, 24, (d) => -4.6 + 0.2 * d - 26 * Math.exp(-((d / 6.4) ** 4)));
  const depth = lungDepth + 1.4 + 0.8 * wall;
  const depthAt = new Profile(-24, 40, (y) => 2 * depth * (1 - 0.35 * smooth(1, -6, y)));
  for (let at = 0; at < body.length; at++) {
    const x = grid.x[at]!;
    const y = grid.y[at]!;
    const d = Math.abs(x);
    const width = torso.at(y);
    if (d >= width) continue;
    const above = y - shoulder.at(d);
    if (above <= 0) continue;
    const round = Math.sqrt((1 - (d / width) ** 2) * Math.min(1, above / 6));
    body[at] = depthAt.at(y) * round;
    if (breast === 0) continue;
    const bust = throughEllipse(BREAST, d, y);
    if (bust > 0) body[at] = body[at]! + 2 * breast * bust * Math.sqrt(bust);
  }
}

function drawHeart(grid: Grid, heart: Float32Array, [ventricle, atrium]: readonly [Ellipse, Ellipse]): void {
  const reach = ventricle.a;
  grid.near(ventricle.x, ventricle.y, atrium.x, atrium.y, reach, (at) => {
    const x = grid.x[at]!;
    const y = grid.y[at]!;
    const through = Math.max(throughEllipse(ventricle, x, y), 0.9 * throughEllipse(atrium, x, y));
    if (through > 0) heart[at] = 1.64 * ventricle.b * through ** 0.7;
  });
}

/** Half width of the mediastinum on either side, without the heart: great vessels on top, hila below. */
function mediastinumOf(
  { mediastinum, aorticKnob }: Anatomy,
  heartY: number,
): { right: Profile; left: Profile } {
  const bump = (y: number, centre: number, width: number) => Math.exp(-(((y - centre) / width) ** 2));
  const flare = (y: number) => 2.1 * smooth(2.5, -4.5, y) + 0.8 * smooth(5, heartY - 2, y);
  const taper = (y: number) => 2.3 * smooth(heartY - 1, heartY + 4, y);
  const right = (y: number) => mediastinum - 0.2 + 0.8 * bump(y, 8.6, 2) + flare(y) - taper(y);
  const left = (y: number) =>
    mediastinum - 0.6 + aorticKnob * bump(y, 4.2, 1.6) + 1.1 * bump(y, 8, 2.1) + flare(y) - taper(y);
  return { right: new Profile(-8, 36, right), left: new Profile(-8, 36, left) };
}

function drawLungs(grid: Grid, { cage, lung, heart }: Thorax, anatomy: Anatomy, heartY: number): void {
  const { right, left } = mediastinumOf(anatomy, heartY);
  const depth = new Profile(-8, 36, (y) => {
    const v = Math.min(1, Math.max(0, (y - APEX_Y) / anatomy.lungHeight));
    return 2 * anatomy.lungDepth * (0.42 + 0.58 * Math.sqrt(v));
  });
  const edge = 0.5 * grid.pitch + 0.12;
  for (let at = 0; at < lung.length; at++) {
    const x = grid.x[at]!;
    const y = grid.y[at]!;
    const d = Math.abs(x);
    const half = cage.half(y);
    if (d >= half) continue;
    const under = y - cage.diaphragm(x);
    // Behind the dome the lung reaches deeper than its visible edge.
    const above = under < -edge ? 1 : Math.max(smooth(edge, -edge, under), 0.13 * Math.exp(-under / 2.2));
    const inner = (x < 0 ? right : left).at(y);
    // The lungs meet behind the heart without an edge; the great vessels above have one.
    const soft = edge + 1.4 * smooth(heartY - 1, heartY + 3, y);
    const beside = 0.2 + 0.8 * smooth(inner - soft, inner + soft, d);
    const way = depth.at(y) * Math.sqrt(1 - (d / half) ** 2);
    const past = heart[at]! > 0 ? Math.max(0.2, 1 - (1.8 * heart[at]!) / way) : 1;
    lung[at] = way * above * Math.min(beside, past);
  }
}

function drawAir(grid: Grid, air: Float32Array, anatomy: Anatomy, taking: Taking, cage: Cage): void {
  const bow = 0.3 + 0.4 * anatomy.scoliosis;
  const carina = 5.6;
  drawTube(grid, air, { x0: bow * 0.3, y0: -14, x1: bow, y1: carina, r0: 0.85, r1: 0.8 });
  drawTube(grid, air, { x0: bow, y0: carina, x1: bow - 3, y1: carina + 2.4, r0: 0.65, r1: 0.4 });
  drawTube(grid, air, { x0: bow, y0: carina, x1: bow + 3.6, y1: carina + 2.5, r0: 0.6, r1: 0.35 });
  const bubble = taking.gastricBubble;
  if (bubble === 0) return;
  const stomach: Ellipse = {
    x: 5.6,
    y: cage.dome(1) + 0.9 + bubble * 0.55,
    a: bubble,
    b: bubble * 0.55,
    tilt: 0.1,
  };
  grid.near(stomach.x, stomach.y, stomach.x, stomach.y, bubble, (at) => {
    air[at] = Math.max(air[at]!, 2 * bubble * throughEllipse(stomach, grid.x[at]!, grid.y[at]!));
  });
}
