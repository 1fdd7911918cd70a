// VICReg on matched places (VICRegL, arXiv 2210.01571, section 3) and its gradient: every pair of a film counts as an
// embedding of its own, whose statistics are taken over the films of the batch. Terms are means over the pairs of a matching,
// and then over the four matchings. The covariance goes through Gram matrices, as in loss/vicreg.ts, whose vector of terms
// this fills.

import { defineKernel, type Plain } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { VICREG_TERMS } from '../loss/vicreg.ts';
import { VICREG_EPS, VICREG_STD } from '../loss/vicregPrograms.ts';
import { foldPartials, vectorLanes } from '../parts/lanes.ts';
import { pairCounts } from './matchPlaces.ts';
import * as programs from './placePrograms.ts';

export interface PlaceAttrs {
  /** Pairs by location, as matchPlaces took them; the others are by feature, one for each place and view. */
  readonly first: number;
  readonly second: number;
}

const TERM_COUNT = 8;
const NUMBERS_PER_WORKGROUP = 16384;

/** What each pair counts: the four matchings alike. */
export const pairWeights = (places: number, attrs: PlaceAttrs): number[] =>
  pairCounts(places, attrs).flatMap((count) => Array.from({ length: count }, () => 1 / (4 * count)));

/**
 * Inputs: z [2N, P, D], view 1 first; matches [N, T, 2]. Outputs: terms [8] (VICREG_TERMS, unweighted); centred [2, T, N, D];
 * variances [2, T, D] (unbiased); and the Gram matrices [2, T, N, N] over N - 1.
 */
export const placeVicreg = defineKernel<
  'z' | 'matches',
  PlaceAttrs,
  'terms' | 'centred' | 'variances' | 'grams'
>({
  name: 'MlvPlaceVicreg',
  inputs: ['z', 'matches'],
  results: ['terms', 'centred', 'variances', 'grams'],
  outputs({ z, matches }) {
    const [n, t, d] = [z[0]! / 2, matches[1]!, z[2]!];
    return [[TERM_COUNT], [2, t, n, d], [2, t, d], [2, t, n, n]];
  },
  gpu({ inputs: { z, matches }, outputs, scratch, run }, { first, second }) {
    const [terms, centred, variances, grams] = outputs as [typeof z, typeof z, typeof z, typeof z];
    const [views, places, d] = z.shape as [number, number, number];
    const [n, t] = [views / 2, matches.shape[1]!];
    const lanes = vectorLanes(d);
    const columns = d / lanes;
    const differences = scratch([t, d]);
    const shape = [n, t, places, columns];
    run(
      programs.columns(lanes),
      [z, matches, centred, variances, differences],
      shape,
      flatGroups(t * columns, 64),
    );
    run(programs.gram(lanes), [centred, grams], [n, t, columns], flatGroups(2 * t * n * n, 64));
    const parts = Math.ceil((t * Math.max(n * n, d)) / NUMBERS_PER_WORKGROUP);
    const sums = parts === 1 ? terms : scratch([parts, TERM_COUNT]);
    run(programs.terms, [grams, variances, differences, sums], [n, t, places, d, first, second], [parts]);
    if (parts > 1) foldPartials({ run }, sums, terms, parts);
  },
  reference({ z, matches }, attrs, outputs) {
    const [terms, centred, variances, grams] = outputs as [Plain, Plain, Plain, Plain];
    const [views, places, d] = z.shape as [number, number, number];
    const [n, t] = [views / 2, matches.shape[1]!];
    const weights = pairWeights(places, attrs);
    const totals = new Float64Array(TERM_COUNT);
    for (let pair = 0; pair < t; pair++) {
      const weight = weights[pair]!;
      const rows = [0, 1].map((view) => rowsOf(z, matches, view, pair));
      for (let i = 0; i < n * d; i++) {
        totals[VICREG_TERMS.invariance]! += (weight * (rows[0]![i]! - rows[1]![i]!) ** 2) / (n * d);
      }
      for (const view of [0, 1]) {
        const c = centre(rows[view]!, n, d);
        centred.data.set(c, (view * t + pair) * n * d);
        addView(totals, view, c, n, d, weight, {
          variances: variances.data.subarray((view * t + pair) * d, (view * t + pair + 1) * d),
          gram: grams.data.subarray((view * t + pair) * n * n, (view * t + pair + 1) * n * n),
        });
      }
    }
    terms.data.set(totals);
  },
});

