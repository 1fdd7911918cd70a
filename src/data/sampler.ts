// Which films a training step sees. A batch is a pure function of (seed, step), so a run resumes at any step
// without its history; an epoch is one shuffled pass over the training films, and its incomplete last batch is
// dropped because batch norm and the loss want every batch equally large.

import { type EngineDataset, SPLITS, type Split } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';

/** Indices of the films of one split, ascending. */
export function filmsOf(dataset: Pick<EngineDataset, 'splits'>, split: Split): Uint32Array {
  const wanted = SPLITS.indexOf(split);
  const films: number[] = [];
  dataset.splits.forEach((value, film) => {
    if (value === wanted) films.push(film);
  });
  return Uint32Array.from(films);
}

export class Sampler {
  readonly stepsPerEpoch: number;
  readonly #films: Uint32Array;
  readonly #batchSize: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  /** @throws AppError too-few-films when the films do not fill one batch */
  constructor(films: Uint32Array, batchSize: number, seed: number) {
    if (films.length < batchSize) {
      const detail = `${films.length} training films for batches of ${batchSize}.`;
      throw new AppError('too-few-films', detail);
    }
    this.#films = films;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.stepsPerEpoch = Math.floor(films.length / batchSize);
  }

  epochOf(step: number): number {
    return Math.floor(step / this.stepsPerEpoch);
  }

  /** The films of a step as indices into the data set, `batchSize` of them, all different. */
  batchIndices(step: number): Uint32Array {
    const order = this.#orderOf(this.epochOf(step));
    const start = (step % this.stepsPerEpoch) * this.#batchSize;
    return order.slice(start, start + this.#batchSize);
  }

  #orderOf(epoch: number): Uint32Array {
    if (epoch !== this.#epoch) {
      const places = new Rng(this.#seed, 'order', epoch).permutation(this.#films.length);
      this.#order = places.map((place) => this.#films[place]!);
      this.#epoch = epoch;
    }
    return this.#order;
  }
}
