// MLVICX put together: one batch holding both views goes through the encoder and both heads, the objective is
// measured, and the gradients of every parameter come back by storage name.
// The two views share every kernel; only batch norm keeps their statistics apart (groups = 2).

import { keptZeros } from '../gpu/backend.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import { levelPlaces, POOLED_SIDE, packLevelMatrices } from '../gpu/kernels/pool/levelPool.ts';
import type { Pass } from '../nn/layers.ts';
import { type Draw, Parameters } from '../nn/parameters.ts';
import { Tape } from '../nn/tape.ts';
import {
  architecture,
  LEVEL_BIASES,
  LEVEL_WEIGHTS,
  levelShapes,
  levelWidths,
  type ModelShape,
} from './architecture.ts';
import { type EncoderOptions, type EncoderOutput, encode } from './encoder.ts';
import { type LevelMatrices, onesForBiases, PooledLevels, projectedLevels, projector } from './heads.ts';
import { headLoss } from './objective.ts';

export interface ModelOptions extends ModelShape {
  /** Side to which the published code resizes every level. */
  readonly levelSize: number;
  /** False leaves the level convolutions at their start (quirk Q1). */
  readonly trainLevelConvs: boolean;
  /** True makes the maps within each stage again for the backward pass instead of keeping them. */
  readonly recompute?: boolean;
  /** float16 keeps maps for the backward pass in half their size. */
  readonly keptMaps?: 'float32' | 'float16';
}

export interface Embeddings {
  readonly encoder: EncoderOutput;
  readonly pooled: Tensor;
  readonly local: Tensor;
  readonly z: Tensor;
  readonly d: Tensor;
}

export interface StepTensors {
  /** VICREG_TERMS of either head. */
  readonly globalTerms: Tensor;
  readonly localTerms: Tensor;
  /** Summaries of the five levels, [2N, 16, sum C_l]. */
  readonly pooled: Tensor;
  /** By storage name; empty where a hook took them. */
  readonly gradients: Map<string, Tensor>;
}

export interface StepHooks {
  /** Sees everything before it is walked back and freed; maps that are put away come from the tape's `value`. */
  readonly onForward?: ((made: Embeddings, tape: Tape) => void) | undefined;
  /** As the tape's. */
  readonly onParameter?: ((name: string, gradient: Tensor) => void) | undefined;
}

export class Mlvicx {
  readonly options: ModelOptions;
  readonly parameters: Parameters;
  readonly #matrices = new Map<string, LevelMatrices>();
  readonly #summaries = new Map<number, Tensor>();
  readonly #ones = new Map<number, Tensor>();

  constructor(options: ModelOptions, draw: Draw) {
    this.options = options;
    this.parameters = new Parameters(architecture(options), draw);
  }

  /** Storages that receive gradients. */
  trained(): Set<string> {
    const names = this.parameters.spec.storages.map(({ name }) => name);
    const frozen = (name: string) => name === LEVEL_WEIGHTS || name === LEVEL_BIASES;
    return new Set(names.filter((name) => this.options.trainLevelConvs || !frozen(name)));
  }

  /** The constants that a pass over images of this size needs, made now rather than in the midst of the first pass. */
  constants(films: number, height: number, width: number): Tensor[] {
    const { matrices } = this.#matricesFor(height, width);
    return [matrices, this.#summaryFor(films), this.#onesFor(films)];
  }

  /** Everything from images [N, H, W, 3] to both embeddings. */
  embed(pass: Pass, images: Tensor): Embeddings {
    const [films, height, width] = images.shape as [number, number, number];
    const levels = new PooledLevels(pass, this.#matricesFor(height, width), this.#summaryFor(films));
    const onLevel = (level: number, map: Tensor) => levels.add(level, map);
    const encoder = encode(pass, images, { bottlenecks: true, onLevel });
    const z = projector(pass, 'global', this.options, encoder.features);
    const pooled = levels.summary;
    const local = projectedLevels(pass, pooled, this.#onesFor(films));
    const d = projector(pass, 'local', this.options, local);
    return { encoder, pooled, local, z, d };
  }

  /**
   * One training pass over both views, [2N, H, W, 3] with view 1 first. The caller owns what comes back.
   */
  step(
    images: Tensor,
    globalWeights: Tensor,
    localWeights: Tensor,
    { onForward, onParameter }: StepHooks = {},
  ): StepTensors {
    const { recompute, keptMaps } = this.options;
    const half = keptMaps === 'float16';
    const tape = new Tape({ wanted: this.trained(), recompute, half, onParameter });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'train', groups: 2 };
    const made = this.embed(pass, images);
    const { z, d, pooled } = made;
    onForward?.(made, tape);
    const globalTerms = headLoss(tape, z, globalWeights);
    const localTerms = headLoss(tape, d, localWeights);
    // Kept beyond the backward pass, for the statistics of the levels.
    const kept = pooled.clone();
    return { globalTerms, localTerms, pooled: kept, gradients: tape.backward() };
  }

  /** Pooled features of images, [N, 8 width], without gradients. */
  features(images: Tensor, norm: Pass['norm'], options: EncoderOptions): Tensor {
    const pass: Pass = { parameters: this.parameters, tape: null, norm, groups: 1 };
    return tf.tidy(() => encode(pass, images, options).features);
  }

  dispose(): void {
    this.parameters.dispose();
    for (const { matrices } of this.#matrices.values()) matrices.dispose();
    for (const summary of this.#summaries.values()) summary.dispose();
    for (const ones of this.#ones.values()) ones.dispose();
  }

  /** Made once per size of images. */
  #matricesFor(height: number, width: number): LevelMatrices {
    const key = `${height}x${width}`;
    let made = this.#matrices.get(key);
    if (!made) {
      const maps = levelShapes(this.options.width, height, width);
      const packed = packLevelMatrices(
        this.options.levelSize,
        maps.map(([h, w]) => [h, w] as const),
      );
      made = { matrices: tf.keep(tf.tensor1d(packed)), places: levelPlaces(maps) };
      this.#matrices.set(key, made);
    }
    return made;
  }

  /** Memory for the summaries of the levels, every number of which is written in every pass. */
  #summaryFor(films: number): Tensor {
    let summary = this.#summaries.get(films);
    if (!summary) {
      const channels = levelWidths(this.options.width).reduce((a, b) => a + b, 0);
      summary = keptZeros([films, POOLED_SIDE * POOLED_SIDE, channels]);
      this.#summaries.set(films, summary);
    }
    return summary;
  }

  #onesFor(films: number): Tensor {
    let ones = this.#ones.get(films);
    if (!ones) {
      ones = tf.keep(onesForBiases(films));
      this.#ones.set(films, ones);
    }
    return ones;
  }
}
