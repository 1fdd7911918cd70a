// What is measured of features, as a table: what each number is called, how it is computed, what it tells, and what it may
// not be compared across. Metrics, charts, tables and exports follow from it; the arithmetic is here and in the two files
// beside. Parity recordings run through the same functions (checks/parity/diagnostics.ts).

import { deadDimensions, deviations } from './correlation.ts';
import { eigenvaluesOf, type Rows, singularValuesOf } from './spectrum.ts';

export interface Measure {
  readonly label: string;
  readonly formula: string;
  /** What it means when it is high or low, in one or two sentences. */
  readonly meaning: string;
  readonly unit: '' | 'dimensions';
  readonly better: 'lower' | 'higher' | 'neither';
  /** What it may not be compared across. */
  readonly notAcross: string;
}

const SAME_FILMS = 'other numbers of films, other widths, other methods';

export const MEASURES = {
  rankme: {
    label: 'RankMe',
    formula: 'exp(-sum p log p), p = s / sum s + 1e-7, s the singular values of the features as they are',
    meaning:
      'About how many directions the features use, the small ones counted too. Falling while the loss falls: dimensional collapse.',
    unit: 'dimensions',
    better: 'higher',
    notAcross: SAME_FILMS,
  },
  participation: {
    label: 'Participation',
    formula: '(sum l)^2 / sum l^2, l the eigenvalues of the covariance',
    meaning: 'About how many dimensions share the variance. One: everything moves along a single line.',
    unit: 'dimensions',
    better: 'higher',
    notAcross: SAME_FILMS,
  },
  'stable-rank': {
    label: 'Stable rank',
    formula: 'sum l / l_1',
    meaning:
      'How many times the variance of the strongest direction there is in all. Near one: it outweighs the rest.',
    unit: 'dimensions',
    better: 'higher',
    notAcross: SAME_FILMS,
  },
  alpha: {
    label: 'Alpha',
    formula: 'minus the slope of log l_i on log i, over the first half of the ranks',
    meaning:
      'How steeply the spectrum falls. Near one is usual for features that carry over; larger: few directions; smaller: noise.',
    unit: '',
    better: 'neither',
    notAcross: `${SAME_FILMS}, other ranges of the fit`,
  },
  'alpha-fit': {
    label: 'Fit of alpha',
    formula: 'r^2 of the line that alpha is the slope of',
    meaning: 'Whether the spectrum is a power law at all. Below about 0.9 alpha says little.',
    unit: '',
    better: 'neither',
    notAcross: 'nothing: it speaks of its own line',
  },
  alignment: {
    label: 'Alignment',
    formula: 'mean |n(a) - n(b)|^2, a and b the two views of a film, n of unit length',
    meaning:
      'How far the two views of a film lie apart on the sphere. Zero together with a uniformity of zero: collapse.',
    unit: '',
    better: 'lower',
    notAcross: 'other augmentations, other methods',
  },
  uniformity: {
    label: 'Uniformity',
    formula: 'log mean over pairs of films of exp(-2 |n(a_i) - n(a_j)|^2)',
    meaning: 'How evenly films spread over the sphere. Zero: all at one place; the lower, the wider.',
    unit: '',
    better: 'lower',
    notAcross: 'other widths, other methods',
  },
  'mean-std': {
    label: 'Mean deviation',
    formula: 'mean over dimensions of the standard deviation over films',
    meaning: 'How large the spread is. It says nothing where a loss does not see the length of an embedding.',
    unit: '',
    better: 'neither',
    notAcross: 'other levels, other methods',
  },
  dead: {
    label: 'Dead dimensions',
    formula: 'dimensions whose deviation is below 1 % of the largest',
    meaning:
      'Dimensions that tell no two films apart. A few channels of a level may rest; a head whose dimensions die collapses.',
    unit: 'dimensions',
    better: 'lower',
    notAcross: 'other widths',
  },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];

export type Measured = Readonly<Record<MeasureName, number>>;

/** Added to every share, as the paper has it (Garrido et al., arXiv 2210.02885, equation 1). */
const RANKME_EPS = 1e-7;

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

export function rankMe(singular: Float64Array): number {
  const total = sum(singular);
  if (total === 0) return 1;
  return Math.exp(
    -singular.reduce((entropy, value) => {
      const p = value / total + RANKME_EPS;
      return entropy + p * Math.log(p);
    }, 0),
  );
}

