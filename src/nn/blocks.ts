// The blocks of the encoder: the context bottleneck (paper, section III-A), channel attention, then spatial attention, in
// path; and ResNet-18's basic block and stage (He et al., 2016), with torchvision's child names. A bottleneck is the last that
// needs its input.

import type { Tensor } from '../gpu/kernel.ts';
import { bottleneck, bottleneckApply } from '../gpu/kernels/bottleneck/bottleneck.ts';
import { bottleneckGrad } from '../gpu/kernels/bottleneck/bottleneckGrad.ts';
import { batchNorm, conv2d, type Pass } from './layers.ts';

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

/** conv3x3-bn-relu-conv3x3-bn plus the shortcut, then ReLU. A strided block has a 1x1 convolution on its shortcut. */
export function basicBlock(pass: Pass, name: string, x: Tensor, stride: number): Tensor {
  const first = batchNorm(pass, `${name}.bn1`, conv2d(pass, `${name}.conv1.weight`, x, stride, 1), {
    relu: true,
  });
  const second = conv2d(pass, `${name}.conv2.weight`, first, 1, 1);
  pass.tape?.release(first);
  const residual =
    stride === 1
      ? x
      : batchNorm(pass, `${name}.downsample.1`, conv2d(pass, `${name}.downsample.0.weight`, x, stride, 0), {
          relu: false,
        });
  const out = batchNorm(pass, `${name}.bn2`, second, { relu: true, residual });
  if (residual !== x) pass.tape?.release(residual);
  return out;
}

/** Two blocks; the first may halve the resolution. */
export function stage(pass: Pass, name: string, x: Tensor, stride: number): Tensor {
  const between = basicBlock(pass, `${name}.0`, x, stride);
  const out = basicBlock(pass, `${name}.1`, between, 1);
  pass.tape?.release(between, true);
  return out;
}
