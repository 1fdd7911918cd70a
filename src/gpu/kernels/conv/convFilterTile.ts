// The register tile of the filter gradient. A thread holds some filter rows of a block of input and output channels
// and walks over units of positions: a stretch of one output row, or whole small maps of several images. Within a
// unit everything is unrolled. Each tap has its list of (dy, x) pairs, without those that are known to lie in the
// padding, and takes them four at a time as a product of two small matrices.

import type { Form } from '../../forms.ts';
import { type Shape, shape4, sizeOf } from '../../kernel.ts';
import { type Program, program, slicedIndex } from '../../program.ts';
import {
  exchange,
  inQuads,
  memberOf,
  ownRows,
  rowOf,
  type Together,
  togetherFor,
} from '../parts/exchange.ts';
import {
  type Element,
  each,
  type Lanes,
  lanesOf,
  load,
  mat,
  range,
  store4,
  tileFor,
  vec,
} from '../parts/lanes.ts';
import { LARGE_WORK, type Window } from './convTile.ts';

export interface FilterGradAttrs extends Window {
  readonly kernel: readonly [number, number];
}

export interface FilterTile {
  /** Input channels taken at a time. */
  readonly read: Lanes;
  /** Groups of four output channels. */
  readonly quads: number;
  /** Filter rows held by one thread. */
  readonly tapRows: number;
  /** A unit of positions: images x rows x columns of dy; rows is 1 or all of them. */
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  /** Width of x where a unit spans the row, and its height where a unit spans the map. */
  readonly wholeWidth: number | null;
  readonly wholeHeight: number | null;
  /** Threads that hold other output channels of the same taps, load x of a part of the images each and exchange it. */
  readonly together: Together;
}

/** What bounds a wide unit: multiply-adds unrolled, since more load and store less per product, but compile longer; and positions. */
const USUAL = { unrolled: 1400, positions: 8 } as const;
/** Where a dispatch does at least LARGE_WORK; a stride or a window over 3 x 3 meets so many columns that it would compile for minutes. */
const LARGE = { unrolled: 4700, positions: 16 } as const;
/** Below so many multiply-adds, threads that exchange hold as little as narrow ones: a third of the text to compile. */
const LITTLE_WORK = 2 ** 22;
/** Up to this width, a large unit without exchange spans the row: nothing in it is loaded in vain, and it is faster. */
const SPANNED = 16;

/**
 * Positions of all films of a unit that threads exchange: in fours, small windows take sixteen whatever the work, for each thread loads
 * a quarter. SwiftShader compiles sixteen of two films for 19 s, of four for 0.6 s; so pairs do not exchange in large units.
 */
const exchangedPositions = ({ stride, kernel: [kh, kw] }: FilterGradAttrs, together: Together) =>
  together === 4 && stride === 1 && kh * kw <= 9 ? 16 : 8;

export function chooseFilterTile(form: Form, attrs: FilterGradAttrs, x: Shape, dy: Shape): FilterTile {
  const [n, h, w, cin] = shape4(x);
  const [, oh, ow, cout] = shape4(dy);
  const [kh, kw] = attrs.kernel;
  const read = lanesOf(cin);
  const work = kh * kw * cin * sizeOf(dy);
  const wide = form === 'wide' || (form === 'exchanged' && work >= LITTLE_WORK);
  const busy = work >= LARGE_WORK;
  const large = busy && attrs.stride === 1 && kh * kw <= 9;
  const possible = form === 'exchanged' ? togetherFor(n, cout) : 1;
  const together = large && (ow <= SPANNED || possible < 4) ? 1 : possible;
  // The taps of a row times the channels of a block are numbers that a thread holds all along.
  const alone = cout <= 4 || (!wide && kw > 3);
  const twice = together === 1 || (busy && !large && cout % (8 * together) === 0);
  const quads = alone || !twice ? 1 : wide && kh * kw === 1 && cout > 8 ? 4 : 2;
  const tapRows = wide && kh * kw <= 9 ? kh : 1;
  const { unrolled, positions } = large ? LARGE : USUAL;
  const perPosition = tapRows * kw * read * 4 * quads;
  const spread = wide
    ? Math.min(positions, Math.max(4, Math.floor(unrolled / perPosition)))
    : narrowColumns(attrs);
  const exchanging = together > 1 && wide;
  const most = Math.floor((exchanging ? exchangedPositions(attrs, together) : spread) / together);
  const wholeMap = wide && oh * ow <= most && kh * kw <= 9;
  const columns = tileFor(ow, most);
  const rows = wholeMap ? oh : 1;
  const images =
    Math.min(Math.ceil(n / together), Math.max(1, Math.floor(most / (rows * columns)))) * together;
  return {
    read,
    quads,
    tapRows,
    images,
    rows,
    columns,
    // Where little is loaded, taking a row for a part of one costs less than a program for each width.
    wholeWidth: columns === ow && (together === 1 || wholeMap) ? w : null,
    wholeHeight: wholeMap ? h : null,
    together,
  };
}

