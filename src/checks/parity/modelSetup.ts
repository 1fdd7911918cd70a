// What all fixtures of one narrow model share: its recorded weights and inputs, and the configuration that they and
// the hyper-parameters of a fixture make. Weights are read as checkpoints are.

import { settingsOf } from '../../checkpoint/checkpoint.ts';
import {
  fromTorchLayout,
  isBufferName,
  type NamedTensor,
  type NamedTensors,
} from '../../checkpoint/stateDict.ts';
import { type Config, defaultConfig } from '../../config/schema.ts';
import { sizeOf, type Tensor } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { RunState } from '../../train/trainingStep.ts';
import type { Fixture } from './fixtures.ts';
import { toNhwc, upload } from './layouts.ts';

interface WeightsFixture {
  readonly config?: { readonly out_size?: number };
}

/** The part of a name before the role: `model-tiny` of `model-tiny-steps-paper-fixed`. */
const ROLE = /^(.+?)-(weights|inputs|forward|grads|buffers|eval|eval-after-.+|steps-.+)$/;

export function roleOf(name: string): { family: string; role: string } | null {
  const [, family, role] = ROLE.exec(name) ?? [];
  return family && role ? { family, role } : null;
}

/** The state that a fixture holds, in our layouts. */
export function stateIn(fixture: Fixture): RunState {
  const parameters = new Map<string, NamedTensor>();
  const buffers = new Map<string, NamedTensor>();
  for (const [name, { shape }] of fixture.tensors) {
    const tensor = fromTorchLayout(name, { shape, data: fixture.floats(name) });
    (isBufferName(name) ? buffers : parameters).set(name, tensor);
  }
  return { parameters, buffers, optimiserState: new Map() };
}

export class ModelSetup {
  readonly runtime: Runtime;
  /** Weights and statistics at the start. */
  readonly start: RunState;
  readonly config: Config;
  /** Parameters whose gradients are zero analytically. */
  readonly zero: ReadonlySet<string>;
  readonly #inputs: Fixture;

  constructor(runtime: Runtime, fixtures: readonly Fixture[]) {
    const find = (role: string) => fixtures.find(({ name }) => roleOf(name)?.role === role);
    const [weights, inputs, gradients] = [find('weights'), find('inputs'), find('grads')];
    if (!weights || !inputs) throw new Error('the model has no weights or no inputs');
    this.runtime = runtime;
    this.#inputs = inputs;
    this.start = stateIn(weights);
    const { config } = weights.describe<WeightsFixture>();
    const [batchSize, , height] = inputs.shape('batch0.view1') as [number, number, number];
    const defaults = defaultConfig();
    // Not through parseConfig: fixtures may be smaller than any model worth training.
    this.config = {
      ...defaults,
      ...settingsOf(this.start),
      imageSize: height,
      levelSize: config?.out_size ?? defaults.levelSize,
      batchSize,
    };
    const described = gradients?.describe<{ analytically_zero?: readonly string[] }>();
    this.zero = new Set(described?.analytically_zero ?? []);
  }

  get batches(): number {
    return [...this.#inputs.tensors.keys()].filter((name) => /^batch\d+\.view1$/.test(name)).length;
  }

  /** One view of one batch, [N, H, W, 3]. */
  view(name: string): Tensor {
    const [n, c, h, w] = this.#inputs.shape(name) as [number, number, number, number];
    return upload(toNhwc(this.#inputs.floats(name), [n, c, h, w]), [n, h, w, c]);
  }

  /** Both views of a batch as training takes them, [2N, H, W, 3]. */
  batch(index: number): Tensor {
    const names = [1, 2].map((view) => `batch${index}.view${view}`);
    const [n, c, h, w] = this.#inputs.shape(names[0]!) as [number, number, number, number];
    const both = new Float32Array(2 * n * c * h * w);
    names.forEach((name, i) => {
      both.set(toNhwc(this.#inputs.floats(name), [n, c, h, w]), i * n * c * h * w);
    });
    return upload(both, [2 * n, h, w, c]);
  }
}

/** Cuts the values of storages into those of their parameters. */
export function parametersOf(
  storages: readonly { name: string; parameters: readonly { name: string; shape: readonly number[] }[] }[],
  values: ReadonlyMap<string, Float32Array>,
): NamedTensors {
  const parts = new Map<string, NamedTensor>();
  for (const storage of storages) {
    const data = values.get(storage.name);
    if (!data) continue;
    let at = 0;
    for (const { name, shape } of storage.parameters) {
      parts.set(name, { shape, data: data.subarray(at, at + sizeOf(shape)) });
      at += sizeOf(shape);
    }
  }
  return parts;
}
