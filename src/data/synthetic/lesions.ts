// How findings change the lungs of a phantom, and the exact mask of each. What is drawn at random about them is in
// findings.ts.

import type { Rng } from '../../util/rng.ts';
import type { Edema, Effusion, Findings, Lesion, Pneumothorax, SyntheticFinding } from './findings.ts';
import { type Grid, Noise, smooth, throughEllipse } from './shapes.ts';
import { type Cage, LUNG_DENSITY, type Thorax } from './thorax.ts';

/** size * size values of 0 and 1 per finding that is present. */
export type Masks = Partial<Record<SyntheticFinding, Uint8Array>>;

export interface Changed {
  readonly masks: Masks;
  /** Where air lies beside the lung and no vessel runs: 0..1. */
  readonly outside: Float32Array;
  /** cm of tissue added: nodules, pleural line. */
  readonly extra: Float32Array;
}

/** Changes the density of the lungs in place. */
export function applyFindings(grid: Grid, thorax: Thorax, findings: Findings, rng: Rng): Changed {
  const masks: Masks = {};
  const changed = { masks, outside: grid.layer(), extra: grid.layer() };
  const { opacities, edema, effusion, pneumothorax, nodules } = findings;
  if (opacities.length > 0) masks.Opacity = addOpacities(grid, thorax, opacities, rng);
  if (edema) masks.Edema = addEdema(grid, thorax, edema, rng);
  if (nodules.length > 0) masks.Nodule = addNodules(grid, thorax, nodules, changed.extra);
  if (pneumothorax) masks.Pneumothorax = addPneumothorax(grid, thorax, pneumothorax, changed);
  if (effusion) masks.Effusion = addEffusion(grid, thorax, effusion);
  return changed;
}

const emptyMask = (grid: Grid) => new Uint8Array(grid.size * grid.size);

/** Fills a share of the air at a pixel; shares add up like fillings, never beyond full. */
function fill(thorax: Thorax, at: number, share: number): void {
  thorax.density[at] = 1 - (1 - thorax.density[at]!) * (1 - share);
}

/** Consolidation: cloudy, without a sharp border. */
function addOpacities(grid: Grid, thorax: Thorax, lesions: readonly Lesion[], rng: Rng): Uint8Array {
  const mask = emptyMask(grid);
  const clouds = new Noise(rng, 1.7);
  for (const { x, y, radius, strength } of lesions) {
    const reach = radius * 1.4;
    grid.near(x, y, x, y, reach, (at) => {
      const dx = grid.x[at]! - x;
      const dy = grid.y[at]! - y;
      const cloud = clouds.at(grid.x[at]!, grid.y[at]!);
      const share = strength * smooth(1.25, 0.35, Math.hypot(dx, dy) / radius + 1.1 * (0.5 - cloud));
      if (share <= 0) return;
      fill(thorax, at, share);
      if (share > 0.12 && thorax.lung[at]! > 1) mask[at] = 1;
    });
  }
  return mask;
}

/** Haze that thins out from the hila towards the walls. */
function addEdema(grid: Grid, thorax: Thorax, { y, radius, right, left }: Edema, rng: Rng): Uint8Array {
  const mask = emptyMask(grid);
  const clouds = new Noise(rng, 1.7);
  for (let at = 0; at < mask.length; at++) {
    if (thorax.lung[at]! < 0.3) continue;
    const x = grid.x[at]!;
    const away = Math.hypot((Math.abs(x) - 4.5) / radius, (grid.y[at]! - y) / (1.3 * radius));
    const cloud = clouds.at(x, grid.y[at]!);
    const share = (x < 0 ? right : left) * smooth(1.25, 0.35, away + 0.9 * (0.5 - cloud));
    if (share <= 0) continue;
    fill(thorax, at, share);
    if (share > 0.08 && thorax.lung[at]! > 1) mask[at] = 1;
  }
  return mask;
}

/** A round ball in the air of the lung: it adds the ray's way through it, less the lung it replaces. */
function addNodules(grid: Grid, thorax: Thorax, lesions: readonly Lesion[], extra: Float32Array): Uint8Array {
  const mask = emptyMask(grid);
  for (const { x, y, radius, strength } of lesions) {
    const ball = { x, y, a: radius, b: radius, tilt: 0 };
    grid.near(x, y, x, y, radius, (at) => {
      const through = throughEllipse(ball, grid.x[at]!, grid.y[at]!);
      if (through === 0) return;
      const way = Math.min(thorax.lung[at]!, 2 * radius * through);
      extra[at] = extra[at]! + strength * (1 - LUNG_DENSITY) * way;
      mask[at] = 1;
    });
  }
  return mask;
}

/** Fluid at the base with a rising rim at the wall, or a veil when the patient lies. */
function addEffusion(grid: Grid, thorax: Thorax, { sides, height, veil }: Effusion): Uint8Array {
  const mask = emptyMask(grid);
  const { cage, lung } = thorax;
  for (let at = 0; at < mask.length; at++) {
    const x = grid.x[at]!;
    const y = grid.y[at]!;
    const side = x < 0 ? -1 : 1;
    if (!sides.includes(side) || lung[at]! < 0.3) continue;
    const half = cage.half(y);
    const angle = cage.diaphragm(side * 0.97 * half);
    const outward = Math.min(1, Math.abs(x) / half);
    const level = angle - height * (0.6 + 0.4 * outward ** 3);
    // It ends beside the spine without an edge.
    const standing = smooth(level - 0.5, level + 1.6, y) * smooth(1, 5, Math.abs(x));
    const lying = 0.42 * smooth(angle - 3.2 * height, angle, y);
    const share = 0.92 * standing * (1 - veil) + lying * veil;
    if (share <= 0.02) continue;
    fill(thorax, at, share);
    if (share > 0.15) mask[at] = 1;
  }
  return mask;
}

/** Air between lung and chest wall: darker, without vessels, bounded by the thin line of the pleura. */
function addPneumothorax(
  grid: Grid,
  thorax: Thorax,
  { side, gap, apical }: Pneumothorax,
  { outside, extra }: Pick<Changed, 'outside' | 'extra'>,
): Uint8Array {
  const mask = emptyMask(grid);
  const { cage, lung, density } = thorax;
  const edge = 0.5 * grid.pitch + 0.05;
  for (let at = 0; at < mask.length; at++) {
    const x = grid.x[at]!;
    if (x * side <= 0 || lung[at]! < 0.3) continue;
    const boundary = pleura(cage, grid.y[at]!, gap, apical);
    const beyond = Math.abs(x) - boundary;
    const air = smooth(-edge, edge, beyond);
    outside[at] = air;
    density[at] = density[at]! * (1 - 0.85 * air) + (1 - air) * 0.025 * gap;
    extra[at] = extra[at]! + 0.45 * Math.exp(-((beyond / (0.12 + 0.4 * grid.pitch)) ** 2));
    if (air > 0.5) mask[at] = 1;
  }
  return mask;
}

/** Half width of the collapsed lung: the cage moved down and in, touching it again at the base. */
function pleura(cage: Cage, y: number, gap: number, apical: number): number {
  return cage.half(y - apical * gap) - gap * smooth(20, 6, y);
}
