// Batch norm of a batch so short (projectors, the last stage) that one thread per channel may walk it three times:
// one dispatch instead of three, forward as well as backward. Formulas are in batchNorm.ts and batchNormGrad.ts.

import { program, threadFor } from '../../program.ts';
import { elementOf, type VectorLanes, zeroOf } from '../parts/lanes.ts';
import { ROW_FIELDS, rowsOfThread } from '../parts/rows.ts';
import { type Mask, maskName, openGradient, opening, STATISTICS } from './batchNormText.ts';

/** Rows per group up to which this form is used. */
export const FEW_ROWS = 256;

export function fewRowsForward(lanes: VectorLanes, relu: boolean, residual: boolean) {
  const T = elementOf(lanes);
  const value = `(x[at] - mean) * scale + shift${residual ? ' + residual[at]' : ''}`;
  return program({
    name: `bnFewRows${lanes}${relu ? 'r' : ''}${residual ? 's' : ''}`,
    reads: { x: T, gamma: T, beta: T, residual: T },
    writes: { y: T, stats: T, runningMean: T, runningVar: T },
    params: { groups: 'u32', rows: 'u32', columns: 'u32', eps: 'f32', momentum: 'f32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.columns', 'c')}
  let n = f32(p.rows);
  var movingMean = runningMean[c];
  var movingVar = runningVar[c];
  for (var g = 0u; g < p.groups; g++) {
    let first = g * p.rows;
    var mean = ${zeroOf(lanes)};
    for (var r = 0u; r < p.rows; r++) { mean += x[(first + r) * p.columns + c]; }
    mean /= n;
    var squares = ${zeroOf(lanes)};
    for (var r = 0u; r < p.rows; r++) {
      let away = x[(first + r) * p.columns + c] - mean;
      squares += away * away;
    }
    let variance = squares / n;
    let rstd = inverseSqrt(variance + p.eps);
    stats[g * 2u * p.columns + c] = mean;
    stats[(g * 2u + 1u) * p.columns + c] = rstd;
    movingMean = (1.0 - p.momentum) * movingMean + p.momentum * mean;
    movingVar = (1.0 - p.momentum) * movingVar + p.momentum * variance * (n / max(n - 1.0, 1.0));
    let scale = rstd * gamma[c];
    let shift = beta[c];
    for (var r = 0u; r < p.rows; r++) {
      let at = (first + r) * p.columns + c;
      y[at] = ${relu ? `max(${value}, ${zeroOf(lanes)})` : value};
    }
  }
  runningMean[c] = movingMean;
  runningVar[c] = movingVar;`,
  });
}

export function fewRowsBackward(lanes: VectorLanes, mask: Mask, residual: boolean, inPlace: boolean) {
  const T = elementOf(lanes);
  const open = openGradient(lanes, mask, inPlace ? 'dx' : 'dy');
  return program({
    name: `bnGradFewRows${lanes}${maskName(mask)}${residual ? 's' : ''}${inPlace ? 'i' : ''}`,
    reads: { x: T, y: T, ...(inPlace ? {} : { dy: T }), stats: T, gamma: T },
    writes: { dgamma: T, dbeta: T, dx: T, ...(residual ? { dresidual: T } : {}) },
    params: { groups: 'u32', rows: 'u32', columns: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.columns', 'c')}
  let n = f32(p.rows);
  var allSum = ${zeroOf(lanes)};
  var allProduct = ${zeroOf(lanes)};
  for (var g = 0u; g < p.groups; g++) {
    let first = g * p.rows;
    let mean = stats[g * 2u * p.columns + c];
    let rstd = stats[(g * 2u + 1u) * p.columns + c];
    ${opening(mask)}
    var sum = ${zeroOf(lanes)};
    var product = ${zeroOf(lanes)};
    for (var r = 0u; r < p.rows; r++) {
      let at = (first + r) * p.columns + c;
      let v = x[at];
      let d = ${open};
      sum += d;
      product += d * (v - mean) * rstd;
    }
    allSum += sum;
    allProduct += product;
    let scale = gamma[c] * rstd;
    let meanSum = sum / n;
    let meanProduct = product / n;
    for (var r = 0u; r < p.rows; r++) {
      let at = (first + r) * p.columns + c;
      let v = x[at];
      let d = ${open};
      dx[at] = scale * (d - meanSum - (v - mean) * rstd * meanProduct);
      ${residual ? 'dresidual[at] = d;' : ''}
    }
  }
  dbeta[c] = allSum;
  dgamma[c] = allProduct;`,
  });
}

/** The gradient of a residual alone: dy where the ReLU was open. */
export function residualGradient(lanes: VectorLanes, mask: Mask) {
  const T = elementOf(lanes);
  return program({
    name: `bnGradResidual${lanes}${maskName(mask)}`,
    reads: { x: T, y: T, dy: T, stats: T, gamma: T },
    writes: { dresidual: T },
    params: ROW_FIELDS,
    workgroup: [64],
    body: rowsOfThread(
      `${STATISTICS}
  ${opening(mask)}`,
      `${mask === 'x' ? 'let v = x[at];' : ''}
    dresidual[at] = ${openGradient(lanes, mask)};`,
    ),
  });
}
