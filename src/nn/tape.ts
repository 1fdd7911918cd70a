// The record of one forward pass, walked backwards once. Unlike the tape of tfjs it frees each activation as soon
// as the layer that made it has been differentiated: every consumer comes later in the forward pass, so by then
// nobody needs it. Gradients that meet at one tensor are summed; parameters' gradients are collected by name.

import type { Tensor } from '../gpu/kernel.ts';
import { add } from '../gpu/kernels/elementwise.ts';

interface Entry {
  /** What the layer made; freed after its backward pass. */
  readonly outputs: readonly Tensor[];
  /** Further tensors that only this backward pass needs. */
  readonly saved: readonly Tensor[];
  /** Receives the gradient of outputs[0]; hands on gradients through `give` and `giveParameter`. */
  readonly backward: (gradient: Tensor) => void;
}

export class Tape {
  readonly #entries: Entry[] = [];
  readonly #gradients = new Map<number, Tensor>();
  readonly #parameters = new Map<string, Tensor>();
  readonly #watchers = new Map<number, (gradient: Tensor) => void>();
  /** Names of the parameters whose gradients are wanted; null wants all. */
  readonly #wanted: ReadonlySet<string> | null;

  constructor(wanted: ReadonlySet<string> | null = null) {
    this.#wanted = wanted;
  }

  record(entry: Entry): void {
    this.#entries.push(entry);
  }

  wants(parameter: string): boolean {
    return this.#wanted?.has(parameter) ?? true;
  }

  /** Shows the whole gradient of a tensor on the way back. The looker does not own it. */
  watch(tensor: Tensor, look: (gradient: Tensor) => void): void {
    this.#watchers.set(tensor.id, look);
  }

  /** Adds to the gradient of a tensor. Takes ownership of `gradient`. */
  give(tensor: Tensor, gradient: Tensor): void {
    const earlier = this.#gradients.get(tensor.id);
    if (!earlier) {
      this.#gradients.set(tensor.id, gradient);
      return;
    }
    const [sum] = add({ a: earlier, b: gradient }, {});
    earlier.dispose();
    gradient.dispose();
    this.#gradients.set(tensor.id, sum!);
  }

  /** The gradient of a parameter, once per pass. Takes ownership. */
  giveParameter(name: string, gradient: Tensor): void {
    if (this.#parameters.has(name)) throw new Error(`parameter ${name} received two gradients`);
    this.#parameters.set(name, gradient);
  }

  /** Walks the record backwards. The caller owns the returned gradients; everything else is freed. */
  backward(): Map<string, Tensor> {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      const gradient = this.#take(entry.outputs[0]!);
      if (gradient) {
        entry.backward(gradient);
        gradient.dispose();
      }
      for (const tensor of [...entry.outputs, ...entry.saved]) tensor.dispose();
    }
    // What is left belongs to the input of the network, which nobody differentiates.
    for (const [id, gradient] of this.#gradients) {
      this.#watchers.get(id)?.(gradient);
      gradient.dispose();
    }
    this.#gradients.clear();
    return this.#parameters;
  }

  #take(tensor: Tensor): Tensor | undefined {
    const gradient = this.#gradients.get(tensor.id);
    this.#gradients.delete(tensor.id);
    if (gradient) this.#watchers.get(tensor.id)?.(gradient);
    return gradient;
  }
}
