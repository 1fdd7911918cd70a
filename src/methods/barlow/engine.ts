// Barlow Twins as the engine trains it (arXiv 2103.03230): a projector without a norm at its end, as that of VICReg, and the
// loss through N x N Gram matrices. The VICReg statistics of the embeddings are measured beside it.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { barlow, barlowGrad } from '../../gpu/kernels/barlow/barlow.ts';
import type { Tape } from '../../nn/tape.ts';
import type { MethodEngine } from '../engine.ts';
import { vicregStatistics } from '../heads/vicregLoss.ts';
import { vicregEngine } from '../vicreg/engine.ts';

/** `weights` [3]: of both terms and of the head. The caller disposes the terms [8]. */
export function barlowLoss(tape: Tape | null, z: Tensor, weights: Tensor): Tensor {
  const [terms, standardised, scales, diagonal, grams] = barlow({ z }, {}) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  if (tape) tape.accumulate(z, barlowGrad({ standardised, scales, diagonal, grams, weights }, {})[0]!);
  tf.dispose([standardised, scales, diagonal, grams]);
  return terms;
}

export const barlowEngine: MethodEngine = {
  ...vicregEngine,
  loss: (tape, { embeddings }, weights) => ({
    global: [vicregStatistics(embeddings.global!), barlowLoss(tape, embeddings.global!, weights.global!)],
  }),
};
