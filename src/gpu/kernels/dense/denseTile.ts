// Register-tiled matrix product, c [rows,columns] = sum over inner, for the three forms a dense layer needs:
//   forward  a [rows,inner]  b [inner,columns]     input  a [rows,inner]  b [columns,inner]
//   filter   a [inner,rows]  b [inner,columns]
// A thread makes a block of rows x columns over one part of the inner dimension, four inner steps at a time, as
// products of four-by-four matrices. Sizes that four does not divide read singly and are zero beyond the end. At the end, the
// same three products through workgroup memory (sharedTile.ts).

import type { TensorInfo } from '../../backend.ts';
import type { Form } from '../../forms.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type Program, program, slicedIndex } from '../../program.ts';
import {
  exchange,
  inQuads,
  memberOf,
  ownRows,
  rowOf,
  type Together,
  togetherFor,
} from '../parts/exchange.ts';
import { each, load, range, storageOf, store4 } from '../parts/lanes.ts';
import { runSharedProduct } from '../parts/sharedTile.ts';

export type Product = 'forward' | 'input' | 'filter';

export interface ProductSize {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

interface Tile {
  /** Rows made: any number, but a multiple of four for the filter form. */
  readonly rows: number;
  /** Groups of four columns made. */
  readonly quads: number;
  /** Threads that make other columns of the same rows, load a part of the rows each and exchange what they loaded. */
  readonly together: Together;
}

/** Inner steps that a part has at least, so that parts cost less than they bring. */
const LEAST_INNER = 64;
const THREADS = { wide: 64, narrow: 16384 };
/** Rows of threads that exchange them. */
const EXCHANGED = 32;

/** Records the product in `parts` parts [parts, rows, columns] into the tensor that `target` gives; one dispatch. */
export function runProduct(
  job: GpuJob<string>,
  product: Product,
  a: TensorInfo,
  b: TensorInfo,
  { rows, inner, columns }: ProductSize,
  target: (parts: number) => TensorInfo,
): { partials: TensorInfo; parts: number } {
  const wide = job.form !== 'narrow';
  const tile = chooseTile(job.form, product, rows, columns);
  const across = Math.ceil(columns / (4 * tile.quads));
  const down = Math.ceil(rows / tile.rows);
  const wanted = Math.ceil((wide ? THREADS.wide : THREADS.narrow) / (across * down));
  const share = Math.max(LEAST_INNER, Math.ceil(inner / wanted));
  const perPart = Math.ceil(share / 4) * 4;
  const parts = Math.ceil(inner / perPart);
  const partials = target(parts);
  const threads = across * down * parts;
  const group = wide ? 16 : 64;
  const code = productProgram(
    product,
    tile,
    group,
    storageOf(a.shape[1]!),
    storageOf(b.shape[1]!),
    storageOf(columns),
  );
  job.run(
    code,
    [a, b, partials],
    [threads, across, down, perPart, rows, inner, columns],
    flatGroups(threads, group),
    rows * inner * columns,
  );
  return { partials, parts };
}

function chooseTile(form: Form, product: Product, rows: number, columns: number): Tile {
  const wide = form !== 'narrow';
  const whole = product === 'filter' ? Math.ceil(rows / 4) : rows;
  const together = form === 'exchanged' ? togetherFor(whole, columns) : 1;
  const quads = together > 1 || columns <= 4 ? 1 : wide && rows >= 16 && columns >= 64 ? 4 : 2;
  const most = together > 1 ? EXCHANGED : wide ? 16 : product === 'filter' ? 8 : 4;
  // What is exchanged is a row, or four of them in the filter form.
  const pitch = product === 'filter' ? 4 * together : together;
  return { rows: Math.min(most, Math.ceil(rows / pitch) * pitch), quads, together };
}

type Element = ReturnType<typeof storageOf>;

function productProgram(
  product: Product,
  tile: Tile,
  group: number,
  aElement: Element,
  bElement: Element,
  cElement: Element,
): Program {
  const { rows, quads, together } = tile;
  const step =
    product === 'filter' ? filterStep(tile, aElement, bElement) : rowStep(product, tile, aElement, bElement);
  return program({
    name: `dense_${product}_${rows}x${quads}_a${aElement}_b${bElement}_c${cElement}_g${group}_t${together}`,
    reads: { a: aElement, b: bElement },
    writes: { c: cElement },
    params: {
      threads: 'u32',
      across: 'u32',
      down: 'u32',
      perPart: 'u32',
      rows: 'u32',
      inner: 'u32',
      columns: 'u32',
    },
    workgroup: [group],
    sliced: true,
    ...inQuads(tile),
    body: () => `${slicedIndex(group)}
  if (index >= p.threads) { return; }
${memberOf(tile)}
  let column = index % p.across * ${4 * quads}u;
  let row = index / p.across % p.down * ${rows}u;
  let part = index / (p.across * p.down);
  let end = min(p.inner, (part + 1u) * p.perPart);
${each(rows, (r) => `let made${r} = row + ${placeOf(product, tile, r)};`)}
${each(rows, (r) => `let row${r} = min(made${r}, p.rows - 1u);`)}
${each(quads * 4, (j) => `let column${j} = min(column + ${j}u, p.columns - 1u);`)}
${each(rows, (r) => each(quads, (q) => `var s${r}_${q} = vec4<f32>();`))}
  for (var i = part * p.perPart; i < end; i += 4u) {
${step}
  }
${each(rows, (r) => {
  const stores = each(quads, (q) => {
    const left = `i32(p.columns) - i32(column + ${4 * q}u)`;
    return store4('c', cElement, `at + ${4 * q}u`, `s${r}_${q}`, left);
  });
  return `if (made${r} < p.rows) { let at = (part * p.rows + made${r}) * p.columns + column;\n${stores} }`;
})}`,
  });
}

/** Which row of its tile a thread calls its `r`th; in the filter form fours of rows are exchanged. */
const placeOf = (product: Product, tile: Tile, r: number): string =>
  product === 'filter' ? `4u * (${rowOf(tile, Math.floor(r / 4))}) + ${r % 4}u` : rowOf(tile, r);

/** Four neighbours along the inner dimension, zero beyond the end of the part. */
function inner4(buffer: string, element: Element, line: string): string {
  if (element === 'vec4<f32>') return load(buffer, element, `${line} * p.inner + i`, 4);
  const lanes = range(4).map(
    (l) => `select(0.0, ${buffer}[${line} * p.inner + min(i + ${l}u, end - 1u)], i + ${l}u < end)`,
  );
  return `vec4<f32>(${lanes.join(', ')})`;
}

/** Four neighbours across, for inner step `i + l`; steps beyond the end repeat the last, and meet zeros. */
const across4 = (buffer: string, element: Element, l: number, line: string, size: string) =>
  load(buffer, element, `min(i + ${l}u, end - 1u) * ${size} + ${line}`, 4);

/** forward and input: each row of `a` as four inner numbers, times a matrix from `b`. */
function rowStep(product: 'forward' | 'input', tile: Tile, a: Element, b: Element): string {
  const { rows, quads } = tile;
  const values = ownRows(tile, rows)
    .map((r) => `let a${r} = ${inner4('a', a, `row${r}`)};\n${exchange(tile, r, (row) => `a${row}`)}`)
    .join('\n');
  const products = each(quads, (q) => {
    const columns = range(4).map((l) =>
      product === 'forward'
        ? across4('b', b, l, `column + ${4 * q}u`, 'p.columns')
        : inner4('b', b, `column${4 * q + l}`),
    );
    const terms = each(rows, (r) => `s${r}_${q} += ${product === 'forward' ? `m * a${r}` : `a${r} * m`};`);
    return `{ let m = mat4x4<f32>(${columns.join(', ')});\n${terms} }`;
  });
  return `${values}\n${products}`;
}

/** filter: four rows of `a` and of `b` at a time; `a` is transposed and cleared beyond the end. */
function filterStep(tile: Tile, a: Element, b: Element): string {
  const { rows, quads } = tile;
  const right = each(quads, (q) => {
    const columns = range(4).map((l) => across4('b', b, l, `column + ${4 * q}u`, 'p.columns'));
    return `let b${q} = mat4x4<f32>(${columns.join(', ')});`;
  });
  const values = ownRows(tile, rows / 4).flatMap((r) =>
    range(4).map((l) => {
      const from = across4('a', a, l, `row${4 * r}`, 'p.rows');
      const name = (row: number) => `a${row}_${l}`;
      return `let ${name(r)} = select(vec4<f32>(), ${from}, i + ${l}u < end);\n${exchange(tile, r, name)}`;
    }),
  );
  const left = each(rows / 4, (r) => {
    const lines = range(4).map((l) => `a${r}_${l}`);
    const terms = each(quads, (q) => each(4, (k) => `s${4 * r + k}_${q} += b${q} * t[${k}];`));
    return `{ let t = transpose(mat4x4<f32>(${lines.join(', ')}));\n${terms} }`;
  });
  return `${right}\n${values.join('\n')}\n${left}`;
}

/** Four numbers along a line of `buffer`, from `at` in a line of `size`; zero beyond it. */
function four(buffer: string, width: number, line: string, at: string, size: string): string {
  if (storageOf(width) === 'vec4<f32>')
    return `if (${at} >= ${size}) { return vec4<f32>(); } return ${buffer}[(${line} * ${size} + ${at}) / 4u];`;
  const lanes = range(4).map(
    (l) =>
      `select(0.0, ${buffer}[${line} * ${size} + min(${at} + ${l}u, ${size} - 1u)], ${at} + ${l}u < ${size})`,
  );
  return `return vec4<f32>(${lanes.join(', ')});`;
}

const LEFT: Record<Product, (width: number) => string> = {
  forward: (width) => `if (m >= p.rows) { return vec4<f32>(); } ${four('a', width, 'm', 'k', 'p.inner')}`,
  input: (width) => `if (m >= p.rows) { return vec4<f32>(); } ${four('a', width, 'm', 'k', 'p.inner')}`,
  filter: (width) => `if (k >= p.inner) { return vec4<f32>(); } ${four('a', width, 'k', 'm', 'p.rows')}`,
};

const across = (width: number) =>
  `if (k >= p.inner) { return vec4<f32>(); } ${four('b', width, 'k', 'n', 'p.columns')}`;
const RIGHT: Record<Product, (width: number) => string> = {
  forward: across,
  filter: across,
  input: () => `
  let step = min(k, p.inner - 1u);
  return vec4<f32>(${range(4)
    .map(
      (l) =>
        `select(0.0, b[min(n + ${l}u, p.columns - 1u) * p.inner + step], n + ${l}u < p.columns && k < p.inner)`,
    )
    .join(', ')});`,
};

/** Records the product in `parts` parts [parts, rows, columns] into the tensor that `target` gives; one dispatch. */
export function sharedDense(
  job: GpuJob<string>,
  product: Product,
  a: TensorInfo,
  b: TensorInfo,
  { rows, inner, columns }: ProductSize,
  target: (parts: number) => TensorInfo,
): { partials: TensorInfo; parts: number } {
  const [aWidth, bWidth] = [a.shape[1]!, b.shape[1]!];
  const bElement = product === 'input' ? 'f32' : storageOf(bWidth);
  return runSharedProduct(
    job,
    {
      name: `dense_${product}_a${storageOf(aWidth)}_b${bElement}`,
      rows,
      inner,
      columns,
      reads: { a: storageOf(aWidth), b: bElement },
      tensors: [a, b],
      sizes: {},
      left: product === 'filter' ? 'rows' : 'inner',
      loads: `
fn rowOf(m: u32) -> vec4<i32> { return vec4<i32>(); }
fn left(row: vec4<i32>, m: u32, k: u32) -> vec4<f32> { ${LEFT[product](aWidth)} }
fn right(k: u32, n: u32) -> vec4<f32> { ${RIGHT[product](bWidth)} }`,
    },
    target,
  );
}
