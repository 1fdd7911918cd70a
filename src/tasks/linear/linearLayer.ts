// One linear layer on frozen features: its start, its logits and its loss. Plain typed loops on the CPU, since the
// layer is small and this way it runs alike on every adapter. How it is trained is in linearClassifier.ts.

import { LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { Rng } from '../../util/rng.ts';

/** Logit_k = weight[k, :] . x + bias[k]; weight is classes x dim, row-major, as PyTorch holds it. */
export interface LinearLayer {
  readonly dim: number;
  readonly classes: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** Cross-entropies are cut here, as PyTorch's BCELoss does. */
const LOG_FLOOR = -100;

export const copyLayer = (layer: LinearLayer): LinearLayer => ({
  ...layer,
  weight: layer.weight.slice(),
  bias: layer.bias.slice(),
});

/** Weights and biases uniform within +-1 / sqrt(dim), PyTorch's default for a linear layer. */
export function initLinear(dim: number, classes: number, seed: number, draw = 0): LinearLayer {
  const rng = new Rng(seed, 'probe', draw, 0);
  const bound = 1 / Math.sqrt(dim);
  const weight = Float64Array.from({ length: dim * classes }, () => rng.uniform(-bound, bound));
  const bias = Float64Array.from({ length: classes }, () => rng.uniform(-bound, bound));
  return { dim, classes, weight, bias };
}

/** Logits of `rows` films, features row-major rows x dim; the result is rows x classes. */
export function logitsOf(
  layer: LinearLayer,
  x: Float32Array,
  rows: number,
  out?: Float64Array,
): Float64Array {
  const { dim, classes, weight, bias } = layer;
  const logits = out ?? new Float64Array(rows * classes);
  const whole = dim - (dim % 4);
  for (let r = 0; r < rows; r++) {
    const xr = r * dim;
    for (let k = 0; k < classes; k++) {
      const wk = k * dim;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0; j < whole; j += 4) {
        s0 += weight[wk + j]! * x[xr + j]!;
        s1 += weight[wk + j + 1]! * x[xr + j + 1]!;
        s2 += weight[wk + j + 2]! * x[xr + j + 2]!;
        s3 += weight[wk + j + 3]! * x[xr + j + 3]!;
      }
      for (let j = whole; j < dim; j++) s0 += weight[wk + j]! * x[xr + j]!;
      logits[r * classes + k] = s0 + s1 + (s2 + s3) + bias[k]!;
    }
  }
  return logits;
}

/** Single precision, as the published probabilities: saturates to 0 and 1 where those do. */
export function sigmoid32(logit: number): number {
  return Math.fround(1 / Math.fround(1 + Math.fround(Math.exp(-logit))));
}

/** Binary cross-entropy of one logit, the logarithm of the probability cut at -100. */
export function crossEntropy(logit: number, target: number): number {
  const p = sigmoid32(logit);
  return -Math.max(Math.log(target === LABEL_POSITIVE ? p : Math.fround(1 - p)), LOG_FLOOR);
}
