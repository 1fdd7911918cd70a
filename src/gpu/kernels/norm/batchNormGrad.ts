// Backward pass of batchNorm: per group, with g = dy where the ReLU was open,
//   dbeta = sum g,  dgamma = sum g xhat,  dx = gamma rstd (g - mean(g) - xhat mean(g xhat)),  dresidual = g.
// xhat is recomputed from x and the saved statistics; the ReLU mask from y or from x (batchNormText.ts). dgamma and dbeta sum over groups.

import { SUM_FORMS } from '../../forms.ts';
import { defineKernel, type GpuJob, type InPlace, type Plain, sizeOf } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { type ColumnReduction, runColumnReduction } from '../parts/columnReduce.ts';
import { elementOf, type VectorLanes, vectorLanes, zeroOf } from '../parts/lanes.ts';
import { ROW_FIELDS, rowsDispatch, rowsOfThread } from '../parts/rows.ts';
import { chunksFor } from './batchNorm.ts';
import { FEW_ROWS, fewRowsBackward, residualGradient } from './batchNormFewRows.ts';
import { type Mask, maskName, openGradient, opening, PER_CHUNK, STATISTICS } from './batchNormText.ts';

/** In place, dx takes the memory of dy. */
export interface BatchNormGradAttrs extends InPlace {
  readonly groups: number;
  readonly relu: boolean;
  readonly residual: boolean;
  /** Without a residual, x alone says where the ReLU was open: then beta is given in the place of y. */
  readonly maskFromX?: boolean;
}

type Input = 'x' | 'y' | 'dy' | 'gamma' | 'stats';

/** Outputs: dx, dgamma [C], dbeta [C] and, with a residual, dresidual. `y` is bound but unread without a ReLU. */
export const batchNormGrad = defineKernel<Input, BatchNormGradAttrs, 'dx' | 'dgamma' | 'dbeta' | 'dresidual'>(
  {
    name: 'MlvBatchNormGrad',
    inputs: ['x', 'y', 'dy', 'gamma', 'stats'],
    results: ['dx', 'dgamma', 'dbeta', 'dresidual'],
    forms: SUM_FORMS,
    outputs: ({ x, gamma }, { residual }) => (residual ? [x, gamma, gamma, x] : [x, gamma, gamma]),
    gpu(job, attrs) {
      const { x, gamma } = job.inputs;
      if (attrs.inPlace) job.takeOver(0, 'dy');
      const rows = sizeOf(x.shape) / gamma.shape[0]! / attrs.groups;
      if (rows <= FEW_ROWS) fewRows(job, attrs, rows);
      else manyRows(job, attrs, rows);
    },
    reference(inputs, attrs, outputs) {
      const channels = inputs.gamma.shape[0]!;
      for (let group = 0; group < attrs.groups; group++) {
        for (let c = 0; c < channels; c++) channelReference(inputs, attrs, outputs, group, c);
      }
    },
  },
);

const maskOf = ({ relu, maskFromX }: BatchNormGradAttrs): Mask => relu && (maskFromX ? 'x' : 'y');

/** All in one program, a thread for a channel. */
function fewRows({ inputs, outputs, run }: GpuJob<Input>, attrs: BatchNormGradAttrs, rows: number): void {
  const { groups, residual, inPlace = false } = attrs;
  const { x, y, dy, gamma, stats } = inputs;
  const [dx, dgamma, dbeta, dresidual] = outputs;
  const mask = maskOf(attrs);
  const lanes = vectorLanes(gamma.shape[0]!);
  const columns = gamma.shape[0]! / lanes;
  // With dy apart and a residual there would be nine buffers, one more than every device has.
  const apart = residual && !inPlace;
  const together = residual && !apart;
  const gradient = inPlace ? [] : [dy];
  run(
    fewRowsBackward(lanes, mask, together, inPlace),
    [x, y, ...gradient, stats, gamma, dgamma!, dbeta!, dx!, ...(together ? [dresidual!] : [])],
    [groups, rows, columns],
    flatGroups(columns, 16),
  );
  if (!apart) return;
  const dispatch = rowsDispatch(groups, rows, columns);
  const given = [x, y, dy, stats, gamma, dresidual!];
  run(residualGradient(lanes, mask), given, ...dispatch);
}