/**
 * Positions of a narrow unit. A card has 255 registers a thread, some only half of them, and what does not fit spills to
 * memory within the loop: 8 positions of a 7 x 7 filter spilled 124 registers and were seven times slower by the estimate
 * of AMD's compiler. Wide or strided rows of taps meet many columns of x, so their units are short.
 */
const narrowColumns = ({ kernel: [, kw], stride }: FilterGradAttrs) =>
  kw === 1 || (kw <= 3 && stride === 1) ? 8 : 4;

const PARAMS = {
  threads: 'u32',
  inBlocks: 'u32',
  outBlocks: 'u32',
  rowTiles: 'u32',
  columnTiles: 'u32',
  units: 'u32',
  perChunk: 'u32',
  n: 'u32',
  h: 'i32',
  w: 'i32',
  cin: 'u32',
  oh: 'u32',
  ow: 'u32',
  cout: 'u32',
} as const;

export function filterProgram(
  attrs: FilterGradAttrs,
  tile: FilterTile,
  element: Element,
  group: number,
): Program {
  const { kernel, stride, pad } = attrs;
  const { read, quads, tapRows, images, rows, columns, wholeWidth, wholeHeight, together } = tile;
  const tapBlocks = kernel[0] / tapRows;
  const sums = range(tapRows).flatMap((ky) =>
    range(kernel[1]).flatMap((kx) => range(quads).map((q) => ({ ky, kx, q, name: `s${ky}_${kx}_${q}` }))),
  );
  return program({
    name:
      `convFilter_${kernel.join('x')}s${stride}p${pad}_r${read}_m${element}_${quads}q${tapRows}` +
      `_${images}x${rows}x${columns}_${wholeHeight ?? 'part'}_${wholeWidth ?? 'part'}_g${group}_t${together}`,
    reads: { x: read === 4 ? 'vec4<f32>' : 'f32', dy: element },
    writes: { partials: element },
    params: PARAMS,
    workgroup: [group],
    sliced: true,
    ...inQuads(tile),
    body: () => `${slicedIndex(group)}
  if (index >= p.threads) { return; }
${memberOf(tile)}
  let co = index % p.outBlocks * ${4 * quads}u;
  let ci = index / p.outBlocks % p.inBlocks * ${read}u;
  let rest = index / (p.outBlocks * p.inBlocks);
  let ky = rest % ${tapBlocks}u * ${tapRows}u;
  let chunk = rest / ${tapBlocks}u;
${sums.map(({ name }) => `var ${name} = ${read === 1 ? 'vec4<f32>' : mat(read, 4)}();`).join('\n')}
  for (var unit = chunk * p.perChunk; unit < min(p.units, (chunk + 1u) * p.perChunk); unit++) {
    let ox = unit % p.columnTiles * ${columns}u;
    let oy = unit / p.columnTiles % p.rowTiles;
    let image = unit / (p.columnTiles * p.rowTiles) * ${images}u;
    let top = i32(oy) * ${stride} + i32(ky) - ${pad};
    let left = i32(ox) * ${stride} - ${pad};
${each(images, (i) => `let at${i} = image + ${rowOf(tile, i)}; let image${i} = min(at${i}, p.n - 1u);`)}
${gradientLoads(tile, element)}
${wholeHeight === null ? each(tapRows, (ky) => rowOfTaps(attrs, tile, ky)) : wholeMap(attrs, tile)}
  }
  let size = ${kernel[0] * kernel[1]}u * p.cin * p.cout;
${sums.map(({ ky, kx, q, name }) => storeSum(kernel, read, element, ky, kx, q, name)).join('\n')}`,
  });
}

