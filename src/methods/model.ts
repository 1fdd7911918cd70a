// A method's network put together: one batch holding both views goes through the encoder and the method's heads, its loss
// is measured, and the gradients of every parameter come back by storage name.
// The two views share every kernel; only batch norm keeps their statistics apart (groups = 2). A target network, where the
// method has one, goes first and leaves nothing but its embedding.

import { type Config, defaultConfig, inForce } from '../config/schema.ts';
import { isLittle } from '../gpu/forms.ts';
import { installedRuntime, type Tensor, tf } from '../gpu/kernel.ts';
import { spatialMean } from '../gpu/kernels/pool/elementwise.ts';
import { POOLED_SIDE } from '../gpu/kernels/pool/levelPool.ts';
import type { Pass } from '../nn/layers.ts';
import { type Draw, Parameters } from '../nn/parameters.ts';
import { Tape } from '../nn/tape.ts';
import { type EncoderOptions, type EncoderOutput, encode } from './encoder/encode.ts';
import { type LevelMatrices, levelMatrices, PooledLevels, summaryMemory } from './encoder/levels.ts';
import { targetParameters } from './encoder/network.ts';
import type { HeadOutputs, MethodEngine, ViewFacts } from './engine.ts';
import { engineOf } from './engines.ts';
import type { MethodRecord } from './record/method.ts';
import { methodOf } from './records.ts';

/** Everything that a pass makes. */
export interface Embeddings extends HeadOutputs {
  readonly encoder: EncoderOutput;
  /** Summaries of the five levels, [N, 16, sum C_l]. */
  readonly pooled: Tensor;
}

export interface StepTensors {
  /** The vectors of each head, in the order of the record. */
  readonly report: readonly Tensor[];
  /** Summaries of the five levels, [2N, 16, sum C_l]. */
  readonly pooled: Tensor;
  /** By storage name; empty where a hook took them. */
  readonly gradients: Map<string, Tensor>;
  /** What the target network made, [2N, D], where the method has one: for `remember`. */
  readonly target: Tensor | null;
}

/** What `look` sees, [N, D] each. */
export type LookedAt = {
  /** Of all five levels side by side, [N, sum C_l]. */
  levels: Tensor;
  features: Tensor;
  outputs: Record<string, Tensor>;
};

export interface StepHooks {
  /** Sees everything before it is walked back and freed; released maps come from the tape's `value`. */
  readonly onForward?: ((made: Embeddings, tape: Tape) => void) | undefined;
  /** As the tape's. */
  readonly onParameter?: ((name: string, gradient: Tensor) => void) | undefined;
}

export class Model {
  /** Rows of other methods stand at their defaults: none of them may have a say. */
  readonly config: Config;
  readonly method: MethodRecord;
  readonly parameters: Parameters;
  readonly #engine: MethodEngine;
  readonly #matrices = new Map<string, LevelMatrices>();
  readonly #summaries = new Map<number, Tensor>();
  readonly #constants = new Map<number, Record<string, Tensor>>();

