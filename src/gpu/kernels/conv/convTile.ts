// The register tile that the forward convolution and its input gradient share. A thread produces `images` x
// `columns` pixels of one row for 4 * `quads` channels, and slides along the row it reads, so that each number
// loaded meets several taps. Which read column meets which tap is worked out here, at code generation; where a
// tile spans the whole row, columns in the padding vanish from the code.
// Forward: read row = row * stride + ky - pad. Input gradient: the same relation solved for the other side.

import { type GpuJob, type Shape, shape4, sizeOf } from '../../kernel.ts';
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
import {
  each,
  type Lanes,
  lanesOf,
  load,
  mat,
  range,
  storageOf,
  store4,
  tileFor,
  vec,
} from '../parts/lanes.ts';
import { loopedConvolution } from './convLoop.ts';
import { sharedConvolution } from './convShared.ts';
import { winogradTiles } from './convWinograd.ts';
import { sharedWinograd } from './convWinogradShared.ts';
import { fitsWinograd, winogradPays } from './winogradFilter.ts';

export interface Window {
  readonly stride: number;
  readonly pad: number;
}

export type Direction = 'forward' | 'input';

/** The spatial side of a convolution's output. */
export const convSide = (side: number, kernel: number, { stride, pad }: Window) =>
  Math.floor((side + 2 * pad - kernel) / stride) + 1;

interface Tile {
  readonly images: number;
  readonly columns: number;
  readonly quads: number;
  /** Width of the map read, if one tile spans the whole row. */
  readonly whole: number | null;
  /** Threads that make other channels of the same pixels, load a part of their images each and exchange what they loaded. */
  readonly together: Together;
}

interface Use {
  readonly tap: number;
  readonly pixel: number;
  /** Column read, relative to the tile's first. */
  readonly column: number;
}

interface Sides {
  readonly direction: Direction;
  readonly kernel: readonly [number, number];
  readonly window: Window;
  readonly read: Lanes;
  /** All channels are read at once. */
  readonly once: boolean;
  readonly readElement: ReturnType<typeof storageOf>;
  readonly madeElement: ReturnType<typeof storageOf>;
}

/** Records the convolution of `from` into `to` with `w` [kh,kw,in,out]; one dispatch. */
export function runConvTile(
  job: GpuJob<string>,
  direction: Direction,
  window: Window,
  [from, w, to]: readonly [string, string, number],
): void {
  const read = job.inputs[from]!;
  const weights = job.inputs[w]!;
  const made = job.outputs[to]!;
  const [n, readH, readW, readC] = shape4(read.shape);
  const [, madeH, madeW, madeC] = shape4(made.shape);
  if (job.form === 'winograd' && winogradPays(weights.shape, window, made.shape)) {
    winogradTiles(job, direction, [read, weights, made]);
    return;
  }
  if (job.form === 'winogradShared' && fitsWinograd(weights.shape, window)) {
    sharedWinograd(job, direction, [read, weights, made]);
    return;
  }
  const shared = job.form === 'shared' || job.form === 'winogradShared';
  // A strided input gradient as one product would multiply zeros three times out of four.
  if (shared && (direction === 'forward' || window.stride === 1)) {
    sharedConvolution(job, direction, window, [read, weights, made]);
    return;
  }
  if (job.form === 'looped') {
    loopedConvolution(job, direction, window, [from, w, to]);
    return;
  }
  const together = job.form === 'exchanged' ? togetherFor(n, madeC) : 1;
  const wide = ['wide', 'winograd', 'exchanged'].includes(job.form);
  // Every tap, counted on the smaller side: a stride skips the rest.
  const work = sizeOf(weights.shape) * n * Math.min(readH * readW, madeH * madeW);
  const most = wide ? pixelsOf(weights.shape, window, work) : NARROW;
  const tile = chooseTile(together, most, made.shape, readW, direction === 'input' ? window.stride : 1);
  const sides: Sides = {
    direction,
    kernel: [weights.shape[0]!, weights.shape[1]!],
    window,
    read: lanesOf(readC),
    once: lanesOf(readC) === readC,
    readElement: storageOf(readC),
    madeElement: storageOf(madeC),
  };
  const blocks = Math.ceil(madeC / (4 * tile.quads));
  const imageTiles = Math.ceil(n / tile.images);
  const columnTiles = Math.ceil(madeW / tile.columns);
  const threads = blocks * imageTiles * columnTiles * madeH;
  const group = wide ? 16 : 64;
  job.run(
    convProgram(sides, tile, group),
    [read, weights, made],
    [threads, blocks, imageTiles, columnTiles, n, readH, readW, readC, madeH, madeW, madeC],
    flatGroups(threads, group),
    work,
  );
}

/**
 * Multiply-adds of a dispatch from which `wide` and `exchanged` make tiles twice as large: fewer loads a product, but a program that
 * takes twice as long to compile (docs/performance.md, Larger tiles).
 */
