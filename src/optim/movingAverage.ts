// The target network of BYOL or MoCo as the moving average of the trained one, in as few dispatches as the optimiser has: what
// the optimiser updates in its flat arena is followed by an arena with the same places (and copied out to the target's
// storages), a large storage where it is. The arithmetic is in gpu/kernels/optimiser/optimiser.ts.

import { keptZeros } from '../gpu/backend.ts';
import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import { movingAverage } from '../gpu/kernels/optimiser/optimiser.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { NetworkSpec, Parameters } from '../nn/parameters.ts';
import type { Optimiser } from './optimiser.ts';

const FLOAT = 4;

interface Place {
  readonly tensor: Tensor;
  /** In numbers, within the arena. */
  readonly begin: number;
}

export class MovingAverage {
  readonly #runtime: Runtime;
  /** Target and what it follows. */
  readonly #pairs: { readonly target: Tensor; readonly online: Tensor }[] = [];
  readonly #arena: Tensor | null;
  /** Storages that are held in the arena. */
  readonly #small: Place[] = [];
  readonly #share: Tensor;

  constructor(spec: NetworkSpec, parameters: Parameters, optimiser: Optimiser, runtime: Runtime) {
    this.#runtime = runtime;
    let flat: Tensor | null = null;
    for (const { name, follows } of spec.storages) {
      if (follows === undefined) continue;
      const tensor = parameters.get(name);
      const { values, begin, inPlace } = optimiser.placeOf(follows);
      if (inPlace) this.#pairs.push({ target: tensor, online: values });
      else {
        this.#small.push({ tensor, begin });
        flat = values;
      }
    }
    const end = Math.max(0, ...this.#small.map(({ tensor, begin }) => begin + sizeOf(tensor.shape)));
    this.#arena = flat && keptZeros([4 * Math.ceil(end / 4)]);
    this.#share = keptZeros([1]);
    if (this.#arena) this.#pairs.push({ target: this.#arena, online: flat! });
    for (const tensor of this.#owned) runtime.settle(tensor);
    this.adopt();
  }

  /** Before a step is recorded: `momentum` is the part of itself that the target will keep after its update. */
  begin(momentum: number): void {
    this.#runtime.write(this.#share, Float32Array.of(1 - momentum));
  }

  /** After the optimiser has finished: the target moves. */
  follow(): void {
    for (const { target, online } of this.#pairs) movingAverage({ target, online, share: this.#share }, {});
    for (const { tensor, begin } of this.#small) {
      this.#runtime.copy(this.#arena!, begin * FLOAT, tensor, 0, sizeOf(tensor.shape) * FLOAT);
    }
  }

  /** Takes the target's present values into the arena, after they were replaced from outside. */
  adopt(): void {
    for (const { tensor, begin } of this.#small) {
      this.#runtime.copy(tensor, 0, this.#arena!, begin * FLOAT, sizeOf(tensor.shape) * FLOAT);
    }
  }

  dispose(): void {
    for (const tensor of this.#owned) tensor.dispose();
  }

  get #owned(): Tensor[] {
    return this.#arena ? [this.#arena, this.#share] : [this.#share];
  }
}
