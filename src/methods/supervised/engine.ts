// Supervised training as the engine does it: a linear layer on the pooled features, and the binary cross-entropy of its logits
// with the labels that are known, both views alike. The statistics are those of the features.

import type { Tensor } from '../../gpu/kernel.ts';
import { crossEntropy, crossEntropyGrad } from '../../gpu/kernels/crossEntropy/crossEntropy.ts';
import { linear } from '../../nn/layers.ts';
import type { Tape } from '../../nn/tape.ts';
import { backbone, contextBottlenecks, joined, NetworkBuilder, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { vicregStatistics } from '../heads/vicregLoss.ts';

const CLASSIFIER = `${PREFIX}.classifier`;

function classifier(width: number, outputs: number) {
  const build = new NetworkBuilder();
  build.linear(CLASSIFIER, 8 * width, outputs);
  return build;
}

/** `weights` [2]: of the term and of the head. The caller disposes the terms [8]. */
function labelLoss(tape: Tape | null, logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const terms = crossEntropy.one({ logits, targets }, {});
  if (tape) tape.accumulate(logits, crossEntropyGrad.one({ logits, targets, terms, weights }, {}));
  return terms;
}

export const supervisedEngine: MethodEngine = {
  network({ width, classifierOutputs, bottlenecks }) {
    const parts = [backbone(width), classifier(width, classifierOutputs)];
    return joined(...parts, ...(bottlenecks ? [contextBottlenecks(width)] : []));
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const widths = outputsIn(shapes, {
      width: `${PREFIX}.encoder.0.weight`,
      classifierOutputs: `${CLASSIFIER}.weight`,
    });
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return 'missing' in widths ? widths : { ...widths, bottlenecks };
  },
  levels: 'measured',
  facts: { kind: 'labels', columns: ({ classifierOutputs }) => classifierOutputs },
  heads: (pass, { encoder }) => ({
    embeddings: { global: encoder.features },
    inside: { logits: linear(pass, CLASSIFIER, encoder.features) },
  }),
  loss: (tape, { embeddings, inside }, weights, _config, facts) => ({
    global: [vicregStatistics(embeddings.global!), labelLoss(tape, inside.logits!, facts!, weights.global!)],
  }),
};
