// An encoder with a U-Net decoder behind it in training on masks: the decoder alone on a frozen encoder, or both. One step, the
// masks of given films in evaluation mode, and the whole state to be kept and taken up again; when to stop is decided by train.ts.

import type { NamedTensors } from '../../checkpoint/stateDict.ts';
import type { Config } from '../../config/schema.ts';
import { keptTensor } from '../../gpu/backend.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import { MASK_LOSS_TERMS, maskLoss, maskLossGrad } from '../../gpu/kernels/masks/maskLoss.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { type EncoderOutput, encode } from '../../methods/encoder/encode.ts';
import { backbone, contextBottlenecks, joined } from '../../methods/encoder/network.ts';
import { methodOf } from '../../methods/records.ts';
import type { Pass } from '../../nn/layers.ts';
import { type Draw as DrawWeights, Parameters, partOf } from '../../nn/parameters.ts';
import { Tape } from '../../nn/tape.ts';
import { Optimiser } from '../../optim/optimiser.ts';
import { type InTraining, readState, writeState, writeWeights } from '../networkState.ts';
import { DECODER, decode, decoderNetwork } from './decoder.ts';

/** As GLoRIA and MGCA have it for their decoders. */
export const MASK_DECAY = 1e-6;
/** Films per forward pass of those that are looked at. */
export const LOOKED_AT_ONCE = 16;
/** Numbers that the loss leaves; the first is read back. */
const TERMS_BYTES = 32;

/** Weights to begin with; the decoder's own are drawn. */
export interface Start {
  readonly draw: DrawWeights;
  /** Running statistics by name; absent for those of a network that has seen nothing. */
  readonly buffers?: ReadonlyMap<string, { readonly data: Float32Array }>;
}

/** The context bottlenecks take part where the method has them and the features asked for went through them. */
const attends = (config: Config) =>
  methodOf(config).bottlenecks(config) && config.probeFeatures === 'attended';

const networkOf = (config: Config) =>
  joined(
    backbone(config.width),
    ...(attends(config) ? [contextBottlenecks(config.width)] : []),
    decoderNetwork(config.width),
  );

export class Segmenter {
  readonly parameters: Parameters;
  readonly #runtime: Runtime;
  readonly #optimiser: Optimiser;
  readonly #config: Config;
  readonly #frozen: boolean;
  readonly #training: InTraining;

  constructor(config: Config, runtime: Runtime, { draw, buffers }: Start) {
    this.#config = config;
    this.#runtime = runtime;
    this.#frozen = config.maskEncoder === 'frozen';
    const spec = networkOf(config);
    this.parameters = new Parameters(spec, draw);
    for (const { name } of spec.buffers) {
      const known = buffers?.get(name);
      if (known) runtime.write(this.parameters.get(name), known.data);
    }
    for (const tensor of this.parameters.all()) runtime.settle(tensor);
    // A frozen encoder keeps its running statistics as well.
    const changes = (name: string) => !this.#frozen || name.startsWith(`${DECODER}.`);
    const trained = partOf(spec, changes).storages.map(({ name }) => name);
    const { momentum, trustCoefficient } = config;
    const settings = { kind: 'adamw', weightDecay: MASK_DECAY, momentum, trustCoefficient } as const;
    this.#optimiser = new Optimiser(settings, spec, new Set(trained), this.parameters, runtime);
    this.#training = { parameters: this.parameters, optimisers: [this.#optimiser], changes };
  }

  /** Records one step; the promise brings its loss. As `record`. */
  step(images: Tensor, truth: Float32Array<ArrayBuffer>): Promise<number> {
    const terms = this.record(images, truth);
    const loss = this.#runtime.read(terms, TERMS_BYTES);
    terms.dispose();
    return loss.then((values) => values[MASK_LOSS_TERMS.loss]!);
  }

  /**
   * Records one step and leaves the terms of its loss to the caller. `images` [N, S, S, 3] are freed.
   * @param truth N * S * S: 1 inside a mask, else 0
   */
  record(images: Tensor, truth: Float32Array<ArrayBuffer>): Tensor {
    const optimiser = this.#optimiser;
    optimiser.begin(this.#config.maskRate, 0);
    const tape = new Tape({ onParameter: (name, gradient) => optimiser.take(name, gradient) });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'train', groups: 1 };
    const [films, side] = images.shape as [number, number];
    const levels = this.#frozen
      ? this.#frozenLevels(images)
      : encode(pass, images, { bottlenecks: attends(this.#config), keepLast: true }).levels;
    const logits = decode(pass, levels, side, this.#frozen);
    const target = keptTensor([films, side, side], () => truth);
    const { terms, sums } = maskLoss.named({ logits, truth: target }, {});
    tape.accumulate(logits, maskLossGrad.one({ logits, truth: target, sums }, {}));
    for (const [name, gradient] of tape.backward()) optimiser.take(name, gradient);
    optimiser.finish();
    tf.dispose([images, target, sums, ...(this.#frozen ? levels : [])]);
    return terms;
  }

  /** Logits of images [N, S, S, 3], which are freed: N * S * S. */
  async logits(images: Tensor): Promise<Float32Array> {
    const made = this.look(images);
    const reading = this.#runtime.read(made, made.size * 4);
    made.dispose();
    return reading;
  }

  /** The same as a tensor [N, S, S], the caller's. */
  look(images: Tensor): Tensor {
    const [, side] = images.shape as [number, number];
    const pass: Pass = { parameters: this.parameters, tape: null, norm: 'running', groups: 1 };
    const made = tf.tidy(() => decode(pass, this.#frozenLevels(images), side, true));
    images.dispose();
    return made;
  }

  /** All that the next step depends on, after the steps recorded so far. */
  read(): Promise<NamedTensors> {
    return readState(this.#training, this.#runtime);
  }

  /** Restores what `read` gave after so many steps. @throws Unfit where it is of another network */
  write(state: NamedTensors, steps: number): void {
    writeState(this.#training, state, steps, this.#runtime);
  }

  /** A copy of what training changes, without what only a next step needs. */
  weights(): Promise<NamedTensors> {
    return this.parameters.read(this.#runtime.download, this.#training.changes);
  }

  /** Goes back to these; the optimiser does not, so this is for looking. @throws Unfit where they are of another network */
  restore(weights: NamedTensors): void {
    writeWeights(this.#training, weights, this.#runtime);
  }

  dispose(): void {
    this.parameters.dispose();
    this.#optimiser.dispose();
  }

  /** The five levels without a way back. A frozen encoder normalises as was asked; one that was tuned by what it has seen. */
  #frozenLevels(images: Tensor): EncoderOutput['levels'] {
    const norm = this.#frozen && this.#config.probeNorm === 'batch' ? 'batch' : 'running';
    const pass: Pass = { parameters: this.parameters, tape: null, norm, groups: 1 };
    return tf.tidy(() => [
      ...encode(pass, images, { bottlenecks: attends(this.#config) }).levels,
    ]) as unknown as EncoderOutput['levels'];
  }
}
