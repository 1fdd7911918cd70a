// VICReg on the embeddings of one head: its terms come out as one small vector, never only as a total, and the weights go in
// as a tensor because they may change while a run is going on. Gradients are closed forms, not recorded operations.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { VICREG_TERMS, vicreg, vicregGrad } from '../../gpu/kernels/loss/vicreg.ts';
import type { Tape } from '../../nn/tape.ts';
import type { Statistic } from '../record/statistics.ts';

/**
 * Measures a head's embeddings [2N, D] and gives their gradient to the tape. `weights` [4] are those of invariance, variance
 * and covariance and that of the head. The caller disposes the terms [8].
 */
export function vicregLoss(tape: Tape | null, z: Tensor, weights: Tensor): Tensor {
  const { terms, centred, variances, moments } = vicreg.named({ z }, {});
  if (tape) {
    const dz = vicregGrad.one({ z, centred, variances, moments, weights }, {});
    tape.accumulate(z, dz);
  }
  tf.dispose([centred, variances, moments]);
  return terms;
}

/** The same statistics of embeddings that another loss trains, [8]; they have no gradient. */
export function vicregStatistics(z: Tensor): Tensor {
  const [terms, ...rest] = vicreg({ z }, {});
  tf.dispose(rest);
  return terms!;
}

/** The statistics out of such a vector, each summed over the views as the loss has them, and the mean spread. */
export function readStatistics(values: ArrayLike<number>): Record<Statistic | 'std', number> {
  const at = (name: keyof typeof VICREG_TERMS) => values[VICREG_TERMS[name]]!;
  return {
    invariance: at('invariance'),
    variance: at('variance1') + at('variance2'),
    covariance: at('covariance1') + at('covariance2'),
    std: (at('std1') + at('std2')) / 2,
  };
}