/** Sums over chunks of rows, the sums of those, and then every position on its own. */
function manyRows(job: GpuJob<Input>, attrs: BatchNormGradAttrs, rows: number): void {
  const { inputs, outputs, scratch, run, form } = job;
  const { groups, residual, inPlace = false } = attrs;
  const { x, y, dy, gamma, stats } = inputs;
  const [dx, dgamma, dbeta, dresidual] = outputs;
  const mask = maskOf(attrs);
  const channels = gamma.shape[0]!;
  const lanes = vectorLanes(channels);
  const columns = channels / lanes;
  const chunks = chunksFor(form, rows, groups, columns);
  const partial = scratch([groups, chunks, 2, channels]);
  const sums = scratch([groups, 2, channels]);
  const summed = [x, y, dy, stats, gamma, partial];
  if (form === 'threads') {
    const threads = flatGroups(groups * chunks * columns, 64);
    run(partialSums(lanes, mask), summed, [groups, rows, columns, chunks], threads);
  } else {
    const table = { segments: groups * chunks, rows, columns };
    runColumnReduction({ run, form }, sumsReduction(lanes, mask), table, summed, [chunks]);
  }
  run(combine(lanes), [partial, sums, dgamma!, dbeta!], [groups, columns, chunks], flatGroups(columns, 16));
  const dispatch = rowsDispatch(groups, rows, columns);
  const targets = residual ? [dx!, dresidual!] : [dx!];
  run(
    apply(lanes, mask, residual, inPlace),
    [x, y, ...(inPlace ? [] : [dy]), stats, gamma, sums, ...targets],
    ...dispatch,
  );
}

function channelReference(
  { x, y, dy, gamma, stats }: Readonly<Record<Input, Plain>>,
  { groups, relu, residual, maskFromX }: BatchNormGradAttrs,
  [dx, dgamma, dbeta, dresidual]: readonly Plain[],
  group: number,
  c: number,
): void {
  const channels = gamma.shape[0]!;
  const rows = x.data.length / channels / groups;
  const mean = stats.data[group * 2 * channels + c]!;
  const rstd = stats.data[(group * 2 + 1) * channels + c]!;
  const xhat = (i: number) => (x.data[i]! - mean) * rstd;
  const made = (i: number) => (maskFromX ? xhat(i) * gamma.data[c]! + y.data[c]! : y.data[i]!);
  const open = (i: number) => (relu && made(i) <= 0 ? 0 : dy.data[i]!);
  let sum = 0;
  let product = 0;
  for (let r = group * rows; r < (group + 1) * rows; r++) {
    const i = r * channels + c;
    sum += open(i);
    product += open(i) * xhat(i);
  }
  dbeta!.data[c] = dbeta!.data[c]! + sum;
  dgamma!.data[c] = dgamma!.data[c]! + product;
  for (let r = group * rows; r < (group + 1) * rows; r++) {
    const i = r * channels + c;
    dx!.data[i] = gamma.data[c]! * rstd * (open(i) - sum / rows - (xhat(i) * product) / rows);
    if (residual) dresidual!.data[i] = open(i);
  }
}

