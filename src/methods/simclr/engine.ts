// SimCLR as the engine trains it (arXiv 2002.05709): a projector of two layers with batch norm and ReLU between them, rows of
// unit length, and the contrastive loss over both views. The VICReg statistics are measured on the embeddings as they are.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { contrastive, contrastiveGrad } from '../../gpu/kernels/contrastive/contrastive.ts';
import { rowNormalise, rowNormaliseGrad } from '../../gpu/kernels/contrastive/rowNormalise.ts';
import type { Tape } from '../../nn/tape.ts';
import { backbone, contextBottlenecks, joined, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { projector, projectorLayers, projectorNetwork } from '../heads/projector.ts';
import { vicregStatistics } from '../heads/vicregLoss.ts';

const layer = (i: number) => `${PREFIX}.projetion.l${i}`;

const layers = (config: { width: number; projectorHidden: number; embeddingDim: number }) =>
  projectorLayers(
    [1, 2].map((i) => [`${layer(i)}.0`, `${layer(i)}.1`] as const),
    [8 * config.width, config.projectorHidden, config.embeddingDim],
    false,
  );

/** `weights` [2]: of the term and of the head. The caller disposes the terms [8]. */
export function contrastiveLoss(
  tape: Tape | null,
  z: Tensor,
  weights: Tensor,
  attrs: { readonly temperature: number },
): Tensor {
  const [unit, norms] = rowNormalise({ x: z }, {}) as [Tensor, Tensor];
  const [terms, probabilities] = contrastive({ unit }, attrs) as [Tensor, Tensor];
  if (tape) {
    const [dunit] = contrastiveGrad({ unit, probabilities, weights }, attrs) as [Tensor];
    tape.accumulate(z, rowNormaliseGrad({ dunit, unit, norms }, {})[0]!);
    dunit.dispose();
  }
  tf.dispose([unit, norms, probabilities]);
  return terms;
}

export const simclrEngine: MethodEngine = {
  network(config) {
    const parts = [backbone(config.width), projectorNetwork(layers(config))];
    return joined(...parts, ...(config.bottlenecks ? [contextBottlenecks(config.width)] : []));
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const widths = outputsIn(shapes, {
      width: `${PREFIX}.encoder.0.weight`,
      projectorHidden: `${layer(1)}.0.weight`,
      embeddingDim: `${layer(2)}.0.weight`,
    });
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return 'missing' in widths ? widths : { ...widths, bottlenecks };
  },
  levels: 'measured',
  heads: (pass, { encoder }, config) => ({
    embeddings: { global: projector(pass, layers(config), encoder.features) },
    inside: {},
  }),
  loss(tape, { embeddings }, weights, { temperature }) {
    const z = embeddings.global!;
    return { global: [vicregStatistics(z), contrastiveLoss(tape, z, weights.global!, { temperature })] };
  },
};
