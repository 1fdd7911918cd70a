// Draws the parameters of one augmented view as a plain record; nothing is applied here (gpu/kernels/views/views.ts does).
// On a grey film replicated to three channels saturation, hue and to-greyscale change nothing, so they are not
// drawn. The two views differ only in how often they are blurred and solarised (quirk Q15).

import type { Config } from '../config/schema.ts';
import { Rng } from '../util/rng.ts';

export type ViewSettings = Pick<
  Config,
  | 'imageSize'
  | 'minCropScale'
  | 'flipProbability'
  | 'rotation'
  | 'jitterProbability'
  | 'brightness'
  | 'contrast'
  | 'blurProbability1'
  | 'blurProbability2'
  | 'solariseProbability1'
  | 'solariseProbability2'
>;

/** A rectangle of a film, in pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface JitterOp {
  readonly op: 'brightness' | 'contrast';
  readonly factor: number;
}

export interface ViewParameters {
  readonly box: Box;
  readonly flip: boolean;
  /** Degrees, counter-clockwise as the view is seen; after the flip. */
  readonly rotation: number;
  /** In the order of application; empty for no jitter. */
  readonly jitter: readonly JitterOp[];
  /** Standard deviation of the blur in pixels of the view; null for no blur. */
  readonly sigma: number | null;
  /** Inverts grey values of 128 and more. */
  readonly solarise: boolean;
}

const CROP_ATTEMPTS = 10;
const RATIO_LOW = 3 / 4;
const RATIO_HIGH = 4 / 3;
const SIGMA_LOW = 0.1;
const SIGMA_HIGH = 2;

/** Where the random numbers of one view of a film at a step come from. */
export interface ViewNumbers {
  readonly rng: Rng;
  readonly turns: Rng;
}

export const viewNumbers = (seed: number, view: 1 | 2, step: number, film: number): ViewNumbers => ({
  rng: new Rng(seed, `view${view}`, step, film),
  turns: new Rng(seed, `rotation${view}`, step, film),
});

/** Width of the Gaussian kernel for a view of the given side: about a tenth of it, odd. */
export const blurKernelFor = (imageSize: number) => 2 * Math.floor(imageSize / 20) + 1;

/**
 * Random resized crop as torchvision draws it: up to ten tries for an area share and a log-uniform aspect ratio,
 * then the largest centred crop that keeps the ratio within bounds.
 */
export function drawBox(rng: Rng, width: number, height: number, minScale: number): Box {
  for (let attempt = 0; attempt < CROP_ATTEMPTS; attempt++) {
    const area = width * height * rng.uniform(minScale, 1);
    const ratio = Math.exp(rng.uniform(Math.log(RATIO_LOW), Math.log(RATIO_HIGH)));
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    return { top: rng.int(height - h + 1), left: rng.int(width - w + 1), height: h, width: w };
  }
  const w = width / height > RATIO_HIGH ? Math.max(1, Math.round(height * RATIO_HIGH)) : width;
  const h = width / height < RATIO_LOW ? Math.max(1, Math.round(width / RATIO_LOW)) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}

/**
 * The parameters of view 1 or 2 of a film of the given size. Every choice is drawn whether or not it is used, and
 * the crop, which takes a varying number of draws, comes last: no setting shifts the draws of another. The rotation, which
 * came later, has random numbers of its own (`turns`), so that views without one are those of before.
 */
export function drawView(
  { rng, turns }: ViewNumbers,
  view: 1 | 2,
  width: number,
  height: number,
  config: ViewSettings,
): ViewParameters {
  const flip = rng.chance(config.flipProbability);
  const jittered = rng.chance(config.jitterProbability);
  const brightness = rng.uniform(Math.max(0, 1 - config.brightness), 1 + config.brightness);
  const contrast = rng.uniform(Math.max(0, 1 - config.contrast), 1 + config.contrast);
  const brightnessFirst = rng.chance(0.5);
  const blurred = rng.chance(view === 1 ? config.blurProbability1 : config.blurProbability2);
  const sigma = rng.uniform(SIGMA_LOW, SIGMA_HIGH);
  const solarise = rng.chance(view === 1 ? config.solariseProbability1 : config.solariseProbability2);

  const jitter: JitterOp[] = [];
  if (jittered && config.brightness > 0) jitter.push({ op: 'brightness', factor: brightness });
  if (jittered && config.contrast > 0) jitter.push({ op: 'contrast', factor: contrast });
  if (!brightnessFirst) jitter.reverse();
  return {
    box: drawBox(rng, width, height, config.minCropScale),
    flip,
    rotation: turns.uniform(-config.rotation, config.rotation),
    jitter,
    sigma: blurred ? sigma : null,
    solarise,
  };
}
