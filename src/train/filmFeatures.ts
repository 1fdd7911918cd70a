// What a network makes of every film of a set, and the same network at its random start, for the map of all films: whole films,
// in evaluation mode, each output as one table. The model is one of its own, made from a checkpoint, so a run stays as it is.
// Of sets that are too large a part is taken, evenly spread over their order.

import { type Checkpoint, loadWeights } from '../checkpoint/checkpoint.ts';
import type { FilmFeatures } from '../diagnostics/filmMap.ts';
import { outputsOf } from '../diagnostics/snapshot.ts';
import { tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../methods/encoder/network.ts';
import { Model } from '../methods/model.ts';
import { methodOf } from '../methods/records.ts';
import { filmCount, planesOf, readBatch, type TrainingSet } from './batchSource.ts';
import { drawFrom } from './initialise.ts';
import { ViewRenderer } from './viewRenderer.ts';

/** Films per forward pass. Batches are full, the last one padded, so that shapes never change. */
const BATCH = 32;
/** Of one output; UMAP of more takes minutes. */
const MOST_FILMS = 20_000;
const MOST_BYTES = 256 << 20;

export interface FilmFeatureOptions {
  /** The output that is wanted; the others come along where all of them fit. */
  readonly output: string;
  /** At most so many films. */
  readonly most?: number;
  /** Leaves the random start out. */
  readonly withoutStart?: boolean;
  readonly onProgress: (stage: string, done: number, total: number) => void;
  /** Between batches; throws where the work is called off. */
  readonly yieldNow: () => Promise<void>;
}

/** Every `n`-th film, as many as `most` at most. */
export function spreadFilms(films: number, most: number): Uint32Array {
  const count = Math.min(films, most);
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * films) / count));
}

/** @throws AppError checkpoint-invalid, and what `yieldNow` throws */
export async function filmFeatures(
  checkpoint: Checkpoint,
  dataset: TrainingSet,
  runtime: Runtime,
  options: FilmFeatureOptions,
): Promise<FilmFeatures> {
  const { config } = checkpoint;
  const model = new Model(config, drawFrom(config.seed));
  const { output, most = MOST_FILMS, withoutStart } = options;
  const sizes = sizesOf(model);
  const wide = sizes[output] ?? sizes.level5!;
  const films = spreadFilms(filmCount(dataset), Math.min(most, Math.floor(MOST_BYTES / (4 * wide))));
  const all = Object.values(sizes).reduce((sum, dim) => sum + dim, 0);
  const wanted = 4 * all * films.length <= MOST_BYTES ? Object.keys(sizes) : [output];
  const renderer = new ViewRenderer(runtime, dataset, { batchSize: BATCH });
  const through = (stage: string) =>
    passOf({ model, renderer, runtime, dataset, films, wanted, sizes }, stage, options);
  try {
    const start = withoutStart ? {} : await through('At the random start');
    loadWeights(model, checkpoint, runtime);
    const now = await through('As it stands');
    return { step: checkpoint.step, films, now, start };
  } finally {
    model.dispose();
    renderer.dispose();
    runtime.trim();
  }
}

/** Dimensions of each output. */
export function sizesOf({ config }: Pick<Model, 'config'>): Record<string, number> {
  const method = methodOf(config);
  const widths = levelWidths(config.width);
  return Object.fromEntries(
    outputsOf(method).map(({ name, kind }, i) => [
      name,
      kind === 'level' ? widths[i]! : (method.heads[name] ?? method.heads.global!).dimensions(config),
    ]),
  );
}

interface PassOver {
  readonly model: Model;
  readonly renderer: ViewRenderer;
  readonly runtime: Runtime;
  readonly dataset: TrainingSet;
  readonly films: Uint32Array;
  readonly wanted: readonly string[];
  readonly sizes: Readonly<Record<string, number>>;
}

async function passOf(
  { model, renderer, runtime, dataset, films, wanted, sizes }: PassOver,
  stage: string,
  { onProgress, yieldNow }: FilmFeatureOptions,
): Promise<Record<string, Float32Array>> {
  const made = Object.fromEntries(
    wanted.map((name) => [name, new Float32Array(films.length * sizes[name]!)]),
  );
  const source = planesOf(dataset);
  for (let first = 0; first < films.length; first += BATCH) {
    await yieldNow();
    const batch = Uint32Array.from(
      { length: BATCH },
      (_, i) => films[Math.min(first + i, films.length - 1)]!,
    );
    const images = renderer.evaluation(await readBatch(source, batch), model.config.imageSize, false);
    const rows = await lookAt(model, images, runtime);
    images.dispose();
    for (const name of wanted) {
      const count = Math.min(BATCH, films.length - first) * sizes[name]!;
      made[name]!.set(rows[name]!.subarray(0, count), first * sizes[name]!);
    }
    onProgress(stage, Math.min(films.length, first + BATCH), films.length);
  }
  return made;
}

/** Every output for images, [BATCH, dim] each, read back. */
async function lookAt(model: Model, images: Parameters<Model['look']>[0], runtime: Runtime) {
  const { levels, features, outputs } = model.look(images, 1, 'running');
  const read = (tensor: typeof levels) => runtime.read(tensor, tensor.size * 4);
  const [table, last, ...others] = await Promise.all([levels, features, ...Object.values(outputs)].map(read));
  tf.dispose([levels, features, ...Object.values(outputs)]);
  const widths = levelWidths(model.config.width);
  const all = widths.reduce((sum, width) => sum + width, 0);
  let before = 0;
  const rows: Record<string, Float32Array> = {};
  for (const [level, width] of widths.slice(0, 4).entries()) {
    const from = before;
    rows[`level${level + 1}`] = Float32Array.from(
      { length: BATCH * width },
      (_, i) => table![Math.floor(i / width) * all + from + (i % width)]!,
    );
    before += width;
  }
  rows.level5 = last!;
  for (const [i, name] of Object.keys(outputs).entries()) rows[name] = others[i]!;
  return rows;
}
