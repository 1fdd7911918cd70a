// WGSL of VICReg on matched places and of its gradient; the formulas are in placeVicreg.ts.

import { program, threadFor } from '../../program.ts';
import { TERMS_OF_SUMS, VICREG_EPS, VICREG_STD } from '../loss/vicregPrograms.ts';
import { elementOf, sumOf, type VectorLanes, zeroOf } from '../parts/lanes.ts';

const TARGET = VICREG_STD.toFixed(1);

/** What a pair counts in a mean over its matching and then over the four. */
const SHARE = `
fn share(pair: u32) -> f32 {
  if (pair < 2u * p.places) { return 0.25 / f32(p.places); }
  return 0.25 / f32(select(p.second, p.first, pair < 2u * p.places + p.first));
}`;

/** Per pair and dimension: centred values and unbiased variances of both views, and the summed squared difference. */
export function columns(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `placeColumns${lanes}`,
    reads: { z: T, matches: 'f32' },
    writes: { centred: T, variances: T, differences: T },
    params: { n: 'u32', pairs: 'u32', places: 'u32', columns: 'u32' },
    workgroup: [64],
    declarations: `
fn taken(view: u32, film: u32, pair: u32) -> u32 {
  return ((view * p.n + film) * p.places + u32(matches[(film * p.pairs + pair) * 2u + view])) * p.columns;
}`,
    body: `
  ${threadFor(64, 'p.pairs * p.columns')}
  let c = index % p.columns;
  let pair = index / p.columns;
  // Kept relative to the first film: where embeddings have nearly collapsed, the mean itself has not enough digits.
  let shift1 = z[taken(0u, 0u, pair) + c];
  let shift2 = z[taken(1u, 0u, pair) + c];
  var mean1 = ${zeroOf(lanes)};
  var mean2 = ${zeroOf(lanes)};
  var difference = ${zeroOf(lanes)};
  for (var i = 0u; i < p.n; i++) {
    let a = z[taken(0u, i, pair) + c];
    let b = z[taken(1u, i, pair) + c];
    mean1 += a - shift1;
    mean2 += b - shift2;
    difference += (a - b) * (a - b);
  }
  mean1 /= f32(p.n);
  mean2 /= f32(p.n);
  var square1 = ${zeroOf(lanes)};
  var square2 = ${zeroOf(lanes)};
  for (var i = 0u; i < p.n; i++) {
    let a = (z[taken(0u, i, pair) + c] - shift1) - mean1;
    let b = (z[taken(1u, i, pair) + c] - shift2) - mean2;
    let at = (pair * p.n + i) * p.columns + c;
    centred[at] = a;
    centred[p.pairs * p.n * p.columns + at] = b;
    square1 += a * a;
    square2 += b * b;
  }
  variances[index] = square1 / f32(p.n - 1u);
  variances[p.pairs * p.columns + index] = square2 / f32(p.n - 1u);
  differences[index] = difference;`,
  });
}

/** G = c c^T / (N - 1) per view and pair, one thread per element. */
export function gram(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `placeGram${lanes}`,
    reads: { centred: T },
    writes: { grams: 'f32' },
    params: { n: 'u32', pairs: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, '2u * p.pairs * p.n * p.n')}
  let top = index / (p.n * p.n) * p.n;
  let a = (top + index / p.n % p.n) * p.columns;
  let b = (top + index % p.n) * p.columns;
  var sum = ${zeroOf(lanes)};
  for (var c = 0u; c < p.columns; c++) { sum += centred[a + c] * centred[b + c]; }
  grams[index] = ${sumOf(lanes, 'sum')} / f32(p.n - 1u);`,
  });
}

/** The vector of terms, a share of each sum by every workgroup: each lane sums a stride, then one lane sums the lanes. */
export const terms = program({
  name: 'placeTerms',
  reads: { grams: 'f32', variances: 'f32', differences: 'f32' },
  writes: { terms: 'f32' },
  params: { n: 'u32', pairs: 'u32', places: 'u32', d: 'u32', first: 'u32', second: 'u32' },
  workgroup: [64],
  declarations: `${SHARE}
var<workgroup> sums: array<array<f32, 64>, 7>;`,
  body: `
  let start = lane + group.x * 64u;
  let stride = count.x * 64u;
  let size = p.pairs * p.d;
  var invariance = 0.0;
  for (var i = start; i < size; i += stride) { invariance += share(i / p.d) * differences[i]; }
  sums[0][lane] = invariance;
  for (var view = 0u; view < 2u; view++) {
    var hinge = 0.0;
    var spread = 0.0;
    var second = 0.0;
    for (var i = start; i < size; i += stride) {
      let weight = share(i / p.d);
      let variance = variances[view * size + i];
      let deviation = sqrt(variance + ${VICREG_EPS});
      hinge += weight * max(0.0, ${TARGET} - deviation);
      spread += weight * deviation;
      second -= weight * variance * variance;
    }
    let area = p.n * p.n;
    for (var i = start; i < p.pairs * area; i += stride) {
      let g = grams[view * p.pairs * area + i];
      second += share(i / area) * g * g;
    }
${TERMS_OF_SUMS}`,
});

/** One thread per element of z: it looks through the pairs of its film for those that its place is in. */
export function gradient(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `placeGrad${lanes}`,
    reads: { z: T, matches: 'f32', centred: T, variances: T, grams: 'f32', weights: 'f32' },
    writes: { dz: T },
    params: { n: 'u32', pairs: 'u32', places: 'u32', columns: 'u32', first: 'u32', second: 'u32' },
    workgroup: [64],
    declarations: SHARE,
    body: `
  ${threadFor(64, '2u * p.n * p.places * p.columns')}
  let c = index % p.columns;
  let place = index / p.columns % p.places;
  let film = index / (p.columns * p.places) % p.n;
  let view = index / (p.columns * p.places * p.n);
  let d = f32(p.columns * ${lanes}u);
  var total = ${zeroOf(lanes)};
  for (var pair = 0u; pair < p.pairs; pair++) {
    let at = (film * p.pairs + pair) * 2u;
    if (u32(matches[at + view]) != place) { continue; }
    let other = (((1u - view) * p.n + film) * p.places + u32(matches[at + 1u - view])) * p.columns + c;
    let top = (view * p.pairs + pair) * p.n;
    let variance = variances[(view * p.pairs + pair) * p.columns + c];
    let deviation = sqrt(variance + ${VICREG_EPS});
    let own = centred[(top + film) * p.columns + c];
    var product = -variance * own;
    for (var k = 0u; k < p.n; k++) {
      product += grams[(top + film) * p.n + k] * centred[(top + k) * p.columns + c];
    }
    let invariance = 2.0 * (z[index] - z[other]) / (f32(p.n) * d);
    let hinge = select(${zeroOf(lanes)}, -own / (2.0 * d * f32(p.n - 1u) * deviation), deviation < ${zeroOf(lanes)} + ${TARGET});
    let covariance = 4.0 * product / (d * f32(p.n - 1u));
    total += share(pair) * (weights[0] * invariance + weights[1] * hinge + weights[2] * covariance);
  }
  dz[index] = weights[3] * total;`,
  });
}
