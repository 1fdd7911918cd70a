// Each kernel beside the stock TensorFlow.js composition that does the same, at shapes of the model. Both run on one
// device in one worker and take turns; every row also says how far the results lie apart.

import { tf } from '../../src/gpu/backend.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { batchNorm } from '../../src/gpu/kernels/batchNorm.ts';
import { batchNormGrad } from '../../src/gpu/kernels/batchNormGrad.ts';
import { bottleneck } from '../../src/gpu/kernels/bottleneck.ts';
import { bottleneckGrad } from '../../src/gpu/kernels/bottleneckGrad.ts';
import { conv2d } from '../../src/gpu/kernels/conv2d.ts';
import { conv2dFilterGrad } from '../../src/gpu/kernels/conv2dFilterGrad.ts';
import { conv2dInputGrad } from '../../src/gpu/kernels/conv2dInputGrad.ts';
import { dense, denseFilterGrad, denseInputGrad } from '../../src/gpu/kernels/dense.ts';
import { maxPool, maxPoolGrad } from '../../src/gpu/kernels/maxPool.ts';
import { vicreg, vicregGrad } from '../../src/gpu/kernels/vicreg.ts';
import type { Runtime } from '../../src/gpu/runtime.ts';
import { weightsVector } from '../../src/mlvicx/objective.ts';
import { Rng } from '../../src/util/rng.ts';
import { median } from './median.ts';
import { CONFIG, VIEWS, WIDTHS } from './problem.ts';
import { attend, vicregLoss } from './stock.ts';

type Tensor = tf.Tensor;

export interface KernelRow {
  readonly name: string;
  readonly shape: string;
  readonly oursMs: number;
  readonly stockMs: number;
  /** Largest difference over the largest value, the worst of the compared results. */
  readonly difference: number;
}

/** Two ways to the same results; both return the tensors to compare, in one order. */
interface Pair {
  readonly name: string;
  readonly shape: string;
  readonly ours: () => Tensor[];
  readonly stock: () => Tensor[];
}

let stream = 0;
function random(shape: number[], scale = 1): Tensor {
  const rng = new Rng(CONFIG.seed, 'synthetic', ++stream);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.keep(
    tf.tensor(
      Float32Array.from({ length: size }, () => scale * rng.normal()),
      shape,
    ),
  );
}

const stockConv = (name: string, inputs: Record<string, Tensor>, attrs: object) =>
  tf.engine().runKernel(
    name,
    inputs as unknown as tf.NamedTensorMap,
    {
      dataFormat: 'NHWC',
      dimRoundingMode: undefined,
      ...attrs,
    } as unknown as tf.NamedAttrMap,
  ) as Tensor;

