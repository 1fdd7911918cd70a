// Mean and deviation of each feature, so that encoders of different scale are trained alike by one learning rate.
// Measured on all training films: that takes no labels, and is steadier than on the few that a small share labels.

import type { LinearLayer } from './linearLayer.ts';

export interface Scaling {
  readonly mean: Float64Array;
  /** 1 / deviation; 0 for a feature that does not vary, which is thereby ignored. */
  readonly inverse: Float64Array;
}

/** Below this relative deviation a feature counts as constant: the rest is rounding. */
const CONSTANT = 1e-6;

/** @param features films x dim, row-major */
export function measureScaling(features: Float32Array, dim: number, rows: Uint32Array): Scaling {
  const mean = new Float64Array(dim);
  const squares = new Float64Array(dim);
  for (const row of rows) for (let j = 0; j < dim; j++) mean[j]! += features[row * dim + j]! / rows.length;
  for (const row of rows) {
    for (let j = 0; j < dim; j++) squares[j]! += (features[row * dim + j]! - mean[j]!) ** 2 / rows.length;
  }
  const inverse = squares.map((square, j) => {
    const deviation = Math.sqrt(square);
    return deviation > CONSTANT * Math.abs(mean[j]!) ? 1 / deviation : 0;
  });
  return { mean, inverse };
}

/** The layer that does on raw features what `layer` does on scaled ones. */
export function foldScaling(layer: LinearLayer, { mean, inverse }: Scaling): LinearLayer {
  const { dim } = layer;
  const weight = layer.weight.map((value, i) => value * inverse[i % dim]!);
  const bias = layer.bias.map((value, k) => {
    let sum = value;
    for (let j = 0; j < dim; j++) sum -= weight[k * dim + j]! * mean[j]!;
    return sum;
  });
  return { ...layer, weight, bias };
}
