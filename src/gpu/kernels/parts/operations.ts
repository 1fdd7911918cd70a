// Small pieces that the stock compositions share: operations under names that take any tensor, because the types of
// TensorFlow.js ask for a rank that ours do not carry, and kernels of the backend that have no public operation.

import { type Tensor, tf } from '../../backend.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** A kernel of the backend by its registered name. */
export const runStock = (name: string, inputs: Readonly<Record<string, Tensor>>, attrs: Attributes): Tensor =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as Tensor;

const attributes = ({ stride, pad }: { stride: number; pad: number }) => ({
  strides: [stride, stride],
  pad,
  dataFormat: 'NHWC',
  dimRoundingMode: 'floor',
});

export const inputGradient = (
  dy: Tensor,
  filter: Tensor,
  inputShape: readonly number[],
  window: { stride: number; pad: number },
) => runStock('Conv2DBackpropInput', { dy, filter }, { ...attributes(window), inputShape });

export const filterGradient = (
  x: Tensor,
  dy: Tensor,
  filterShape: readonly number[],
  window: { stride: number; pad: number },
) => runStock('Conv2DBackpropFilter', { x, dy }, { ...attributes(window), filterShape });

export const part = (x: Tensor, begin: readonly number[], size: readonly number[]): Tensor =>
  tf.slice(x, [...begin], [...size]);

export const shaped = (x: Tensor, ...shape: number[]): Tensor => tf.reshape(x, shape);

/** Products of the last two dimensions; the others broadcast. */
export const product = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
  tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, transposeA, transposeB);

/** 1 where the condition holds, else 0. */
export const ones = (condition: Tensor): Tensor => tf.cast(condition, 'float32');

export const joined = (parts: readonly Tensor[], axis: number): Tensor => tf.concat([...parts], axis);

/** 1 / sqrt(x + eps). */
export const inverseRoot = (x: Tensor, eps: number): Tensor => tf.rsqrt(tf.add(x, eps));

/** 0, 1, … along `axis` of a tensor of this rank, as float32. */
export function ramp(size: number, rank: number, axis: number): Tensor {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? size : 1));
  return tf.reshape(tf.range(0, size, 1, 'float32'), shape);
}

/** The first place of the maximum along an axis, kept as a dimension: stock argMax may take another among ties. */
export function firstPlace(x: Tensor, max: Tensor, axis: number): Tensor {
  const size = x.shape[axis]!;
  const places = tf.where(tf.equal(x, max), tf.zerosLike(x), tf.fill(x.shape, size));
  return tf.min(tf.add(places, ramp(size, x.rank, axis)), axis, true);
}
