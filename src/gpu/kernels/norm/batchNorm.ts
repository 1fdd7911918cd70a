// Batch normalisation with ReLU and a residual fused, forward in training and in evaluation mode.
// The batch is `groups` equal parts (the two views), each normalised by its own biased statistics; the running
// statistics are updated once per group, in order, with the unbiased variance (docs/method.md, Model).
// Statistics are one pass by Welford's update in every thread, merged by Chan's formula in every form: sums of squares
// about a mean that is already known, so neither a large mean nor an unlucky first row costs accuracy.
// The last part alone, y from x and statistics that are already known, is a kernel too: the backward pass makes normalised maps
// again with it instead of keeping them, and touches no running statistics. Gradients are in batchNormGrad.ts.

import { type Form, SUM_FORMS } from '../../forms.ts';
import { defineKernel, type InPlace, type Plain, sizeOf } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { blocksFor, type ColumnReduction, rowsAtOnce, runColumnReduction } from '../parts/columnReduce.ts';
import { elementOf, vectorLanes, zeroOf } from '../parts/lanes.ts';
import { ROW_FIELDS, rowsDispatch, rowsOfThread } from '../parts/rows.ts';
import { FEW_ROWS, fewRowsForward } from './batchNormFewRows.ts';
import { PER_CHUNK, STATISTICS } from './batchNormText.ts';

export interface BatchNormAttrs {
  readonly groups: number;
  readonly relu: boolean;
  /** When false, `residual` is bound but not read. */
  readonly residual: boolean;
  readonly eps: number;
  readonly momentum: number;
}

type TrainInput = 'x' | 'gamma' | 'beta' | 'residual' | 'runningMean' | 'runningVar';

const MAX_CHUNKS = 128;
const WORKGROUPS = 512;

/** How many partial sums a reduction over `rows` is split into, so that about 4096 threads or 512 workgroups share it. */
export function chunksFor(form: Form, rows: number, groups: number, columns: number): number {
  const alone = form === 'threads';
  const wanted = Math.floor(alone ? 4096 / (groups * columns) : WORKGROUPS / (groups * blocksFor(columns)));
  const most = Math.floor(rows / (alone ? 8 : 4 * rowsAtOnce(columns)));
  return Math.max(1, Math.min(MAX_CHUNKS, wanted, most));
}

/** Forward: y = relu?((x - mean) / sqrt(var + eps) * gamma + beta [+ residual]); stats is [groups, 2, C] (mean, 1/std). */
export const batchNorm = defineKernel<TrainInput, BatchNormAttrs, 'y' | 'stats'>({
  name: 'MlvBatchNorm',
  results: ['y', 'stats'],
  inputs: ['x', 'gamma', 'beta', 'residual', 'runningMean', 'runningVar'],
  mutates: ['runningMean', 'runningVar'],
  forms: SUM_FORMS,
  outputs: ({ x, gamma }, { groups }) => [x, [groups, 2, gamma[0]!]],
  gpu({ inputs, outputs, scratch, run, form }, attrs) {
    const { x, gamma, beta, residual, runningMean, runningVar } = inputs;
    const channels = gamma.shape[0]!;
    const rows = sizeOf(x.shape) / channels / attrs.groups;
    const lanes = vectorLanes(channels);
    const columns = channels / lanes;
    if (rows <= FEW_ROWS) {
      const once = fewRowsForward(lanes, attrs.relu, attrs.residual);
      const tensors = [x, gamma, beta, residual, outputs[0]!, outputs[1]!, runningMean, runningVar];
      run(once, tensors, [attrs.groups, rows, columns, attrs.eps, attrs.momentum], flatGroups(columns, 16));
      return;
    }
    const chunks = chunksFor(form, rows, attrs.groups, columns);
    const partial = scratch([attrs.groups, chunks, 2, channels]);
    if (form === 'threads') {
      run(
        chunkMoments(lanes),
        [x, partial],
        [attrs.groups, rows, columns, chunks],
        flatGroups(attrs.groups * chunks * columns, 64),
      );
    } else {
      const table = { segments: attrs.groups * chunks, rows, columns };
      runColumnReduction({ run, form }, momentsReduction(lanes), table, [x, partial], [chunks]);
    }
    run(
      combine(lanes),
      [partial, outputs[1]!, runningMean, runningVar],
      [attrs.groups, rows, columns, chunks, attrs.eps, attrs.momentum],
      flatGroups(columns, 16),
    );
    const dispatch = rowsDispatch(attrs.groups, rows, columns);
    run(
      normalise(lanes, attrs.relu, attrs.residual),
      [x, outputs[1]!, gamma, beta, residual, outputs[0]!],
      ...dispatch,
    );
  },
  reference({ x, gamma, beta, residual, runningMean, runningVar }, attrs, [y, stats]) {
    const channels = gamma.shape[0]!;
    const rows = x.data.length / channels / attrs.groups;
    for (let g = 0; g < attrs.groups; g++) {
      for (let c = 0; c < channels; c++) {
        const { mean, variance } = momentsOf(x, g, rows, c, channels);
        const rstd = 1 / Math.sqrt(variance + attrs.eps);
        stats!.data[(g * 2 + 0) * channels + c] = mean;
        stats!.data[(g * 2 + 1) * channels + c] = rstd;
        for (let r = g * rows; r < (g + 1) * rows; r++) {
          const i = r * channels + c;
          const value =
            (x.data[i]! - mean) * rstd * gamma.data[c]! +
            beta.data[c]! +
            (attrs.residual ? residual.data[i]! : 0);
          y!.data[i] = attrs.relu ? Math.max(value, 0) : value;
        }
        const keep = 1 - attrs.momentum;
        runningMean.data[c] = keep * runningMean.data[c]! + attrs.momentum * mean;
        runningVar.data[c] = keep * runningVar.data[c]! + attrs.momentum * variance * (rows / (rows - 1));
      }
    }
  },
});

