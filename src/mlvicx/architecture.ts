// Every parameter and buffer of MLVICX with its shape and initial distribution, under the names of the published
// module's state_dict (`projetion` is spelt so there). Derived from five numbers; nothing is computed here.
// Initialisation: ResNet convolutions Kaiming normal by fan-out, everything else PyTorch's default uniform.

import { POOLED_SIDE } from '../gpu/kernels/pool/levelPool.ts';
import type { BufferSpec, Initialiser, NetworkSpec, ParameterSpec, StorageSpec } from '../nn/parameters.ts';

export interface ModelShape {
  /** Channels of the stem; the stages have 1, 2, 4 and 8 times as many. */
  readonly width: number;
  readonly projectorHidden: number;
  readonly embeddingDim: number;
  readonly levelChannels: number;
  readonly projectorFinalNorm: boolean;
}

/** Reduction ratio of the channel attention (quirk Q19: two, not the eight that its module declares). */
const REDUCTION = 2;
const LEVEL_COUNT = 5;

export const PREFIX = 'encoder';
/** Storages that hold all five level convolutions, so that they run as one dense layer. */
export const LEVEL_WEIGHTS = `${PREFIX}.resize_project.convs.weight`;
export const LEVEL_BIASES = `${PREFIX}.resize_project.convs.bias`;

/** Channels of the five levels. */
export const levelWidths = (width: number) => [width, width, 2 * width, 4 * width, 8 * width] as const;

/** Height, width and channels of the five levels of an image: each halves the one before, rounding up. */
export function levelShapes(width: number, height: number, across: number): [number, number, number][] {
  const half = (side: number, times: number): number =>
    times === 0 ? side : half(Math.ceil(side / 2), times - 1);
  return levelWidths(width).map((channels, i) => [half(height, i + 1), half(across, i + 1), channels]);
}

export interface ProjectorLayer {
  readonly linear: string;
  readonly norm: string | null;
  readonly inputs: number;
  readonly outputs: number;
}

/** The three layers of either projector. */
export function projectorLayers(head: 'global' | 'local', shape: ModelShape): ProjectorLayer[] {
  const { width, projectorHidden, embeddingDim, levelChannels, projectorFinalNorm } = shape;
  const isGlobal = head === 'global';
  const widths = isGlobal
    ? [8 * width, projectorHidden, projectorHidden, embeddingDim]
    : [POOLED_SIDE * POOLED_SIDE * levelChannels, embeddingDim, embeddingDim, embeddingDim];
  return [0, 1, 2].map((i) => {
    const base = isGlobal ? `${PREFIX}.projetion.l${i + 1}` : `${PREFIX}.resize_project.conv_head.projection`;
    const norm = isGlobal ? `${base}.1` : `${base}.${3 * i + 3}`;
    return {
      linear: isGlobal ? `${base}.0` : `${base}.${3 * i + 2}`,
      norm: i < 2 || projectorFinalNorm ? norm : null,
      inputs: widths[i]!,
      outputs: widths[i + 1]!,
    };
  });
}

const uniform = (fanIn: number): Initialiser => ({ kind: 'uniform', bound: 1 / Math.sqrt(fanIn) });
const constant = (value: number): Initialiser => ({ kind: 'constant', value });
const alone = (parameter: ParameterSpec): StorageSpec => ({
  name: parameter.name,
  shape: parameter.shape,
  parameters: [parameter],
});

class Builder {
  readonly storages: StorageSpec[] = [];
  readonly buffers: BufferSpec[] = [];

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
      { name: `${name}.running_mean`, size, value: 0 },
      { name: `${name}.running_var`, size, value: 1 },
    );
  }

  linear({ linear: name, norm, inputs, outputs }: ProjectorLayer): void {
    this.storages.push(
      alone({ name: `${name}.weight`, shape: [inputs, outputs], init: uniform(inputs), adapted: true }),
      alone({ name: `${name}.bias`, shape: [outputs], init: uniform(inputs), adapted: false }),
    );
    if (norm) this.norm(norm, outputs);
  }
}

/** The storages of the level convolutions, C_l to `outputs` channels each. */
export function levelConvs(widths: readonly number[], outputs: number): StorageSpec[] {
  const name = (level: number, part: string) => `${PREFIX}.resize_project.convs.${level}.${part}`;
  return [
    {
      name: LEVEL_WEIGHTS,
      shape: [widths.reduce((a, b) => a + b, 0), outputs],
      parameters: widths.map((width, level) => ({
        name: name(level, 'weight'),
        shape: [1, 1, width, outputs],
        init: uniform(width),
        adapted: true,
      })),
    },
    {
      name: LEVEL_BIASES,
      shape: [widths.length, outputs],
      parameters: widths.map((width, level) => ({
        name: name(level, 'bias'),
        shape: [outputs],
        init: uniform(width),
        adapted: false,
      })),
    },
  ];
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

/** The whole network. */
export function architecture(shape: ModelShape): NetworkSpec {
  const build = new Builder();
  const widths = levelWidths(shape.width);
  build.conv(`${PREFIX}.encoder.0.weight`, 7, 3, shape.width);
  build.norm(`${PREFIX}.encoder.1`, shape.width);
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
  for (const layer of projectorLayers('global', shape)) build.linear(layer);
  widths.forEach((channels, level) => {
    build.storages.push(...bottleneckWeights(`${PREFIX}.cbt${level + 1}`, channels));
  });
  for (const layer of projectorLayers('local', shape)) build.linear(layer);
  build.storages.push(...levelConvs(widths, shape.levelChannels));
  return { storages: build.storages, buffers: build.buffers };
}

/** Names of the level convolutions' parameters, which the published code never trains (quirk Q1). */
export const isLevelConv = (name: string) => name.startsWith(`${PREFIX}.resize_project.convs.`);