  constructor(config: Config, draw: Draw) {
    this.config = { ...defaultConfig(), ...inForce(config) };
    this.method = methodOf(config);
    this.#engine = engineOf(config);
    this.parameters = new Parameters(this.#engine.network(this.config), draw);
    // Evaluated alone it takes the forms that it was trained in; a step of another run beside it says its own.
    const runtime = installedRuntime();
    if (runtime) runtime.little = isLittle(this.config);
  }

  /** Storages that receive gradients. */
  trained(): Set<string> {
    const own = this.parameters.spec.storages.filter(({ follows }) => follows === undefined);
    return new Set(own.map(({ name }) => name).filter((name) => this.#engine.isTrained(name, this.config)));
  }

  /** The share of itself that the target network keeps after a step, null without one; `progress` as TargetNetwork has it. */
  targetMomentum(progress: number): number | null {
    return this.#engine.target?.momentum(this.config, progress) ?? null;
  }

  /** What the loss wants to know of each view, and in how many numbers; null: nothing. */
  get facts(): { readonly kind: ViewFacts['kind']; readonly columns: number } | null {
    const { facts } = this.#engine;
    return facts ? { kind: facts.kind, columns: facts.columns(this.config) } : null;
  }

  /** The constants that a pass over images of this size needs, made now rather than in the midst of the first pass. */
  constants(films: number, height: number, width: number): Tensor[] {
    const { matrices } = this.#matricesFor(height, width);
    return [matrices, this.#summaryFor(films), ...Object.values(this.#constantsFor(films))];
  }

  /** Everything from images [N, H, W, 3] to the embeddings; `keepLast` as the encoder has it. */
  embed(pass: Pass, images: Tensor, keepLast = false): Embeddings {
    const [films, height, width] = images.shape as [number, number, number];
    const levelPass = this.#engine.levels === 'trained' ? pass : { ...pass, tape: null };
    const levels = new PooledLevels(levelPass, this.#matricesFor(height, width), this.#summaryFor(films));
    const onLevel = (level: number, map: Tensor) => levels.add(level, map);
    const encoder = encode(pass, images, { bottlenecks: this.#attends, onLevel, keepLast });
    const pooled = levels.summary;
    const inputs = { encoder, pooled, constants: this.#constantsFor(films) };
    return { encoder, pooled, ...this.#engine.heads(pass, inputs, this.config) };
  }

  /**
   * One training pass over both views, [2N, H, W, 3] with view 1 first. `weights` are by head, as lossWeights has them; `facts`
   * as the method's engine asks for them. The caller owns what comes back.
   */
  step(
    images: Tensor,
    weights: Readonly<Record<string, Tensor>>,
    { onForward, onParameter }: StepHooks = {},
    facts: Tensor | null = null,
  ): StepTensors {
    const { recompute, keptMaps } = this.config;
    const half = keptMaps === 'float16';
    const tape = new Tape({ wanted: this.trained(), recompute, half, onParameter });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'train', groups: 2 };
    const target = this.#embedTarget(images);
    const online = this.embed(pass, images);
    const made = target ? { ...online, inside: { ...online.inside, target } } : online;
    onForward?.(made, tape);
    const vectors = this.#engine.loss(tape, made, weights, this.config, facts);
    const report = Object.keys(this.method.heads).flatMap((head) => vectors[head]!);
    // Kept beyond the backward pass, for the statistics of the levels.
    const kept = made.pooled.clone();
    if (this.#engine.levels === 'measured') made.pooled.dispose();
    return { report, pooled: kept, gradients: tape.backward(), target };
  }

  /**
   * Every output for images [N, H, W, 3], [N, D] each: the means of the five levels side by side, the encoder's features, the
   * heads and what else the method puts out, of a head that looks at places their mean. `groups` parts of the batch are normalised
   * by their own statistics, as in training, or all by the running ones; nothing is updated. The caller disposes what it is given.
   */
  look(images: Tensor, groups: number, norm: 'batch' | 'running' = 'batch'): LookedAt {
    const pass: Pass = { parameters: this.parameters, tape: new Tape({ forwardOnly: true }), norm, groups };
    return tf.tidy(() => {
      const { encoder, pooled, embeddings, inside } = this.embed(pass, images, true);
      const [films, , channels] = pooled.shape as [number, number, number];
      const map = tf.reshape(pooled, [films, POOLED_SIDE, POOLED_SIDE, channels]);
      const others = Object.keys(this.method.others ?? {}).map((name) => [name, inside[name]!] as const);
      const outputs = [...Object.entries(embeddings), ...others].map(([name, made]) => [
        name,
        overPlaces(made),
      ]);
      return {
        levels: spatialMean.one({ x: map }, {}),
        features: encoder.features.clone(),
        outputs: Object.fromEntries(outputs) as Record<string, Tensor>,
      };
    });
  }

  /** After the update of a step: the method keeps what it needs later of what the target made, which is freed. */
  remember(target: Tensor | null): void {
    if (target) this.#engine.remember?.(this.parameters, target);
    target?.dispose();
  }

  /** Pooled features of images, [N, 8 width], without gradients. A method without bottlenecks has plain features alone. */
  features(images: Tensor, norm: Pass['norm'], options: EncoderOptions): Tensor {
    const pass: Pass = { parameters: this.parameters, tape: null, norm, groups: 1 };
    const bottlenecks = options.bottlenecks && this.#attends;
    return tf.tidy(() => encode(pass, images, { ...options, bottlenecks }).features);
  }

  /**
   * The map of a level that the next one sees, 1 to 5, and there the gradient of the sum of `direction` times the features, both
   * [N,H,W,C], by running statistics. The caller owns them, and images and `direction` [N, C5] as before.
   */
  levelGradient(
    images: Tensor,
    direction: Tensor,
    level: number,
    options: Pick<EncoderOptions, 'bottlenecks'>,
  ): { readonly map: Tensor; readonly gradient: Tensor } {
    const tape = new Tape({ wanted: new Set() });
    const pass: Pass = { parameters: this.parameters, tape, norm: 'running', groups: 1 };
    const bottlenecks = options.bottlenecks && this.#attends;
    const seen: { map?: Tensor; gradient?: Tensor } = {};
    const onLevel = (at: number, map: Tensor) => {
      if (at !== level) return;
      seen.map = tf.keep(map.clone());
      tape.watch(map, (gradient) => {
        seen.gradient = tf.keep(gradient.clone());
      });
    };
    tf.tidy(() => {
      const { features } = encode(pass, images, { bottlenecks, onLevel });
      tape.accumulate(features, direction.clone());
      tape.backward();
    });
    return { map: seen.map!, gradient: seen.gradient! };
  }

  dispose(): void {
    this.parameters.dispose();
    for (const { matrices } of this.#matrices.values()) matrices.dispose();
    tf.dispose([...this.#summaries.values()]);
    for (const made of this.#constants.values()) tf.dispose(Object.values(made));
  }

  /** Both views through the target network, in whose norms the statistics of the batch are taken as in training. */
  #embedTarget(images: Tensor): Tensor | null {
    const { target } = this.#engine;
    if (!target) return null;
    const parameters = targetParameters(this.parameters);
    const pass: Pass = { parameters, tape: new Tape({ forwardOnly: true }), norm: 'train', groups: 2 };
    return tf.tidy(() => {
      const { features } = encode(pass, images, { bottlenecks: this.#attends });
      return target.embed(pass, features, this.config);
    });
  }

  get #attends(): boolean {
    return this.method.bottlenecks(this.config);
  }

  /** Made once per size of images. */
  #matricesFor(height: number, width: number): LevelMatrices {
    const { width: channels, levelSize } = this.config;
    return madeOnce(this.#matrices, `${height}x${width}`, () =>
      levelMatrices(channels, levelSize, height, width),
    );
  }

  #summaryFor(films: number): Tensor {
    return madeOnce(this.#summaries, films, () => summaryMemory(this.config.width, films));
  }

  #constantsFor(films: number): Record<string, Tensor> {
    return madeOnce(this.#constants, films, () => {
      const made = this.#engine.constants?.(films) ?? {};
      for (const tensor of Object.values(made)) tf.keep(tensor);
      return made;
    });
  }
}

/** [N, D] as it is; of [N, P, D] the mean over places. */
function overPlaces(made: Tensor): Tensor {
  const [films, places, dim] = made.shape as [number, number, number?];
  return dim === undefined
    ? made.clone()
    : spatialMean.one({ x: tf.reshape(made, [films, places, 1, dim]) }, {});
}

function madeOnce<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let made = known.get(key);
  if (made === undefined) {
    made = make();
    known.set(key, made);
  }
  return made;
}
