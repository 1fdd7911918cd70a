// The map of all films: holds what the network makes of every film, and lays it out on a plane, by the two directions of most
// variance or by UMAP; finds a film's neighbours now and at the random start, and clusters. Runs in a worker of its own.
// The films' labels and places in the set are the page's business.

import { Rng } from '../util/rng.ts';
import { centredGram, ckaOfGrams, type Drivers, driversOf } from './correlation.ts';
import { along, principalDirections } from './directions.ts';
import { clustersOf, type Neighbour, nearestByCosine, nearestOfAll, reducedRows } from './nearest.ts';
import type { Rows } from './spectrum.ts';

/** What a network makes of films. */
export interface FilmFeatures {
  /** Steps that the network has been trained for. */
  readonly step: number;
  /** Indices in the set, ascending: row i of the features is film films[i]. */
  readonly films: Uint32Array;
  /** By output, [films, dim] each. */
  readonly now: Readonly<Record<string, Float32Array>>;
  /** The same of the same network at its random start. */
  readonly start: Readonly<Record<string, Float32Array>>;
}

export const LAYOUTS = {
  pca: { label: 'PCA', words: 'the two directions of most variance' },
  umap: { label: 'UMAP', words: 'UMAP, which keeps near films near; distances between groups say little' },
} as const;
export type LayoutName = keyof typeof LAYOUTS;

export interface Layout {
  /** [films, 2]. */
  readonly places: Float32Array;
  /** Shares of the variance along the two axes; null where axes mean nothing. */
  readonly shares: readonly [number, number] | null;
}

/** Outputs of a network by name, of the same films, [films, dim] each. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/** Linear CKA of every output of one network (rows) with every output of another, or of itself. */
export interface Likeness {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [rows, columns]; NaN where an output is the same for all films. */
  readonly values: Float64Array;
}

/** What is asked of the map's worker. */
export interface FilmMapApi {
  /** Takes features in place of those before. */
  take(features: FilmFeatures): void;
  /**
   * `onProgress` hears how far UMAP is, and where the films are by then. Resolves with null where `stop` or another layout came
   * first.
   */
  layOut(
    output: string,
    layout: LayoutName,
    onProgress: (stage: string, done: number, total: number, places: Float32Array | null) => void,
  ): Promise<Layout | null>;
  stop(): void;
  /** The nearest of a row by cosine, now and at the random start. */
  neighbours(output: string, row: number, count: number): { now: Neighbour[]; start: Neighbour[] };
  /** The films behind the strongest correlation between two groups of dimensions. */
  drivers(output: string, as: readonly number[], bs: readonly number[], count: number): Drivers;
  /** Of the outputs of one network with each other, and with those of another, by so many films. */
  likeness(films: number, own: Outputs, other: Outputs): { within: Likeness; across: Likeness };
  /** Of each row, the largest first. */
  clusters(output: string, count: number): Uint8Array;
}

/** Neighbours that UMAP sees of a film, and how near it may put two. */
const UMAP_NEIGHBOURS = 15;
const UMAP_APART = 0.1;
/** How long the worker computes before it hears what is asked. */
const SLICE_MS = 60;
const SHOWN_EVERY_MS = 250;
const SEED = 1;

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

export class FilmMapWork implements FilmMapApi {
  #features: FilmFeatures | null = null;
  readonly #reduced = new Map<string, Rows>();
  /** Counts layouts, so that one knows that it is no longer wanted. */
  #turn = 0;

  take(features: FilmFeatures): void {
    this.stop();
    this.#features = features;
    this.#reduced.clear();
  }

  stop(): void {
    this.#turn++;
  }

  async layOut(
    output: string,
    layout: LayoutName,
    onProgress: Parameters<FilmMapApi['layOut']>[2],
  ): Promise<Layout | null> {
    const mine = ++this.#turn;
    const rows = this.#rows(output, 'now');
    if (layout === 'pca') return byVariance(rows);
    return this.#umap(output, rows, mine, onProgress);
  }

