// Puts the weights and batch-norm state of a checkpoint into a model, all of them or none: going on with part of what
// was asked for would score or train something else unawares.

import type { Runtime } from '../gpu/runtime.ts';
import type { Mlvicx } from '../mlvicx/model.ts';
import { AppError } from '../util/errors.ts';
import { type Checkpoint, requireTensors } from './checkpoint.ts';

/** @throws AppError checkpoint-invalid naming what is missing, wrong or too much */
export function loadWeights(
  model: Mlvicx,
  { parameters, buffers }: Pick<Checkpoint, 'parameters' | 'buffers'>,
  runtime: Runtime,
): void {
  const { spec } = model.parameters;
  const wanted = spec.storages.flatMap((storage) =>
    storage.parameters.map(({ name, shape }) => [name, shape] as const),
  );
  requireTensors(parameters, new Map(wanted));
  const values = new Map([...parameters, ...buffers]);
  const missing = spec.buffers.find(({ name, size }) => values.get(name)?.data.length !== size);
  if (missing) throw new AppError('checkpoint-invalid', `it lacks ${missing.name}.`);
  model.parameters.write(values, (tensor, data) => runtime.write(tensor, data));
}
