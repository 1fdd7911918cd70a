// The objective (paper, equations 5 to 8): VICReg(z1, z2) + lambda VICReg(d1, d2). The terms of a head come out as
// one small vector, never only as a total, and the weights go in as a tensor because they may change while a run
// is going on. Gradients are closed forms, not recorded operations.

import type { Tensor } from '../gpu/kernel.ts';
import { vicreg, vicregGrad } from '../gpu/kernels/loss/vicreg.ts';
import type { Tape } from '../nn/tape.ts';

export interface Weights {
  readonly invariance: number;
  readonly variance: number;
  readonly covariance: number;
}

/** The weights vector of a head: three term weights and the weight of the head itself. */
export const weightsVector = (weights: Weights, head: number) =>
  Float32Array.of(weights.invariance, weights.variance, weights.covariance, head);

/** Measures one head's embeddings [2N, D] and gives their gradient to the tape. The caller disposes the terms. */
export function headLoss(tape: Tape | null, z: Tensor, weights: Tensor): Tensor {
  const [terms, centred, variances, moments] = vicreg({ z }, {}) as [Tensor, Tensor, Tensor, Tensor];
  if (tape) {
    const [dz] = vicregGrad({ z, centred, variances, moments, weights }, {});
    tape.give(z, dz!);
  }
  centred.dispose();
  variances.dispose();
  moments.dispose();
  return terms;
}
