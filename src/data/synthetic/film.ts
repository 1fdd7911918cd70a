// One synthetic film: tissue, lung and bone along each ray, weakened as X-rays are (the exponent of minus the
// sum), scattered, made noisy and shown through a display window. Returns the film with a mask per finding.

import { Rng } from '../../util/rng.ts';
import type { Anatomy, Taking } from './anatomy.ts';
import { drawBones } from './bones.ts';
import type { Findings } from './findings.ts';
import { applyFindings, type Changed, type Masks } from './lesions.ts';
import { drawTube, FIELD, Grid, Noise, smooth } from './shapes.ts';
import { drawThorax, type Thorax } from './thorax.ts';
import { burnMarker } from './traps.ts';

/** Attenuation per cm at chest energies. */
const TISSUE = 0.19;
const BONE_EXTRA = 0.34;

export interface SyntheticFilm {
  /** size * size bytes, row-major, 0 is black. */
  readonly plane: Uint8Array;
  /** size * size values of 0 and 1 per finding that is present. */
  readonly masks: Masks;
}

export interface FilmSpec {
  readonly anatomy: Anatomy;
  readonly taking: Taking;
  readonly findings: Findings;
  /** Key of everything random in the rendering. */
  readonly seed: number;
  /** Carries the marker of traps.ts. */
  readonly burnt?: boolean;
}

export function renderFilm(spec: FilmSpec, size: number): SyntheticFilm {
  const { anatomy, taking, findings, seed, burnt } = spec;
  const grid = new Grid(size, taking.pose);
  const rng = new Rng(seed, 'synthetic', 1);
  const thorax = drawThorax(grid, anatomy, taking);
  const changed = applyFindings(grid, thorax, findings, rng);
  const bone = drawBones(grid, anatomy, taking, thorax.cage);
  const sums = attenuation(grid, anatomy, thorax, changed, bone);
  const intensity = expose(sums, size, taking, rng);
  const plane = display(intensity, thorax.body, grid, taking);
  if (burnt) burnMarker(plane, size);
  return { plane, masks: changed.masks };
}

/** The masks of the same film alone, which cost a fraction of it. */
export function renderMasks({ anatomy, taking, findings, seed }: FilmSpec, size: number): Masks {
  const grid = new Grid(size, taking.pose);
  const thorax = drawThorax(grid, anatomy, taking);
  return applyFindings(grid, thorax, findings, new Rng(seed, 'synthetic', 1)).masks;
}

/** Sum of attenuations along each ray, before the beam's hardness. */
function attenuation(
  grid: Grid,
  anatomy: Anatomy,
  thorax: Thorax,
  changed: Changed,
  bone: Float32Array,
): Float32Array {
  const { body, lung, density, air } = thorax;
  const vessels = grid.layer();
  for (const segment of anatomy.vessels) drawTube(grid, vessels, segment);
  const texture = new Noise(new Rng(anatomy.texture, 'synthetic', 2), 0.9);
  const sums = grid.layer();
  for (let at = 0; at < sums.length; at++) {
    if (body[at]! === 0) continue;
    const inside = 1 - changed.outside[at]!;
    const aerated = 1 - density[at]!;
    let tissue = body[at]! - lung[at]! * aerated - Math.min(air[at]!, 0.4 * body[at]!);
    if (lung[at]! > 0.5) {
      const grain = 0.8 * (texture.at(grid.x[at]!, grid.y[at]!) - 0.5);
      const seen = smooth(0.5, 4, lung[at]!) * inside * aerated;
      tissue += (2.6 * vessels[at]! + grain) * seen + changed.extra[at]!;
    }
    sums[at] = TISSUE * Math.max(0.3, tissue) + BONE_EXTRA * bone[at]!;
  }
  return sums;
}

/** What reaches the detector, relative to the unweakened beam, with scatter and quantum noise. */
function expose(sums: Float32Array, size: number, taking: Taking, rng: Rng): Float32Array {
  const primary = new Float32Array(sums.length);
  for (let at = 0; at < sums.length; at++) primary[at] = Math.exp(-taking.contrast * sums[at]!);
  const spread = blur(primary, size, Math.max(1, Math.round(size / 16)));
  const noise = grain(size, rng);
  for (let at = 0; at < primary.length; at++) {
    // Scatter comes from the body, so it is weak where the beam passes beside it.
    const reached = primary[at]! + taking.scatter * Math.min(spread[at]!, 0.1);
    primary[at] = reached + taking.noise * noise[at]! * Math.sqrt(reached * 0.06);
  }
  return primary;
}