/** `g<q>_<i>_<r>_<c>`: four output channels of dy at a position, zero beyond the row and the batch. */
function gradientLoads(
  { images, rows, columns, quads, wholeWidth, together }: FilterTile,
  element: Element,
): string {
  const lines = range(images).flatMap((i) =>
    range(rows).flatMap((r) =>
      range(columns).flatMap((c) => {
        const at = `((image${i} * p.oh + oy + ${r}u) * p.ow + ox + ${c}u) * p.cout + co`;
        const limits = [
          ...(i > 0 || together > 1 ? [`at${i} < p.n`] : []),
          ...(wholeWidth === null && c > 0 ? [`ox + ${c}u < p.ow`] : []),
        ];
        return range(quads).map((q) => {
          const value = load('dy', element, `${at} + ${4 * q}u`, 4);
          const kept = limits.length > 0 ? `select(vec4<f32>(), ${value}, ${limits.join(' && ')})` : value;
          return `let g${q}_${i}_${r}_${c} = ${kept};`;
        });
      }),
    ),
  );
  return lines.join('\n');
}

/** One row of x per image, loaded and multiplied by the taps of filter row `ky`; skipped in the padding. */
function rowOfTaps(attrs: FilterGradAttrs, tile: FilterTile, ky: number): string {
  const { read, wholeWidth } = tile;
  const columns = columnsRead(attrs, tile);
  const loads = ownRows(tile, tile.images).flatMap((i) =>
    columns.map((c) => {
      const at = (column: string) =>
        `((image${i} * u32(p.h) + u32(line)) * u32(p.w) + ${column}) * p.cin + ci`;
      const name = (image: number) => `x${image}_0_${c}`;
      const column = `(left + ${c})`;
      const value = loadX(
        read,
        at(wholeWidth !== null ? `${c - attrs.pad}u` : `u32(clamp(${column}, 0, p.w - 1))`),
      );
      const kept =
        wholeWidth !== null ? value : `select(${vec(read)}(), ${value}, ${column} >= 0 && ${column} < p.w)`;
      return `let ${name(i)} = ${kept};\n${exchange(tile, i, name)}`;
    }),
  );
  return `{ let line = top + ${ky};
  if (line >= 0 && line < p.h) {
${loads.join('\n')}
${each(attrs.kernel[1], (kx) => tapSum(tile, ky, kx, pairsOf(attrs, tile, 0, kx)))}
  } }`;
}

/** All rows of a small map at once: what lies in the padding is known for every tap. */
function wholeMap(attrs: FilterGradAttrs, tile: FilterTile): string {
  const { read, wholeHeight } = tile;
  const lines = range((tile.rows - 1) * attrs.stride + attrs.kernel[0]).filter(
    (l) => l >= attrs.pad && l - attrs.pad < wholeHeight!,
  );
  const loads = ownRows(tile, tile.images).flatMap((i) =>
    lines.flatMap((l) =>
      columnsRead(attrs, tile).map((c) => {
        const row = `(image${i} * u32(p.h) + ${l - attrs.pad}u) * u32(p.w)`;
        const name = (image: number) => `x${image}_${l}_${c}`;
        const value = loadX(read, `(${row} + ${c - attrs.pad}u) * p.cin + ci`);
        return `let ${name(i)} = ${value};\n${exchange(tile, i, name)}`;
      }),
    ),
  );
  const taps = range(attrs.kernel[0]).map((ky) =>
    each(attrs.kernel[1], (kx) => tapSum(tile, ky, kx, pairsOf(attrs, tile, ky, kx))),
  );
  return [...loads, ...taps].join('\n');
}

