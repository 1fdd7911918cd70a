// The loss of methods without negatives: each view's prediction against the target of the other view of its film, by their
// cosine. Only directions count in it, so the VICReg statistics of such embeddings are taken of rows of length sqrt(D): their
// spread is one where films point everywhere and zero where all point the same way, the field's measure of collapse
// (arXiv 2011.10566, section 4.1, which has it as 1 / sqrt(D) on rows of unit length).

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { type CosineAttrs, cosine, cosineGrad } from '../../gpu/kernels/contrastive/cosine.ts';
import { rowNormalise } from '../../gpu/kernels/contrastive/rowNormalise.ts';
import type { Tape } from '../../nn/tape.ts';
import { vicregStatistics } from './vicregLoss.ts';

interface Cosines {
  /** [2N, D], view 1 first, as the target is. */
  readonly prediction: Tensor;
  readonly target: Tensor;
  /** Whether the target has a gradient as well, which published methods stop. */
  readonly throughTarget: boolean;
}

/**
 * offset - scale * mean cosine, and its gradient to the tape. `weights` [2]: of the term and of the head. The caller disposes
 * the terms [8].
 */
export function cosineLoss(
  tape: Tape | null,
  { prediction, target, throughTarget }: Cosines,
  weights: Tensor,
  attrs: CosineAttrs,
): Tensor {
  const { terms, cosines } = cosine.named({ prediction, target }, attrs);
  if (tape) {
    tape.accumulate(prediction, cosineGrad.one({ prediction, target, cosines, weights }, attrs));
    // The loss is the same with both changed over, and so is its gradient.
    const other = { prediction: target, target: prediction };
    if (throughTarget) {
      const back = cosine.named(other, attrs);
      tape.accumulate(target, cosineGrad.one({ ...other, cosines: back.cosines, weights }, attrs));
      tf.dispose(Object.values(back));
    }
  }
  cosines.dispose();
  return terms;
}

/** The VICReg statistics of the directions of embeddings, [8]; they have no gradient. */
export function directionStatistics(z: Tensor): Tensor {
  const [rows, norms] = rowNormalise({ x: z }, { length: Math.sqrt(z.shape[1]!) }) as [Tensor, Tensor];
  const statistics = vicregStatistics(rows);
  tf.dispose([rows, norms]);
  return statistics;
}
