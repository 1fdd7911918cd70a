// Where the pixels of a batch come from. A set in memory and a set in the cache on disk stand behind one interface, and
// the same planes come out of both, so training is the same bit by bit. BatchQueue asks for the films of the next steps
// while one runs; it counts how often a step had to wait all the same. Rendering and upload belong to viewRenderer.ts.

import type { DrawnMasks, EngineDataset } from '../protocol/dataset.ts';

/** Planes of a data set by film, wherever they are kept. */
export interface PlaneSource {
  /** The planes of these films in this order: width * height grey bytes each. @throws AppError cache-damaged */
  read(films: Uint32Array): Promise<readonly Uint8Array[]>;
}

/** Where findings lie on films. */
export interface MaskSource {
  /** Of these films in this order. @throws AppError not-ready where the set has been given up */
  read(films: readonly number[], findings: readonly string[], side: number): Promise<DrawnMasks>;
}

/** A data set as training sees it: its tables, and planes and masks that are at hand or can be asked for. */
export type TrainingSet = Omit<EngineDataset, 'planes' | 'packs'> & {
  readonly planes: readonly Uint8Array[] | PlaneSource;
  /** Absent where nothing is drawn on any film. */
  readonly masks?: MaskSource;
};

/** Films of one step with their planes. */
export interface Batch {
  readonly films: Uint32Array;
  /** One per film, in the same order. */
  readonly planes: readonly Uint8Array[];
}

const isSource = (planes: TrainingSet['planes']): planes is PlaneSource => 'read' in planes;

export function planesOf({ planes }: Pick<TrainingSet, 'planes'>): PlaneSource {
  if (isSource(planes)) return planes;
  return { read: async (films) => Array.from(films, (film) => planes[film]!) };
}

export const filmCount = ({ widths }: Pick<TrainingSet, 'widths'>): number => widths.length;

export async function readBatch(source: PlaneSource, films: Uint32Array): Promise<Batch> {
  return { films, planes: await source.read(films) };
}

/** Batches that are read before the one in hand has been used. */
const AHEAD = 2;

/** Consecutive full batches over `count` films, the last filled up with its last film; two are read ahead. */
export async function* inOrder(
  source: PlaneSource,
  count: number,
  size: number,
): AsyncGenerator<Batch & { readonly first: number; readonly wanted: number }> {
  const pending: Promise<Batch>[] = [];
  const ask = (first: number) => {
    if (first >= count) return;
    const films = Uint32Array.from({ length: size }, (_, i) => Math.min(first + i, count - 1));
    pending.push(settledLater(readBatch(source, films)));
  };
  for (let ahead = 0; ahead < AHEAD; ahead++) ask(ahead * size);
  for (let first = 0; first < count; first += size) {
    ask(first + AHEAD * size);
    const batch = await pending.shift()!;
    yield { ...batch, first, wanted: Math.min(size, count - first) };
  }
}

/** A rejection that is looked at later must not count as one that nobody handles. */
function settledLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

interface Asked {
  readonly promise: Promise<Batch>;
  batch: Batch | null;
}

/** The batches of a run, read two steps ahead of the one that is taken. */
export class BatchQueue {
  readonly #source: PlaneSource;
  readonly #filmsOf: (step: number) => Uint32Array;
  readonly #steps: number;
  readonly #asked = new Map<number, Asked>();

  /** @param filmsOf the films of a step, for steps 0 to `steps` - 1 */
  constructor(source: PlaneSource, filmsOf: (step: number) => Uint32Array, steps: number) {
    this.#source = source;
    this.#filmsOf = filmsOf;
    this.#steps = steps;
  }

  /** Waits for the batch of a step and has the next two read. Returns the seconds waited, 0 where it was at hand. */
  async ready(step: number): Promise<number> {
    for (const asked of [...this.#asked.keys()])
      if (asked < step || asked > step + AHEAD) this.#asked.delete(asked);
    for (let next = step; next <= Math.min(step + AHEAD, this.#steps - 1); next++) this.#ask(next);
    const asked = this.#ask(step);
    if (asked.batch) return 0;
    const since = performance.now();
    try {
      await asked.promise;
    } catch (error) {
      // The next attempt reads again.
      this.#asked.delete(step);
      throw error;
    }
    return (performance.now() - since) / 1000;
  }

  /** The batch of a step for which `ready` has been waited. It is handed out once. */
  take(step: number): Batch {
    const batch = this.#asked.get(step)?.batch;
    if (!batch) throw new Error(`the films of step ${step} are not at hand`);
    this.#asked.delete(step);
    return batch;
  }

  #ask(step: number): Asked {
    const known = this.#asked.get(step);
    if (known) return known;
    const asked: Asked = { promise: readBatch(this.#source, this.#filmsOf(step)), batch: null };
    this.#asked.set(step, asked);
    asked.promise.then(
      (batch) => {
        asked.batch = batch;
      },
      () => undefined,
    );
    return asked;
  }
}
