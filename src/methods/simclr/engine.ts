// SimCLR as the engine trains it (arXiv 2002.05709): a projector of two layers with batch norm and ReLU between them, rows of
// unit length, and the contrastive loss over both views. The VICReg statistics are measured on the embeddings as they are.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { contrastive, contrastiveGrad } from '../../gpu/kernels/contrastive/contrastive.ts';
import { rowNormalise, rowNormaliseGrad } from '../../gpu/kernels/contrastive/rowNormalise.ts';
import type { Tape } from '../../nn/tape.ts';
import { backbone, contextBottlenecks, joined, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { projector, projectorNetwork, SHORT_WIDTHS, shortProjector } from '../heads/projector.ts';
import { vicregStatistics } from '../heads/vicregLoss.ts';

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
    const parts = [backbone(config.width), projectorNetwork(shortProjector(config))];
    return joined(...parts, ...(config.bottlenecks ? [contextBottlenecks(config.width)] : []));
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const widths = outputsIn(shapes, SHORT_WIDTHS);
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return 'missing' in widths ? widths : { ...widths, bottlenecks };
  },
  levels: 'measured',
  heads: (pass, { encoder }, config) => ({
    embeddings: { global: projector(pass, shortProjector(config), encoder.features) },
    inside: {},
  }),
  loss(tape, { embeddings }, weights, { temperature }) {
    const z = embeddings.global!;
    return { global: [vicregStatistics(z), contrastiveLoss(tape, z, weights.global!, { temperature })] };
  },
};
