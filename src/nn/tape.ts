// The record of one forward pass, walked backwards once. Unlike the tape of tfjs it frees each activation as soon
// as the layer that made it has been differentiated: every consumer comes later in the forward pass, so by then
// nobody needs it. Gradients that meet at one tensor are summed; parameters' gradients are collected by name.
// What the forward pass is done with is released: freed where it can be recomputed, so that a convolution with its norm,
// rectifier and residual keeps one map. A released tensor is recomputed by `value` or `borrow`. A tape that goes forward
// only remembers nothing and frees for good.

import type { Tensor } from '../gpu/kernel.ts';
import { fromHalf, toHalf } from '../gpu/kernels/half/half.ts';
import { add } from '../gpu/kernels/pool/elementwise.ts';

interface Entry {
  /** What the layer made; freed after its backward pass. */
  readonly outputs: readonly Tensor[];
  /** Further tensors that only this backward pass needs. */
  readonly saved: readonly Tensor[];
  /** Receives the gradient of outputs[0]; hands on gradients through `accumulate` and `parameterGradient`. */
  readonly backward: (gradient: Tensor) => void;
  /** True where `backward` reads outputs[0]; else it is freed before. */
  readonly readsOutput?: boolean;
  /** Computes outputs[0] once more, from its inputs through `borrow` and from what is saved. */
  readonly recompute?: () => Tensor;
  /**
   * Where `recompute` is a convolution, which is repeated for memory's sake only: whether its result then stays until its layer
   * has been differentiated (`keep`), or is freed after each use (`discard`: the largest map of all).
   */
  readonly expensive?: 'keep' | 'discard';
}

export interface TapeOptions {
  /** Names of the parameters whose gradients are wanted; left out, all are. */
  readonly wanted?: ReadonlySet<string>;
  /** Activation checkpointing: convolutions are recomputed too, from the maps at the boundaries of blocks, which stay. */
  readonly recompute?: boolean;
  /** What stays is kept as 16-bit floats. */
  readonly half?: boolean;
  /** Nobody will go back: what is released or saved is freed at once, all else belongs to the caller. */
  readonly forwardOnly?: boolean;
  /** Takes over each parameter's gradient as it comes, at a moment when nothing needs the parameter's values any more. */
  readonly onParameter?: (name: string, gradient: Tensor) => void;
}

/** Maps smaller than this are kept: a dispatch costs more than they do. */
const WORTH_FREEING = 256 * 1024;

export class Tape {
  readonly #entries: Entry[] = [];
  readonly #gradients = new Map<number, Tensor>();
  readonly #parameters = new Map<string, Tensor>();
  readonly #watchers = new Map<number, (gradient: Tensor) => void>();
  readonly #options: TapeOptions;
  /** The layers that can recompute their output, by its id, and what has been recomputed. */
  readonly #recomputable = new Map<number, Entry>();
  readonly #recomputed = new Map<number, Tensor>();
  /** What is kept as halves. */
  readonly #halves = new Map<number, Tensor>();

  constructor(options: TapeOptions = {}) {
    this.#options = options;
  }

  record(entry: Entry): void {
    if (this.#options.forwardOnly) {
      for (const tensor of entry.saved) tensor.dispose();
      return;
    }
    this.#entries.push(entry);
    if (entry.recompute) this.#recomputable.set(entry.outputs[0]!.id, entry);
  }

  wants(parameter: string): boolean {
    return this.#options.wanted?.has(parameter) ?? true;
  }

  /**
   * The forward pass needs this tensor no more: it is freed if it can be recomputed. At a `boundary` of blocks it stays where
   * convolutions are recomputed from it.
   */
  release(tensor: Tensor, boundary = false): void {
    const { recompute, half, forwardOnly } = this.#options;
    if (forwardOnly) tensor.dispose();
    if (tensor.isDisposed || tensor.size * 4 < WORTH_FREEING) return;
    const entry = this.#recomputable.get(tensor.id);
    const stays = !entry || (recompute ? boundary : entry.expensive !== undefined);
    if (stays && !half) return;
    if (stays) this.#halves.set(tensor.id, toHalf.one({ x: tensor }, {}));
    tensor.dispose();
  }

