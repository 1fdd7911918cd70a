// The person behind the films: sizes drawn once per patient and shared by all of the patient's films, and how
// one film of that person was taken. Numbers are those of adults, in cm; they need to be plausible, not exact.

import { Rng } from '../../util/rng.ts';
import type { DifficultyRow, Range } from './difficulty.ts';
import type { Pose, Segment } from './shapes.ts';

export interface Anatomy {
  /** Half the inner width of the rib cage at its widest. */
  readonly cageHalf: number;
  /** Height of the lungs from apex to diaphragm. */
  readonly lungHeight: number;
  /** Half the depth of the lungs, front to back. */
  readonly lungDepth: number;
  /** Soft tissue outside the ribs. */
  readonly wall: number;
  /** Depth of the breasts; 0 for none. */
  readonly breast: number;
  /** Transverse heart over twice `cageHalf`. */
  readonly heartRatio: number;
  readonly heartTilt: number;
  /** Half width of the upper mediastinum. */
  readonly mediastinum: number;
  readonly aorticKnob: number;
  /** How far the right dome stands above the left. */
  readonly domeStep: number;
  readonly domeCurve: number;
  /** Sideways bow of the spine. */
  readonly scoliosis: number;
  readonly boneDensity: number;
  readonly ribSlope: number;
  readonly ribSpacing: number;
  readonly vessels: readonly Segment[];
  /** Key of the noise that is the patient's lung texture. */
  readonly texture: number;
}

/** How one film was taken. */
export interface Taking {
  readonly pose: Pose;
  /** Front to back: the heart is enlarged and the scapulae lie over the lungs. */
  readonly ap: boolean;
  /** Descent of the diaphragm against the patient's mean, cm. */
  readonly breath: number;
  /** Phase of the heart beat as a factor of its width. */
  readonly beat: number;
  /** Factor of all attenuation: beam hardness. */
  readonly contrast: number;
  /** Share of scattered radiation. */
  readonly scatter: number;
  readonly noise: number;
  readonly gamma: number;
  /** Shift of the display window, share of its width. */
  readonly windowShift: number;
  readonly windowWidth: number;
  /** Unexposed border left, top, right, bottom, cm. */
  readonly borders: readonly [number, number, number, number];
  readonly gastricBubble: number;
  readonly scapulaOut: number;
  /** Place of the side marker, or null. */
  readonly marker: { readonly x: number; readonly y: number } | null;
}

const spread = (rng: Rng, mean: number, sd: number): number =>
  mean + sd * Math.max(-2.2, Math.min(2.2, rng.normal()));

export function drawAnatomy(
  seed: number,
  patient: number,
  { people }: Pick<DifficultyRow, 'people'>,
): Anatomy {
  const rng = new Rng(seed, 'synthetic', patient, 0);
  const about = (mean: number, sd: number): number => spread(rng, mean, people * sd);
  const female = rng.chance(0.5);
  const build = about(female ? 0.95 : 1.03, 0.045);
  return {
    cageHalf: about(13.1, 0.5) * build,
    lungHeight: about(23.2, 1.2) * build,
    lungDepth: about(8.6, 0.6) * build,
    wall: Math.abs(about(2.6, 1)) + 0.6,
    breast: female ? 0.5 * (Math.abs(about(1.5, 0.7)) + 0.4) : 0,
    heartRatio: 0.458 + people * rng.uniform(-0.048, 0.048),
    heartTilt: about(0.66, 0.1),
    mediastinum: about(3.1, 0.25),
    aorticKnob: about(1.6, 0.3),
    domeStep: about(1.3, 0.6),
    domeCurve: about(4.3, 0.6),
    scoliosis: about(0, 0.45),
    boneDensity: about(1, 0.15),
    ribSlope: about(1, 0.12),
    ribSpacing: about(2.35, 0.1) * build,
    vessels: [-1, 1].flatMap((side) => drawVessels(rng, side)),
    texture: rng.word(),
  };
}

/** A branching tree from the hilum outwards. */
function drawVessels(rng: Rng, side: number): Segment[] {
  const segments: Segment[] = [];
  const grow = (x: number, y: number, angle: number, radius: number, steps: number) => {
    for (let step = 0; step < steps; step++) {
      const length = rng.uniform(0.9, 1.5);
      const x1 = x + side * Math.cos(angle) * length;
      const y1 = y + Math.sin(angle) * length;
      const r1 = radius * rng.uniform(0.8, 0.92);
      segments.push({ x0: x, y0: y, x1, y1, r0: radius, r1 });
      if (radius > 0.13 && rng.chance(0.55)) {
        const turn = (rng.chance(0.5) ? 1 : -1) * rng.uniform(0.4, 0.9);
        grow(x1, y1, angle + turn, r1 * rng.uniform(0.5, 0.75), steps - step);
      }
      x = x1;
      y = y1;
      radius = r1;
      angle += rng.uniform(-0.22, 0.22);
    }
  };
  const hilumY = side < 0 ? 8.6 : 7.8;
  for (const angle of [-1.25, -0.8, -0.3, 0.15, 0.55, 0.9, 1.2, 1.45]) {
    const a = angle + rng.uniform(-0.15, 0.15);
    grow(side * rng.uniform(2.7, 3.4), hilumY + a, a, rng.uniform(0.42, 0.72), 9);
  }
  return segments;
}

const logUniform = (rng: Rng, [low, high]: Range) => low * (high / low) ** rng.uniform();

export function drawTaking(rng: Rng, row: DifficultyRow): Taking {
  const about = (reach: number) => rng.uniform(-reach, reach);
  const ap = rng.chance(0.4);
  const border = () => (rng.chance(0.2) ? rng.uniform(0.3, 1.6) : 0);
  return {
    pose: {
      shiftX: about(row.shift),
      shiftY: about(row.shift),
      tilt: about(row.tilt),
      zoom: logUniform(rng, row.zoom),
    },
    ap,
    breath: spread(rng, ap ? -1.2 : 0, 0.9),
    beat: spread(rng, ap ? 1.06 : 1, 0.02),
    contrast: spread(rng, 1, 0.09),
    scatter: rng.uniform(0.06, 0.2) + (ap ? 0.06 : 0),
    noise: logUniform(rng, row.noise),
    gamma: logUniform(rng, row.gamma),
    windowShift: about(row.windowShift),
    windowWidth: logUniform(rng, row.windowWidth),
    borders: [border(), border(), border(), border()],
    gastricBubble: rng.chance(0.6) ? rng.uniform(1, 3.2) : 0,
    scapulaOut: ap ? rng.uniform(-0.8, 1.2) : rng.uniform(1.5, 4),
    marker: rng.chance(0.7) ? { x: rng.uniform(13, 16.5), y: rng.uniform(-17.5, -12) } : null,
  };
}
