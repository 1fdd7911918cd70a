// The backbone with five taps (paper, section III-A): each feature map passes its context bottleneck, and the
// attended map is what the next stage sees. Without bottlenecks it is the plain ResNet-18 that the published
// evaluation uses (quirk Q2).

import type { Tensor } from '../../gpu/kernel.ts';
import { contextBottleneck, stage } from '../../nn/blocks.ts';
import { batchNorm, conv2d, globalMean, maxPool, type Pass } from '../../nn/layers.ts';
import { PREFIX } from './network.ts';

export interface EncoderOutput {
  /** Attended maps a1..a5, [N,H,W,C]. */
  readonly levels: readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** Maps before their bottlenecks, m1..m5. */
  readonly maps: readonly Tensor[];
  /** Mean of a5 over height and width, [N, C5]. */
  readonly features: Tensor;
}

export interface EncoderOptions {
  /** False skips the context bottlenecks. */
  readonly bottlenecks: boolean;
  /** The last map is wanted afterwards: a tape that frees for good leaves it to its caller. */
  readonly keepLast?: boolean;
  /** Looks at each level's spatial gate, [N,H,W], level 1 to 5. */
  readonly onGate?: (level: number, gate: Tensor) => void;
  /** Looks at each attended map when it is made, level 1 to 5. */
  readonly onLevel?: (level: number, map: Tensor) => void;
}

/** `images` is [N, S, S, 3], normalised. */
export function encode(
  pass: Pass,
  images: Tensor,
  options: EncoderOptions = { bottlenecks: true },
): EncoderOutput {
  const attend = (level: number, map: Tensor) =>
    options.bottlenecks
      ? contextBottleneck(pass, `${PREFIX}.cbt${level}`, map, (gate) => options.onGate?.(level, gate))
      : map;
  const stem = conv2d(pass, `${PREFIX}.encoder.0.weight`, images, 2, 3, true);
  const maps = [batchNorm(pass, `${PREFIX}.encoder.1`, stem, { relu: true })];
  const levels = [attend(1, maps[0]!)];
  options.onLevel?.(1, levels[0]!);
  for (let level = 2; level <= 5; level++) {
    const below = levels[level - 2]!;
    const input = level === 2 ? maxPool(pass, below) : below;
    if (level === 2) pass.tape?.release(below);
    const map = stage(pass, `${PREFIX}.encoder.${level + 2}`, input, level === 2 ? 1 : 2);
    // What a stage begins with is all that recomputing it needs; the first begins with the pooled map.
    pass.tape?.release(input, true);
    maps.push(map);
    levels.push(attend(level, map));
    options.onLevel?.(level, levels[level - 1]!);
  }
  const features = globalMean(pass, levels[4]!);
  if (!options.keepLast) pass.tape?.release(levels[4]!);
  return { levels: levels as unknown as EncoderOutput['levels'], maps, features };
}
