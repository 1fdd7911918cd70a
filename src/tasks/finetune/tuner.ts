// An encoder with a linear layer behind it in training on labels: all weights, binary cross-entropy over the labels that are
// known, AdamW. One step, and the scores of given films in evaluation mode; when to stop is decided by tune.ts.

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

export const CLASSIFIER = `${PREFIX}.classifier`;

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

export class Tuner {
  readonly parameters: Parameters;
  readonly #runtime: Runtime;
  readonly #optimiser: Optimiser;
  readonly #bottlenecks: boolean;
  readonly #config: Config;
  readonly #weights: Tensor;
  readonly #classes: number;

  constructor(config: Config, classes: number, runtime: Runtime, { draw, buffers }: Start) {
    this.#config = config;
    this.#classes = classes;
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
    const trained = new Set(spec.storages.map(({ name }) => name));
    this.#optimiser = new Optimiser(settings, spec, trained, this.parameters, runtime);
    this.#weights = keptZeros([2]);
    runtime.settle(this.#weights);
    runtime.write(this.#weights, Float32Array.of(1, 1));
  }

  /**
   * Records one step; the promise brings its loss. `images` [groups * N, S, S, 3] are freed.
   * @param labels groups * N x classes: 0, 1 or 255 where not known
   * @param groups equal parts of the batch that are normalised on their own
   */
  step(images: Tensor, labels: Uint8Array, groups: number): Promise<number> {
    const optimiser = this.#optimiser;
    optimiser.begin(this.#config.tuneRate, 0);
    const { recompute, keptMaps } = this.#config;
    const tape = new Tape({
      recompute,
      half: keptMaps === 'float16',
      onParameter: (name, gradient) => optimiser.take(name, gradient),
    });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'train', groups };
    const { features } = encode(pass, images, { bottlenecks: this.#bottlenecks });
    const logits = linear(pass, CLASSIFIER, features);
    const targets = tf.tensor(targetsOf(labels), [labels.length / this.#classes, this.#classes]);
    const terms = crossEntropy.one({ logits, targets }, {});
    tape.accumulate(logits, crossEntropyGrad.one({ logits, targets, terms, weights: this.#weights }, {}));
    for (const [name, gradient] of tape.backward()) optimiser.take(name, gradient);
    optimiser.finish();
    const loss = this.#runtime.read(terms, TERMS_BYTES);
    tf.dispose([images, targets, terms]);
    return loss.then((values) => values[CROSS_ENTROPY_TERMS.loss]!);
  }

  /** Logits of images [N, S, S, 3], which are freed, by running statistics: N x classes. */
  async logits(images: Tensor): Promise<Float32Array> {
    const [films] = images.shape as [number];
    const pass: Pass = { parameters: this.parameters, tape: null, norm: 'running', groups: 1 };
    const made = tf.tidy(() =>
      linear(pass, CLASSIFIER, encode(pass, images, { bottlenecks: this.#bottlenecks }).features),
    );
    images.dispose();
    const reading = this.#runtime.read(made, films * this.#classes * 4);
    made.dispose();
    return reading;
  }

  dispose(): void {
    this.parameters.dispose();
    this.#optimiser.dispose();
    this.#weights.dispose();
  }
}

const targetsOf = (labels: Uint8Array): Float32Array =>
  Float32Array.from(labels, (label) =>
    label === LABEL_POSITIVE || label === LABEL_NEGATIVE ? label : UNKNOWN_TARGET,
  );
