// Initial values of the network from a seed. Every parameter has a stream of its own, keyed by its name, so adding
// one never changes another, and reset returns to exactly the same start.

import { sizeOf } from '../gpu/shape.ts';
import type { Draw } from '../nn/parameters.ts';
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
        init.kind === 'normal' ? init.deviation * rng.normal() : rng.uniform(-init.bound, init.bound);
    }
    return values;
  };
}
