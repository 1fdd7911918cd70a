// WGSL of the VICReg terms and gradients, and the two constants of the variance term (VICReg, arXiv 2105.04906, equation 1);
// the formulas are in vicreg.ts.

import { program, threadFor } from '../../program.ts';
import type { ColumnReduction } from '../parts/columnReduce.ts';
import { elementOf, sumOf, type VectorLanes, zeroOf } from '../parts/lanes.ts';

/** Added to a variance before its root is taken, so that the gradient of a collapsed dimension is finite. */
export const VICREG_EPS = 1e-4;

/** The standard deviation below which a dimension is pulled apart: gamma of the publication. */
export const VICREG_STD = 1;

const TARGET = VICREG_STD.toFixed(1);

/** Per dimension: centred values and unbiased variances of both views, and the summed squared difference. */
export function columns(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `vicregColumns${lanes}`,
    reads: { z: T },
    writes: { centred: T, variances: T, differences: T },
    params: { n: 'u32', columns: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.columns', 'c')}
  let second = p.n * p.columns;
  let shift1 = z[c];
  let shift2 = z[second + c];
  var mean1 = ${zeroOf(lanes)};
  var mean2 = ${zeroOf(lanes)};
  var difference = ${zeroOf(lanes)};
  for (var i = 0u; i < p.n; i++) {
    let a = z[i * p.columns + c];
    let b = z[second + i * p.columns + c];
    mean1 += a - shift1;
    mean2 += b - shift2;
    difference += (a - b) * (a - b);
  }
  // Kept relative to the first row: where embeddings have nearly collapsed, the mean itself has not enough digits.
  mean1 /= f32(p.n);
  mean2 /= f32(p.n);
  var square1 = ${zeroOf(lanes)};
  var square2 = ${zeroOf(lanes)};
  for (var i = 0u; i < p.n; i++) {
    let a = (z[i * p.columns + c] - shift1) - mean1;
    let b = (z[second + i * p.columns + c] - shift2) - mean2;
    centred[i * p.columns + c] = a;
    centred[second + i * p.columns + c] = b;
    square1 += a * a;
    square2 += b * b;
  }
  variances[c] = square1 / f32(p.n - 1u);
  variances[p.columns + c] = square2 / f32(p.n - 1u);
  differences[c] = difference;`,
  });
}

/** G = c c^T / (N - 1) per view, one thread per element. */
export function gram(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `vicregGram${lanes}`,
    reads: { centred: T },
    writes: { moments: 'f32' },
    params: { n: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, '2u * p.n * p.n')}
  let view = index / (p.n * p.n);
  let a = (view * p.n + index / p.n % p.n) * p.columns;
  let b = (view * p.n + index % p.n) * p.columns;
  var sum = ${zeroOf(lanes)};
  for (var c = 0u; c < p.columns; c++) { sum += centred[a + c] * centred[b + c]; }
  moments[index] = ${sumOf(lanes, 'sum')} / f32(p.n - 1u);`,
  });
}

/** The same by a workgroup for each element. */
export function gramReduction(lanes: VectorLanes): ColumnReduction {
  const T = elementOf(lanes);
  return {
    name: `vicregGram${lanes}`,
    reads: { centred: T },
    writes: { moments: 'f32' },
    params: ['n'],
    state: { sum: T },
    prepare: `
  let top = segment / (p.n * p.n) * p.n;
  let first = (top + segment / p.n % p.n) * p.rows;
  let second = (top + segment % p.n) * p.rows;`,
    start: `State(${zeroOf(lanes)})`,
    visit: 's.sum += centred[first + r] * centred[second + r];',
    merge: 'return State(a.sum + b.sum);',
    finish: `moments[segment] = ${sumOf(lanes, 's.sum')} / f32(p.n - 1u);`,
  };
}

