// How dimensions of features go together: their spread, their correlations, a map of those that fits on a screen, and the
// likeness of two sets of features of the same films. Double precision on the CPU.

import { doubles, eachProduct, products, type Rows, transposed } from './spectrum.ts';

/** Standard deviation of every dimension over the films (films - 1). */
export function deviations(rows: Rows): Float64Array {
  const { films, dim } = rows;
  const centred = doubles(rows, true);
  const made = new Float64Array(dim);
  for (let at = 0; at < centred.length; at++) made[at % dim] = made[at % dim]! + centred[at]! ** 2;
  return made.map((squares) => Math.sqrt(squares / (films - 1)));
}

/** Below this share of the largest deviation a dimension tells no two films apart. */
export const DEAD_SHARE = 0.01;

/** Dimensions whose deviation is nothing beside the largest. */
export function deadDimensions(std: ArrayLike<number>): number {
  let most = 0;
  for (let j = 0; j < std.length; j++) most = Math.max(most, std[j]!);
  let dead = 0;
  for (let j = 0; j < std.length; j++) if (!(std[j]! > DEAD_SHARE * most)) dead++;
  return dead;
}

/** Dimensions by falling deviation, equal ones in their order. */
export const byVariance = (std: ArrayLike<number>): number[] =>
  Array.from({ length: std.length }, (_, j) => j).sort((a, b) => std[b]! - std[a]! || a - b);

/** [dim, films]: each dimension centred and of unit length; one that stands still is zero, and goes with none. */
function unitColumns(rows: Rows): Float64Array {
  const { films, dim } = rows;
  const columns = transposed(doubles(rows, true), films, dim);
  for (let j = 0; j < dim; j++) {
    const column = columns.subarray(j * films, (j + 1) * films);
    const length = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < films; i++) column[i] = length > 0 ? column[i]! / length : 0;
  }
  return columns;
}

/** Correlation of every two dimensions, [dim, dim]. */
export const correlationOf = (rows: Rows): Float64Array => products(unitColumns(rows), rows.dim, rows.films);

/** One dimension centred and of unit length; zeros where it stands still. */
function unitColumn({ values, films, dim }: Rows, j: number): Float64Array {
  const column = doubles(
    { values: Float64Array.from({ length: films }, (_, i) => values[i * dim + j]!), films, dim: 1 },
    true,
  );
  const length = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? column.map((value) => value / length) : column;
}

/** A film's part in what is asked about. */
export interface Part {
  readonly row: number;
  readonly part: number;
}

/** The films behind a correlation. */
export interface Drivers {
  readonly dimensions: readonly [number, number];
  readonly correlation: number;
  /**
   * The films that add most to it, and those that add least or take from it. Of two dimensions a part is the product of where the
   * film stands in both, the parts sum up to the correlation; of one dimension it is where the film stands in it.
   */
  readonly most: readonly Part[];
  readonly least: readonly Part[];
}

/** Of the strongest pair between two groups of dimensions. */
export function driversOf(rows: Rows, as: readonly number[], bs: readonly number[], count: number): Drivers {
  const columns = new Map([...as, ...bs].map((j) => [j, unitColumn(rows, j)]));
  let best = { pair: [as[0]!, bs[0]!] as [number, number], size: -1 };
  for (const a of as) {
    for (const b of bs) {
      // Within a group a dimension goes fully with itself, which says nothing.
      if (a === b && as.length > 1) continue;
      const size = Math.abs(inner(columns.get(a)!, columns.get(b)!));
      if (size > best.size) best = { pair: [a, b], size };
    }
  }
  const [a, b] = best.pair;
  const [x, y] = [columns.get(a)!, columns.get(b)!];
  const correlation = inner(x, y);
  const sign = correlation < 0 ? -1 : 1;
  const parts = Array.from(x, (value, row) => ({ row, part: a === b ? value : value * y[row]! }));
  const order = parts.sort((p, q) => sign * (q.part - p.part) || p.row - q.row);
  return {
    dimensions: [a, b],
    correlation,
    most: order.slice(0, count),
    least: order.slice(-count).reverse(),
  };
}

/** A map of correlations has no more cells than this along a side. */
export const MOST_BLOCKS = 256;

/** Dimensions that stand together in one row of the map of so many. */
export const perBlock = (dim: number): number => Math.ceil(dim / MOST_BLOCKS);

export interface CorrelationMap {
  /** Rows and columns. */
  readonly blocks: number;
  /**
   * [blocks, blocks]; block b is of the dimensions at perBlock(dim) b and on in the order of byVariance. A cell is the correlation
   * of largest magnitude among its pairs, with its sign; a dimension with itself counts only where blocks are single dimensions.
   */
  readonly values: Float32Array;
}

export function correlationMap(rows: Rows, std: ArrayLike<number>): CorrelationMap {
  const { films, dim } = rows;
  const per = perBlock(dim);
  const blocks = Math.ceil(dim / per);
  const columns = unitColumns(rows);
  const sorted = new Float64Array(columns.length);
  for (const [place, j] of byVariance(std).entries()) {
    sorted.set(columns.subarray(j * films, (j + 1) * films), place * films);
  }
  const values = new Float32Array(blocks * blocks);
  eachProduct(sorted, dim, films, (i, j, r) => {
    if (per > 1 && i === j) return;
    const [row, column] = [Math.floor(i / per), Math.floor(j / per)];
    const at = row * blocks + column;
    if (Math.abs(r) <= Math.abs(values[at]!)) return;
    values[at] = r;
    values[column * blocks + row] = r;
  });
  return { blocks, values };
}

/** Rows of a map so that each stands beside the one that goes with it most, from the one with most variance on. */
export function clustered({ blocks, values }: CorrelationMap): number[] {
  const left = new Set(Array.from({ length: blocks }, (_, i) => i));
  const order: number[] = [];
  for (let next = 0; left.size > 0; ) {
    left.delete(next);
    order.push(next);
    const row = next * blocks;
    let most = -1;
    for (const other of left) {
      const size = Math.abs(values[row + other]!);
      if (size <= most) continue;
      most = size;
      next = other;
    }
  }
  return order;
}

/** Products of all films with each other, each dimension centred, [films, films]: all that CKA knows of features. */
export const centredGram = (rows: Rows): Float64Array => products(doubles(rows, true), rows.films, rows.dim);

const inner = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/**
 * Linear centred kernel alignment of two sets of features of the same films, by their centred products: 1 where one is the
 * other turned and scaled, 0 where they have nothing in common; NaN where one of them is the same for all films.
 */
export const ckaOfGrams = (a: Float64Array, b: Float64Array): number =>
  inner(a, b) / Math.sqrt(inner(a, a) * inner(b, b));

/** The same of the features themselves; the dimensions may be as many as they like, the films must be the same. */
export function cka(a: Rows, b: Rows): number {
  if (a.films !== b.films) throw new RangeError(`${a.films} films beside ${b.films}`);
  return ckaOfGrams(centredGram(a), centredGram(b));
}
