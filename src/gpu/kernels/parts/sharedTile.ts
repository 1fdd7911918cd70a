// Matrix product through workgroup memory, for adapters where that is fast: a workgroup makes a tile of the result and
// steps along the inner dimension, with 16 steps of both operands in workgroup memory at a time, in fours of rows and of columns;
// each of its 128 threads holds up to 8 x 8 results, and loads its share of the next 16 steps before it multiplies these. What an
// operand is (a matrix, an image seen through a filter) is said by the caller in WGSL. A long sum may be split into parts, which
// the caller adds.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type ProgramSpec, program, slicedGroup } from '../../program.ts';
import { each, range, storageOf, store4 } from './lanes.ts';

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

interface Tile {
  /** Threads beside each other, and fours of columns that each holds. */
  readonly across: number;
  readonly quads: number;
  /** Fours of rows that each holds. */
  readonly fours: number;
  /** Rows of the workgroup. */
  readonly rows: number;
}

function tileFor(columns: number): Tile {
  const [across, quads, fours] = columns <= 16 ? [4, 1, 1] : columns <= 32 ? [4, 2, 1] : [8, 2, 2];
  return { across, quads, fours, rows: (THREADS / across) * 4 * fours };
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
  const across = Math.ceil(columns / (4 * tile.quads * tile.across));
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

/** What a thread loads of the left operand, and where it leaves it: fours of rows in workgroup memory, a line of them a step. */
interface LeftLoads {
  /** Once, before the steps. */
  readonly begin: string;
  /** Into `left0`, `left1`, ... at step `at`. */
  load(at: string): string;
  readonly keep: string;
  readonly declare: string;
}

/** Four neighbouring steps of a row at a time: a thread takes four rows of them, and turns the square about. */
function squaresOfLeft(stride: number, rows: number): LeftLoads {
  const squares = Math.ceil((rows * STEP) / 16 / THREADS);
  const k = (i: number) => `(lane + ${i * THREADS}u) % ${STEP / 4}u * 4u`;
  const m = (i: number) => `(lane + ${i * THREADS}u) / ${STEP / 4}u * 4u`;
  const all = (text: (i: number, r: number) => string) => each(squares, (i) => each(4, (r) => text(i, r)));
  return {
    begin: all((i, r) => `let row${i}_${r} = rowOf(firstRow + ${m(i)} + ${r}u);`),
    declare: all((i, r) => `var left${i}_${r} = vec4<f32>();`),
    load: (at) =>
      all((i, r) => `left${i}_${r} = left(row${i}_${r}, firstRow + ${m(i)} + ${r}u, ${at} + ${k(i)});`),
    keep: each(squares, (i) =>
      each(4, (l) => {
        const four = range(4).map((r) => `left${i}_${r}[${l}]`);
        return `lefts[(${k(i)} + ${l}u) * ${stride}u + ${m(i)} / 4u] = vec4<f32>(${four.join(', ')});`;
      }),
    ),
  };
}

/** Four neighbouring rows of a step at a time, as they are kept. */
function rowsOfLeft(stride: number, rows: number): LeftLoads {
  const loads = (rows * STEP) / 4 / THREADS;
  const m = (i: number) => `(lane + ${i * THREADS}u) % ${rows / 4}u * 4u`;
  const k = (i: number) => `(lane + ${i * THREADS}u) / ${rows / 4}u`;
  return {
    begin: each(loads, (i) => `let row${i} = rowOf(firstRow + ${m(i)});`),
    declare: each(loads, (i) => `var left${i} = vec4<f32>();`),
    load: (at) => each(loads, (i) => `left${i} = left(row${i}, firstRow + ${m(i)}, ${at} + ${k(i)});`),
    keep: each(loads, (i) => `lefts[${k(i)} * ${stride}u + ${m(i)} / 4u] = left${i};`),
  };
}

function code({ name, columns, reads, sizes, left, loads }: SharedProduct, tile: Tile) {
  const { across, quads, fours, rows } = tile;
  const element = storageOf(columns);
  // A four more in a line, so that the lines of a square do not all begin in the same bank.
  const stride = rows / 4 + 1;
  const lefts = (left === 'inner' ? squaresOfLeft : rowsOfLeft)(stride, rows);
  const wide = across * quads;
  const rightLoads = STEP * wide;
  const rights = range(Math.ceil(rightLoads / THREADS));
  const place = (i: number) => `(lane + ${i * THREADS}u)`;
  const inside = (text: string) => (rightLoads < THREADS ? `if (lane < ${rightLoads}u) { ${text} }` : text);
  const loadRight = (at: string) =>
    rights
      .map(
        (i) =>
          `right${i} = right(${at} + ${place(i)} / ${wide}u, firstColumn + ${place(i)} % ${wide}u * 4u);`,
      )
      .map(inside)
      .join('\n');
  const sums = range(4 * fours).flatMap((r) => range(quads).map((q) => `sum${r}_${q}`));
  return program({
    name: `shared_${name}_${across}x${quads}x${fours}_${element}`,
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
var<workgroup> lefts: array<vec4<f32>, ${STEP * stride}>;
var<workgroup> rights: array<vec4<f32>, ${rightLoads}>;
${loads}`,
    body: `
  let tile = ${slicedGroup};
  if (tile >= p.across * p.down * p.parts) { return; }
  let firstColumn = tile % p.across * ${4 * wide}u;
  let firstRow = tile / p.across % p.down * ${rows}u;
  let part = tile / (p.across * p.down);
  let begin = part * p.perPart;
  let end = min(p.inner, begin + p.perPart);
  let mineAcross = lane % ${across}u;
  let mineDown = lane / ${across}u * ${fours}u;
${lefts.begin}
${lefts.declare}
${rights.map((i) => `var right${i} = vec4<f32>();`).join('\n')}
${sums.map((sum) => `var ${sum} = vec4<f32>();`).join('\n')}
  // Every step is loaded before the one ahead of it is multiplied, and kept after it.
  for (var at = begin; at < end + ${STEP}u; at += ${STEP}u) {
    if (at < end) {
${lefts.load('at')}
${loadRight('at')}
    }
    if (at > begin) {
      for (var k = 0u; k < ${STEP}u; k++) {
${each(fours, (f) => `let a${f} = lefts[k * ${stride}u + mineDown + ${f}u];`)}
${each(quads, (q) => `let b${q} = rights[k * ${wide}u + mineAcross + ${q * across}u];`)}
${range(4 * fours)
  .flatMap((r) => range(quads).map((q) => `sum${r}_${q} += a${r >> 2}[${r & 3}] * b${q};`))
  .join('\n')}
      }
    }
    workgroupBarrier();
${lefts.keep}
${rights.map((i) => inside(`rights[${place(i)}] = right${i};`)).join('\n')}
    workgroupBarrier();
  }
${each(quads, (q) =>
  each(4 * fours, (r) => {
    const row = `firstRow + mineDown * 4u + ${r}u`;
    const column = `firstColumn + (mineAcross + ${q * across}u) * 4u`;
    return `if (${row} < p.rows) {
    let column = ${column};
    let to = (part * p.rows + ${row}) * p.columns + column;
    ${store4('result', element, 'to', `sum${r}_${q}`, 'i32(p.columns) - i32(column)')} }`;
  }),
)}`,
  });
}