  /** The tensor's values: itself, or recomputed and kept until its layer has been differentiated. */
  value(tensor: Tensor): Tensor {
    if (!tensor.isDisposed) return tensor;
    let value = this.#recomputed.get(tensor.id);
    if (!value) {
      const half = this.#halves.get(tensor.id);
      value = half
        ? fromHalf.one({ packed: half }, { shape: tensor.shape })
        : this.#recomputable.get(tensor.id)!.recompute!();
      this.#recomputed.set(tensor.id, value);
    }
    return value;
  }

  /** Lends the tensor to `use`. What is recomputed for that alone is freed afterwards; `use` may overwrite it (`owned`). */
  borrow<T>(tensor: Tensor, use: (value: Tensor, owned: boolean) => T): T {
    const { id } = tensor;
    const kept = !this.#halves.has(id) && this.#recomputable.get(id)?.expensive === 'keep';
    const owned = tensor.isDisposed && !kept && !this.#recomputed.has(id);
    const result = use(this.value(tensor), owned);
    if (owned) this.#discard(tensor);
    return result;
  }

  /** True where the tape is the only owner of gradients, which may then be overwritten: nobody watches. */
  get ownsGradients(): boolean {
    return this.#watchers.size === 0;
  }

  /** Shows the whole gradient of a tensor on the way back. The looker does not own it. */
  watch(tensor: Tensor, look: (gradient: Tensor) => void): void {
    this.#watchers.set(tensor.id, look);
  }

  /** Adds to the gradient of a tensor. Takes ownership of `gradient`. */
  accumulate(tensor: Tensor, gradient: Tensor): void {
    this.accumulateOnto(tensor, (earlier) => {
      if (!earlier) return gradient;
      const sum = add.one({ a: earlier, b: gradient }, { inPlace: this.ownsGradients });
      gradient.dispose();
      return sum;
    });
  }

  /** Replaces the gradient of a tensor, if it has one yet, by what `make` makes of it. */
  accumulateOnto(tensor: Tensor, make: (earlier: Tensor | null) => Tensor): void {
    const earlier = this.#gradients.get(tensor.id) ?? null;
    const next = make(earlier);
    earlier?.dispose();
    this.#gradients.set(tensor.id, next);
  }

  /** The gradient of a parameter, once per pass. Takes ownership. */
  parameterGradient(name: string, gradient: Tensor): void {
    if (this.#parameters.has(name)) throw new Error(`parameter ${name} received two gradients`);
    if (!this.wants(name)) gradient.dispose();
    else this.#parameters.set(name, gradient);
  }

  /** Walks the record backwards. The caller owns the gradients returned, all unless `onParameter` took them. */
  backward(): Map<string, Tensor> {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      if (!entry.readsOutput) this.#free(entry.outputs);
      const gradient = this.#take(entry.outputs[0]!);
      if (gradient) {
        entry.backward(gradient);
        gradient.dispose();
        this.#handOver();
      }
      this.#free(entry.outputs);
      for (const tensor of entry.saved) tensor.dispose();
    }
    // What is left belongs to the input of the network, which nobody differentiates.
    for (const [id, gradient] of this.#gradients) {
      this.#watchers.get(id)?.(gradient);
      gradient.dispose();
    }
    this.#gradients.clear();
    return this.#parameters;
  }

  /** A layer has been differentiated: its parameters are free to change. */
  #handOver(): void {
    const { onParameter } = this.#options;
    if (!onParameter) return;
    for (const [name, gradient] of this.#parameters) onParameter(name, gradient);
    this.#parameters.clear();
  }

  #free(outputs: readonly Tensor[]): void {
    for (const tensor of outputs) {
      tensor.dispose();
      this.#discard(tensor);
      this.#halves.get(tensor.id)?.dispose();
      this.#halves.delete(tensor.id);
    }
  }

  /** Frees what was recomputed. */
  #discard(tensor: Tensor): void {
    this.#recomputed.get(tensor.id)?.dispose();
    this.#recomputed.delete(tensor.id);
  }

  #take(tensor: Tensor): Tensor | undefined {
    const gradient = this.#gradients.get(tensor.id);
    this.#gradients.delete(tensor.id);
    if (gradient) this.#watchers.get(tensor.id)?.(gradient);
    return gradient;
  }
}
