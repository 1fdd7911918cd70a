// The optimiser over all parameters of a network in a handful of dispatches. Small storages are gathered into one
// flat arena (gradients are copied in, updated values copied out); a storage too large to hold twice is an arena of
// its own, updated in place. Within an arena a table of segments says which parameter each number belongs to,
// because LARS scales every tensor by its own norms. The arithmetic is in gpu/kernels/optimiser/optimiser.ts.
// Gradients are clipped by value and not by their global norm: a large gradient is applied within the backward pass, before
// the others, and with them their common norm, are known.

import { keptTensor, keptZeros } from '../gpu/backend.ts';
import { keepOnHost } from '../gpu/forms.ts';
import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import { adamwUpdate, HYPER_LENGTH, larsUpdate, packHyper } from '../gpu/kernels/optimiser/optimiser.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { Download, NetworkSpec, ParameterSpec, Parameters, StorageSpec } from '../nn/parameters.ts';

export interface OptimiserSettings {
  readonly kind: 'lars' | 'adamw';
  readonly weightDecay: number;
  readonly momentum: number;
  /** LARS only. */
  readonly trustCoefficient: number;
}

/** Storages with more numbers than this are updated where they are. */
const OWN_ARENA = 1 << 20;
const FLOAT = 4;
/** Bytes of small gradients that may wait to be gathered: a copy interrupts the pass, waiting takes memory. */
const GATHERED_AT_ONCE = 1 << 20;

interface Arena {
  readonly storages: readonly { readonly spec: StorageSpec; readonly begin: number }[];
  /** True where the arena is a storage's own tensor. */
  readonly inPlace: boolean;
  readonly values: Tensor;
  readonly gradients: Tensor | null;
  /** Momentum, or the first moment. */
  readonly moment1: Tensor;
  /** The second moment of AdamW. */
  readonly moment2: Tensor;
  readonly segments: Tensor;
}

/** Names of the state slots, as checkpoints call them. */
export const SLOTS = { lars: ['momentum'], adamw: ['moment1', 'moment2'] } as const;

export class Optimiser {
  readonly settings: OptimiserSettings;
  readonly #runtime: Runtime;
  readonly #parameters: Parameters;
  readonly #arenas: Arena[];
  readonly #hyper: Tensor;
  /** Where each storage lives. */
  readonly #homes = new Map<string, { readonly arena: Arena; readonly begin: number }>();
  readonly #waiting: { readonly gradient: Tensor; readonly begin: number }[] = [];
  #waitingBytes = 0;
  /** Storages whose gradient has not come yet in this update. */
  #missing = new Set<string>();
  /** Updates made; AdamW corrects its moments by it. */
  updates = 0;

