// The U-Net decoder on the five levels of the encoder: five stages up, of which the first four join the attended maps a4 to a1, the
// last is enlarged alone to the size of the film; then a 1 x 1 convolution to one logit a pixel. 256, 128, 64, 32 and 16 channels at
// the encoder's usual width of 64, narrower with it, 8 at least.

import type { Tensor } from '../../gpu/kernel.ts';
import type { EncoderOutput } from '../../methods/encoder/encode.ts';
import { levelWidths, NetworkBuilder } from '../../methods/encoder/network.ts';
import { linear, type Pass, reshape } from '../../nn/layers.ts';
import type { NetworkSpec } from '../../nn/parameters.ts';
import { decoderStage } from '../../nn/upward.ts';

export const DECODER = 'decoder';
const HEAD = `${DECODER}.head`;
const LEAST = 8;

/** Channels that each stage puts out. */
export const decoderWidths = (width: number): number[] =>
  [4, 2, 1, 1 / 2, 1 / 4].map((factor) => Math.max(LEAST, Math.round(factor * width)));

const stageName = (stage: number) => `${DECODER}.blocks.${stage}`;

/** @param width of the encoder */
export function decoderNetwork(width: number): NetworkSpec {
  const build = new NetworkBuilder();
  const levels = levelWidths(width);
  let below: number = levels[4];
  for (const [stage, outputs] of decoderWidths(width).entries()) {
    const skip = stage < 4 ? levels[3 - stage]! : 0;
    const name = stageName(stage);
    build.conv(`${name}.conv1.weight`, 3, below + skip, outputs);
    build.norm(`${name}.bn1`, outputs);
    build.conv(`${name}.conv2.weight`, 3, outputs, outputs);
    build.norm(`${name}.bn2`, outputs);
    below = outputs;
  }
  build.linear(HEAD, below, 1);
  return build;
}

/**
 * Logits [N, side, side] from the levels a1 to a5.
 * @param isInput the levels are given from outside, and nobody differentiates them
 */
export function decode(pass: Pass, levels: EncoderOutput['levels'], side: number, isInput: boolean): Tensor {
  const { tape } = pass;
  let x: Tensor = levels[4];
  for (let stage = 0; stage < 5; stage++) {
    const map = levels[3 - stage];
    const [height, width] = map ? (map.shape.slice(1) as [number, number]) : [side, side];
    const below = x;
    x = decoderStage(pass, stageName(stage), below, { height, width }, map && { map, isInput });
    if (stage > 0) tape?.release(below);
  }
  const [films, , , channels] = x.shape as [number, number, number, number];
  const pixels = reshape(pass, x, [films * side * side, channels]);
  const logits = linear(pass, HEAD, pixels);
  return reshape(pass, logits, [films, side, side]);
}
