// The five findings of the phantom: what is drawn at random about each, how it changes the lungs, and its mask.
// Subtle and plain cases alike, so that neither a bright pixel nor its absence gives a finding away.

import type { Rng } from '../../util/rng.ts';
import type { Anatomy } from './anatomy.ts';
import { type Grid, Noise, smooth, throughEllipse } from './shapes.ts';
import { APEX_Y, type Cage, LUNG_DENSITY, type Thorax } from './thorax.ts';

export const SYNTHETIC_FINDINGS = ['Opacity', 'Nodule', 'Effusion', 'Cardiomegaly', 'Pneumothorax'] as const;
export type SyntheticFinding = (typeof SYNTHETIC_FINDINGS)[number];

/** -1: the patient's right lung, left on the film. */
type Side = -1 | 1;

export interface Lesion {
  readonly x: number;
  readonly y: number;
  /** Radius, cm. */
  readonly radius: number;
  /** 0..1, how much of the air is gone. */
  readonly strength: number;
}

export interface Effusion {
  readonly side: Side;
  /** Height of the fluid at the chest wall above the costophrenic angle, cm. */
  readonly height: number;
  /** 0: standing, with a meniscus. 1: lying, a veil over the whole side. */
  readonly veil: number;
}

export interface Pneumothorax {
  readonly side: Side;
  /** Width of the air beside and above the lung, cm. */
  readonly gap: number;
  readonly apical: number;
}

/** What is wrong on one film; the heart's size belongs to the patient. */
export interface Findings {
  readonly opacities: readonly Lesion[];
  readonly nodules: readonly Lesion[];
  readonly effusion: Effusion | null;
  readonly pneumothorax: Pneumothorax | null;
  readonly cardiomegaly: boolean;
}

const side = (rng: Rng): Side => (rng.chance(0.5) ? 1 : -1);

function placeInLung(rng: Rng, anatomy: Anatomy, margin: number): { x: number; y: number } {
  const y = rng.uniform(2, 0.74 * anatomy.lungHeight + APEX_Y);
  const outer = 0.87 * anatomy.cageHalf - margin;
  return { x: side(rng) * rng.uniform(4 + 0.1 * y, outer), y };
}

export function drawOpacities(rng: Rng, anatomy: Anatomy): Lesion[] {
  return Array.from({ length: rng.chance(0.3) ? 2 : 1 }, () => ({
    ...placeInLung(rng, anatomy, 1.5),
    radius: rng.uniform(2.4, 5.5),
    strength: rng.uniform(0.35, 0.8),
  }));
}

export function drawNodules(rng: Rng, anatomy: Anatomy): Lesion[] {
  return Array.from({ length: 1 + rng.int(3) }, () => ({
    ...placeInLung(rng, anatomy, 1),
    radius: rng.uniform(0.9, 2),
    strength: rng.uniform(0.75, 1),
  }));
}

export function drawEffusion(rng: Rng): Effusion {
  return { side: side(rng), height: rng.uniform(3.5, 11), veil: rng.chance(0.25) ? rng.uniform(0.5, 1) : 0 };
}

export function drawPneumothorax(rng: Rng): Pneumothorax {
  return { side: side(rng), gap: rng.uniform(0.9, 3.6), apical: rng.uniform(0.8, 2) };
}

export type Masks = Partial<Record<SyntheticFinding, Uint8Array>>;

export interface Changed {
  readonly masks: Masks;
  /** Where air lies beside the lung and no vessel runs: 0..1. */
  readonly outside: Float32Array;
  /** cm of tissue added: pleural line. */
  readonly extra: Float32Array;
}

/** Changes density and heart of the thorax in place. */
export function applyFindings(grid: Grid, thorax: Thorax, findings: Findings, rng: Rng): Changed {
  const masks: Masks = {};
  const changed = { masks, outside: grid.layer(), extra: grid.layer() };
  if (findings.opacities.length > 0) masks.Opacity = addOpacities(grid, thorax, findings.opacities, rng);
  if (findings.nodules.length > 0) masks.Nodule = addNodules(grid, thorax, findings.nodules, changed.extra);
  if (findings.pneumothorax)
    masks.Pneumothorax = addPneumothorax(grid, thorax, findings.pneumothorax, changed);
  if (findings.effusion) masks.Effusion = addEffusion(grid, thorax, findings.effusion);
  if (findings.cardiomegaly) masks.Cardiomegaly = Uint8Array.from(thorax.heart, (way) => Number(way > 0));
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

/** A round tissue ball in the air of the lung: it adds the ray's way through it, less the lung it replaces. */
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
function addEffusion(grid: Grid, thorax: Thorax, { side, height, veil }: Effusion): Uint8Array {
  const mask = emptyMask(grid);
  const { cage, lung } = thorax;
  for (let at = 0; at < mask.length; at++) {
    const x = grid.x[at]!;
    const y = grid.y[at]!;
    if (x * side <= 0 || lung[at]! < 0.3) continue;
    const half = cage.half(y);
    const angle = cage.diaphragm(side * 0.97 * half);
    const outward = Math.min(1, Math.abs(x) / half);
    const level = angle - height * (0.3 + 0.7 * outward ** 3);
    const standing = smooth(level - 0.5, level + 1.6, y);
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
