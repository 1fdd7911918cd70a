// Layers as functions of a pass: they look up their parameters by PyTorch name, run a kernel and, while training,
// record how to go back. Without a tape they only compute; the caller tidies.

import { type Tensor, tf } from '../gpu/kernel.ts';
import { conv2dFilterGrad, conv2dInputGrad, conv2d as conv2dKernel } from '../gpu/kernels/conv/conv2d.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from '../gpu/kernels/dense/dense.ts';
import {
  batchNormApply,
  batchNormEval,
  batchNorm as batchNormKernel,
} from '../gpu/kernels/norm/batchNorm.ts';
import { batchNormGrad } from '../gpu/kernels/norm/batchNormGrad.ts';
import {
  reluGrad,
  relu as reluKernel,
  spatialMean,
  spatialMeanGrad,
} from '../gpu/kernels/pool/elementwise.ts';
import { maxPoolGrad, maxPool as maxPoolKernel } from '../gpu/kernels/pool/maxPool.ts';
import type { Parameters } from './parameters.ts';
import type { Tape } from './tape.ts';

export const BN_EPS = 1e-5;
export const BN_MOMENTUM = 0.1;

/** One pass of a batch through the network. */
export interface Pass {
  readonly parameters: Pick<Parameters, 'get'>;
  /** Null: no gradients are wanted. */
  readonly tape: Tape | null;
  /** Batch statistics per group, running statistics, or batch statistics that leave the running ones alone. */
  readonly norm: 'train' | 'running' | 'batch';
  /** Equal parts of the batch that are normalised on their own: 2 for two views. */
  readonly groups: number;
}

/** Convolution without bias. `isImage`: the input is the image itself, which nobody differentiates. */
export function conv2d(
  pass: Pass,
  name: string,
  x: Tensor,
  stride: number,
  pad: number,
  isImage = false,
): Tensor {
  const w = pass.parameters.get(name);
  const make = (input: Tensor) => conv2dKernel.one({ x: input, w }, { stride, pad });
  const y = make(x);
  const [kh, kw] = w.shape as [number, number];
  const [, height, width] = x.shape as [number, number, number];
  pass.tape?.record({
    outputs: [y],
    saved: [],
    recompute: () => pass.tape!.borrow(x, make),
    expensive: isImage ? 'discard' : 'keep',
    backward(dy) {
      const tape = pass.tape!;
      const dw = conv2dFilterGrad.one({ x: tape.value(x), dy }, { stride, pad, kernel: [kh, kw] });
      tape.parameterGradient(name, dw);
      if (isImage) return;
      const dx = conv2dInputGrad.one({ dy, w }, { stride, pad, height, width });
      tape.accumulate(x, dx);
    },
  });
  return y;
}

/** Batch norm of the last axis, with a residual added before an optional ReLU. It is the last that needs x. */
export function batchNorm(
  pass: Pass,
  name: string,
  x: Tensor,
  options: { relu: boolean; residual?: Tensor },
): Tensor {
  const { relu } = options;
  const residual = options.residual !== undefined;
  const gamma = pass.parameters.get(`${name}.weight`);
  const beta = pass.parameters.get(`${name}.bias`);
  const runningMean = pass.parameters.get(`${name}.running_mean`);
  const runningVar = pass.parameters.get(`${name}.running_var`);
  const inputs = { x, gamma, beta, residual: options.residual ?? gamma };
  if (pass.norm === 'running') {
    const given = { ...inputs, runningMean, runningVar };
    const y = batchNormEval.one(given, { relu, residual, eps: BN_EPS });
    if (pass.tape) recordRunning(pass.tape, y, given, { relu, residual: options.residual });
    return y;
  }
  // Batch statistics without a change of the running ones: a momentum of zero keeps them as they are.
  const momentum = pass.norm === 'train' ? BN_MOMENTUM : 0;
  const { groups } = pass;
  const { y, stats } = batchNormKernel.named(
    { ...inputs, runningMean, runningVar },
    { groups, relu, residual, eps: BN_EPS, momentum },
  );
  if (!pass.tape) {
    stats.dispose();
    return y;
  }
  const { tape } = pass;
  tape.record({
    outputs: [y],
    saved: [stats],
    readsOutput: relu && residual,
    recompute: () =>
      tape.borrow(x, (value, inPlace) =>
        tape.borrow(options.residual ?? gamma, (added) => {
          const given = { x: value, stats, gamma, beta, residual: added };
          return batchNormApply.one(given, { relu, residual, inPlace });
        }),
      ),
    backward(dy) {
      const { dx, dgamma, dbeta, dresidual } = batchNormGrad.named(
        { x: tape.value(x), y: relu && residual ? tape.value(y) : beta, dy, gamma, stats },
        { groups, relu, residual, maskFromX: !residual, inPlace: tape.ownsGradients },
      );
      tape.parameterGradient(`${name}.weight`, dgamma);
      tape.parameterGradient(`${name}.bias`, dbeta);
      tape.accumulate(x, dx);
      if (options.residual) tape.accumulate(options.residual, dresidual);
    },
  });
  tape.release(x);
  return y;
}

