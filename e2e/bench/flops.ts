// Floating-point operations of one training step, from the shapes of the network: two for each multiply-add of the
// convolutions and dense layers, forward, and for either gradient as often again. Norms, gates and pools are left out: they
// are bound by memory, not by arithmetic.

import type { Config } from '../../src/config/schema.ts';
import { PREFIX } from '../../src/methods/encoder/network.ts';
import { networkOf } from '../../src/methods/engines.ts';
import { isLevelConv } from '../../src/methods/mlvicx/network.ts';

const STEM = `${PREFIX}.encoder.0.weight`;
const POSITIONS = 16;

/** Side of each level's map, px; convolutions and pools round up halves. */
export function levelSides(imageSize: number): number[] {
  const sides = [Math.floor((imageSize - 1) / 2) + 1];
  while (sides.length < 5) sides.push(Math.floor((sides.at(-1)! - 1) / 2) + 1);
  return sides;
}

/** Places per view at which a weight is applied. */
function places(name: string, sides: readonly number[]): number {
  const stage = /\.encoder\.(\d)\./.exec(name);
  if (name === STEM) return sides[0]! ** 2;
  if (stage) return sides[Number(stage[1]) - 3]! ** 2;
  return isLevelConv(name) ? POSITIONS : 1;
}

/** Of both views, forward and backward. */
export function stepFlops(config: Config): number {
  const sides = levelSides(config.imageSize);
  const views = 2 * config.batchSize;
  let total = 0;
  for (const { name, shape } of networkOf(config).storages) {
    if (shape.length < 2 || name.includes('.cbt') || name.endsWith('.bias')) continue;
    const size = shape.reduce((a, b) => a * b, 1);
    // Nobody differentiates the image.
    const passes = name === STEM ? 2 : 3;
    total += 2 * size * places(name, sides) * views * passes;
  }
  return total;
}
