// Matrix product through workgroup memory, for adapters where that is fast: a workgroup makes a tile of the result and
// steps along the inner dimension, with 16 steps of both operands in workgroup memory at a time; each of its 128
// threads holds up to 8 rows of four columns. What an operand is (a matrix, an image seen through a filter) is said by
// the caller in WGSL. A long sum may be split into parts, which the caller adds.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type ProgramSpec, program, slicedGroup } from '../../program.ts';
import { each, storageOf, store4 } from './lanes.ts';

const THREADS = 128;
const STEP = 16;
/** Workgroups worth having; a sum is split into parts until there are as many. */
const WORKGROUPS = 512;
/** Steps along the inner dimension that a part has at least. */
const LEAST_STEPS = 16;

export interface SharedProduct {
  /** Carries every constant of the loads. */
  readonly name: string;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Bindings that the loads read, with their tensors in the same order. */
  readonly reads: NonNullable<ProgramSpec['reads']>;
  readonly tensors: readonly TensorInfo[];
  /** Further uniforms of the loads, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Direction in which one load of the left operand takes four numbers. */
  readonly left: 'inner' | 'rows';
  /**
   * `fn rowOf(m: u32) -> vec4<i32>`, called once for a row; `fn left(row: vec4<i32>, m: u32, k: u32) -> vec4<f32>`, four
   * numbers from (m, k) on along `left`; `fn right(k: u32, n: u32) -> vec4<f32>`, four from (k, n) on along the columns.
   * Whatever is beyond p.rows, p.inner or p.columns must come out as zero.
   */
  readonly loads: string;
}

function tileFor(columns: number) {
  const quads = columns <= 16 ? 4 : columns <= 32 ? 8 : 16;
  const perThread = quads === 4 ? 4 : 8;
  return { quads, perThread, rows: (THREADS / quads) * perThread };
}

/** Records the product into [parts, rows, columns]; one dispatch. `most` bounds the parts. */
export function runSharedProduct(
  job: Pick<GpuJob<string>, 'run'>,
  given: SharedProduct,
  target: (parts: number) => TensorInfo,
  most = Number.POSITIVE_INFINITY,
): { partials: TensorInfo; parts: number } {
  const { rows, inner, columns, sizes } = given;
  const tile = tileFor(columns);
  const across = Math.ceil(columns / (4 * tile.quads));
  const down = Math.ceil(rows / tile.rows);
  const steps = Math.ceil(inner / STEP);
  const wanted = Math.min(most, Math.max(1, Math.floor(WORKGROUPS / (across * down))));
  const perPart = Math.max(Math.min(steps, LEAST_STEPS), Math.ceil(steps / wanted));
  const parts = Math.ceil(steps / perPart);
  const partials = target(parts);
  const params = [across, down, parts, perPart * STEP, rows, inner, columns, ...Object.values(sizes)];
  const groups = flatGroups(across * down * parts, 1);
  job.run(code(given, tile), [...given.tensors, partials], params, groups, rows * inner * columns);
  return { partials, parts };
}

function code({ name, columns, reads, sizes, left, loads }: SharedProduct, tile: ReturnType<typeof tileFor>) {
  const { quads, perThread, rows } = tile;
  const element = storageOf(columns);
  const [leftLoads, rightLoads] = [(rows * STEP) / 4, STEP * quads];
  const perLoad = leftLoads / THREADS;
  const place = (i: number) => `(lane + ${i * THREADS}u)`;
  const leftPlace = (i: number) =>
    left === 'inner'
      ? { m: `${place(i)} / ${STEP / 4}u`, k: `${place(i)} % ${STEP / 4}u * 4u` }
      : { m: `${place(i)} % ${rows / 4}u * 4u`, k: `${place(i)} / ${rows / 4}u` };
  const keep = (lane: number) =>
    left === 'inner' ? `lefts[(k + ${lane}u) * ${rows}u + m]` : `lefts[k * ${rows}u + m + ${lane}u]`;
  return program({
    name: `shared_${name}_${quads}_${element}`,
    reads,
    writes: { result: element },
    params: {
      across: 'u32',
      down: 'u32',
      parts: 'u32',
      perPart: 'u32',
      rows: 'u32',
      inner: 'u32',
      columns: 'u32',
      ...Object.fromEntries(Object.keys(sizes).map((size) => [size, 'u32' as const])),
    },
    workgroup: [THREADS],
    sliced: true,
    declarations: `
var<workgroup> lefts: array<f32, ${rows * STEP}>;
var<workgroup> rights: array<vec4<f32>, ${STEP * quads}>;
${loads}`,
    body: `
  let tile = ${slicedGroup};
  if (tile >= p.across * p.down * p.parts) { return; }
  let firstColumn = tile % p.across * ${4 * quads}u;
  let firstRow = tile / p.across % p.down * ${rows}u;
  let part = tile / (p.across * p.down);
  let begin = part * p.perPart;
  let end = min(p.inner, begin + p.perPart);
  let quad = lane % ${quads}u;
  let mine = lane / ${quads}u * ${perThread}u;
${each(perLoad, (i) => `let row${i} = rowOf(firstRow + ${leftPlace(i).m});`)}
${each(perThread, (r) => `var sum${r} = vec4<f32>();`)}
  for (var at = begin; at < end; at += ${STEP}u) {
${each(
  perLoad,
  (i) => `{ let m = ${leftPlace(i).m}; let k = ${leftPlace(i).k};
      let four = left(row${i}, firstRow + m, at + k);
      ${each(4, (l) => `${keep(l)} = four[${l}];`)} }`,
)}
${each(Math.ceil(rightLoads / THREADS), (i) => {
  const fill = `rights[${place(i)}] = right(at + ${place(i)} / ${quads}u, firstColumn + ${place(i)} % ${quads}u * 4u);`;
  return rightLoads < THREADS ? `if (lane < ${rightLoads}u) { ${fill} }` : fill;
})}
    workgroupBarrier();
    for (var k = 0u; k < ${STEP}u; k++) {
      let b = rights[k * ${quads}u + quad];
      let line = k * ${rows}u + mine;
${each(perThread, (r) => `sum${r} += lefts[line + ${r}u] * b;`)}
    }
    workgroupBarrier();
  }
  let column = firstColumn + quad * 4u;
  let left4 = i32(p.columns) - i32(column);
${each(perThread, (r) => {
  const at = `((part * p.rows + firstRow + mine + ${r}u) * p.columns + column)`;
  return `if (firstRow + mine + ${r}u < p.rows) { let to = ${at};\n${store4('result', element, 'to', `sum${r}`, 'left4')} }`;
})}`,
  });
}
