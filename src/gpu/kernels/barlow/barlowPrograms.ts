// WGSL of the terms of Barlow Twins and of their gradient; the formulas are in barlow.ts.

import { program, threadFor } from '../../program.ts';

/** Per dimension: both views standardised, one over their deviations, and their correlation. */
export const columns = program({
  name: 'barlowColumns',
  reads: { z: 'f32' },
  writes: { standardised: 'f32', scales: 'f32', diagonal: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [16],
  body: `
  ${threadFor(16, 'p.d', 'j')}
  for (var view = 0u; view < 2u; view++) {
    let first = view * p.n * p.d + j;
    // Relative to the first row: where embeddings have nearly collapsed, the mean itself has not enough digits.
    let shift = z[first];
    var mean = 0.0;
    for (var i = 0u; i < p.n; i++) { mean += z[first + i * p.d] - shift; }
    mean /= f32(p.n);
    var square = 0.0;
    for (var i = 0u; i < p.n; i++) {
      let value = (z[first + i * p.d] - shift) - mean;
      square += value * value;
    }
    let scale = 1.0 / sqrt(square / f32(p.n) + 1e-5);
    for (var i = 0u; i < p.n; i++) {
      standardised[first + i * p.d] = ((z[first + i * p.d] - shift) - mean) * scale;
    }
    scales[view * p.d + j] = scale;
  }
  var sum = 0.0;
  for (var i = 0u; i < p.n; i++) {
    sum += standardised[i * p.d + j] * standardised[(p.n + i) * p.d + j];
  }
  diagonal[j] = sum / f32(p.n);`,
});

/** a a^T of either view, one thread per element. */
export const grams = program({
  name: 'barlowGrams',
  reads: { standardised: 'f32' },
  writes: { grams: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, '2u * p.n * p.n')}
  let view = index / (p.n * p.n);
  let a = (view * p.n + index / p.n % p.n) * p.d;
  let b = (view * p.n + index % p.n) * p.d;
  var sum = 0.0;
  for (var j = 0u; j < p.d; j++) { sum += standardised[a + j] * standardised[b + j]; }
  grams[index] = sum;`,
});

/** The vector of terms by one workgroup: each lane sums a stride, then one lane sums the lanes. */
export const terms = program({
  name: 'barlowTerms',
  reads: { grams: 'f32', diagonal: 'f32' },
  writes: { terms: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [64],
  declarations: 'var<workgroup> sums: array<vec2<f32>, 64>;',
  body: `
  var on = 0.0;
  var off = 0.0;
  for (var j = lane; j < p.d; j += 64u) {
    let c = diagonal[j];
    on += (c - 1.0) * (c - 1.0);
    off -= c * c;
  }
  let area = p.n * p.n;
  var both = 0.0;
  for (var i = lane; i < area; i += 64u) { both += grams[i] * grams[area + i]; }
  sums[lane] = vec2<f32>(on, off + both / f32(area));
  workgroupBarrier();
  if (lane == 0u) {
    var sum = vec2<f32>(0.0);
    for (var i = 0u; i < 64u; i++) { sum += sums[i]; }
    terms[0] = sum.x;
    terms[1] = sum.y;
    for (var i = 2u; i < 8u; i++) { terms[i] = 0.0; }
  }`,
});

/** dL/da and dL/db, one thread per element. */
export const innerGradient = program({
  name: 'barlowInnerGrad',
  reads: { standardised: 'f32', diagonal: 'f32', grams: 'f32', weights: 'f32' },
  writes: { inner: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, '2u * p.n * p.d')}
  let j = index % p.d;
  let row = index / p.d % p.n;
  let view = index / (p.d * p.n);
  var spread = 0.0;
  for (var k = 0u; k < p.n; k++) {
    spread += grams[((1u - view) * p.n + row) * p.n + k] * standardised[(view * p.n + k) * p.d + j];
  }
  let c = diagonal[j];
  let pull = (weights[0] * (c - 1.0) - weights[1] * c) * standardised[((1u - view) * p.n + row) * p.d + j];
  let n = f32(p.n);
  inner[index] = weights[2] * (2.0 * weights[1] * spread / (n * n) + 2.0 * pull / n);`,
});

/** Back through the standardisation, one thread per column of a view. */
export const columnGradient = program({
  name: 'barlowColumnGrad',
  reads: { standardised: 'f32', scales: 'f32', inner: 'f32' },
  writes: { dz: 'f32' },
  params: { n: 'u32', d: 'u32' },
  workgroup: [16],
  body: `
  ${threadFor(16, '2u * p.d', 'column')}
  let first = column / p.d * p.n * p.d + column % p.d;
  var mean = 0.0;
  var along = 0.0;
  for (var i = 0u; i < p.n; i++) {
    let at = first + i * p.d;
    mean += inner[at];
    along += inner[at] * standardised[at];
  }
  mean /= f32(p.n);
  along /= f32(p.n);
  for (var i = 0u; i < p.n; i++) {
    let at = first + i * p.d;
    dz[at] = scales[column] * (inner[at] - mean - standardised[at] * along);
  }`,
});
