// ResNet-18's basic block and stage (He et al., 2016), with torchvision's child names.

import type { Tensor } from '../gpu/kernel.ts';
import { batchNorm, conv2d, type Pass } from './layers.ts';

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