/** Noise of about unit variance, correlated over a pixel or so. */
function grain(size: number, rng: Rng): Float32Array {
  const white = new Float32Array(size * (size + 1) + 1);
  for (let at = 0; at < white.length; at++) {
    const word = rng.word();
    white[at] = ((word & 0xffff) + (word >>> 16)) / 32768 - 2;
  }
  // A sum of two uniforms, each 2 wide, has variance 2/3; the weights below leave 0.375 of it.
  const scale = 2;
  const noise = new Float32Array(size * size);
  for (let at = 0; at < noise.length; at++) {
    noise[at] = scale * (0.5 * white[at]! + 0.25 * white[at + 1]! + 0.25 * white[at + size]!);
  }
  return noise;
}

/** Two passes of a box mean over rows and columns: wide and smooth. */
function blur(values: Float32Array, size: number, radius: number): Float32Array {
  let from = values;
  for (let pass = 0; pass < 2; pass++) {
    from = boxMean(from, size, radius, 1, size);
    from = boxMean(from, size, radius, size, 1);
  }
  return from;
}

/** A sliding mean along every line; beyond the ends the last value goes on. */
function boxMean(values: Float32Array, size: number, radius: number, step: number, line: number) {
  const result = new Float32Array(values.length);
  const share = 1 / (2 * radius + 1);
  for (let each = 0; each < size; each++) {
    const first = each * line;
    const last = first + (size - 1) * step;
    let sum = (radius + 1) * values[first]!;
    for (let i = 1; i <= radius; i++) sum += values[Math.min(last, first + i * step)]!;
    for (let at = first; at <= last; at += step) {
      result[at] = sum * share;
      const next = Math.min(last, at + (radius + 1) * step);
      sum += values[next]! - values[Math.max(first, at - radius * step)]!;
    }
  }
  return result;
}

/** Entries of the table that maps logarithms to bytes. */
const SHADES = 2048;
/** -log of the darkest value that a film can tell from nothing. */
const DARKEST = 8;

/** Logarithm, a window over what the body shows, gamma; then borders and the side marker. */
function display(intensity: Float32Array, body: Float32Array, grid: Grid, taking: Taking): Uint8Array {
  const places = new Uint16Array(intensity.length);
  for (let at = 0; at < places.length; at++) {
    const log = -Math.log(Math.max(1e-4, intensity[at]!));
    places[at] = Math.max(0, Math.min(SHADES - 1, (log * SHADES) / DARKEST));
  }
  const [low, high] = windowOf(places, body);
  const width = (high - low) * 1.15 * taking.windowWidth;
  const floor = (low + high) / 2 - width / 2 + taking.windowShift * (high - low);
  const shades = Uint8Array.from({ length: SHADES }, (_, place) => {
    const share = Math.min(1, Math.max(0, (place - floor) / width));
    return 255 * share ** taking.gamma + 0.5;
  });
  const plane = new Uint8Array(places.length);
  for (let at = 0; at < plane.length; at++) plane[at] = shades[places[at]!]!;
  shutter(plane, grid, taking);
  if (taking.marker) drawMarker(plane, grid, taking.marker);
  return plane;
}

/** First and 98.5th percentile of what lies within the trunk. */
function windowOf(places: Uint16Array, body: Float32Array): [number, number] {
  const counts = new Uint32Array(SHADES);
  let total = 0;
  for (let at = 0; at < places.length; at++) {
    if (body[at]! <= 6) continue;
    counts[places[at]!]!++;
    total++;
  }
  const percentile = (share: number) => {
    let seen = 0;
    return counts.findIndex((count) => {
      seen += count;
      return seen >= share * total;
    });
  };
  return [percentile(0.01), percentile(0.985)];
}

function shutter(plane: Uint8Array, { size, pitch }: Grid, { borders }: Taking): void {
  const [left, top, right, bottom] = borders.map((cm) => Math.round(cm / pitch)) as [
    number,
    number,
    number,
    number,
  ];
  for (let row = 0; row < size; row++) {
    const start = row * size;
    if (row < top || row >= size - bottom) plane.fill(0, start, start + size);
    plane.fill(0, start, start + left);
    plane.fill(0, start + size - right, start + size);
  }
}

/** A lead "L" on the patient's left. */
function drawMarker(plane: Uint8Array, { size, pitch }: Grid, { x, y }: { x: number; y: number }): void {
  const rectangle = (x0: number, y0: number, width: number, height: number) => {
    const at = (cm: number) => Math.min(size, Math.max(0, Math.round((cm + FIELD / 2) / pitch)));
    for (let row = at(y0); row < Math.max(at(y0) + 1, at(y0 + height)); row++) {
      plane.fill(240, row * size + at(x0), row * size + Math.max(at(x0) + 1, at(x0 + width)));
    }
  };
  rectangle(x, y, 0.4, 2);
  rectangle(x, y + 1.6, 1.2, 0.4);
}