function partialSums(lanes: VectorLanes, mask: Mask) {
  const T = elementOf(lanes);
  return program({
    name: `bnGradPartial${lanes}${maskName(mask)}`,
    reads: { x: T, y: T, dy: T, stats: T, gamma: T },
    writes: { partial: T },
    params: { groups: 'u32', rows: 'u32', columns: 'u32', chunks: 'u32' },
    workgroup: [64],
    body: `
  ${PER_CHUNK}
  ${STATISTICS}
  ${opening(mask)}
  var sum = ${zeroOf(lanes)};
  var product = ${zeroOf(lanes)};
  for (var r = chunk; r < p.rows; r += p.chunks) {
    let at = (g * p.rows + r) * p.columns + c;
    let v = x[at];
    let d = ${openGradient(lanes, mask)};
    sum += d;
    product += d * (v - mean);
  }
  let at = (g * p.chunks + chunk) * 2u * p.columns + c;
  partial[at] = sum;
  partial[at + p.columns] = product * rstd;`,
  });
}

function sumsReduction(lanes: VectorLanes, mask: Mask): ColumnReduction {
  const T = elementOf(lanes);
  return {
    name: `bnGradPartial${lanes}${maskName(mask)}`,
    reads: { x: T, y: T, dy: T, stats: T, gamma: T },
    writes: { partial: T },
    params: ['chunks'],
    state: { sum: T, product: T },
    prepare: `
  let chunk = segment % p.chunks;
  let g = segment / p.chunks;
  ${STATISTICS}
  ${opening(mask)}`,
    start: `State(${zeroOf(lanes)}, ${zeroOf(lanes)})`,
    first: 'chunk',
    step: 'p.chunks',
    visit: `
    let at = (g * p.rows + r) * p.columns + c;
    let v = x[at];
    let d = ${openGradient(lanes, mask)};
    s.sum += d;
    s.product += d * (v - mean);`,
    merge: 'return State(a.sum + b.sum, a.product + b.product);',
    finish: `
    let to = segment * 2u * p.columns + c;
    partial[to] = s.sum;
    partial[to + p.columns] = s.product * rstd;`,
  };
}

function combine(lanes: VectorLanes) {
  const T = elementOf(lanes);
  return program({
    name: `bnGradCombine${lanes}`,
    reads: { partial: T },
    writes: { sums: T, dgamma: T, dbeta: T },
    params: { groups: 'u32', columns: 'u32', chunks: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.columns', 'c')}
  var allSum = ${zeroOf(lanes)};
  var allProduct = ${zeroOf(lanes)};
  for (var g = 0u; g < p.groups; g++) {
    var sum = ${zeroOf(lanes)};
    var product = ${zeroOf(lanes)};
    for (var k = 0u; k < p.chunks; k++) {
      let at = (g * p.chunks + k) * 2u * p.columns + c;
      sum += partial[at];
      product += partial[at + p.columns];
    }
    sums[g * 2u * p.columns + c] = sum;
    sums[(g * 2u + 1u) * p.columns + c] = product;
    allSum += sum;
    allProduct += product;
  }
  dbeta[c] = allSum;
  dgamma[c] = allProduct;`,
  });
}

function apply(lanes: VectorLanes, mask: Mask, residual: boolean, inPlace: boolean) {
  const T = elementOf(lanes);
  return program({
    name: `bnGradApply${lanes}${maskName(mask)}${residual ? 's' : ''}${inPlace ? 'i' : ''}`,
    reads: { x: T, y: T, ...(inPlace ? {} : { dy: T }), stats: T, gamma: T, sums: T },
    writes: residual ? { dx: T, dresidual: T } : { dx: T },
    params: ROW_FIELDS,
    workgroup: [64],
    body: rowsOfThread(
      `${STATISTICS}
  ${opening(mask)}
  let meanSum = sums[g * 2u * p.columns + c] / f32(p.rows);
  let meanProduct = sums[(g * 2u + 1u) * p.columns + c] / f32(p.rows);
  let scale = gamma[c] * rstd;`,
      `let v = x[at];
    let d = ${openGradient(lanes, mask, inPlace ? 'dx' : 'dy')};
    dx[at] = scale * (d - meanSum - (v - mean) * rstd * meanProduct);
    ${residual ? 'dresidual[at] = d;' : ''}`,
    ),
  });
}
