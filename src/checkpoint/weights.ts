// Puts the weights and batch-norm state of a checkpoint into a model, all of them or none: going on with part of what
// was asked for would score or train something else unawares.

import { sizeOf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { Model } from '../methods/model.ts';
import type { NetworkSpec } from '../nn/parameters.ts';
import { AppError } from '../util/errors.ts';
import { type Checkpoint, requireTensors } from './checkpoint.ts';

type Weights = Pick<Checkpoint, 'parameters' | 'buffers'>;

/** @throws AppError checkpoint-invalid naming what is missing, wrong or too much for this network */
export function requireWeights(network: NetworkSpec, { parameters, buffers }: Weights): void {
  const wanted = network.storages.flatMap((storage) =>
    storage.parameters.map(({ name, shape }) => [name, shape] as const),
  );
  requireTensors(parameters, new Map(wanted));
  const missing = network.buffers.find(({ name, shape }) => buffers.get(name)?.data.length !== sizeOf(shape));
  if (missing) throw new AppError('checkpoint-invalid', `it lacks ${missing.name}.`);
}

/** @throws AppError checkpoint-invalid */
export function loadWeights(model: Model, weights: Weights, runtime: Runtime): void {
  requireWeights(model.parameters.spec, weights);
  const values = new Map([...weights.parameters, ...weights.buffers]);
  model.parameters.write(values, (tensor, data) => runtime.write(tensor, data));
}
