// The five findings of the built-in sets and what is drawn at random about each. How they change the lungs, and their masks,
// are in lesions.ts. Subtle and plain cases alike, so that neither a bright pixel nor its absence gives a finding away.

import type { Rng } from '../../util/rng.ts';
import type { Anatomy } from './anatomy.ts';
import type { DifficultyRow } from './difficulty.ts';
import { APEX_Y } from './thorax.ts';

/** The last needs the finest look of them: it is the hard one. */
export const SYNTHETIC_FINDINGS = ['Opacity', 'Edema', 'Effusion', 'Pneumothorax', 'Nodule'] as const;
export type SyntheticFinding = (typeof SYNTHETIC_FINDINGS)[number];

/** -1: the patient's right lung, left on the film. */
type Side = -1 | 1;

export interface Lesion {
  readonly x: number;
  readonly y: number;
  /** Radius, cm. */
  readonly radius: number;
  /** 0..1, how much of the air is gone; of a nodule, its density against tissue. */
  readonly strength: number;
}

/** Haze about both hila, more on one side than on the other. */
export interface Edema {
  /** Height of its middle, cm. */
  readonly y: number;
  /** Half its width, cm. */
  readonly radius: number;
  /** 0..1, how much of the air is gone, right and left. */
  readonly right: number;
  readonly left: number;
}

export interface Effusion {
  readonly sides: readonly Side[];
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

/** What is wrong on one film. */
export interface Findings {
  readonly opacities: readonly Lesion[];
  readonly edema: Edema | null;
  readonly effusion: Effusion | null;
  readonly pneumothorax: Pneumothorax | null;
  readonly nodules: readonly Lesion[];
}

const side = (rng: Rng): Side => (rng.chance(0.5) ? 1 : -1);

function placeInLung(rng: Rng, anatomy: Anatomy, margin: number): { x: number; y: number } {
  const y = rng.uniform(2, 0.74 * anatomy.lungHeight + APEX_Y);
  const outer = 0.87 * anatomy.cageHalf - margin;
  return { x: side(rng) * rng.uniform(4 + 0.1 * y, outer), y };
}

function drawOpacities(rng: Rng, anatomy: Anatomy, { opacity }: DifficultyRow): Lesion[] {
  return Array.from({ length: rng.chance(0.3) ? 2 : 1 }, () => ({
    ...placeInLung(rng, anatomy, 1.5),
    radius: rng.uniform(...opacity.radius),
    strength: rng.uniform(...opacity.strength),
  }));
}

function drawEdema(rng: Rng, { edema }: DifficultyRow): Edema {
  const strength = rng.uniform(...edema.strength);
  const leaning = rng.int(3);
  return {
    y: rng.uniform(7, 10),
    radius: rng.uniform(...edema.radius),
    right: leaning === 1 ? 0.7 * strength : strength,
    left: leaning === 2 ? 0.7 * strength : strength,
  };
}

const drawEffusion = (rng: Rng, { effusion }: DifficultyRow): Effusion => ({
  sides: rng.chance(0.5) ? [-1, 1] : [side(rng)],
  height: rng.uniform(...effusion.height),
  veil: rng.chance(0.25) ? rng.uniform(0.5, 1) : 0,
});

const drawPneumothorax = (rng: Rng, { pneumothorax }: DifficultyRow): Pneumothorax => ({
  side: side(rng),
  gap: rng.uniform(...pneumothorax.gap),
  apical: rng.uniform(0.8, 2),
});

function drawNodules(rng: Rng, anatomy: Anatomy, { nodules }: DifficultyRow): Lesion[] {
  return Array.from({ length: Math.round(rng.uniform(...nodules.count)) }, () => ({
    ...placeInLung(rng, anatomy, 1),
    radius: rng.uniform(...nodules.radius),
    strength: nodules.density * rng.uniform(0.75, 1),
  }));
}

/** What the shown findings look like on one film. */
export function drawFindings(
  rng: Rng,
  anatomy: Anatomy,
  row: DifficultyRow,
  shown: ReadonlySet<SyntheticFinding>,
): Findings {
  return {
    opacities: shown.has('Opacity') ? drawOpacities(rng, anatomy, row) : [],
    edema: shown.has('Edema') ? drawEdema(rng, row) : null,
    effusion: shown.has('Effusion') ? drawEffusion(rng, row) : null,
    pneumothorax: shown.has('Pneumothorax') ? drawPneumothorax(rng, row) : null,
    nodules: shown.has('Nodule') ? drawNodules(rng, anatomy, row) : [],
  };
}