function momentsOf(x: Plain, group: number, rows: number, c: number, channels: number) {
  let sum = 0;
  let squares = 0;
  for (let r = group * rows; r < (group + 1) * rows; r++) sum += x.data[r * channels + c]!;
  const mean = sum / rows;
  for (let r = group * rows; r < (group + 1) * rows; r++) squares += (x.data[r * channels + c]! - mean) ** 2;
  return { mean, variance: squares / rows };
}

export interface BatchNormEvalAttrs {
  readonly relu: boolean;
  readonly residual: boolean;
  readonly eps: number;
}

/** Evaluation: the running statistics instead of the batch's; nothing is updated. */
export const batchNormEval = defineKernel<TrainInput, BatchNormEvalAttrs>({
  name: 'MlvBatchNormEval',
  inputs: ['x', 'gamma', 'beta', 'residual', 'runningMean', 'runningVar'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, scratch, run }, attrs) {
    const { x, gamma, beta, residual, runningMean, runningVar } = inputs;
    const channels = gamma.shape[0]!;
    const lanes = vectorLanes(channels);
    const columns = channels / lanes;
    const stats = scratch([1, 2, channels]);
    run(runningStats, [runningMean, runningVar, stats], [channels, attrs.eps], flatGroups(channels, 64));
    const dispatch = rowsDispatch(1, sizeOf(x.shape) / channels, columns);
    run(
      normalise(lanes, attrs.relu, attrs.residual),
      [x, stats, gamma, beta, residual, outputs[0]!],
      ...dispatch,
    );
  },
  reference({ x, gamma, beta, residual, runningMean, runningVar }, attrs, [y]) {
    const channels = gamma.shape[0]!;
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const rstd = 1 / Math.sqrt(runningVar.data[c]! + attrs.eps);
      const value = (x.data[i]! - runningMean.data[c]!) * rstd * gamma.data[c]! + beta.data[c]!;
      const shifted = value + (attrs.residual ? residual.data[i]! : 0);
      y!.data[i] = attrs.relu ? Math.max(shifted, 0) : shifted;
    }
  },
});

/** Mean and sum of squared deviations per group, chunk and channel; a chunk takes every chunks-th row. */
function chunkMoments(lanes: 1 | 4) {
  const T = elementOf(lanes);
  return program({
    name: `bnMoments${lanes}`,
    reads: { x: T },
    writes: { partial: T },
    params: { groups: 'u32', rows: 'u32', columns: 'u32', chunks: 'u32' },
    workgroup: [64],
    body: `
  ${PER_CHUNK}
  var mean = ${zeroOf(lanes)};
  var squares = ${zeroOf(lanes)};
  var seen = 0.0;
  for (var r = chunk; r < p.rows; r += p.chunks) {
    let v = x[(g * p.rows + r) * p.columns + c];
    let difference = v - mean;
    seen += 1.0;
    mean += difference * (1.0 / seen);
    squares += difference * (v - mean);
  }
  let at = (g * p.chunks + chunk) * 2u * p.columns + c;
  partial[at] = mean;
  partial[at + p.columns] = squares;`,
  });
}

/** The same by a workgroup for each chunk; states of two threads are merged as those of two chunks. */
function momentsReduction(lanes: 1 | 4): ColumnReduction {
  const T = elementOf(lanes);
  return {
    name: `bnMoments${lanes}`,
    reads: { x: T },
    writes: { partial: T },
    params: ['chunks'],
    state: { mean: T, squares: T, seen: 'f32' },
    prepare: 'let chunk = segment % p.chunks; let top = segment / p.chunks * p.rows;',
    start: `State(${zeroOf(lanes)}, ${zeroOf(lanes)}, 0.0)`,
    first: 'chunk',
    step: 'p.chunks',
    visit: `
    let difference = x[(top + r) * p.columns + c] - s.mean;
    s.seen += 1.0;
    s.mean += difference * (1.0 / s.seen);
    s.squares += difference * (x[(top + r) * p.columns + c] - s.mean);`,
    merge: `
  let seen = a.seen + b.seen;
  let share = b.seen / max(seen, 1.0);
  let away = b.mean - a.mean;
  return State(a.mean + away * share, a.squares + b.squares + away * away * (a.seen * share), seen);`,
    finish: `
    let at = segment * 2u * p.columns + c;
    partial[at] = s.mean;
    partial[at + p.columns] = s.squares;`,
  };
}