const loadX = (read: Lanes, at: string) => load('x', read === 4 ? 'vec4<f32>' : 'f32', at, read);

/** Columns of x that any tap meets, counted from the tile's left edge in the padding. */
function columnsRead(
  { kernel, stride, pad }: FilterGradAttrs,
  { columns, wholeWidth }: FilterTile,
): number[] {
  const met = new Set(range(columns).flatMap((c) => range(kernel[1]).map((kx) => c * stride + kx)));
  return [...met]
    .filter((c) => wholeWidth === null || (c >= pad && c - pad < wholeWidth))
    .sort((a, b) => a - b);
}

interface Pair {
  /** Position of dy and of x, as the names of their values end. */
  readonly dy: string;
  readonly x: string;
}

function pairsOf(attrs: FilterGradAttrs, tile: FilterTile, ky: number, kx: number): Pair[] {
  const { stride, pad } = attrs;
  const { images, rows, columns, wholeHeight } = tile;
  const seen = columnsRead(attrs, tile);
  return range(images).flatMap((i) =>
    range(rows).flatMap((r) => {
      const line = r * stride + ky;
      if (wholeHeight !== null && (line < pad || line - pad >= wholeHeight)) return [];
      const met = range(columns).filter((c) => seen.includes(c * stride + kx));
      return met.map((c) => ({ dy: `${i}_${r}_${c}`, x: `${i}_${line}_${c * stride + kx}` }));
    }),
  );
}

/** Adds the pairs of one tap to its sums, four pairs to a product, with one addition to each sum. */
function tapSum({ read, quads }: FilterTile, ky: number, kx: number, pairs: readonly Pair[]): string {
  if (pairs.length === 0) return '';
  const groups = range(Math.ceil(pairs.length / 4)).map((i) => pairs.slice(4 * i, 4 * i + 4));
  const right = groups.map((group, i) => {
    const list = group.map(({ x }) => `x${x}`).join(', ');
    if (group.length === 1) return `let v${i} = ${list};`;
    return `let v${i} = ${read === 1 ? vec(group.length) : `transpose(${mat(group.length, read)}`}(${list})${read === 1 ? '' : ')'};`;
  });
  const term = (group: readonly Pair[], i: number, q: number) => {
    const list = group.map(({ dy }) => `g${q}_${dy}`);
    if (group.length > 1) return `${mat(group.length, 4)}(${list.join(', ')}) * v${i}`;
    if (read === 1) return `${list[0]} * v${i}`;
    return `${mat(read, 4)}(${range(read)
      .map((lane) => `${list[0]} * v${i}[${lane}]`)
      .join(', ')})`;
  };
  return `{ ${right.join('\n')}
${each(quads, (q) => `s${ky}_${kx}_${q} += ${groups.map((group, i) => term(group, i, q)).join(' + ')};`)} }`;
}

function storeSum(
  kernel: readonly [number, number],
  read: Lanes,
  element: Element,
  ky: number,
  kx: number,
  q: number,
  name: string,
): string {
  const first = `chunk * size + (((ky + ${ky}u) * ${kernel[1]}u + ${kx}u) * p.cin + ci) * p.cout + co + ${4 * q}u`;
  const left = `i32(p.cout) - i32(co + ${4 * q}u)`;
  const lines = each(read, (lane) =>
    store4('partials', element, `at + ${lane}u * p.cout`, read === 1 ? name : `${name}[${lane}]`, 'left'),
  );
  return `{ let at = ${first}; let left = ${left};\n${lines} }`;
}
