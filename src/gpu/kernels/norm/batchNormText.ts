// WGSL that several programs of batch norm have in common: which numbers a thread is at, which statistics belong to it, and
// where a fused ReLU let the gradient through.

import { threadFor } from '../../program.ts';
import { type VectorLanes, zeroOf } from '../parts/lanes.ts';

/** Mean and rstd of channel `c` in group `g`. */
export const STATISTICS = `let mean = stats[g * 2u * p.columns + c];
  let rstd = stats[(g * 2u + 1u) * p.columns + c];`;

/** A thread for each channel and each chunk of a group's rows, which takes every chunks-th of them. */
export const PER_CHUNK = `${threadFor(64, 'p.groups * p.chunks * p.columns')}
  let c = index % p.columns;
  let chunk = (index / p.columns) % p.chunks;
  let g = index / (p.columns * p.chunks);`;

/** Whether there is a ReLU, and what says where it was open: y, or x with beta bound in its place. */
export type Mask = false | 'x' | 'y';

export const maskName = (mask: Mask) => (mask === 'x' ? 'x' : mask ? 'r' : '');

/** What openGradient needs of a channel, `mean`, `rstd` and `c` being in scope: x is normalised as the forward pass does it. */
export const opening = (mask: Mask): string =>
  mask === 'x' ? 'let open = rstd * gamma[c]; let shift = y[c];' : '';

/** The gradient where the ReLU was open, `v` being x there. In place, dy stands where dx will. */
export function openGradient(lanes: VectorLanes, mask: Mask, dy: 'dy' | 'dx' = 'dy'): string {
  if (!mask) return `${dy}[at]`;
  const made = mask === 'y' ? 'y[at]' : '(v - mean) * open + shift';
  return `select(${zeroOf(lanes)}, ${dy}[at], ${made} > ${zeroOf(lanes)})`;
}