function combine(lanes: 1 | 4) {
  const T = elementOf(lanes);
  return program({
    name: `bnCombine${lanes}`,
    reads: { partial: T },
    writes: { stats: T, runningMean: T, runningVar: T },
    params: { groups: 'u32', rows: 'u32', columns: 'u32', chunks: 'u32', eps: 'f32', momentum: 'f32' },
    workgroup: [16],
    declarations: 'fn rowsOf(chunk: u32) -> f32 { return f32((p.rows - chunk + p.chunks - 1u) / p.chunks); }',
    body: `
  ${threadFor(16, 'p.columns', 'c')}
  let n = f32(p.rows);
  var movingMean = runningMean[c];
  var movingVar = runningVar[c];
  for (var g = 0u; g < p.groups; g++) {
    let first = g * p.chunks * 2u * p.columns + c;
    var mean = ${zeroOf(lanes)};
    for (var k = 0u; k < p.chunks; k++) { mean += partial[first + 2u * k * p.columns] * (rowsOf(k) / n); }
    var squares = ${zeroOf(lanes)};
    for (var k = 0u; k < p.chunks; k++) {
      let away = partial[first + 2u * k * p.columns] - mean;
      squares += partial[first + (2u * k + 1u) * p.columns] + away * away * rowsOf(k);
    }
    let variance = squares / n;
    stats[g * 2u * p.columns + c] = mean;
    stats[(g * 2u + 1u) * p.columns + c] = inverseSqrt(variance + p.eps);
    movingMean = (1.0 - p.momentum) * movingMean + p.momentum * mean;
    movingVar = (1.0 - p.momentum) * movingVar + p.momentum * variance * (n / max(n - 1.0, 1.0));
  }
  runningMean[c] = movingMean;
  runningVar[c] = movingVar;`,
  });
}

const runningStats = program({
  name: 'bnRunningStats',
  reads: { runningMean: 'f32', runningVar: 'f32' },
  writes: { stats: 'f32' },
  params: { channels: 'u32', eps: 'f32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.channels', 'c')}
  stats[c] = runningMean[c];
  stats[p.channels + c] = inverseSqrt(runningVar[c] + p.eps);`,
});

/** y from x and the statistics; in place, x stands where y will. */
export function normalise(lanes: 1 | 4, relu: boolean, residual: boolean, inPlace = false) {
  const T = elementOf(lanes);
  const value = `(${inPlace ? 'y' : 'x'}[at] - mean) * scale + shift${residual ? ' + residual[at]' : ''}`;
  return program({
    name: `bnApply${lanes}${relu ? 'r' : ''}${residual ? 's' : ''}${inPlace ? 'i' : ''}`,
    reads: { ...(inPlace ? {} : { x: T }), stats: T, gamma: T, beta: T, residual: T },
    writes: { y: T },
    params: ROW_FIELDS,
    workgroup: [64],
    body: rowsOfThread(
      `${STATISTICS}
  let scale = rstd * gamma[c]; let shift = beta[c];`,
      `y[at] = ${relu ? `max(${value}, ${zeroOf(lanes)})` : value};`,
    ),
  });
}

export interface BatchNormApplyAttrs extends InPlace {
  readonly relu: boolean;
  /** When false, `residual` is bound but not read. */
  readonly residual: boolean;
}

/** stats [groups, 2, C] as batchNorm made them; y = relu?((x - mean) rstd gamma + beta [+ residual]). In place of x. */
export const batchNormApply = defineKernel<
  'x' | 'stats' | 'gamma' | 'beta' | 'residual',
  BatchNormApplyAttrs
>({
  name: 'MlvBatchNormApply',
  inputs: ['x', 'stats', 'gamma', 'beta', 'residual'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, takeOver, run }, { relu, residual: added, inPlace = false }) {
    const { x, stats, gamma, beta, residual } = inputs;
    const channels = gamma.shape[0]!;
    const lanes = vectorLanes(channels);
    const groups = stats.shape[0]!;
    const dispatch = rowsDispatch(groups, sizeOf(x.shape) / channels / groups, channels / lanes);
    const y = inPlace ? takeOver(0, 'x') : outputs[0]!;
    run(
      normalise(lanes, relu, added, inPlace),
      [...(inPlace ? [] : [x]), stats, gamma, beta, residual, y],
      ...dispatch,
    );
  },
  reference({ x, stats, gamma, beta, residual }, { relu, residual: added }, [y]) {
    const channels = gamma.shape[0]!;
    const perGroup = x.data.length / stats.shape[0]!;
    for (let i = 0; i < x.data.length; i++) {
      const [c, g] = [i % channels, Math.floor(i / perGroup)];
      const [mean, rstd] = [stats.data[g * 2 * channels + c]!, stats.data[(g * 2 + 1) * channels + c]!];
      const value = (x.data[i]! - mean) * rstd * gamma.data[c]! + beta.data[c]!;
      const shifted = value + (added ? residual.data[i]! : 0);
      y!.data[i] = relu ? Math.max(shifted, 0) : shifted;
    }
  },
});
