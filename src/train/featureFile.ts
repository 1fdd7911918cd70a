// What a model makes of every film, as one safetensors file for work elsewhere: pooled features with and without context
// bottlenecks, the mean of each level's map and the embedding of every head, all in evaluation mode, with split and labels of
// each film beside them.
// Films stand in the order of their paths; names and patients are left out.

import { type Checkpoint, loadWeights } from '../checkpoint/checkpoint.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { encode } from '../methods/encoder/encode.ts';
import { Model } from '../methods/model.ts';
import { globalMean, type Pass } from '../nn/layers.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../util/safetensors.ts';
import { filmCount, inOrder, planesOf, type TrainingSet } from './batchSource.ts';
import { drawFrom } from './initialise.ts';
import { readBehind } from './readBehind.ts';
import { ViewRenderer } from './viewRenderer.ts';

/** Films per forward pass. Batches are full, the last one padded, so that shapes never change. */
const BATCH = 32;

export interface FeatureOptions {
  /** Adds `images` [films, 3, S, S], exactly what the encoder was shown. */
  readonly images: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** @throws AppError checkpoint-invalid */
export async function featureFile(
  checkpoint: Checkpoint,
  dataset: TrainingSet,
  runtime: Runtime,
  { images, onProgress }: FeatureOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { config } = checkpoint;
  const films = filmCount(dataset);
  const model = new Model(config, drawFrom(config.seed));
  const renderer = new ViewRenderer(runtime, dataset, { batchSize: BATCH });
  const columns = new Map<string, Column>();
  try {
    loadWeights(model, checkpoint, runtime);
    await readBehind(
      inOrder(planesOf(dataset), films, BATCH),
      (batch) => {
        const shown = renderer.evaluation(batch, config.imageSize, false);
        const made: Record<string, Tensor> = evaluate(model, shown);
        if (images) made.images = shown.clone();
        shown.dispose();
        return Promise.all(Object.entries(made).map((one) => readColumn(runtime, ...one)));
      },
      ({ first, wanted }, read) => {
        for (const { name, shape, values } of read) {
          const column = columns.get(name) ?? new Column(films, shape.slice(1));
          columns.set(name, column);
          column.fill(first, values);
        }
        onProgress(first + wanted, films);
      },
    );
  } finally {
    model.dispose();
    renderer.dispose();
    runtime.trim();
  }
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  for (const [name, column] of columns) tensors.set(name, column.stored());
  tensors.set('split', { dtype: 'U8', shape: [films], data: dataset.splits });
  tensors.set('labels', { dtype: 'U8', shape: [films, dataset.findings.length], data: dataset.labels });
  return writeSafetensors(tensors, {
    format: 'mlvicx-playground features',
    findings: JSON.stringify(dataset.findings),
    imageSize: String(config.imageSize),
    step: String(checkpoint.step),
    fingerprint: dataset.fingerprint,
  });
}

/** What was made of a batch under one name; the tensor is freed. */
async function readColumn(runtime: Runtime, name: string, tensor: Tensor) {
  const { shape, size } = tensor;
  const read = runtime.read(tensor, size * 4);
  tensor.dispose();
  return { name, shape, values: await read };
}

/**
 * h, the pooled features; level1 to level5, the means of the levels' maps over their places, of which the last is h; `plain`, the
 * pooled features without context bottlenecks where the method has them; and the embedding of each head under its symbol, z and
 * d of docs/method.md.
 */
function evaluate(model: Model, images: Tensor): Record<string, Tensor> {
  const pass: Pass = { parameters: model.parameters, tape: null, norm: 'running', groups: 1 };
  return tf.tidy(() => {
    const { encoder, embeddings } = model.embed(pass, images);
    const levels = encoder.levels
      .slice(0, 4)
      .map((map, i) => [`level${i + 1}`, globalMean(pass, map)] as const);
    const { heads } = model.method;
    // A head may be the features themselves; each column is freed by itself.
    const symbols = Object.entries(embeddings).map(([head, tensor]) => [heads[head]!.symbol, tensor.clone()]);
    const plain = model.method.bottlenecks(model.config)
      ? { plain: encode(pass, images, { bottlenecks: false }).features }
      : {};
    const level5 = encoder.features.clone();
    return {
      h: encoder.features,
      ...Object.fromEntries(levels),
      level5,
      ...plain,
      ...Object.fromEntries(symbols),
    };
  });
}

/** One tensor of the file, filled batch by batch; maps [S, S, C] are turned to [C, S, S]. */
class Column {
  readonly #shape: readonly number[];
  readonly #values: Float32Array;
  readonly #size: number;

  constructor(films: number, shape: readonly number[]) {
    this.#shape = [films, ...shape];
    this.#size = shape.reduce((product, length) => product * length, 1);
    this.#values = new Float32Array(films * this.#size);
  }

  fill(first: number, batch: Float32Array): void {
    const at = first * this.#size;
    this.#values.set(batch.subarray(0, this.#values.length - at), at);
  }

  stored(): StoredTensor<WritableDtype> {
    const [films, height, width, channels] = this.#shape;
    if (this.#shape.length !== 4) return { dtype: 'F32', shape: this.#shape, data: this.#values };
    const data = new Float32Array(this.#values.length);
    const pixels = height! * width!;
    for (let i = 0; i < data.length; i++) {
      const [film, place] = [Math.floor(i / this.#size), i % this.#size];
      const [channel, pixel] = [Math.floor(place / pixels), place % pixels];
      data[i] = this.#values[film * this.#size + pixel * channels! + channel]!;
    }
    return { dtype: 'F32', shape: [films!, channels!, height!, width!], data };
  }
}
