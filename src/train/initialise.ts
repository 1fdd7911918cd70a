// Initial values of the network from a seed. Every parameter has a stream of its own, keyed by its name, so adding
// one never changes another, and reset returns to exactly the same start.

import { sizeOf } from '../gpu/kernel.ts';
import type { Draw, Initialiser } from '../nn/parameters.ts';
import { hashText, Rng } from '../util/rng.ts';

/**
 * `randomEncoder` is a stream apart, for the encoder that the linear evaluation compares with. Parameters that are
 * `given` are not drawn, which changes no other.
 */
export function drawFrom(
  seed: number,
  stream: 'init' | 'randomEncoder' = 'init',
  given?: ReadonlyMap<string, { readonly data: Float32Array }>,
): Draw {
  return ({ name, shape, init }) => {
    const known = given?.get(name);
    if (known) return known.data;
    const values = new Float32Array(sizeOf(shape));
    if (init.kind === 'constant') return values.fill(init.value);
    const rng = new Rng(seed, stream, hashText(name));
    for (let i = 0; i < values.length; i++) {
      values[i] =
        init.kind === 'uniform' ? rng.uniform(-init.bound, init.bound) : deviationOf(init) * rng.normal();
    }
    return init.kind === 'directions' ? unitRows(values, shape.at(-1)!) : values;
  };
}

const deviationOf = (init: Initialiser) => (init.kind === 'normal' ? init.deviation : 1);

/** Each row over its length, in place. */
function unitRows(values: Float32Array, width: number): Float32Array {
  for (let at = 0; at < values.length; at += width) {
    const row = values.subarray(at, at + width);
    const length = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i]! /= length;
  }
  return values;
}