  neighbours(output: string, row: number, count: number) {
    return {
      now: nearestByCosine(this.#rows(output, 'now'), row, count),
      start: nearestByCosine(this.#rows(output, 'start'), row, count),
    };
  }

  drivers(output: string, as: readonly number[], bs: readonly number[], count: number): Drivers {
    return driversOf(this.#rows(output, 'now'), as, bs, count);
  }

  likeness(films: number, own: Outputs, other: Outputs) {
    const [a, b] = [gramsOf(films, own), gramsOf(films, other)];
    return { within: likenessOf(a, a), across: likenessOf(a, b) };
  }

  clusters(output: string, count: number): Uint8Array {
    return clustersOf(this.#reducedRows(output), count, SEED);
  }

  async #umap(
    output: string,
    rows: Rows,
    mine: number,
    onProgress: Parameters<FilmMapApi['layOut']>[2],
  ): Promise<Layout | null> {
    const { films } = rows;
    // Too few to have so many neighbours: the plane of most variance shows them as well.
    if (films <= UMAP_NEIGHBOURS) return byVariance(rows);
    const reduced = this.#reducedRows(output);
    const search = nearestOfAll(reduced, UMAP_NEIGHBOURS);
    let found = search.next();
    for (let since = performance.now(); !found.done; found = search.next()) {
      if (performance.now() - since < SLICE_MS) continue;
      onProgress('Neighbours', found.value, films, null);
      await pause();
      if (mine !== this.#turn) return null;
      since = performance.now();
    }
    const { UMAP } = await import('umap-js');
    const rng = new Rng(SEED, 'map', 2);
    const umap = new UMAP({
      nNeighbors: UMAP_NEIGHBOURS,
      minDist: UMAP_APART,
      random: () => rng.uniform(),
    });
    umap.setPrecomputedKNN(found.value.rows, found.value.distances);
    const epochs = umap.initializeFit(Array.from({ length: films }, (_, row) => [row]));
    let [shown, since] = [performance.now(), performance.now()];
    for (let epoch = 0; epoch < epochs; epoch++) {
      umap.step();
      const now = performance.now();
      if (now - since < SLICE_MS) continue;
      const places = now - shown > SHOWN_EVERY_MS ? flat(umap.getEmbedding()) : null;
      if (places) shown = now;
      onProgress('UMAP', epoch + 1, epochs, places);
      await pause();
      if (mine !== this.#turn) return null;
      since = performance.now();
    }
    return { places: flat(umap.getEmbedding()), shares: null };
  }

  #reducedRows(output: string): Rows {
    const known = this.#reduced.get(output) ?? reducedRows(this.#rows(output, 'now'));
    this.#reduced.set(output, known);
    return known;
  }

  #rows(output: string, when: 'now' | 'start'): Rows {
    const values = this.#features?.[when][output];
    if (!values) throw new RangeError(`no features of ${output}`);
    const films = this.#features!.films.length;
    return { values, films, dim: values.length / Math.max(1, films) };
  }
}

type Grams = readonly (readonly [name: string, gram: Float64Array])[];

const gramsOf = (films: number, outputs: Outputs): Grams =>
  Object.entries(outputs).map(([name, values]) => [
    name,
    centredGram({ values, films, dim: values.length / Math.max(1, films) }),
  ]);

const likenessOf = (a: Grams, b: Grams): Likeness => ({
  rows: a.map(([name]) => name),
  columns: b.map(([name]) => name),
  values: Float64Array.from(a.flatMap(([, x]) => b.map(([, y]) => ckaOfGrams(x, y)))),
});

/** Directions within a few thousandths of a radian, of which nobody sees more; of those that hold the same variance any will do. */
const AS_DRAWN = { sweeps: 8, settled: 1e-5 };

function byVariance(rows: Rows): Layout {
  const directions = principalDirections(rows, 2, AS_DRAWN);
  const { variances, total } = directions;
  const share = (i: number) => (total > 0 ? (variances[i] ?? 0) / total : 0);
  const found = along(rows, directions);
  const axes = found.length / Math.max(1, rows.films);
  const places =
    axes === 2 ? found : Float32Array.from({ length: 2 * rows.films }, (_, i) => (i % 2 ? 0 : found[i / 2]!));
  return { places, shares: [share(0), share(1)] };
}

const flat = (places: readonly (readonly number[])[]): Float32Array =>
  Float32Array.from({ length: 2 * places.length }, (_, i) => places[i >> 1]![i & 1]!);
