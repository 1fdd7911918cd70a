// The five levels summed up while the encoder makes them: each map on a 4 x 4 grid by the level operator, side by side.
// docs/method.md, Model, shows that with the level convolutions after it this equals the published resize,
// 1x1 convolutions, sum and pooling exactly. MLVICX trains through it; for other methods it is measured alone.

import { keptZeros } from '../../gpu/backend.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import {
  type LevelPlace,
  levelPlaces,
  levelPool,
  levelPoolGrad,
  POOLED_SIDE,
  packLevelMatrices,
} from '../../gpu/kernels/pool/levelPool.ts';
import type { Pass } from '../../nn/layers.ts';
import { levelShapes, levelWidths } from './network.ts';

/** What summing up the levels needs beside their maps. */
export interface LevelMatrices {
  /** As packLevelMatrices made them. */
  readonly matrices: Tensor;
  readonly places: readonly LevelPlace[];
}

/**
 * The summaries of all levels side by side, [N, 16, sum C_l], written into `memory` a level at a time as the encoder
 * makes them, so that no map must wait for the others.
 */
export class PooledLevels {
  readonly #pass: Pass;
  readonly #shared: LevelMatrices;
  #summary: Tensor;

  constructor(pass: Pass, shared: LevelMatrices, memory: Tensor) {
    this.#pass = pass;
    this.#shared = shared;
    this.#summary = memory.clone();
  }

  /** Level 1 to 5. */
  add(level: number, map: Tensor): void {
    const { matrices, places } = this.#shared;
    const { tape } = this.#pass;
    const place = places[level - 1]!;
    const before = this.#summary;
    const summary = levelPool.one({ a: map, matrices, summary: before }, { place });
    this.#summary = summary;
    tape?.record({
      outputs: [summary],
      saved: [],
      backward(dout) {
        const share = (prior: Tensor | null) =>
          levelPoolGrad.one({ prior: prior ?? dout, matrices, dout }, { place, onto: prior !== null });
        if (tape.ownsGradients) tape.accumulateOnto(map, share);
        else tape.accumulate(map, share(null));
        // All columns go on: each level reads its own alone.
        if (level > 1) tape.accumulate(before, dout.clone());
      },
    });
    if (!tape || level === 1) before.dispose();
  }

  get summary(): Tensor {
    return this.#summary;
  }
}

/** The matrices of the level operator for images of a size; `levelSize` is the side to which the published code resizes. */
export function levelMatrices(
  width: number,
  levelSize: number,
  height: number,
  across: number,
): LevelMatrices {
  const maps = levelShapes(width, height, across);
  const packed = packLevelMatrices(
    levelSize,
    maps.map(([h, w]) => [h, w] as const),
  );
  return { matrices: tf.keep(tf.tensor1d(packed)), places: levelPlaces(maps) };
}

/** Memory for the summaries of the levels, every number of which is written in every pass. */
export function summaryMemory(width: number, films: number): Tensor {
  const channels = levelWidths(width).reduce((a, b) => a + b, 0);
  return keptZeros([films, POOLED_SIDE * POOLED_SIDE, channels]);
}
