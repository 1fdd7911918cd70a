// A step of a run looked at again: which films it saw, both views of each as they were, and how far apart the network puts the
// two. Films and views follow from seed and step alone; the distances are those of the weights given, which are the step's own
// only where a checkpoint was taken just before it. The model is one of its own, so a run stays as it is.

import { type Checkpoint, loadWeights } from '../checkpoint/checkpoint.ts';
import { filmsOf, Sampler } from '../data/sampler.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { Model } from '../methods/model.ts';
import type { StepAgain } from '../protocol/engine.ts';
import { AppError } from '../util/errors.ts';
import { planesOf, readBatch, type TrainingSet } from './batchSource.ts';
import { drawFrom } from './initialise.ts';
import { ViewRenderer, viewsOf } from './viewRenderer.ts';

/** Side of the small pictures of views, px, at most. */
const PICTURE_SIDE = 64;
/** Films whose views are read back at a time. */
const AT_ONCE = 16;

/** @throws AppError not-ready for a step that the schedule does not have, checkpoint-invalid, too-few-films */
export async function stepAgain(
  checkpoint: Checkpoint,
  dataset: TrainingSet,
  runtime: Runtime,
  step: number,
): Promise<StepAgain> {
  const { config } = checkpoint;
  const sampler = new Sampler(filmsOf(dataset, 'train'), config.batchSize, config.seed);
  if (!(step >= 0)) throw new AppError('not-ready', `there is no step ${step}.`);
  const films = sampler.batchIndices(step);
  const batch = await readBatch(planesOf(dataset), films);
  const renderer = new ViewRenderer(runtime, dataset, config);
  const model = new Model(config, drawFrom(config.seed));
  try {
    loadWeights(model, checkpoint, runtime);
    const images = renderer.render(batch, step, config);
    const distances = await distancesOf(model, images, runtime);
    images.dispose();
    const side = Math.min(PICTURE_SIDE, config.imageSize);
    const pictures = new Uint8Array(2 * films.length * side * side);
    for (let first = 0; first < films.length; first += AT_ONCE) {
      const some = {
        films: films.subarray(first, first + AT_ONCE),
        planes: batch.planes.slice(first, first + AT_ONCE),
      };
      const grey = renderer.preview(some, step, config);
      const values = await runtime.read(grey, grey.size * 4);
      grey.dispose();
      const count = some.films.length;
      for (let image = 0; image < 2 * count; image++) {
        const [view, film] = [Math.floor(image / count), first + (image % count)];
        const small = reduced(values, image * config.imageSize ** 2, config.imageSize, side);
        pictures.set(small, (view * films.length + film) * side * side);
      }
    }
    return {
      step,
      weightsOf: checkpoint.step,
      epoch: sampler.epochOf(step),
      films,
      views: Array.from(films, (film) => viewsOf(dataset, film, step, config)),
      sizes: Array.from(films, (film) => [dataset.widths[film]!, dataset.heights[film]!] as const),
      side,
      pictures,
      distances,
    };
  } finally {
    model.dispose();
    renderer.dispose();
    runtime.trim();
  }
}

/**
 * Of each head and film the mean over dimensions of (a - b)^2, a and b the embeddings of its two views: its mean over the films is
 * the invariance of the batch. Where the method has no such term, of rows of length one: 2 - 2 cos, over the dimensions.
 */
async function distancesOf(
  model: Model,
  images: Tensor,
  runtime: Runtime,
): Promise<Record<string, Float32Array>> {
  const { levels, features, outputs } = model.look(images, 2);
  const heads = Object.keys(outputs).filter((name) => Object.hasOwn(model.method.heads, name));
  const read = await Promise.all(heads.map((name) => runtime.read(outputs[name]!, outputs[name]!.size * 4)));
  tf.dispose([levels, features, ...Object.values(outputs)]);
  const asMeasured = Object.hasOwn(model.method.terms, 'invariance');
  return Object.fromEntries(
    heads.map((name, i) => [name, distances(read[i]!, images.shape[0]! / 2, asMeasured)]),
  );
}

/** @param rows [2N, D], view 1 first */
export function distances(rows: Float32Array, films: number, asMeasured: boolean): Float32Array {
  const dim = rows.length / (2 * films);
  const lengthOf = (row: number) => {
    if (asMeasured) return 1;
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += rows[row * dim + j]! ** 2;
    return Math.sqrt(sum) || 1;
  };
  return Float32Array.from({ length: films }, (_, film) => {
    const other = films + film;
    const [own, others] = [lengthOf(film), lengthOf(other)];
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += (rows[film * dim + j]! / own - rows[other * dim + j]! / others) ** 2;
    return sum / dim;
  });
}

/** A square of grey values from `from` on, brought to fewer pixels by the mean over each one's area, in whole pixels. */
function reduced(values: Float32Array, from: number, size: number, side: number): Uint8Array {
  const edge = (place: number) => Math.floor((place * size) / side);
  return Uint8Array.from({ length: side * side }, (_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    let [sum, count] = [0, 0];
    for (let y = edge(row); y < Math.max(edge(row) + 1, edge(row + 1)); y++) {
      for (let x = edge(column); x < Math.max(edge(column) + 1, edge(column + 1)); x++) {
        sum += values[from + y * size + x]!;
        count++;
      }
    }
    return sum / count;
  });
}
