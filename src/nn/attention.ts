// The context bottleneck as a layer (paper, section III-A): channel attention, then spatial attention, in path.
// It is the last that needs its input.

import type { Tensor } from '../gpu/kernel.ts';
import { bottleneck, bottleneckApply } from '../gpu/kernels/bottleneck/bottleneck.ts';
import { bottleneckGrad } from '../gpu/kernels/bottleneck/bottleneckGrad.ts';
import type { Pass } from './layers.ts';

/** `name` is the bottleneck's prefix, e.g. `encoder.cbt1`. `onGates` may look at the gates, spatial [N,H,W] and channel [N,C]. */
export function contextBottleneck(
  pass: Pass,
  name: string,
  x: Tensor,
  onGates?: (spatial: Tensor, channel: Tensor) => void,
): Tensor {
  const names = {
    w1: `${name}.cam.fc.0.weight`,
    w2: `${name}.cam.fc.2.weight`,
    ws: `${name}.sam.conv1.weight`,
  };
  const { parameters } = pass;
  const weights = {
    w1: parameters.get(names.w1),
    w2: parameters.get(names.w2),
    ws: parameters.get(names.ws),
  };
  const { out, channelGate, spatialGate, pooled, hidden, spatial } = bottleneck.named({ x, ...weights }, {});
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
      tape.borrow(x, (value, inPlace) =>
        bottleneckApply.one({ x: value, channelGate, spatialGate }, { inPlace }),
      ),
    backward(dout) {
      const given = { ...weights, channelGate, spatialGate, pooled, hidden, spatial };
      const { dx, dw1, dw2, dws } = bottleneckGrad.named(
        { x: tape.value(x), dout, ...given },
        { inPlace: tape.ownsGradients },
      );
      tape.parameterGradient(names.w1, dw1);
      tape.parameterGradient(names.w2, dw2);
      tape.parameterGradient(names.ws, dws);
      tape.accumulate(x, dx);
    },
  });
  tape.release(x);
  return out;
}