/** NaN where nothing varies. */
export const participation = (eigenvalues: Float64Array): number =>
  sum(eigenvalues) ** 2 / eigenvalues.reduce((squares, value) => squares + value * value, 0);

export const stableRank = (eigenvalues: Float64Array): number => sum(eigenvalues) / eigenvalues[0]!;

export interface PowerLaw {
  readonly alpha: number;
  readonly r2: number;
  /** log of the fitted line at rank 1. */
  readonly intercept: number;
  /** First and last rank of the fit, counted from 1, both included. */
  readonly fit: readonly [number, number];
}

/** Eigenvalues below this share of the first are what single precision leaves of nothing. */
const NOTHING = 1e-12;

/** The ranks that alpha is fitted over: the first half of those that there can be. */
export const fitRange = (ranks: number): [number, number] => [1, Math.max(2, Math.floor(ranks / 2))];

/** The line through log l_i over log i by least squares; NaN where fewer than two values are above zero. */
export function powerLaw(
  eigenvalues: ArrayLike<number>,
  [first, last] = fitRange(eigenvalues.length),
): PowerLaw {
  const points: [number, number][] = [];
  for (let rank = first; rank <= Math.min(last, eigenvalues.length); rank++) {
    const value = eigenvalues[rank - 1]!;
    if (value > NOTHING * eigenvalues[0]!) points.push([Math.log(rank), Math.log(value)]);
  }
  const mean = (at: 0 | 1) => points.reduce((total, point) => total + point[at], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of points) {
    xx += (x - x0) ** 2;
    xy += (x - x0) * (y - y0);
    yy += (y - y0) ** 2;
  }
  const slope = xy / xx;
  return { alpha: -slope, r2: xy ** 2 / (xx * yy), intercept: y0 - slope * x0, fit: [first, last] };
}

/** The rows, each of unit length; one of no length stays zero. */
function onSphere({ values, films, dim }: Rows): Float64Array {
  const made = Float64Array.from(values);
  for (let i = 0; i < films; i++) {
    const row = made.subarray(i * dim, (i + 1) * dim);
    const length = Math.sqrt(row.reduce((squares, value) => squares + value * value, 0));
    for (let j = 0; j < dim; j++) row[j] = length > 0 ? row[j]! / length : 0;
  }
  return made;
}

const squaredDistance = (a: Float64Array, i: number, b: Float64Array, k: number, dim: number): number => {
  let total = 0;
  for (let j = 0; j < dim; j++) total += (a[i * dim + j]! - b[k * dim + j]!) ** 2;
  return total;
};

/** Of the two views of the same films, row by row (Wang and Isola, arXiv 2005.10242). */
export function alignment(first: Rows, second: Rows): number {
  const [a, b] = [onSphere(first), onSphere(second)];
  let total = 0;
  for (let i = 0; i < first.films; i++) total += squaredDistance(a, i, b, i, first.dim);
  return total / first.films;
}

/** Of one view of the films, at a temperature of 2 (the same paper). */
export function uniformity(rows: Rows): number {
  const { films, dim } = rows;
  const a = onSphere(rows);
  let total = 0;
  for (let i = 1; i < films; i++) {
    for (let k = 0; k < i; k++) total += Math.exp(-2 * squaredDistance(a, i, a, k, dim));
  }
  return Math.log(total / ((films * (films - 1)) / 2));
}

export interface Described {
  readonly measured: Measured;
  /** Of the covariance, descending. */
  readonly eigenvalues: Float64Array;
  readonly std: Float64Array;
}

/**
 * Everything that is measured of one output of the network.
 * @param films features of the probe's films as they are
 * @param views of some films, both views
 */
export function describe(films: Rows, views: readonly [Rows, Rows]): Described {
  const eigenvalues = eigenvaluesOf(films);
  const std = deviations(films);
  const { alpha, r2 } = powerLaw(eigenvalues);
  const measured = {
    rankme: rankMe(singularValuesOf(films)),
    participation: participation(eigenvalues),
    'stable-rank': stableRank(eigenvalues),
    alpha,
    'alpha-fit': r2,
    alignment: alignment(...views),
    uniformity: uniformity(views[0]),
    'mean-std': sum(std) / std.length,
    dead: deadDimensions(std),
  };
  return { measured, eigenvalues, std };
}
