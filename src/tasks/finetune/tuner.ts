// An encoder with a linear layer behind it in training on labels: all weights, binary cross-entropy over the labels that are
// known, AdamW with a rate for the encoder and one for the layer. One step, the scores of given films in evaluation mode, and the
// whole state to be kept and taken up again; when to stop is decided by tune.ts.

import type { NamedTensors } from '../../checkpoint/stateDict.ts';
import type { Config } from '../../config/schema.ts';
import { keptZeros } from '../../gpu/backend.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import {
  CROSS_ENTROPY_TERMS,
  crossEntropy,
  crossEntropyGrad,
  UNKNOWN_TARGET,
} from '../../gpu/kernels/crossEntropy/crossEntropy.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { encode } from '../../methods/encoder/encode.ts';
import {
  backbone,
  contextBottlenecks,
  joined,
  NetworkBuilder,
  PREFIX,
} from '../../methods/encoder/network.ts';
import { methodOf } from '../../methods/records.ts';
import { linear, type Pass } from '../../nn/layers.ts';
import { type Draw as DrawWeights, Parameters } from '../../nn/parameters.ts';
import { Tape } from '../../nn/tape.ts';
import { Optimiser } from '../../optim/optimiser.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { type InTraining, readState, writeState } from '../networkState.ts';

export const CLASSIFIER = `${PREFIX}.classifier`;

/** Films per forward pass of those that are scored. */
export const SCORED_AT_ONCE = 32;
/** Numbers that the loss leaves; the first is read back. */
const TERMS_BYTES = 32;

/** Weights to begin with. */
export interface Start {
  readonly draw: DrawWeights;
  /** Running statistics by name; absent for those of a network that has seen nothing. */
  readonly buffers?: ReadonlyMap<string, { readonly data: Float32Array }>;
}

function networkOf(config: Config, classes: number) {
  const layer = new NetworkBuilder();
  layer.linear(CLASSIFIER, 8 * config.width, classes);
  const attends = methodOf(config).bottlenecks(config);
  return joined(backbone(config.width), ...(attends ? [contextBottlenecks(config.width)] : []), layer);
}

/** Views of each film of a step. */
export const viewsOf = ({ tuneViews }: Pick<Config, 'tuneViews'>): 1 | 2 =>
  tuneViews === 'augmented' ? 2 : 1;

/** How the layer is called whose tensors these are; the encoder's have other names. */
const ofLayer = (name: string) => name.startsWith(CLASSIFIER);

export class Tuner {
  readonly parameters: Parameters;
  readonly #runtime: Runtime;
  /** Of the encoder and of the layer: each has a rate of its own. */
  readonly #optimisers: readonly { readonly optimiser: Optimiser; readonly rate: number }[];
  readonly #bottlenecks: boolean;
  readonly #config: Config;
  readonly #weights: Tensor;
  readonly #positives: readonly number[];

