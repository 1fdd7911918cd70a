// Where a fused ReLU let the gradient through, as WGSL text for every form of batch norm's backward pass.

import { type VectorLanes, zeroOf } from '../parts/lanes.ts';

/** Whether there is a ReLU, and what says where it was open: y, or x with beta bound in its place. */
export type Mask = false | 'x' | 'y';

export const maskName = (mask: Mask) => (mask === 'x' ? 'x' : mask ? 'r' : '');

/**
 * The gradient where the ReLU was open. In place, dy stands where dx will. `mean`, `rstd` and the channel `c` are in
 * scope; x is normalised as the forward pass does it.
 */
export function openGradient(lanes: VectorLanes, mask: Mask, at: string, dy: 'dy' | 'dx' = 'dy'): string {
  if (!mask) return `${dy}[${at}]`;
  const made = mask === 'y' ? `y[${at}]` : `(x[${at}] - mean) * (rstd * gamma[c]) + y[c]`;
  return `select(${zeroOf(lanes)}, ${dy}[${at}], ${made} > ${zeroOf(lanes)})`;
}
