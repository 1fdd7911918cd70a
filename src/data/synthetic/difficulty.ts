// How hard a built-in set is, in one table: how plain its findings are, how strongly films differ without meaning, and how
// large they are drawn. What is not in the table is the same for all.

import type { Config } from '../../config/schema.ts';

export type Difficulty = Config['syntheticDifficulty'];

/** Lowest and highest value of something that is drawn at random. */
export type Range = readonly [low: number, high: number];

/** Lengths are in cm of the body. */
export interface DifficultyRow {
  /** Side of the films, px. */
  readonly side: number;
  /** Share of the air that is gone, and how far the cloud reaches. */
  readonly opacity: { readonly radius: Range; readonly strength: Range };
  /** The same of the haze about the hila. */
  readonly edema: { readonly radius: Range; readonly strength: Range };
  readonly effusion: { readonly height: Range };
  readonly pneumothorax: { readonly gap: Range };
  /** How many, how large, and how dense against tissue. */
  readonly nodules: { readonly count: Range; readonly radius: Range; readonly density: number };
  /** How far the body lies from the centre of the film, cm either way. */
  readonly shift: number;
  /** Factor of its size. */
  readonly zoom: Range;
  /** Turn of the body, radians either way. */
  readonly tilt: number;
  /** Width of the display window against what the body shows, its shift in shares of that, and gamma. */
  readonly windowWidth: Range;
  readonly windowShift: number;
  readonly gamma: Range;
  readonly noise: Range;
  /** Spread of the anatomy among people; 1 is about what grown people have. */
  readonly people: number;
}

export const DIFFICULTIES: Readonly<Record<Difficulty, DifficultyRow>> = {
  classroom: {
    side: 128,
    opacity: { radius: [6, 9], strength: [0.65, 0.95] },
    edema: { radius: [4.5, 6.5], strength: [0.5, 0.8] },
    effusion: { height: [9, 16] },
    pneumothorax: { gap: [3.5, 6.5] },
    nodules: { count: [8, 14], radius: [1.3, 1.9], density: 2 },
    shift: 2.7,
    zoom: [1.1, 1.4],
    tilt: 0.12,
    windowWidth: [0.6, 1.4],
    windowShift: 0.25,
    gamma: [0.7, 1.4],
    noise: [0.01, 0.05],
    people: 0.3,
  },
  fine: {
    side: 256,
    opacity: { radius: [2.6, 5.5], strength: [0.4, 0.8] },
    edema: { radius: [3.5, 5.5], strength: [0.25, 0.6] },
    effusion: { height: [4.5, 12] },
    pneumothorax: { gap: [1.2, 4] },
    nodules: { count: [2, 6], radius: [0.8, 1.6], density: 1.3 },
    shift: 2,
    zoom: [1, 1.3],
    tilt: 0.08,
    windowWidth: [0.9, 1.8],
    windowShift: 0.15,
    gamma: [0.7, 1.4],
    noise: [0.012, 0.05],
    people: 0.7,
  },
};