function convPairs(side: number, inputs: number, outputs: number, kernel: number, stride: number): Pair[] {
  const pad = (kernel - 1) / 2;
  const out = side / stride;
  const x = random([VIEWS, side, side, inputs]);
  const w = random([kernel, kernel, inputs, outputs], 0.1);
  const dy = random([VIEWS, out, out, outputs]);
  const attrs = { strides: [stride, stride], pad };
  const shape = `${side}x${side}x${inputs} -> ${outputs}, ${kernel}x${kernel} s${stride}`;
  const own = { stride, pad };
  const pairs: Pair[] = [
    {
      name: 'convolution',
      shape,
      ours: () => conv2d({ x, w }, own),
      stock: () => [tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad)],
    },
    {
      name: 'convolution dw',
      shape,
      ours: () => conv2dFilterGrad({ x, dy }, { ...own, kernel: [kernel, kernel] }),
      stock: () => [stockConv('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: w.shape })],
    },
    {
      name: 'convolution dx',
      shape,
      ours: () => conv2dInputGrad({ dy, w }, { ...own, height: side, width: side }),
      stock: () => [stockConv('Conv2DBackpropInput', { dy, filter: w }, { ...attrs, inputShape: x.shape })],
    },
  ];
  // Nobody differentiates the image.
  return inputs === 3 ? pairs.slice(0, 2) : pairs;
}

function normPair(side: number, channels: number): Pair {
  const x = random([VIEWS, side, side, channels]);
  const dy = random([VIEWS, side, side, channels]);
  const [gamma, beta, runningMean, runningVar] = [0, 1, 2, 3].map(() => random([channels])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const plain = (input: Tensor, scale: Tensor, offset: Tensor) => {
    const { mean, variance } = tf.moments(input, [0, 1, 2]);
    const [m, v] = [mean as tf.Tensor1D, variance as tf.Tensor1D];
    const normed = tf.batchNorm(
      input as tf.Tensor4D,
      m,
      v,
      offset as tf.Tensor1D,
      scale as tf.Tensor1D,
      1e-5,
    );
    return tf.relu(normed);
  };
  return {
    name: 'batch norm + ReLU, forward and backward',
    shape: `${side}x${side}x${channels}`,
    ours() {
      const inputs = { x, gamma, beta, residual: gamma, runningMean, runningVar };
      const attrs = { groups: 1, relu: true, residual: false };
      const [y, stats] = batchNorm(inputs, { ...attrs, eps: 1e-5, momentum: 0 });
      return batchNormGrad({ x, y: y!, dy, gamma, stats: stats! }, attrs);
    },
    stock: () => tf.grads(plain as (...inputs: Tensor[]) => Tensor)([x, gamma, beta], dy),
  };
}

function bottleneckPair(side: number, channels: number): Pair {
  const x = random([VIEWS, side, side, channels]);
  const dout = random([VIEWS, side, side, channels]);
  const w1 = random([1, 1, channels, channels / 2], 0.3);
  const w2 = random([1, 1, channels / 2, channels], 0.3);
  const ws = random([7, 7, 2, 1], 0.1);
  return {
    name: 'context bottleneck, forward and backward',
    shape: `${side}x${side}x${channels}`,
    ours() {
      const [, channelGate, spatialGate, pooled, hidden, spatial] = bottleneck({ x, w1, w2, ws }, {});
      const saved = {
        channelGate: channelGate!,
        spatialGate: spatialGate!,
        pooled: pooled!,
        hidden: hidden!,
        spatial: spatial!,
      };
      return bottleneckGrad({ x, dout, w1, w2, ws, ...saved }, {});
    },
    stock: () => tf.grads(attend as unknown as (...inputs: Tensor[]) => Tensor)([x, w1, w2, ws], dout),
  };
}

function vicregPair(dimensions: number): Pair {
  const z = random([VIEWS, dimensions]);
  const { invarianceWeight, varianceWeight, covarianceWeight } = CONFIG;
  const list = { invariance: invarianceWeight, variance: varianceWeight, covariance: covarianceWeight };
  const weights = tf.keep(tf.tensor1d(weightsVector(list, 1)));
  const plain = (both: Tensor) => {
    const [a, b] = tf.split(both, 2) as [tf.Tensor2D, tf.Tensor2D];
    return vicregLoss(a, b) as Tensor;
  };
  return {
    name: 'VICReg terms and gradient',
    shape: `${VIEWS}x${dimensions}`,
    ours() {
      const [, centred, variances, moments] = vicreg({ z }, {});
      const inputs = { z, centred: centred!, variances: variances!, moments: moments!, weights };
      return vicregGrad(inputs, {});
    },
    stock: () => [tf.grad(plain)(z)],
  };
}

function densePair(inputs: number, outputs: number): Pair {
  const x = random([VIEWS, inputs]) as tf.Tensor2D;
  const w = random([inputs, outputs], 0.1) as tf.Tensor2D;
  const b = random([outputs]);
  const dy = random([VIEWS, outputs]) as tf.Tensor2D;
  return {
    name: 'dense layer, forward, dx and dw',
    shape: `${VIEWS}x${inputs} -> ${outputs}`,
    ours: () => [
      dense({ x, w, b }, { bias: true })[0]!,
      denseInputGrad({ dy, w }, {})[0]!,
      denseFilterGrad({ x, dy }, {})[0]!,
    ],
    stock: () => [tf.add(tf.matMul(x, w), b), tf.matMul(dy, w, false, true), tf.matMul(x, dy, true, false)],
  };
}

function poolPair(side: number, channels: number): Pair {
  const x = random([VIEWS, side, side, channels]);
  const dy = random([VIEWS, side / 2, side / 2, channels]);
  const attrs = { size: 3, stride: 2, pad: 1 };
  const plain = (input: Tensor) => tf.maxPool(input as tf.Tensor4D, 3, 2, 1) as Tensor;
  return {
    name: 'max pool, forward and backward',
    shape: `${side}x${side}x${channels}`,
    ours: () => {
      maxPool({ x }, attrs);
      return maxPoolGrad({ x, dy }, attrs);
    },
    stock: () => [tf.grad(plain)(x, dy)],
  };
}

function pairs(): Pair[] {
  const [w] = WIDTHS;
  return [
    ...convPairs(64, 3, w, 7, 2),
    ...convPairs(16, w, w, 3, 1),
    ...convPairs(16, w, 2 * w, 3, 2),
    ...convPairs(2, 8 * w, 8 * w, 3, 1),
    normPair(32, w),
    normPair(4, 4 * w),
    bottleneckPair(32, w),
    bottleneckPair(4, 4 * w),
    poolPair(32, w),
    densePair(16 * CONFIG.levelChannels, CONFIG.embeddingDim),
    vicregPair(CONFIG.embeddingDim),
  ];
}

async function values(results: Tensor[]): Promise<Float32Array[]> {
  const read = await Promise.all(results.map((tensor) => tensor.data() as Promise<Float32Array>));
  return read.map((data) => Float32Array.from(data));
}

function apart(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  return difference / largest;
}

async function timed(runtime: Runtime, body: () => Tensor[]): Promise<number> {
  const begin = performance.now();
  tf.tidy(() => {
    body();
  });
  runtime.submit();
  await runtime.device.queue.onSubmittedWorkDone();
  return performance.now() - begin;
}

async function compare(runtime: Runtime, { name, shape, ours, stock }: Pair, repeats: number) {
  // The first run of each compiles and is compared.
  const [own, other] = [await values(tf.tidy(ours)), await values(tf.tidy(stock))];
  const difference = Math.max(...own.map((each, i) => apart(each, other[i]!)));
  const [oursMs, stockMs]: [number[], number[]] = [[], []];
  for (let i = 0; i < repeats; i++) {
    oursMs.push(await timed(runtime, ours));
    stockMs.push(await timed(runtime, stock));
  }
  return { name, shape, oursMs: median(oursMs), stockMs: median(stockMs), difference };
}

/** Every kernel in turn. */
export async function compareKernels(repeats: number): Promise<{ adapter: string; rows: KernelRow[] }> {
  let fault: string | null = null;
  const { runtime, info } = await openDevice(({ message }) => {
    fault = message;
  });
  const rows: KernelRow[] = [];
  for (const pair of pairs()) {
    rows.push(await compare(runtime, pair, repeats));
    if (fault !== null) throw new Error(`${pair.name}: ${fault}`);
  }
  return { adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '), rows };
}
