// The two heads (paper, section III-B). Global: the features through an MLP to z. Local: each attended map is
// summarised on a 4 x 4 grid by the level operator, the five are projected and summed by one dense layer over
// their channels side by side, and an MLP makes d. The parity specification, section 2, shows that this equals
// the published resize, 1x1 convolutions, sum and pooling exactly.

import { type Tensor, tf } from '../gpu/kernel.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from '../gpu/kernels/dense/dense.ts';
import { type LevelPlace, levelPool, levelPoolGrad } from '../gpu/kernels/pool/levelPool.ts';
import { linear, linearNorm, type Pass, reshape } from '../nn/layers.ts';
import { LEVEL_BIASES, LEVEL_WEIGHTS, type ModelShape, projectorLayers } from './architecture.ts';

/** Linear, batch norm, ReLU, twice; then linear and, as published, batch norm. */
export function projector(pass: Pass, head: 'global' | 'local', shape: ModelShape, x: Tensor): Tensor {
  return projectorLayers(head, shape).reduce(
    (input, { linear: name, norm }, i) =>
      norm ? linearNorm(pass, name, norm, input, i < 2) : linear(pass, name, input),
    x,
  );
}

/** What summing up the levels needs beside their maps. */
export interface LevelMatrices {
  /** As packLevelMatrices made them. */
  readonly matrices: Tensor;
  readonly places: readonly LevelPlace[];
}

/**
 * The summaries of all levels side by side, [N, 16, sum C_l], written into `memory` a level at a time as the encoder
 * makes them, so that no attended map must wait for the others.
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
    const [summary] = levelPool({ a: map, matrices, summary: before }, { place });
    this.#summary = summary!;
    tape?.record({
      outputs: [summary!],
      saved: [],
      backward(dout) {
        const share = (prior: Tensor | null) =>
          levelPoolGrad({ prior: prior ?? dout, matrices, dout }, { place, onto: prior !== null })[0]!;
        if (tape.mayOverwrite) tape.giveOnto(map, share);
        else tape.give(map, share(null));
        // All columns go on: each level reads its own alone.
        if (level > 1) tape.give(before, dout.clone());
      },
    });
    if (!tape || level === 1) before.dispose();
  }

  get summary(): Tensor {
    return this.#summary;
  }
}

/** The sum over levels of their 1x1 convolutions, position-major: [N, 16 * levelChannels]. */
export function projectedLevels(pass: Pass, pooled: Tensor, ones: Tensor): Tensor {
  const [films, positions, channels] = pooled.shape as [number, number, number];
  const w = pass.parameters.get(LEVEL_WEIGHTS);
  const biases = pass.parameters.get(LEVEL_BIASES);
  const rows = reshape(pass, pooled, [films * positions, channels]);
  const [bias] = columnSums({ dy: biases }, {});
  const [sum] = dense({ x: rows, w, b: bias! }, { bias: true });
  bias!.dispose();
  pass.tape?.record({
    outputs: [sum!],
    saved: [],
    backward(dy) {
      const tape = pass.tape!;
      tape.give(rows, denseInputGrad({ dy, w }, {})[0]!);
      if (!tape.wants(LEVEL_WEIGHTS)) return;
      tape.giveParameter(LEVEL_WEIGHTS, denseFilterGrad({ x: rows, dy }, {})[0]!);
      // Each of the five biases has the same gradient, the column sums: a product with ones makes all five.
      tape.giveParameter(LEVEL_BIASES, denseFilterGrad({ x: ones, dy }, {})[0]!);
    },
  });
  return reshape(pass, sum!, [films, positions * w.shape[1]!]);
}

/** The `ones` that projectedLevels needs, [N * 16, 5]. */
export const onesForBiases = (films: number) => tf.ones([films * 16, 5]);
