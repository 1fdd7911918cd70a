// Seeded numbers to run kernels on, and how far two results lie apart. The self-test and the tests of the kernels
// share them; no kernel is run here.

import { Rng } from '../../../util/rng.ts';
import type { Shape } from '../../kernel.ts';
import { sizeOf } from '../../shape.ts';

export interface Given {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array;
}

/** Standard normal values, scaled and shifted, from a fixed seed. */
export function values(shape: Shape, seed: number, scale = 1, offset = 0): Float32Array {
  const rng = new Rng(seed, 'init', 77);
  return Float32Array.from({ length: sizeOf(shape) }, () => offset + scale * rng.normal());
}

export const given = (shape: Shape, seed: number, scale = 1, offset = 0): Given => ({
  shape,
  data: values(shape, seed, scale, offset),
});

const PERIOD = 4099;

/** Normal values that repeat after some thousands: drawing millions would take longer than what is timed. */
export function repeated(shape: Shape, seed: number, scale = 1, offset = 0): Given {
  const data = new Float32Array(sizeOf(shape));
  const drawn = values([Math.min(PERIOD, data.length)], seed, scale, offset);
  for (let at = 0; at < data.length; at += PERIOD) data.set(drawn.subarray(0, data.length - at), at);
  return { shape, data };
}

/** A map after a ReLU: half its places are exactly zero, so maxima tie. */
export function rectified(shape: Shape, seed: number): Given {
  const { data } = given(shape, seed);
  return { shape, data: data.map((value) => Math.max(0, value)) };
}

/** ||a - b|| / ||b||, or ||a|| where b is zero. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length}`);
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
}
