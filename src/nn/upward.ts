// Layers on the way up of a decoder: a map enlarged to meet another, two maps side by side, and the stage of a U-Net made of them
// (Ronneberger et al., 2015, with nearest-neighbour enlargement as common libraries have it): enlarge, join what the encoder saw at
// that size, then twice a 3 x 3 convolution with batch norm and ReLU.

import type { Tensor } from '../gpu/kernel.ts';
import {
  channelPart,
  concatChannels,
  type Sides,
  upsampleGrad,
  upsample as upsampleKernel,
} from '../gpu/kernels/masks/upsample.ts';
import { batchNorm, conv2d, type Pass } from './layers.ts';

/** Twofold, cut to `sides` where these are odd. */
function upsample({ tape }: Pass, x: Tensor, sides: Sides): Tensor {
  const make = (value: Tensor) => upsampleKernel.one({ x: value }, sides);
  const y = make(tape?.value(x) ?? x);
  tape?.record({
    outputs: [y],
    saved: [],
    recompute: () => tape.borrow(x, make),
    backward: (dy) => tape.accumulate(x, upsampleGrad.one({ dy }, {})),
  });
  return y;
}

/** The channels of a, then those of b. `isInput`: b is given from outside, and nobody differentiates it. */
function concat({ tape }: Pass, a: Tensor, b: Tensor, isInput: boolean): Tensor {
  const make = (first: Tensor, second: Tensor) => concatChannels.one({ a: first, b: second }, {});
  const y = make(tape?.value(a) ?? a, tape?.value(b) ?? b);
  const [first, second] = [a.shape.at(-1)!, b.shape.at(-1)!];
  tape?.record({
    outputs: [y],
    saved: [],
    recompute: () => tape.borrow(a, (one) => tape.borrow(b, (other) => make(one, other))),
    backward(dy) {
      tape.accumulate(a, channelPart.one({ x: dy }, { from: 0, count: first }));
      if (!isInput) tape.accumulate(b, channelPart.one({ x: dy }, { from: first, count: second }));
    },
  });
  return y;
}

/** A map of the encoder that a stage joins. */
export interface Skip {
  readonly map: Tensor;
  /** Nobody differentiates it. */
  readonly isInput: boolean;
}

/** `name` is the stage's prefix; x is freed by a tape that can make it again. Without a skip, x is enlarged alone. */
export function decoderStage(pass: Pass, name: string, x: Tensor, sides: Sides, skip?: Skip): Tensor {
  const { tape } = pass;
  const large = upsample(pass, x, sides);
  const joined = skip ? concat(pass, large, skip.map, skip.isInput) : large;
  if (joined !== large) tape?.release(large);
  const first = batchNorm(pass, `${name}.bn1`, conv2d(pass, `${name}.conv1.weight`, joined, 1, 1), {
    relu: true,
  });
  tape?.release(joined);
  const second = batchNorm(pass, `${name}.bn2`, conv2d(pass, `${name}.conv2.weight`, first, 1, 1), {
    relu: true,
  });
  tape?.release(first);
  return second;
}
