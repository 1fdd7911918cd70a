// MoCo as the engine trains it (arXiv 1911.05722; version 2, arXiv 2003.04297): a projector of two layers with ReLU and without
// norms, a target network whose embeddings are the keys, and a queue of the keys of earlier steps to be told apart from. Both
// views ask and both are keys: both networks see both views anyhow, so a step has twice the queries at no further cost. The
// batch is normalised as a whole on one device, so there is nothing to shuffle between devices as the publication does.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { enqueue, queueContrast, queueContrastGrad } from '../../gpu/kernels/contrastive/queue.ts';
import { rowNormalise, rowNormaliseGrad } from '../../gpu/kernels/contrastive/rowNormalise.ts';
import { dense, denseInputGrad } from '../../gpu/kernels/dense/dense.ts';
import type { Tape } from '../../nn/tape.ts';
import { backbone, contextBottlenecks, joined, PREFIX, targetOf } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { directionStatistics } from '../heads/cosineLoss.ts';
import { projector, projectorNetwork, SHORT_WIDTHS, shortProjector } from '../heads/projector.ts';

/** Rows of unit length, [K, D], and where the oldest of them stands: under the names of the published module. */
const QUEUE = 'queue';
const PLACE = 'queue_ptr';

const layers = (config: Parameters<typeof shortProjector>[0]) =>
  shortProjector(config).map((layer) => ({ ...layer, norm: null }));

interface Asked {
  /** [2N, D], view 1 first. */
  readonly query: Tensor;
  readonly key: Tensor;
  /** [K, D] */
  readonly queue: Tensor;
}

/** `weights` [2]: of the term and of the head. The caller disposes the terms [8]. */
function queueLoss(
  tape: Tape | null,
  { query, key, queue }: Asked,
  weights: Tensor,
  attrs: { readonly temperature: number },
): Tensor {
  const [unit, norms] = rowNormalise({ x: query }, {}) as [Tensor, Tensor];
  const [unitKey, keyNorms] = rowNormalise({ x: key }, {}) as [Tensor, Tensor];
  const cosines = denseInputGrad.one({ dy: unit, w: queue }, {});
  const made = queueContrast.named({ query: unit, key: unitKey, cosines }, attrs);
  if (tape) {
    const pulled = dense.one({ x: made.probabilities, w: queue, b: weights }, { bias: false });
    const dunit = queueContrastGrad.one({ pulled, key: unitKey, ofKey: made.ofKey, weights }, attrs);
    tape.accumulate(query, rowNormaliseGrad.one({ dunit, unit, norms }, {}));
    tf.dispose([pulled, dunit]);
  }
  tf.dispose([unit, norms, unitKey, keyNorms, cosines, made.probabilities, made.ofKey]);
  return made.terms;
}

export const mocoEngine: MethodEngine = {
  network(config) {
    const { width, embeddingDim, queueLength } = config;
    const bottlenecks = config.bottlenecks ? [contextBottlenecks(width)] : [];
    const followed = joined(backbone(width), projectorNetwork(layers(config)), ...bottlenecks);
    const buffers = [
      { name: QUEUE, shape: [queueLength, embeddingDim], init: { kind: 'directions' } },
      { name: PLACE, shape: [1], init: { kind: 'constant', value: 0 } },
    ] as const;
    return joined(followed, targetOf(followed), { storages: [], buffers });
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const widths = outputsIn(shapes, SHORT_WIDTHS);
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    const queue = shapes(QUEUE);
    return 'missing' in widths
      ? widths
      : { ...widths, bottlenecks, ...(queue && { queueLength: queue[0]! }) };
  },
  levels: 'measured',
  heads: (pass, { encoder }, config) => ({
    embeddings: { global: projector(pass, layers(config), encoder.features) },
    inside: { queue: pass.parameters.get(QUEUE) },
  }),
  target: {
    embed: (pass, features, config) => projector(pass, layers(config), features),
    momentum: ({ keyMomentum }) => keyMomentum,
  },
  loss(tape, { embeddings, inside }, weights, { temperature }) {
    const query = embeddings.global!;
    const asked = { query, key: inside.target!, queue: inside.queue! };
    const terms = queueLoss(tape, asked, weights.global!, { temperature });
    return { global: [directionStatistics(query), terms] };
  },
  remember(parameters, target) {
    const [rows, norms] = rowNormalise({ x: target }, {}) as [Tensor, Tensor];
    enqueue({ queue: parameters.get(QUEUE), place: parameters.get(PLACE), rows }, {});
    tf.dispose([rows, norms]);
  },
};
