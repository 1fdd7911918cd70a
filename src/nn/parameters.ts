// The parameters and buffers of a network by name, each a tensor of its own. A storage may hold several named
// parameters one after the other (the five level convolutions are one matrix), so that one kernel can use them
// together while optimiser, checkpoint and reports still see each by its PyTorch name.

import { keptTensor } from '../gpu/backend.ts';
import { type Shape, sizeOf, type Tensor, tf } from '../gpu/kernel.ts';

/** One named parameter in our layout: convolutions [kh,kw,in,out], linear layers [in,out], the rest [n]. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Initial values; `key` gives every parameter its own random stream. */
  readonly init: Initialiser;
  /** LARS adapts and decay applies where PyTorch's tensor has two dimensions or more. */
  readonly adapted: boolean;
}

export type Initialiser =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Rows of unit length in any direction. */
  | { readonly kind: 'directions' };

export interface StorageSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Consecutive, filling the storage. */
  readonly parameters: readonly ParameterSpec[];
  /** The storage that this one begins as, and whose moving average it is from then on. No gradient reaches it. */
  readonly follows?: string;
}

/** State that a pass or an update changes and no gradient: statistics of norms, queues. */
export interface BufferSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initialiser;
  /** The buffer that it begins as, where the weights that a run begins with have it. */
  readonly follows?: string;
}

/** What a network is made of; built by the methods (methods/engines.ts). */
export interface NetworkSpec {
  readonly storages: readonly StorageSpec[];
  readonly buffers: readonly BufferSpec[];
}

/** Draws the initial values of a parameter. */
export type Draw = (parameter: Pick<ParameterSpec, 'name' | 'shape' | 'init'>) => Float32Array;

/** The values of a tensor as they are when it is called, for the caller to keep. */
export type Download = (tensor: Tensor) => Promise<Float32Array>;

/** Which storages and buffers, by name. */
export type Wanted = (name: string) => boolean;

/** All of it where nothing says which. */
export const partOf = ({ storages, buffers }: NetworkSpec, wanted: Wanted = () => true): NetworkSpec => ({
  storages: storages.filter(({ name }) => wanted(name)),
  buffers: buffers.filter(({ name }) => wanted(name)),
});

const dataOf: Download = async (tensor) => Float32Array.from((await tensor.data()) as Float32Array);

function drawn({ name, shape, parameters }: StorageSpec, draw: Draw): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const parameter of parameters) {
    data.set(draw(parameter), at);
    at += sizeOf(parameter.shape);
  }
  if (at !== data.length) throw new Error(`${name}: parameters fill ${at} of ${data.length}`);
  return data;
}

export class Parameters {
  readonly spec: NetworkSpec;
  readonly #tensors = new Map<string, Tensor>();

  constructor(spec: NetworkSpec, draw: Draw) {
    this.spec = spec;
    for (const storage of spec.storages) {
      const start = spec.storages.find(({ name }) => name === storage.follows) ?? storage;
      this.#tensors.set(
        storage.name,
        keptTensor(storage.shape, () => drawn(start, draw)),
      );
    }
    for (const buffer of spec.buffers) {
      const { name, shape, init } = buffer;
      const constant = init.kind === 'constant' ? tf.keep(tf.fill([...shape], init.value)) : null;
      this.#tensors.set(name, constant ?? keptTensor(shape, () => draw(buffer)));
    }
  }

  /** The tensor of a storage or buffer. */
  get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`the network has no ${name}`);
    return tensor;
  }

  /** Every storage and buffer. */
  all(): Tensor[] {
    return [...this.#tensors.values()];
  }

  /**
   * Values of every parameter and buffer by name, in our layouts, or of those of the storages and buffers that are wanted.
   * All downloads are asked for before the first is waited for, so that steps recorded meanwhile do not show in any of them.
   */
  async read(
    download: Download = dataOf,
    wanted?: Wanted,
  ): Promise<Map<string, { shape: Shape; data: Float32Array }>> {
    const spec = partOf(this.spec, wanted);
    const storages = spec.storages.map(({ name }) => download(this.get(name)));
    const buffers = spec.buffers.map(({ name }) => download(this.get(name)));
    const values = new Map<string, { shape: Shape; data: Float32Array }>();
    for (const [i, storage] of spec.storages.entries()) {
      const data = await storages[i]!;
      let at = 0;
      for (const { name, shape } of storage.parameters) {
        values.set(name, { shape, data: data.subarray(at, at + sizeOf(shape)) });
        at += sizeOf(shape);
      }
    }
    for (const [i, { name, shape }] of spec.buffers.entries()) {
      values.set(name, { shape, data: await buffers[i]! });
    }
    return values;
  }

  /** Replaces values in place. Every parameter and buffer must be given, or all of those that are wanted. */
  write(
    values: ReadonlyMap<string, { data: Float32Array }>,
    upload: (tensor: Tensor, data: Float32Array) => void,
    wanted?: Wanted,
  ): void {
    const spec = partOf(this.spec, wanted);
    const dataOf = (name: string, size: number) => {
      const data = values.get(name)?.data;
      if (data?.length !== size)
        throw new Error(`${name}: expected ${size} values, found ${data?.length ?? 'none'}`);
      return data;
    };
    for (const storage of spec.storages) {
      const whole = new Float32Array(sizeOf(storage.shape));
      let at = 0;
      for (const { name, shape } of storage.parameters) {
        whole.set(dataOf(name, sizeOf(shape)), at);
        at += sizeOf(shape);
      }
      upload(this.get(storage.name), whole);
    }
    for (const { name, shape } of spec.buffers) upload(this.get(name), dataOf(name, sizeOf(shape)));
  }

  dispose(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}
