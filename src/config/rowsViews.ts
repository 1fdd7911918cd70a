// The rows of the augmented views. What a row must say is in fields.ts, the whole table in schema.ts.

import { type Field, probability } from './fields.ts';

export const VIEW_ROWS = {
  minCropScale: probability({
    default: 0.08,
    quirk: 'Q14',
    label: 'Smallest crop',
    short: 'crop',
    unit: 'of the area',
    help: 'Lower bound of the random crop. 0.08 is the ImageNet default and strong for films; 0.3 keeps more anatomy.',
    source: 'published code',
  }),
  flipProbability: probability({
    default: 0.5,
    label: 'Flip',
    short: 'flip',
    help: 'Chance of a horizontal mirror image.',
    source: 'published code',
  }),
  jitterProbability: probability({
    default: 0.8,
    label: 'Jitter',
    short: 'jit',
    help: 'Chance that brightness and contrast are changed.',
    source: 'published code',
  }),
  brightness: probability({
    default: 0.4,
    label: 'Brightness range',
    short: 'bri',
    help: 'Brightness factor is drawn from 1 minus to 1 plus this.',
    source: 'published code',
  }),
  contrast: probability({
    default: 0.4,
    label: 'Contrast range',
    short: 'con',
    help: 'Contrast factor is drawn from 1 minus to 1 plus this.',
    source: 'published code',
  }),
  blurProbability1: probability({
    default: 1,
    quirk: 'Q15',
    label: 'Blur, view 1',
    short: 'blur1',
    help: 'Chance of a Gaussian blur in view 1. The published views are not exchangeable: view 1 is always blurred.',
    source: 'published code',
  }),
  blurProbability2: probability({
    default: 0.1,
    quirk: 'Q15',
    label: 'Blur, view 2',
    short: 'blur2',
    help: 'Chance of a Gaussian blur in view 2.',
    source: 'published code',
  }),
  solariseProbability1: probability({
    default: 0,
    quirk: 'Q15',
    label: 'Solarise, view 1',
    short: 'sol1',
    help: 'Chance that bright pixels are inverted in view 1.',
    source: 'published code',
  }),
  solariseProbability2: probability({
    default: 0.2,
    quirk: 'Q15',
    label: 'Solarise, view 2',
    short: 'sol2',
    help: 'Chance that bright pixels are inverted in view 2.',
    source: 'published code',
  }),
} as const satisfies Record<string, Field>;
