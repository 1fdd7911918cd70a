// Every parameter and buffer of MLVICX with its shape and initial distribution, under the names of the published
// module's state_dict (`projetion` is spelt so there), derived from the settings. Initialisation: ResNet convolutions Kaiming
// normal by fan-out, everything else PyTorch's default uniform. And the one layer of its own, the local head's (paper, section
// III-B): the summed-up levels are projected and summed by one dense layer over their channels side by side.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from '../../gpu/kernels/dense/dense.ts';
import { POOLED_SIDE } from '../../gpu/kernels/pool/levelPool.ts';
import { type Pass, reshape } from '../../nn/layers.ts';
import type { NetworkSpec, StorageSpec } from '../../nn/parameters.ts';
import { backbone, contextBottlenecks, joined, levelWidths, PREFIX, uniform } from '../encoder/network.ts';
import {
  globalProjector,
  type ProjectorLayer,
  projectorLayers,
  projectorNetwork,
} from '../heads/projector.ts';

export interface MlvicxShape {
  /** Channels of the stem; the stages have 1, 2, 4 and 8 times as many. */
  readonly width: number;
  readonly projectorHidden: number;
  readonly embeddingDim: number;
  readonly levelChannels: number;
  readonly projectorFinalNorm: boolean;
}

/** Storages that hold all five level convolutions, so that they run as one dense layer. */
export const LEVEL_WEIGHTS = `${PREFIX}.resize_project.convs.weight`;
export const LEVEL_BIASES = `${PREFIX}.resize_project.convs.bias`;

/** The projector of the local head: the summed levels, [N, 16 levelChannels], to d. */
export function localProjector(shape: MlvicxShape): ProjectorLayer[] {
  const { embeddingDim, levelChannels, projectorFinalNorm } = shape;
  const base = `${PREFIX}.resize_project.conv_head.projection`;
  const widths = [POOLED_SIDE * POOLED_SIDE * levelChannels, embeddingDim, embeddingDim, embeddingDim];
  const names = [0, 1, 2].map((i) => [`${base}.${3 * i + 2}`, `${base}.${3 * i + 3}`] as const);
  return projectorLayers(names, widths, projectorFinalNorm);
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

/** The whole network. */
export function mlvicxNetwork(shape: MlvicxShape): NetworkSpec {
  return joined(
    backbone(shape.width),
    projectorNetwork(globalProjector(shape)),
    contextBottlenecks(shape.width),
    projectorNetwork(localProjector(shape)),
    { storages: levelConvs(levelWidths(shape.width), shape.levelChannels), buffers: [] },
  );
}

/** Names of the level convolutions' parameters, which the published code never trains (quirk Q1). */
export const isLevelConv = (name: string) => name.startsWith(`${PREFIX}.resize_project.convs.`);

/** The sum over levels of their 1x1 convolutions, position-major: [N, 16 * levelChannels]. */
export function projectedLevels(pass: Pass, pooled: Tensor, ones: Tensor): Tensor {
  const [films, positions, channels] = pooled.shape as [number, number, number];
  const w = pass.parameters.get(LEVEL_WEIGHTS);
  const biases = pass.parameters.get(LEVEL_BIASES);
  const rows = reshape(pass, pooled, [films * positions, channels]);
  const bias = columnSums.one({ dy: biases }, {});
  const sum = dense.one({ x: rows, w, b: bias }, { bias: true });
  bias.dispose();
  pass.tape?.record({
    outputs: [sum],
    saved: [],
    backward(dy) {
      const tape = pass.tape!;
      tape.accumulate(rows, denseInputGrad.one({ dy, w }, {}));
      if (!tape.wants(LEVEL_WEIGHTS)) return;
      tape.parameterGradient(LEVEL_WEIGHTS, denseFilterGrad.one({ x: rows, dy }, {}));
      // Each of the five biases has the same gradient, the column sums: a product with ones makes all five.
      tape.parameterGradient(LEVEL_BIASES, denseFilterGrad.one({ x: ones, dy }, {}));
    },
  });
  return reshape(pass, sum, [films, positions * w.shape[1]!]);
}

/** The `ones` that projectedLevels needs, [N * 16, 5]. */
export const onesForBiases = (films: number) => tf.ones([films * 16, 5]);