  /** @param positives for each class how often a positive label counts; 1 counts all labels alike */
  constructor(config: Config, positives: readonly number[], runtime: Runtime, { draw, buffers }: Start) {
    const classes = positives.length;
    this.#config = config;
    this.#positives = positives;
    this.#runtime = runtime;
    this.#bottlenecks = methodOf(config).bottlenecks(config);
    const spec = networkOf(config, classes);
    this.parameters = new Parameters(spec, draw);
    for (const { name } of spec.buffers) {
      const known = buffers?.get(name);
      if (known) runtime.write(this.parameters.get(name), known.data);
    }
    for (const tensor of this.parameters.all()) runtime.settle(tensor);
    const settings = {
      kind: 'adamw',
      weightDecay: config.tuneDecay,
      momentum: config.momentum,
      trustCoefficient: config.trustCoefficient,
    } as const;
    const names = spec.storages.map(({ name }) => name);
    this.#optimisers = [false, true].map((layer) => {
      const trained = new Set(names.filter((name) => ofLayer(name) === layer));
      const rate = config.tuneRate * (layer ? config.tuneLayerFactor : 1);
      return { rate, optimiser: new Optimiser(settings, spec, trained, this.parameters, runtime) };
    });
    this.#weights = keptZeros([2]);
    runtime.settle(this.#weights);
    runtime.write(this.#weights, Float32Array.of(1, 1));
  }

  /** Records one step; the promise brings its loss. As `record`. */
  step(images: Tensor, labels: Uint8Array, groups: number): Promise<number> {
    const terms = this.record(images, labels, groups);
    const loss = this.#runtime.read(terms, TERMS_BYTES);
    terms.dispose();
    return loss.then((values) => values[CROSS_ENTROPY_TERMS.loss]!);
  }

  /**
   * Records one step and leaves the terms of its loss to the caller. `images` [groups * N, S, S, 3] are freed.
   * @param labels groups * N x classes: 0, 1 or 255 where not known
   * @param groups equal parts of the batch that are normalised on their own
   */
  record(images: Tensor, labels: Uint8Array, groups: number): Tensor {
    const [encoder, layer] = this.#optimisers.map(({ optimiser, rate }) => {
      optimiser.begin(rate, 0);
      return optimiser;
    }) as [Optimiser, Optimiser];
    const take = (name: string, gradient: Tensor) => (ofLayer(name) ? layer : encoder).take(name, gradient);
    const { recompute, keptMaps } = this.#config;
    const tape = new Tape({ recompute, half: keptMaps === 'float16', onParameter: take });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'train', groups };
    const { features } = encode(pass, images, { bottlenecks: this.#bottlenecks });
    const logits = linear(pass, CLASSIFIER, features);
    const classes = this.#positives.length;
    const targets = tf.tensor(targetsOf(labels, this.#positives), [labels.length / classes, classes]);
    const terms = crossEntropy.one({ logits, targets }, {});
    tape.accumulate(logits, crossEntropyGrad.one({ logits, targets, terms, weights: this.#weights }, {}));
    for (const [name, gradient] of tape.backward()) take(name, gradient);
    for (const { optimiser } of this.#optimisers) optimiser.finish();
    tf.dispose([images, targets]);
    return terms;
  }

  /** Logits of images [N, S, S, 3], which are freed, by running statistics: N x classes. */
  async logits(images: Tensor): Promise<Float32Array> {
    const made = this.look(images);
    const reading = this.#runtime.read(made, made.size * 4);
    made.dispose();
    return reading;
  }

  /** The same as a tensor [N, classes], the caller's. */
  look(images: Tensor): Tensor {
    const pass: Pass = { parameters: this.parameters, tape: null, norm: 'running', groups: 1 };
    const made = tf.tidy(() =>
      linear(pass, CLASSIFIER, encode(pass, images, { bottlenecks: this.#bottlenecks }).features),
    );
    images.dispose();
    return made;
  }

  /** All that the next step depends on, after the steps recorded so far. */
  read(): Promise<NamedTensors> {
    return readState(this.#training(), this.#runtime);
  }

  /** Restores what `read` gave after so many steps. @throws Unfit where it is of another network */
  write(state: NamedTensors, steps: number): void {
    writeState(this.#training(), state, steps, this.#runtime);
  }

  dispose(): void {
    this.parameters.dispose();
    for (const { optimiser } of this.#optimisers) optimiser.dispose();
    this.#weights.dispose();
  }

  #training(): InTraining {
    return { parameters: this.parameters, optimisers: this.#optimisers.map(({ optimiser }) => optimiser) };
  }
}

const targetsOf = (labels: Uint8Array, positives: readonly number[]): Float32Array =>
  Float32Array.from(labels, (label, i) =>
    label === LABEL_POSITIVE
      ? positives[i % positives.length]!
      : label === LABEL_NEGATIVE
        ? 0
        : UNKNOWN_TARGET,
  );