/**
 * By running statistics a norm is a line for each channel, so the gradient of x is that of y times its slope: the norm itself, about
 * zero. Gamma and beta get none: nobody trains by running statistics.
 */
function recordRunning(
  tape: Tape,
  y: Tensor,
  { x, gamma, runningVar }: Record<'x' | 'gamma' | 'runningVar', Tensor>,
  { relu, residual }: { readonly relu: boolean; readonly residual: Tensor | undefined },
): void {
  tape.record({
    outputs: [y],
    saved: [],
    readsOutput: relu,
    backward(dy) {
      const passed = relu ? reluGrad.one({ y, dy }, {}) : dy.clone();
      const zero = tf.zerosLike(gamma);
      const slope = { x: passed, gamma, beta: zero, residual: gamma, runningMean: zero, runningVar };
      tape.accumulate(x, batchNormEval.one(slope, { relu: false, residual: false, eps: BN_EPS }));
      zero.dispose();
      if (residual) tape.accumulate(residual, passed);
      else passed.dispose();
    },
  });
}

/** x w + b for x [n, k]. */
export function linear(pass: Pass, name: string, x: Tensor): Tensor {
  const w = pass.parameters.get(`${name}.weight`);
  const y = dense.one({ x, w, b: pass.parameters.get(`${name}.bias`) }, { bias: true });
  pass.tape?.record({
    outputs: [y],
    saved: [],
    backward(dy) {
      const tape = pass.tape!;
      tape.parameterGradient(`${name}.weight`, denseFilterGrad.one({ x, dy }, {}));
      tape.parameterGradient(`${name}.bias`, columnSums.one({ dy }, {}));
      tape.accumulate(x, denseInputGrad.one({ dy, w }, {}));
    },
  });
  return y;
}

/** Linear, batch norm and, but for the last of a projector, ReLU. */
export function linearNorm(
  pass: Pass,
  linearName: string,
  normName: string,
  x: Tensor,
  relu: boolean,
): Tensor {
  return batchNorm(pass, normName, linear(pass, linearName, x), { relu });
}

/** max(x, 0), where no norm does it on the way. */
export function relu(pass: Pass, x: Tensor): Tensor {
  const y = reluKernel.one({ x }, {});
  pass.tape?.record({
    outputs: [y],
    saved: [],
    readsOutput: true,
    backward: (dy) => pass.tape!.accumulate(x, reluGrad.one({ y, dy }, {})),
  });
  return y;
}

/** 3 x 3, stride 2, padding 1; the padding counts as minus infinity. */
export function maxPool(pass: Pass, x: Tensor): Tensor {
  const attrs = { size: 3, stride: 2, pad: 1 };
  const y = maxPoolKernel.one({ x }, attrs);
  pass.tape?.record({
    outputs: [y],
    saved: [],
    backward: (dy) => pass.tape!.accumulate(x, maxPoolGrad.one({ x: pass.tape!.value(x), dy }, attrs)),
  });
  return y;
}

/** Mean over height and width, [N,H,W,C] to [N,C]. */
export function globalMean(pass: Pass, x: Tensor): Tensor {
  const [, height, width] = x.shape as [number, number, number];
  const y = spatialMean.one({ x }, {});
  pass.tape?.record({
    outputs: [y],
    saved: [],
    backward: (dy) => pass.tape!.accumulate(x, spatialMeanGrad.one({ dy }, { height, width })),
  });
  return y;
}

/** The same values under another shape; gradients pass through. */
export function reshape(pass: Pass, x: Tensor, shape: number[]): Tensor {
  const y = tf.reshape(pass.tape?.value(x) ?? x, shape);
  pass.tape?.record({
    outputs: [y],
    saved: [],
    backward: (dy) => pass.tape!.accumulate(x, tf.reshape(dy, x.shape)),
  });
  return y;
}
