// The one problem that every engine solves: configuration, starting weights, images and the small constant matrices.
// All of it is drawn from fixed seeds, so each worker makes the same numbers by itself.

import { presetConfig } from '../../src/config/presets.ts';
import { type Config, parseConfig } from '../../src/config/schema.ts';
import { levelMatrix, POOLED_SIDE } from '../../src/gpu/kernels/pool/levelPool.ts';
import { levelWidths } from '../../src/methods/encoder/network.ts';
import { networkOf } from '../../src/methods/engines.ts';
import { drawFrom } from '../../src/train/initialise.ts';
import { Rng } from '../../src/util/rng.ts';

export const CONFIG = parseConfig(
  {
    imageSize: 64,
    width: 16,
    projectorHidden: 128,
    embeddingDim: 128,
    levelChannels: 128,
    localDim: 128,
    batchSize: 16,
    optimiser: 'adamw',
    weightDecay: 1e-4,
    seed: 7,
  },
  presetConfig('smoke'),
);
export const RATE = 1e-3;
export const VIEWS = 2 * CONFIG.batchSize;
export const WIDTHS = levelWidths(CONFIG.width);

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** AdamW decays it. */
  readonly decays: boolean;
}

/** Every storage of the network with its starting values. */
export function startingWeights(): Weight[] {
  const draw = drawFrom(CONFIG.seed);
  return networkOf(CONFIG).storages.map(({ name, shape, parameters }) => ({
    name,
    shape,
    data: Float32Array.from(parameters.flatMap((parameter) => [...draw(parameter)])),
    decays: parameters[0]!.adapted,
  }));
}

/** [2N, S, S, 3]: the second view is the first with noise, so that the invariance term is of ordinary size. */
export function viewImages(config: Config): { shape: [number, number, number, number]; data: Float32Array } {
  const { imageSize, batchSize, seed } = config;
  const half = batchSize * imageSize * imageSize * 3;
  const rng = new Rng(seed, 'synthetic');
  const data = new Float32Array(2 * half);
  for (let i = 0; i < half; i++) {
    data[i] = rng.normal();
    data[half + i] = 0.8 * data[i]! + 0.6 * rng.normal();
  }
  return { shape: [2 * batchSize, imageSize, imageSize, 3], data };
}

/** Side of each level's map, px. */
export const SIDES = WIDTHS.map((_, level) => CONFIG.imageSize / 2 ** (level + 1));

/** The level operator of a side as one matrix over positions, row-major [16, side * side]. */
export function levelOperator(side: number): Float32Array {
  const matrix = levelMatrix(CONFIG.levelSize, side);
  const positions = POOLED_SIDE * POOLED_SIDE;
  return Float32Array.from({ length: positions * side * side }, (_, i) => {
    const [position, pixel] = [Math.floor(i / (side * side)), i % (side * side)];
    const [py, px] = [Math.floor(position / POOLED_SIDE), position % POOLED_SIDE];
    const [y, x] = [Math.floor(pixel / side), pixel % side];
    return matrix[py * side + y]! * matrix[px * side + x]!;
  });
}

/** An engine under test: one call is one whole training step, and it answers with the loss before the update. */
export interface Engine {
  /** The adapter, where the engine runs on one. */
  readonly adapter: string;
  step(): Promise<number>;
}