export const LARGE_WORK = 2 ** 26;
/** Pixels of a tile for eight channels; where threads exchange what they load, twice as many for four. */
const WIDE = 16;
const NARROW = 4;
/** Columns up to which a usual tile of threads that exchange what they load knows its row. */
const SPANNED = 4;
/** Those of strided convolutions within stages: they run once a step, and a large tile compiles too long. */
const STRIDED = 8;

function pixelsOf(weights: Shape, { stride }: Window, work: number): number {
  // A window over 3 x 3 meets so many columns that a larger tile gains nothing.
  if (weights[1]! > 3) return WIDE;
  const usual = stride > 1 ? STRIDED : WIDE;
  return work >= LARGE_WORK ? 2 * usual : usual;
}

/**
 * Software adapters like large tiles (loads are dear, registers are memory); hardware likes many threads.
 * Tiles of the input gradient start at multiples of the stride, so that the taps they meet are known.
 */
function chooseTile(together: Together, pixels: number, made: Shape, readW: number, multiple: number): Tile {
  const [n, , madeW, madeC] = shape4(made);
  const quads = madeC > 4 && together === 1 ? 2 : 1;
  const each = together === 1 ? pixels : (2 * pixels) / together;
  const most = Math.max(each, multiple);
  const columns =
    madeW <= most ? madeW : multiple * tileFor(Math.ceil(madeW / multiple), Math.floor(most / multiple));
  const images = Math.min(Math.ceil(n / together), Math.max(1, Math.floor(most / columns))) * together;
  // Where little is loaded, taking a row for a part of one costs less than a program for each size of map.
  const spans = columns === madeW && (together === 1 || columns <= SPANNED || pixels > WIDE);
  return { images, columns, quads, whole: spans ? readW : null, together };
}

/** Every (tap, pixel) of a tile with the column it reads; padding columns are left out where they are known. */
function usesOf({ direction, kernel, window: { stride, pad } }: Sides, { columns, whole }: Tile): Use[] {
  const uses: Use[] = [];
  for (const tap of range(kernel[1])) {
    for (const pixel of range(columns)) {
      const column = direction === 'forward' ? pixel * stride + tap - pad : (pixel + pad - tap) / stride;
      if (!Number.isInteger(column)) continue;
      if (whole !== null && (column < 0 || column >= whole)) continue;
      uses.push({ tap, pixel, column });
    }
  }
  return uses;
}

const nameOf = (column: number) => (column < 0 ? `m${-column}` : `${column}`);

function convProgram(sides: Sides, tile: Tile, group: number): Program {
  const { direction, kernel, window, read, once, readElement, madeElement } = sides;
  const { images, columns, quads, whole, together } = tile;
  const uses = usesOf(sides, tile);
  const name =
    `conv_${direction}_${kernel.join('x')}s${window.stride}p${window.pad}_r${read}${once ? 'once' : ''}${readElement}_m${madeElement}` +
    `_${images}x${columns}x${quads}_${whole ?? 'part'}_g${group}_t${together}`;
  return program({
    name,
    reads: { x: readElement, w: direction === 'forward' ? madeElement : readElement },
    writes: { y: madeElement },
    params: {
      threads: 'u32',
      blocks: 'u32',
      imageTiles: 'u32',
      columnTiles: 'u32',
      n: 'u32',
      readH: 'i32',
      readW: 'i32',
      readC: 'u32',
      madeH: 'u32',
      madeW: 'u32',
      madeC: 'u32',
    },
    workgroup: [group],
    sliced: true,
    ...inQuads(tile),
    body: () => `${slicedIndex(group)}
  if (index >= p.threads) { return; }
  let channel = (index % p.blocks) * ${4 * quads}u;
  let image = index / p.blocks % p.imageTiles * ${images}u;
  let first = index / (p.blocks * p.imageTiles) % p.columnTiles * ${columns}u;
  let row = index / (p.blocks * p.imageTiles * p.columnTiles);
${memberOf(tile)}
${each(images, (i) => `let image${i} = image + ${rowOf(tile, i)};`)}
${ownRows(tile, tile.images)
  .map((i) => `let from${i} = min(image${i}, p.n - 1u) * u32(p.readH * p.readW) * p.readC;`)
  .join('\n')}
${columnOffsets(sides, tile, uses)}
${accumulators(tile, (acc) => `var ${acc} = vec4<f32>();`)}
${rowLoop(sides, productsOf(sides, tile, uses))}
${each(images, (i) =>
  each(columns, (t) => {
    const inside = `${i > 0 || together > 1 ? `image${i} < p.n && ` : ''}first + ${t}u < p.madeW`;
    const at = `(((image${i} * p.madeH + row) * p.madeW + first + ${t}u) * p.madeC + channel)`;
    const stores = each(quads, (q) =>
      store4(
        'y',
        madeElement,
        `at + ${4 * q}u`,
        `a${i}_${t}_${q}`,
        `i32(p.madeC) - i32(channel + ${4 * q}u)`,
      ),
    );
    return `if (${inside}) { let at = ${at};\n${stores} }`;
  }),
)}`,
  });
}

