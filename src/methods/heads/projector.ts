// The projector that methods put on their features: linear, batch norm, ReLU, once or twice, then linear and, where the method
// asks for it, batch norm; and the predictor that some have behind it. Its layers are a list of names and widths, of which the network's specification and the forward
// pass are both made.

import type { Tensor } from '../../gpu/kernel.ts';
import { linear, linearNorm, type Pass, relu } from '../../nn/layers.ts';
import type { NetworkSpec } from '../../nn/parameters.ts';
import { NetworkBuilder, PREFIX } from '../encoder/network.ts';

export interface ProjectorLayer {
  readonly linear: string;
  /** Null: no batch norm follows. */
  readonly norm: string | null;
  readonly inputs: number;
  readonly outputs: number;
}

/** `names` are those of each layer and of its norm, `widths` the input's and then each layer's outputs. */
export const projectorLayers = (
  names: readonly (readonly [linear: string, norm: string])[],
  widths: readonly number[],
  finalNorm: boolean,
): ProjectorLayer[] =>
  names.map(([name, norm], i) => ({
    linear: name,
    norm: i < names.length - 1 || finalNorm ? norm : null,
    inputs: widths[i]!,
    outputs: widths[i + 1]!,
  }));

/** The global projector, features [N, 8 width] to z, under its name in the published module. */
export function globalProjector(shape: {
  readonly width: number;
  readonly projectorHidden: number;
  readonly embeddingDim: number;
  readonly projectorFinalNorm: boolean;
}): ProjectorLayer[] {
  const { width, projectorHidden, embeddingDim, projectorFinalNorm } = shape;
  const names = [1, 2, 3].map((i) => {
    const base = `${PREFIX}.projetion.l${i}`;
    return [`${base}.0`, `${base}.1`] as const;
  });
  const widths = [8 * width, projectorHidden, projectorHidden, embeddingDim];
  return projectorLayers(names, widths, projectorFinalNorm);
}

/** A projector of two layers without a norm at its end, features [N, 8 width] to z: that of SimCLR and BYOL. */
export const shortProjector = (shape: {
  readonly width: number;
  readonly projectorHidden: number;
  readonly embeddingDim: number;
}): ProjectorLayer[] =>
  projectorLayers(
    [1, 2].map((i) => [`${PREFIX}.projetion.l${i}.0`, `${PREFIX}.projetion.l${i}.1`] as const),
    [8 * shape.width, shape.projectorHidden, shape.embeddingDim],
    false,
  );

/** As GLOBAL_WIDTHS, for the short projector. */
export const SHORT_WIDTHS = {
  width: `${PREFIX}.encoder.0.weight`,
  projectorHidden: `${PREFIX}.projetion.l1.0.weight`,
  embeddingDim: `${PREFIX}.projetion.l2.0.weight`,
} as const;

/** The predictor behind a projector, z [N, D] to p [N, D]: two layers, batch norm and ReLU between them. */
export const predictorLayers = (embeddingDim: number, hidden: number): ProjectorLayer[] =>
  projectorLayers(
    [1, 2].map((i) => [`${PREFIX}.predictor.l${i}.0`, `${PREFIX}.predictor.l${i}.1`] as const),
    [embeddingDim, hidden, embeddingDim],
    false,
  );

/** Parameters whose outputs tell the widths of encoder and global projector. */
export const GLOBAL_WIDTHS = {
  width: `${PREFIX}.encoder.0.weight`,
  projectorHidden: `${PREFIX}.projetion.l1.0.weight`,
  embeddingDim: `${PREFIX}.projetion.l3.0.weight`,
} as const;

export function projectorNetwork(layers: readonly ProjectorLayer[]): NetworkSpec {
  const build = new NetworkBuilder();
  for (const { linear: name, norm, inputs, outputs } of layers) {
    build.linear(name, inputs, outputs);
    if (norm) build.norm(norm, outputs);
  }
  return build;
}

/** [N, inputs of the first] to [N, outputs of the last]. A ReLU follows every layer but the last. */
export const projector = (pass: Pass, layers: readonly ProjectorLayer[], x: Tensor): Tensor =>
  layers.reduce((input, { linear: name, norm }, i) => {
    const isLast = i === layers.length - 1;
    if (norm) return linearNorm(pass, name, norm, input, !isLast);
    const y = linear(pass, name, input);
    return isLast ? y : relu(pass, y);
  }, x);
