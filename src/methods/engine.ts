// What the engine must know of a method to train it: its network, its heads over the encoder's output, and its loss with
// the gradient in closed form. The encoder, the tape, the optimiser and the reading back are the same for all
// (methods/model.ts, train/). What a method says of itself in words is its record (record/method.ts).

import type { Config } from '../config/schema.ts';
import type { Tensor } from '../gpu/kernel.ts';
import type { Pass } from '../nn/layers.ts';
import type { NetworkSpec, Parameters } from '../nn/parameters.ts';
import type { Tape } from '../nn/tape.ts';
import type { EncoderOutput } from './encoder/encode.ts';

/** Shapes of the parameters that a file holds, by name. */
export type Shapes = (name: string) => readonly number[] | undefined;

/** The last dimension of each of some parameters, which is what a layer puts out, or the first of them that a file lacks. */
export function outputsIn<K extends string>(
  shapes: Shapes,
  names: Readonly<Record<K, string>>,
): Readonly<Record<K, number>> | { readonly missing: string } {
  const missing = Object.values<string>(names).find((name) => !shapes(name));
  if (missing !== undefined) return { missing };
  const entries = Object.entries<string>(names).map(([key, name]) => [key, shapes(name)!.at(-1) ?? 0]);
  return Object.fromEntries(entries) as Record<K, number>;
}

/** What heads are made from. */
export interface HeadInputs {
  readonly encoder: EncoderOutput;
  /** Summaries of the five levels, [N, 16, sum C_l]; differentiated where the engine's `levels` say so. */
  readonly pooled: Tensor;
  /** What `constants` made for this number of images. */
  readonly constants: Readonly<Record<string, Tensor>>;
}

export interface HeadOutputs {
  /** By head of the record, [N, D]; of a head that looks at places, [N, P, D]. */
  readonly embeddings: Readonly<Record<string, Tensor>>;
  /** What else the loss, or whoever looks into a step, may want: predictions, inputs of a projector. */
  readonly inside: Readonly<Record<string, Tensor>>;
}

/** Numbers about each view that a loss wants beside its embedding; who has the films gives them with the images. */
export interface ViewFacts {
  /**
   * `labels`: those of its film, 1, 0 or -1 where not known, by finding; columns beyond the findings are -1. `location`: where
   * the view lies in its film, LOCATION_COLUMNS numbers (gpu/kernels/places/matchPrograms.ts).
   */
  readonly kind: 'labels' | 'location';
  columns(config: Config): number;
}

/** A second network that follows the trained one. Its storages say whom they follow (methods/encoder/network.ts). */
export interface TargetNetwork {
  /** From the target encoder's features of both views to what the loss gets as `inside.target`, [2N, D]; no gradient goes back. */
  embed(pass: Pass, features: Tensor, config: Config): Tensor;
  /** The share of itself that it keeps after a step; `progress` is how far the run had come before the step, 0 to 1. */
  momentum(config: Config, progress: number): number;
}

export interface MethodEngine {
  /** Every parameter and buffer, the encoder's included. What the optimiser does not train belongs here too. */
  network(config: Config): NetworkSpec;
  /** Whether a storage of the network receives gradients. Those that follow others never do. */
  isTrained(storage: string, config: Config): boolean;
  /** The settings of the network that the shapes in a bare state dict tell; or which parameter of this method's it lacks. */
  settingsIn(shapes: Shapes): Partial<Config> | { readonly missing: string };
  /** Whether the loss reaches the summaries of the levels, or they are measured alone. */
  readonly levels: 'trained' | 'measured';
  /** Constant tensors for a pass over so many images, kept as long as the model. */
  constants?(images: number): Record<string, Tensor>;
  readonly facts?: ViewFacts;
  heads(pass: Pass, inputs: HeadInputs, config: Config): HeadOutputs;
  readonly target?: TargetNetwork;
  /** What the method keeps for later steps of what the target made, [2N, D]: done after the update, in buffers of the network. */
  remember?(parameters: Pick<Parameters, 'get'>, target: Tensor): void;
  /**
   * Measures the loss on embeddings of both views, [2N, D] with view 1 first, and gives its gradient to the tape.
   * `weights` are by head, as lossWeights (record/total.ts) orders them. Returns for each head its vectors of
   * VECTOR_LENGTH numbers: the VICReg statistics and, where the terms are not among them, the terms.
   * `facts` [2N, columns] are there where the method asks for them. The caller disposes what is returned.
   */
  loss(
    tape: Tape | null,
    outputs: HeadOutputs,
    weights: Readonly<Record<string, Tensor>>,
    config: Config,
    facts: Tensor | null,
  ): Record<string, readonly Tensor[]>;
}