const accumulators = ({ images, columns, quads }: Tile, text: (name: string) => string) =>
  each(images, (i) => each(columns, (t) => each(quads, (q) => text(`a${i}_${t}_${q}`))));

/** Offsets of the read columns, clamped into the row, and whether each lies inside. */
function columnOffsets({ direction, window }: Sides, { whole }: Tile, uses: readonly Use[]): string {
  const start = direction === 'forward' ? `i32(first) * ${window.stride}` : `i32(first) / ${window.stride}`;
  return columnsOf(uses)
    .map((c) =>
      whole !== null
        ? `let at${nameOf(c)} = ${c}u * p.readC;`
        : `let col${nameOf(c)} = ${start} + ${c};
  let in${nameOf(c)} = col${nameOf(c)} >= 0 && col${nameOf(c)} < p.readW;
  let at${nameOf(c)} = u32(clamp(col${nameOf(c)}, 0, p.readW - 1)) * p.readC;`,
    )
    .join('\n');
}

const columnsOf = (uses: readonly Use[]) => [...new Set(uses.map((use) => use.column))].sort((a, b) => a - b);

/**
 * Loops over the rows read, none of them in the padding, and their channels, with `ky`, `line` (offset of the row) and `c` in scope. Channels
 * that are read at once need no loop, which would carry all sums around with it.
 */
function rowLoop(
  { direction, kernel, window: { stride, pad }, read, once }: Sides,
  products: string,
): string {
  const [from, to, step, line] =
    direction === 'forward'
      ? [`max(0, -at)`, `min(${kernel[0]}, p.readH - at)`, 1, 'at + ky']
      : [
          `max(at % ${stride}, at - (p.readH - 1) * ${stride})`,
          `min(${kernel[0]}, at + 1)`,
          stride,
          `(at - ky) / ${stride}`,
        ];
  const at = direction === 'forward' ? `i32(row) * ${stride} - ${pad}` : `i32(row) + ${pad}`;
  return `let at = ${at};
  let last = ${to};
  for (var ky = ${from}; ky < last; ky += ${step}) {
    let lineAt = u32((${line}) * p.readW) * p.readC;
    ${once ? 'let c = 0u; {' : `for (var c = 0u; c < p.readC; c += ${read}u) {`}
      let base = lineAt + c;
${products}
    }
  }`;
}

function productsOf(sides: Sides, tile: Tile, uses: readonly Use[]): string {
  const { kernel, read, readElement } = sides;
  const { images, quads, whole } = tile;
  const lines = ownRows(tile, tile.images).flatMap((i) =>
    columnsOf(uses).map((c) => {
      const value = load('x', readElement, `from${i} + base + at${nameOf(c)}`, read);
      const kept = whole !== null ? value : `select(${vec(read)}(), ${value}, in${nameOf(c)})`;
      const name = (image: number) => `x${image}_${nameOf(c)}`;
      return `let ${name(i)} = ${kept};\n${exchange(tile, i, name)}`;
    }),
  );
  for (const tap of range(kernel[1])) {
    const mine = uses.filter((use) => use.tap === tap);
    if (mine.length === 0) continue;
    for (const q of range(quads)) {
      const terms = range(images).flatMap((i) =>
        mine.map(
          ({ pixel, column }) => `a${i}_${pixel}_${q} += ${product(sides, `x${i}_${nameOf(column)}`)};`,
        ),
      );
      lines.push(`{ ${weightMatrix(sides, tap, q)}\n${terms.join('\n')} }`);
    }
  }
  return lines.join('\n');
}

/** `m`: from the lanes read to four channels made, as WGSL can multiply it without a transpose. */
function weightMatrix({ direction, kernel, read, readElement, madeElement }: Sides, tap: number, q: number) {
  const tapAt = `u32(ky * ${kernel[1]} + ${tap})`;
  if (direction === 'forward') {
    const at = (lane: number) => `(${tapAt} * p.readC + c + ${lane}u) * p.madeC + channel + ${4 * q}u`;
    const columns = range(read).map((lane) => load('w', madeElement, at(lane), 4));
    return `let m = ${read === 1 ? columns[0] : `${mat(read, 4)}(${columns.join(', ')})`};`;
  }
  const at = (made: number) => `(${tapAt} * p.madeC + channel + ${4 * q + made}u) * p.readC + c`;
  const columns = range(4).map((made) => load('w', readElement, at(made), read));
  return `let m = ${read === 1 ? 'vec4<f32>' : mat(4, read)}(${columns.join(', ')});`;
}

const product = ({ direction, read }: Sides, x: string) =>
  direction === 'forward' || read === 1 ? `m * ${x}` : `${x} * m`;
