// What the encoder of every method is made of: the parameters and buffers of a ResNet-18 whose five levels may each pass a
// context bottleneck, under the names of the published module's state_dict and with PyTorch's initial distributions; and the
// target network of BYOL and MoCo, the same parts once more. Nothing is computed here; encode.ts runs it, optim/movingAverage.ts
// moves the target. Heads are the methods' own.

import type {
  BufferSpec,
  Initialiser,
  NetworkSpec,
  ParameterSpec,
  Parameters,
  StorageSpec,
} from '../../nn/parameters.ts';

/** Reduction ratio of the channel attention (quirk Q19: two, not the eight that its module declares). */
const REDUCTION = 2;
const LEVEL_COUNT = 5;

export const PREFIX = 'encoder';

/** Channels of the five levels: those of the stem, and 1, 2, 4 and 8 times as many. */
export const levelWidths = (width: number) => [width, width, 2 * width, 4 * width, 8 * width] as const;

/** Height, width and channels of the five levels of an image: each halves the one before, rounding up. */
export function levelShapes(width: number, height: number, across: number): [number, number, number][] {
  const half = (side: number, times: number): number =>
    times === 0 ? side : half(Math.ceil(side / 2), times - 1);
  return levelWidths(width).map((channels, i) => [half(height, i + 1), half(across, i + 1), channels]);
}

/** PyTorch's default for linear layers and 1x1 convolutions. */
export const uniform = (fanIn: number): Initialiser => ({ kind: 'uniform', bound: 1 / Math.sqrt(fanIn) });
const constant = (value: number): Initialiser => ({ kind: 'constant', value });

/** A storage that holds one parameter. */
export const alone = (parameter: ParameterSpec): StorageSpec => ({
  name: parameter.name,
  shape: parameter.shape,
  parameters: [parameter],
});

/** Collects the layers of a part of a network. */
export class NetworkBuilder {
  readonly storages: StorageSpec[] = [];
  readonly buffers: BufferSpec[] = [];

  /** Kaiming normal by fan-out, without bias. */
  conv(name: string, kernel: number, inputs: number, outputs: number): void {
    const init: Initialiser = { kind: 'normal', deviation: Math.sqrt(2 / (kernel * kernel * outputs)) };
    this.storages.push(alone({ name, shape: [kernel, kernel, inputs, outputs], init, adapted: true }));
  }

  norm(name: string, size: number): void {
    this.storages.push(
      alone({ name: `${name}.weight`, shape: [size], init: constant(1), adapted: false }),
      alone({ name: `${name}.bias`, shape: [size], init: constant(0), adapted: false }),
    );
    this.buffers.push(
      { name: `${name}.running_mean`, shape: [size], init: constant(0) },
      { name: `${name}.running_var`, shape: [size], init: constant(1) },
    );
  }

  linear(name: string, inputs: number, outputs: number): void {
    this.storages.push(
      alone({ name: `${name}.weight`, shape: [inputs, outputs], init: uniform(inputs), adapted: true }),
      alone({ name: `${name}.bias`, shape: [outputs], init: uniform(inputs), adapted: false }),
    );
  }
}

/** Several parts as one network, in the order given. */
export const joined = (...parts: readonly NetworkSpec[]): NetworkSpec => ({
  storages: parts.flatMap(({ storages }) => storages),
  buffers: parts.flatMap(({ buffers }) => buffers),
});

/** ResNet-18 without its classifier, `width` channels in the stem (64 is torchvision's). */
export function backbone(width: number): NetworkSpec {
  const build = new NetworkBuilder();
  const widths = levelWidths(width);
  build.conv(`${PREFIX}.encoder.0.weight`, 7, 3, width);
  build.norm(`${PREFIX}.encoder.1`, width);
  for (let stage = 1; stage < LEVEL_COUNT; stage++) {
    const [inputs, outputs] = [widths[stage - 1]!, widths[stage]!];
    for (let block = 0; block < 2; block++) {
      const name = `${PREFIX}.encoder.${stage + 3}.${block}`;
      build.conv(`${name}.conv1.weight`, 3, block === 0 ? inputs : outputs, outputs);
      build.norm(`${name}.bn1`, outputs);
      build.conv(`${name}.conv2.weight`, 3, outputs, outputs);
      build.norm(`${name}.bn2`, outputs);
      if (block === 0 && stage > 1) {
        build.conv(`${name}.downsample.0.weight`, 1, inputs, outputs);
        build.norm(`${name}.downsample.1`, outputs);
      }
    }
  }
  return build;
}

/** The three weights of the context bottleneck called `name`. */
export function bottleneckWeights(name: string, channels: number): StorageSpec[] {
  const half = Math.floor(channels / REDUCTION);
  return [
    { name: `${name}.cam.fc.0.weight`, shape: [1, 1, channels, half], init: uniform(channels) },
    { name: `${name}.cam.fc.2.weight`, shape: [1, 1, half, channels], init: uniform(half) },
    { name: `${name}.sam.conv1.weight`, shape: [7, 7, 2, 1], init: uniform(2 * 7 * 7) },
  ].map((weight) => alone({ ...weight, adapted: true }));
}

/** The context bottlenecks of all five levels. */
export const contextBottlenecks = (width: number): NetworkSpec => ({
  storages: levelWidths(width).flatMap((channels, level) =>
    bottleneckWeights(`${PREFIX}.cbt${level + 1}`, channels),
  ),
  buffers: [],
});

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
