// The target network of BYOL and MoCo: the encoder and its projector once more, under the names of the trained ones with a
// word in front. It begins as they do and is from then on their moving average; its norms keep statistics of their own. No
// gradient reaches it. What moves it is optim/movingAverage.ts.

import type { NetworkSpec, Parameters } from '../../nn/parameters.ts';

/** In front of the names, in checkpoints too. */
export const TARGET = 'target';

const named = (name: string) => `${TARGET}.${name}`;

/** The parameters and buffers of the target of this network. */
export const targetOf = ({ storages, buffers }: NetworkSpec): NetworkSpec => ({
  storages: storages.map(({ name, shape, parameters }) => ({
    name: named(name),
    shape,
    parameters: parameters.map((parameter) => ({ ...parameter, name: named(parameter.name) })),
    follows: name,
  })),
  buffers: buffers.map((buffer) => ({ ...buffer, name: named(buffer.name), follows: buffer.name })),
});

/** The target's tensors under the names of those that they follow. */
export const targetParameters = (parameters: Pick<Parameters, 'get'>): Pick<Parameters, 'get'> => ({
  get: (name) => parameters.get(named(name)),
});

/** The share of itself that a target keeps, from `base` at the start to one at the end along a cosine; `progress` 0 to 1. */
export const cosineMomentum = (base: number, progress: number): number =>
  1 - ((1 - base) * (Math.cos(Math.PI * progress) + 1)) / 2;
