// The context bottleneck as a layer (paper, section III-A): channel attention, then spatial attention, in path.

import type { Tensor } from '../gpu/kernel.ts';
import { bottleneck } from '../gpu/kernels/bottleneck.ts';
import { bottleneckGrad } from '../gpu/kernels/bottleneckGrad.ts';
import type { Pass } from './layers.ts';

/** `name` is the bottleneck's prefix, e.g. `encoder.cbt1`. `onGates` may look at the gates, spatial [N,H,W] and channel [N,C]. */
export function contextBottleneck(
  pass: Pass,
  name: string,
  x: Tensor,
  onGates?: (spatial: Tensor, channel: Tensor) => void,
): Tensor {
  const names = [`${name}.cam.fc.0.weight`, `${name}.cam.fc.2.weight`, `${name}.sam.conv1.weight`] as const;
  const [w1, w2, ws] = names.map((each) => pass.parameters.get(each)) as [Tensor, Tensor, Tensor];
  const [out, channelGate, spatialGate, pooled, hidden, spatial] = bottleneck({ x, w1, w2, ws }, {}) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  onGates?.(spatialGate, channelGate);
  const saved = [channelGate, spatialGate, pooled, hidden, spatial];
  if (!pass.tape) {
    for (const tensor of saved) tensor.dispose();
    return out;
  }
  pass.tape.record({
    outputs: [out],
    saved,
    backward(dout) {
      const tape = pass.tape!;
      const inputs = { x, dout, w1, w2, ws, channelGate, spatialGate, pooled, hidden, spatial };
      const [dx, ...weights] = bottleneckGrad(inputs, {});
      names.forEach((each, i) => {
        tape.giveParameter(each, weights[i]!);
      });
      tape.give(x, dx!);
    },
  });
  return out;
}
