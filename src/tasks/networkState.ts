// Everything that the next step of a network in training depends on, as tensors by name: weights, running statistics and the
// moments of its optimisers. Order of films, views and mirroring are functions of seed and step.

import type { NamedTensor, NamedTensors } from '../checkpoint/stateDict.ts';
import { type Shape, sizeOf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { type Parameters, partOf, type Wanted } from '../nn/parameters.ts';
import { type Optimiser, SLOTS } from '../optim/optimiser.ts';
import type { StoredTensor, WritableDtype } from '../util/safetensors.ts';
import { Unfit } from '../util/schema.ts';
import type { Stored } from './trainings.ts';

/** What a network is trained with. */
export interface InTraining {
  readonly parameters: Parameters;
  /** By AdamW, each weight that changes by one of them. */
  readonly optimisers: readonly Optimiser[];
  /** Which storages and buffers training changes; absent: all. */
  readonly changes?: Wanted;
}

const momentName = (slot: string, name: string) => `optimiser.${slot}.${name}`;

/** As it is after the steps recorded so far; later ones do not show in it. */
export async function readState(
  { parameters, optimisers, changes }: InTraining,
  { download }: Runtime,
): Promise<NamedTensors> {
  const [values, ...moments] = await Promise.all([
    parameters.read(download, changes),
    ...optimisers.map((optimiser) => optimiser.read(download)),
  ]);
  const state = new Map<string, NamedTensor>(values);
  for (const slots of moments) {
    for (const [slot, tensors] of slots) {
      for (const [name, tensor] of tensors) state.set(momentName(slot, name), tensor);
    }
  }
  return state;
}

/** Restores what `readState` gave after so many updates. @throws Unfit where it is of another network */
export function writeState(
  training: InTraining,
  state: NamedTensors,
  updates: number,
  runtime: Runtime,
): void {
  const { parameters, optimisers, changes } = training;
  const slots = new Map(
    SLOTS.adamw.map((slot) => {
      const moments = weightsOf(parameters, changes).map(({ name, shape }) => {
        return [name, need(state, momentName(slot, name), shape)] as const;
      });
      return [slot, new Map(moments)];
    }),
  );
  writeWeights(training, state, runtime);
  for (const optimiser of optimisers) {
    optimiser.adopt();
    optimiser.write(slots, updates);
  }
}

/** Weights and running statistics alone, of all that training changes. @throws Unfit where they are of another network */
export function writeWeights(
  { parameters, changes }: Omit<InTraining, 'optimisers'>,
  weights: NamedTensors,
  runtime: Runtime,
): void {
  const { buffers } = partOf(parameters.spec, changes);
  for (const { name, shape } of [...weightsOf(parameters, changes), ...buffers]) need(weights, name, shape);
  parameters.write(weights, (tensor, data) => runtime.write(tensor, data), changes);
}

const weightsOf = ({ spec }: Parameters, changes?: Wanted) =>
  partOf(spec, changes).storages.flatMap((storage) => storage.parameters);

function need(tensors: NamedTensors, name: string, shape: Shape): NamedTensor {
  const tensor = tensors.get(name);
  if (tensor?.data.length !== sizeOf(shape)) throw new Unfit(`${name} is of another network`);
  return tensor;
}

/** Weights and the like as a training stores them, under names that begin so. */
export const storedAs = (
  front: string,
  tensors: NamedTensors,
): readonly (readonly [string, StoredTensor<WritableDtype>])[] =>
  [...tensors].map(([name, tensor]) => [front + name, { dtype: 'F32', ...tensor }] as const);

/** @throws Unfit */
export function storedUnder(front: string, { tensors }: Stored): NamedTensors {
  const found = new Map<string, NamedTensor>();
  for (const [name, { shape, data }] of tensors) {
    if (!name.startsWith(front)) continue;
    if (!(data instanceof Float32Array)) throw new Unfit(`${name} is not in single precision`);
    found.set(name.slice(front.length), { shape, data });
  }
  return found;
}
