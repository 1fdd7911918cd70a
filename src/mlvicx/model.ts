// MLVICX put together: one batch holding both views goes through the encoder and both heads, the objective is
// measured, and the gradients of every parameter come back by storage name.
// The two views share every kernel; only batch norm keeps their statistics apart (groups = 2).

import { type Tensor, tf } from '../gpu/kernel.ts';
import { packLevelMatrices } from '../gpu/kernels/levelPool.ts';
import type { Pass } from '../nn/layers.ts';
import { type Draw, Parameters } from '../nn/parameters.ts';
import { Tape } from '../nn/tape.ts';
import { architecture, LEVEL_BIASES, LEVEL_WEIGHTS, type ModelShape } from './architecture.ts';
import { type EncoderOptions, type EncoderOutput, encode } from './encoder.ts';
import { onesForBiases, pooledLevels, projectedLevels, projector } from './heads.ts';
import { headLoss } from './objective.ts';

export interface ModelOptions extends ModelShape {
  /** Side to which the published code resizes every level. */
  readonly levelSize: number;
  /** False leaves the level convolutions at their start (quirk Q1). */
  readonly trainLevelConvs: boolean;
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
  /** By storage name. */
  readonly gradients: Map<string, Tensor>;
}

export class Mlvicx {
  readonly options: ModelOptions;
  readonly parameters: Parameters;
  readonly #matrices = new Map<string, Tensor>();
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

  /** Everything from images [N, H, W, 3] to both embeddings. */
  embed(pass: Pass, images: Tensor): Embeddings {
    const encoder = encode(pass, images);
    const z = projector(pass, 'global', this.options, encoder.features);
    const pooled = pooledLevels(pass, encoder.levels, this.#matricesFor(encoder.levels));
    const local = projectedLevels(pass, pooled, this.#onesFor(images.shape[0]!));
    const d = projector(pass, 'local', this.options, local);
    return { encoder, pooled, local, z, d };
  }

  /**
   * One training pass over both views, [2N, H, W, 3] with view 1 first. The caller owns what comes back.
   * `onForward` sees everything before it is walked back and freed.
   */
  step(
    images: Tensor,
    globalWeights: Tensor,
    localWeights: Tensor,
    onForward?: (made: Embeddings, tape: Tape) => void,
  ): StepTensors {
    const tape = new Tape(this.trained());
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
    for (const matrices of this.#matrices.values()) matrices.dispose();
    for (const ones of this.#ones.values()) ones.dispose();
  }

  /** Made once per size of images. */
  #matricesFor(levels: EncoderOutput['levels']): Tensor {
    const sides = levels.map(({ shape }) => [shape[1]!, shape[2]!] as const);
    const key = sides.join();
    let matrices = this.#matrices.get(key);
    if (!matrices) {
      matrices = tf.keep(tf.tensor1d(packLevelMatrices(this.options.levelSize, sides)));
      this.#matrices.set(key, matrices);
    }
    return matrices;
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
