// The context bottleneck as a layer (paper, section III-A): channel attention, then spatial attention, in path.
// It is the last that needs its input.

import type { Tensor } from '../gpu/kernel.ts';
import { bottleneck } from '../gpu/kernels/bottleneck/bottleneck.ts';
import { bottleneckApply } from '../gpu/kernels/bottleneck/bottleneckApply.ts';
import { bottleneckGrad } from '../gpu/kernels/bottleneck/bottleneckGrad.ts';
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
  const { tape } = pass;
  tape.record({
    outputs: [out],
    saved,
    recompute: () =>
      tape.borrow(
        x,
        (value, inPlace) => bottleneckApply({ x: value, channelGate, spatialGate }, { inPlace })[0]!,
      ),
    backward(dout) {
      const given = { w1, w2, ws, channelGate, spatialGate, pooled, hidden, spatial };
      const [dx, ...weights] = bottleneckGrad(
        { x: tape.value(x), dout, ...given },
        { inPlace: tape.ownsGradients },
      );
      names.forEach((each, i) => {
        tape.parameterGradient(each, weights[i]!);
      });
      tape.accumulate(x, dx!);
    },
  });
  tape.release(x);
  return out;
}