  constructor(
    settings: OptimiserSettings,
    spec: NetworkSpec,
    trained: ReadonlySet<string>,
    parameters: Parameters,
    runtime: Runtime,
  ) {
    this.settings = settings;
    this.#runtime = runtime;
    this.#parameters = parameters;
    const storages = spec.storages.filter(({ name }) => trained.has(name));
    const large = storages.filter(({ shape }) => sizeOf(shape) > OWN_ARENA);
    const small = storages.filter(({ shape }) => sizeOf(shape) <= OWN_ARENA);
    this.#arenas = large.map((storage) => this.#arena([storage], true));
    if (small.length > 0) this.#arenas.push(this.#arena(small, false));
    for (const arena of this.#arenas) {
      for (const { spec, begin } of arena.storages) this.#homes.set(spec.name, { arena, begin });
    }
    this.#hyper = keptZeros([HYPER_LENGTH]);
    runtime.settle(this.#hyper);
  }

  /**
   * Starts an update with the learning rate of this step and the bound of the gradient's numbers, 0 for none. Every
   * gradient follows through `take`, then `finish`.
   */
  begin(rate: number, clip: number): void {
    this.updates++;
    this.#runtime.write(this.#hyper, packHyper({ ...this.settings, rate, clip, updates: this.updates }));
    this.#missing = new Set(this.#homes.keys());
  }

  /**
   * Takes over the gradient of a storage. A large one is applied and freed at once: the backward pass must not need the
   * storage's values any more. Small ones are gathered a few at a time.
   */
  take(name: string, gradient: Tensor): void {
    const home = this.#homes.get(name);
    if (!home || !this.#missing.delete(name)) throw new Error(`no gradient is wanted for ${name}`);
    if (home.arena.inPlace) {
      this.#apply(home.arena, gradient);
      gradient.dispose();
      return;
    }
    this.#waiting.push({ gradient, begin: home.begin });
    this.#waitingBytes += gradient.size * FLOAT;
    if (this.#waitingBytes >= GATHERED_AT_ONCE) this.#gather();
  }

  /** Applies what `take` has gathered. */
  finish(): void {
    for (const name of this.#missing) throw new Error(`no gradient for ${name}`);
    this.#gather();
    for (const arena of this.#arenas) {
      if (arena.inPlace) continue;
      this.#apply(arena, arena.gradients!);
      this.#copyOut(arena);
    }
  }

  #apply(arena: Arena, gradients: Tensor): void {
    const { values: parameters, moment1, moment2, segments } = arena;
    const inputs = { parameters, gradients, moment1, segments, hyper: this.#hyper };
    if (this.settings.kind === 'lars') larsUpdate(inputs, {});
    else adamwUpdate({ ...inputs, moment2 }, {});
  }

  /** Copies the small gradients that wait into the flat arena and frees them. */
  #gather(): void {
    const flat = this.#arenas.find(({ inPlace }) => !inPlace);
    for (const { gradient, begin } of this.#waiting) {
      this.#runtime.copy(gradient, 0, flat!.gradients!, begin * FLOAT, gradient.size * FLOAT);
      gradient.dispose();
    }
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  /** State by slot and parameter name. As with Parameters.read, all downloads are asked for at once. */
  async read(
    download: Download,
  ): Promise<Map<string, Map<string, { shape: readonly number[]; data: Float32Array }>>> {
    const asked = SLOTS[this.settings.kind].map((slot) => ({
      slot,
      arenas: this.#arenas.map((arena) => ({ arena, data: download(slotOf(arena, slot)) })),
    }));
    const slots = new Map<string, Map<string, { shape: readonly number[]; data: Float32Array }>>();
    for (const { slot, arenas } of asked) {
      const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const { arena, data } of arenas) {
        const all = await data;
        for (const { parameter, begin } of placesOf(arena.storages)) {
          const { name, shape } = parameter;
          values.set(name, { shape, data: all.subarray(begin, begin + sizeOf(shape)) });
        }
      }
      slots.set(slot, values);
    }
    return slots;
  }

  /** Restores what `read` gave. A parameter without state starts from zero, as in a fresh run. */
  write(slots: ReadonlyMap<string, ReadonlyMap<string, { data: Float32Array }>>, updates: number): void {
    this.updates = updates;
    for (const slot of SLOTS[this.settings.kind]) {
      for (const arena of this.#arenas) {
        const tensor = slotOf(arena, slot);
        const data = new Float32Array(sizeOf(tensor.shape));
        for (const { parameter, begin } of placesOf(arena.storages)) {
          const stored = slots.get(slot)?.get(parameter.name);
          if (stored) data.set(stored.data, begin);
        }
        this.#runtime.write(tensor, data);
      }
    }
  }

  /** Where a trained storage lives: in its own tensor, or from number `begin` on in the flat arena. */
  placeOf(name: string): { readonly values: Tensor; readonly begin: number; readonly inPlace: boolean } {
    const home = this.#homes.get(name);
    if (!home) throw new Error(`${name} is not trained`);
    const { values, inPlace } = home.arena;
    return { values, begin: home.begin, inPlace };
  }

  /** Takes the parameters' present values into the flat arena, after they were replaced from outside. */
  adopt(): void {
    for (const arena of this.#arenas) if (!arena.inPlace) this.#copyIn(arena);
  }

  dispose(): void {
    for (const arena of this.#arenas) {
      for (const tensor of ownedBy(arena)) tensor.dispose();
    }
    this.#hyper.dispose();
  }

  #arena(specs: readonly StorageSpec[], inPlace: boolean): Arena {
    let size = 0;
    const storages = specs.map((spec) => {
      const begin = size;
      size += sizeOf(spec.shape);
      return { spec, begin };
    });
    // Whole vectors of four, so that kernels may read the arena as such; nothing is kept in what is left over.
    if (!inPlace) size = 4 * Math.ceil(size / 4);
    const rows = placesOf(storages).flatMap(({ parameter, begin }) => [
      begin,
      sizeOf(parameter.shape),
      parameter.adapted ? 1 : 0,
      0,
    ]);
    const adamw = this.settings.kind === 'adamw';
    const table = Int32Array.from(rows);
    const arena: Arena = {
      storages,
      inPlace,
      values: inPlace ? this.#parameters.get(specs[0]!.name) : keptZeros([size]),
      gradients: inPlace ? null : keptZeros([size]),
      moment1: keptZeros([size]),
      moment2: keptZeros([adamw ? size : 1]),
      segments: keptTensor([rows.length / 4, 4], () => table, 'int32'),
    };
    keepOnHost(arena.segments, table);
    for (const tensor of ownedBy(arena)) this.#runtime.settle(tensor);
    if (!inPlace) this.#copyIn(arena);
    return arena;
  }

  #copyIn(arena: Arena): void {
    for (const { spec, begin } of arena.storages) {
      const from = this.#parameters.get(spec.name);
      this.#runtime.copy(from, 0, arena.values, begin * FLOAT, sizeOf(spec.shape) * FLOAT);
    }
  }

  #copyOut(arena: Arena): void {
    for (const { spec, begin } of arena.storages) {
      this.#runtime.copy(
        arena.values,
        begin * FLOAT,
        this.#parameters.get(spec.name),
        0,
        sizeOf(spec.shape) * FLOAT,
      );
    }
  }
}

const ownedBy = ({ inPlace, values, gradients, moment1, moment2, segments }: Arena): Tensor[] => [
  ...(inPlace ? [] : [values]),
  ...(gradients ? [gradients] : []),
  moment1,
  moment2,
  segments,
];

const slotOf = (arena: Arena, slot: string): Tensor => (slot === 'moment2' ? arena.moment2 : arena.moment1);

/** Where each named parameter begins within an arena. */
function placesOf(storages: Arena['storages']): { parameter: ParameterSpec; begin: number }[] {
  return storages.flatMap(({ spec, begin }) => {
    let at = begin;
    return spec.parameters.map((parameter) => {
      const place = { parameter, begin: at };
      at += sizeOf(parameter.shape);
      return place;
    });
  });
}
