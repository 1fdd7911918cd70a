// The local head of MLVICX (paper, section III-B) behind the summed-up levels: the five are projected and summed by one
// dense layer over their channels side by side, which is what the projector of d takes.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from '../../gpu/kernels/dense/dense.ts';
import { type Pass, reshape } from '../../nn/layers.ts';
import { LEVEL_BIASES, LEVEL_WEIGHTS } from './network.ts';

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