/** C = c^T c / (N - 1) per view with a zero diagonal, one thread per element. */
export const covariance = program({
  name: 'vicregCovariance',
  reads: { centred: 'f32' },
  writes: { moments: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, '2u * p.d * p.d')}
  let base = index / (p.d * p.d) * p.n * p.d;
  let j = index / p.d % p.d;
  let k = index % p.d;
  var sum = 0.0;
  for (var i = 0u; i < p.n; i++) { sum += centred[base + i * p.d + j] * centred[base + i * p.d + k]; }
  moments[index] = select(sum / f32(p.n - 1u), 0.0, j == k);`,
});

/**
 * How a head's terms end: 64 lanes leave their shares of seven sums, and seven lanes add them up into the vector of terms
 * [8], invariance first, then for either view hinge, covariance and spread. It begins inside the loop over the views and ends it.
 */
export const TERMS_OF_SUMS = `    sums[1u + view][lane] = hinge;
    sums[3u + view][lane] = second;
    sums[5u + view][lane] = spread;
  }
  workgroupBarrier();
  if (lane < 7u) {
    var sum = 0.0;
    for (var i = 0u; i < 64u; i++) { sum += sums[lane][i]; }
    let d = f32(p.d);
    let scale = select(select(1.0 / d, 0.5 / d, lane < 3u), 1.0 / (d * f32(p.n)), lane == 0u);
    terms[group.x * 8u + lane] = sum * scale;
  }
  if (lane == 7u) { terms[group.x * 8u + 7u] = 0.0; }`;

/** The vector of terms, a share of each sum by every workgroup: each lane sums a stride, then one lane sums the lanes. */
export function terms(gramForm: boolean) {
  return program({
    name: `vicregTerms${gramForm ? 'G' : 'C'}`,
    reads: { moments: 'f32', variances: 'f32', differences: 'f32' },
    writes: { terms: 'f32' },
    params: { n: 'u32', d: 'u32', side: 'u32' },
    workgroup: [64],
    declarations: 'var<workgroup> sums: array<array<f32, 64>, 7>;',
    body: `
  let share = lane + group.x * 64u;
  let stride = count.x * 64u;
  var invariance = 0.0;
  for (var j = share; j < p.d; j += stride) { invariance += differences[j]; }
  sums[0][lane] = invariance;
  for (var view = 0u; view < 2u; view++) {
    var hinge = 0.0;
    var spread = 0.0;
    var second = 0.0;
    for (var j = share; j < p.d; j += stride) {
      let variance = variances[view * p.d + j];
      let deviation = sqrt(variance + ${VICREG_EPS});
      hinge += max(0.0, ${TARGET} - deviation);
      spread += deviation;
      ${gramForm ? 'second -= variance * variance;' : ''}
    }
    let area = p.side * p.side;
    for (var i = share; i < area; i += stride) {
      let m = moments[view * area + i];
      second += m * m;
    }
${TERMS_OF_SUMS}`,
  });
}

const pullTogether = (lanes: VectorLanes) => `
  let variance = variances[view * p.columns + c];
  let deviation = sqrt(variance + ${VICREG_EPS});
  let partner = select(index - p.n * p.columns, index + p.n * p.columns, view == 0u);
  let d = f32(p.columns * ${lanes}u);
  let invariance = 2.0 * (z[index] - z[partner]) / (f32(p.n) * d);
  let hinge = select(${zeroOf(lanes)}, -centred[index] / (2.0 * d * f32(p.n - 1u) * deviation), deviation < ${zeroOf(lanes)} + ${TARGET});
  let covariance = 4.0 * product / (d * f32(p.n - 1u));
  dz[index] = weights[3] * (weights[0] * invariance + weights[1] * hinge + weights[2] * covariance);`;

/** dz through the Gram form: c C = G c - var c. */
export function gramGradient(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `vicregGramGrad${lanes}`,
    reads: { z: T, centred: T, variances: T, moments: 'f32', weights: 'f32' },
    writes: { dz: T },
    params: { n: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, '2u * p.n * p.columns')}
  let c = index % p.columns;
  let row = index / p.columns % p.n;
  let view = index / (p.columns * p.n);
  var product = -variances[view * p.columns + c] * centred[index];
  for (var k = 0u; k < p.n; k++) {
    product += moments[(view * p.n + row) * p.n + k] * centred[(view * p.n + k) * p.columns + c];
  }
  ${pullTogether(lanes)}`,
  });
}

/** dz through the D x D form, whose diagonal is already zero. */
export const covarianceGradient = program({
  name: 'vicregCovarianceGrad',
  reads: { z: 'f32', centred: 'f32', variances: 'f32', moments: 'f32', weights: 'f32' },
  writes: { dz: 'f32' },
  params: { n: 'u32', columns: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, '2u * p.n * p.columns')}
  let c = index % p.columns;
  let row = index / p.columns;
  let view = index / (p.columns * p.n);
  var product = 0.0;
  for (var k = 0u; k < p.columns; k++) {
    product += centred[row * p.columns + k] * moments[(view * p.columns + k) * p.columns + c];
  }
  ${pullTogether(1)}`,
});