/** The features of a pair in one view, [N, D]. */
function rowsOf(z: Plain, matches: Plain, view: number, pair: number): Float64Array {
  const [views, places, d] = z.shape as [number, number, number];
  const [n, t] = [views / 2, matches.shape[1]!];
  const rows = new Float64Array(n * d);
  for (let film = 0; film < n; film++) {
    const place = matches.data[(film * t + pair) * 2 + view]!;
    const at = ((view * n + film) * places + place) * d;
    rows.set(z.data.subarray(at, at + d), film * d);
  }
  return rows;
}

function centre(rows: Float64Array, n: number, d: number): Float64Array {
  const means = new Float64Array(d);
  for (const [i, value] of rows.entries()) means[i % d]! += value / n;
  return rows.map((value, i) => value - means[i % d]!);
}

function addView(
  totals: Float64Array,
  view: number,
  c: Float64Array,
  n: number,
  d: number,
  weight: number,
  into: { readonly variances: Plain['data']; readonly gram: Plain['data'] },
): void {
  let [hinge, spread, offDiagonal] = [0, 0, 0];
  for (let j = 0; j < d; j++) {
    let variance = 0;
    for (let i = 0; i < n; i++) variance += c[i * d + j]! ** 2 / (n - 1);
    const deviation = Math.sqrt(variance + VICREG_EPS);
    hinge += Math.max(0, VICREG_STD - deviation);
    spread += deviation;
    offDiagonal -= variance ** 2;
    into.variances[j] = variance;
  }
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let product = 0;
      for (let j = 0; j < d; j++) product += c[a * d + j]! * c[b * d + j]!;
      into.gram[a * n + b] = product / (n - 1);
      offDiagonal += (product / (n - 1)) ** 2;
    }
  }
  totals[VICREG_TERMS.variance1 + view]! += (weight * hinge) / (2 * d);
  totals[VICREG_TERMS.covariance1 + view]! += (weight * offDiagonal) / d;
  totals[VICREG_TERMS.std1 + view]! += (weight * spread) / d;
}

/**
 * Gradient of weights[3] * (weights[0] invariance + weights[1] variance + weights[2] covariance) with respect to z; a place
 * gathers from every pair that it is in. Output: dz [2N, P, D].
 */
export const placeVicregGrad = defineKernel<
  'z' | 'matches' | 'centred' | 'variances' | 'grams' | 'weights',
  PlaceAttrs
>({
  name: 'MlvPlaceVicregGrad',
  inputs: ['z', 'matches', 'centred', 'variances', 'grams', 'weights'],
  outputs: ({ z }) => [z],
  gpu({ inputs, outputs, run }, { first, second }) {
    const { z, matches, centred, variances, grams, weights } = inputs;
    const [views, places, d] = z.shape as [number, number, number];
    const lanes = vectorLanes(d);
    const columns = d / lanes;
    run(
      programs.gradient(lanes),
      [z, matches, centred, variances, grams, weights, outputs[0]!],
      [views / 2, matches.shape[1]!, places, columns, first, second],
      flatGroups(views * places * columns, 64),
    );
  },
  reference({ z, matches, centred, variances, grams, weights }, attrs, [dz]) {
    const [views, places, d] = z.shape as [number, number, number];
    const [n, t] = [views / 2, matches.shape[1]!];
    const [wi, wv, wc, head] = weights.data as unknown as [number, number, number, number];
    const share = pairWeights(places, attrs);
    const total = new Float64Array(z.data.length);
    for (let at = 0; at < 2 * t * n; at++) {
      const [view, pair, film] = [Math.floor(at / (t * n)), Math.floor(at / n) % t, at % n];
      const place = (side: number) => matches.data[(film * t + pair) * 2 + side]!;
      const own = ((view * n + film) * places + place(view)) * d;
      const other = (((1 - view) * n + film) * places + place(1 - view)) * d;
      for (let j = 0; j < d; j++) {
        const variance = variances.data[(view * t + pair) * d + j]!;
        const deviation = Math.sqrt(variance + VICREG_EPS);
        const c = centred.data[at * d + j]!;
        let product = -variance * c;
        for (let k = 0; k < n; k++) {
          product += grams.data[at * n + k]! * centred.data[((view * t + pair) * n + k) * d + j]!;
        }
        const invariance = (2 * (z.data[own + j]! - z.data[other + j]!)) / (n * d);
        const hinge = deviation < VICREG_STD ? -c / (2 * d * (n - 1) * deviation) : 0;
        const covariance = (4 * product) / (d * (n - 1));
        total[own + j]! += head * share[pair]! * (wi * invariance + wv * hinge + wc * covariance);
      }
    }
    dz!.data.set(total);
  },
});
