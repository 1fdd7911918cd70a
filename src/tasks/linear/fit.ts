// Fits one encoder on one draw of labels and scores the test films: the linear layer with early stopping for encoders,
// ridge regression for raw pixels. The validation films choose when to stop and how strong the penalty is. Features are scaled by
// their deviation over all training films first, so that encoders of different scale are trained alike by one learning rate.

import type { Config } from '../../config/schema.ts';
import type { EncoderFeatures } from '../features.ts';
import type { Draw } from '../labelDraws.ts';
import { meanAuroc } from '../scores/auroc.ts';
import { copyLayer, initLinear, type LinearLayer, linearEpochs, logitsOf } from './linearClassifier.ts';
import { fitRidge, RIDGE_PENALTIES } from './ridge.ts';

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

type Breathe = () => Promise<void>;

/**
 * With a tenth of a thousand films the published batch would make an epoch a single step, and ten epochs without
 * improvement would end the training before the layer has left its random start.
 */
const STEPS_PER_EPOCH = 8;
export const batchFor = (films: number, batch: number) =>
  Math.max(1, Math.min(batch, Math.ceil(films / STEPS_PER_EPOCH)));

interface StoppedLayer {
  /** On features as they are. */
  readonly layer: LinearLayer;
  /** Mean AUROC on the validation films at the epoch that was kept; null without any. */
  readonly validation: number | null;
}

/** The linear layer on a draw of labels, at its best epoch on the validation films. @throws AppError loss-not-finite */
export async function fitLayer(
  { features, flipped }: EncoderFeatures,
  draw: Draw,
  config: Config,
  breathe: Breathe,
): Promise<StoppedLayer> {
  const dim = features.length / (draw.labels.length / draw.classes);
  const scaling = config.probeStandardise ? measureScaling(features, dim, draw.train) : undefined;
  const onRaw = (layer: LinearLayer) => (scaling ? foldScaling(layer, scaling) : copyLayer(layer));
  const { fit: rows, labels, classes } = draw;
  const data = { features, labels, rows, scaling, flipped: config.probeFlip ? flipped : undefined };
  const layer = initLinear(dim, classes, config.seed, draw.index);
  const batch = batchFor(rows.length, config.probeBatch);
  const { probeRate: rate, probeEpochs: epochs, seed } = config;
  const validation = draw.val && gather(features, dim, draw.val);

  let best = onRaw(layer);
  let bestScore = Number.NEGATIVE_INFINITY;
  let bestEpoch = 0;
  for (const { epoch } of linearEpochs(layer, data, { rate, epochs, batch, seed, draw: draw.index })) {
    await breathe();
    if (!validation) continue;
    const raw = onRaw(layer);
    const score = meanAuroc(logitsOf(raw, validation, draw.val!.length), draw, draw.val!);
    if (score > bestScore) [best, bestScore, bestEpoch] = [raw, score, epoch];
    else if (epoch - bestEpoch >= config.probePatience) break;
  }
  return validation ? { layer: best, validation: bestScore } : { layer: onRaw(layer), validation: null };
}

/**
 * Test logits of the linear layer, test films x classes. `onLayer` hears the layer that gave them, on features as they are.
 * @throws AppError loss-not-finite
 */
export async function fitEncoder(
  encoder: EncoderFeatures,
  draw: Draw,
  config: Config,
  breathe: Breathe,
  onLayer?: (layer: LinearLayer) => void,
): Promise<Float64Array> {
  const { layer } = await fitLayer(encoder, draw, config, breathe);
  onLayer?.(layer);
  const dim = encoder.features.length / (draw.labels.length / draw.classes);
  return logitsOf(layer, gather(encoder.features, dim, draw.test), draw.test.length);
}

/** Test scores of ridge regression, test films x classes. */
export async function fitPixels(features: Float32Array, draw: Draw, breathe: Breathe): Promise<Float64Array> {
  const { labels, classes, fit: rows, val, test } = draw;
  const dim = features.length / (labels.length / classes);
  const layers = await fitRidge({ features, dim, labels, classes, rows }, RIDGE_PENALTIES, breathe);
  let chosen = layers[Math.floor(layers.length / 2)]!;
  if (val) {
    const x = gather(features, dim, val);
    const scores = layers.map((layer) => meanAuroc(logitsOf(layer, x, val.length), draw, val));
    chosen = layers[scores.indexOf(Math.max(...scores))]!;
  }
  return logitsOf(chosen, gather(features, dim, test), test.length);
}

function gather(features: Float32Array, dim: number, rows: Uint32Array): Float32Array {
  const x = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) x.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
  return x;
}
