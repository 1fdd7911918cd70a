// Winograd's convolution (winogradFilter.ts) in register tiles, for adapters on the processor: a thread makes `images` x `tiles`
// tiles of 2 x 2 results, side by side in a row, for 4 * `quads` channels. It goes through the points row by row, so that only the
// sums of four points a tile are held at a time; patches are read and transformed on the way, nothing of them is kept in memory.
// The tile is large because loads are dear there: those of the direct tile, over fewer products, would cost what is saved.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type Program, program, slicedIndex } from '../../program.ts';
import { each, range, tileFor } from '../parts/lanes.ts';
import type { Direction } from './convTile.ts';
import { transformFilter, type WinogradSizes, winogradSizes } from './winogradFilter.ts';

const GROUP = 16;
/** Tiles of a thread, and fours of channels it makes. */
const TILES = 8;
const QUADS = 4;

interface Tile {
  readonly images: number;
  readonly tiles: number;
  readonly quads: number;
  /** Width of the map, if one thread spans the whole row. */
  readonly whole: number | null;
}

function chooseTile({ films, across, width, madeC }: WinogradSizes): Tile {
  const tiles = tileFor(across, TILES);
  const images = Math.min(films, Math.max(1, Math.floor(TILES / tiles)));
  const quads = [QUADS, 2].find((count) => madeC % count === 0) ?? 1;
  return { images, tiles, quads, whole: tiles === across ? width : null };
}

/** Records the convolution; two dispatches. */
export function winogradTiles(
  job: GpuJob<string>,
  direction: Direction,
  [read, weights, made]: readonly [TensorInfo, TensorInfo, TensorInfo],
): void {
  const sizes = winogradSizes(read.shape, made.shape);
  const { films, height, width, across, down, readC, madeC, work } = sizes;
  const tile = chooseTile(sizes);
  const filter = transformFilter(job, direction, weights, sizes, tile.quads);
  const blocks = madeC / tile.quads;
  const imageTiles = Math.ceil(films / tile.images);
  const columnTiles = Math.ceil(across / tile.tiles);
  const threads = blocks * imageTiles * columnTiles * down;
  job.run(
    convolution(tile),
    [read, filter, made],
    [threads, blocks, imageTiles, columnTiles, films, height, width, readC, madeC],
    flatGroups(threads, GROUP),
    work,
  );
}

const nameOf = (column: number) => (column < 0 ? 'm1' : `${column}`);

/** Columns of the map that a thread reads, relative to its first; those in the padding are left out where they are known. */
const columnsOf = ({ tiles, whole }: Tile) =>
  range(2 * tiles + 2)
    .map((at) => at - 1)
    .filter((column) => whole === null || (column >= 0 && column < whole));

/** The four points of tile `t` in a row of points, as sums of columns; null for one that is all padding. */
function pointsOf(tile: Tile, i: number, t: number): (string | null)[] {
  const columns = columnsOf(tile);
  const first = 2 * t - 1;
  const sum = (a: number, sign: '+' | '-', b: number) => {
    const [left, right] = [a, b].map((column) =>
      columns.includes(first + column) ? `t${i}_${nameOf(first + column)}` : null,
    );
    if (!right) return left ?? null;
    return `${left ?? ''} ${left || sign === '-' ? sign : ''} ${right}`;
  };
  return [sum(0, '-', 2), sum(1, '+', 2), sum(2, '-', 1), sum(1, '-', 3)];
}

function convolution(tile: Tile): Program {
  const { images, tiles, quads, whole } = tile;
  const held = (text: (name: string, i: number, t: number, q: number) => string) =>
    each(images, (i) => each(tiles, (t) => each(quads, (q) => text(`${i}_${t}_${q}`, i, t, q))));
  return program({
    name: `winograd_${images}x${tiles}x${quads}_${whole ?? 'part'}`,
    reads: { x: 'vec4<f32>', points: 'vec4<f32>' },
    writes: { y: 'vec4<f32>' },
    params: {
      threads: 'u32',
      blocks: 'u32',
      imageTiles: 'u32',
      columnTiles: 'u32',
      n: 'u32',
      height: 'i32',
      width: 'i32',
      readC: 'u32',
      madeC: 'u32',
    },
    workgroup: [GROUP],
    sliced: true,
    body: () => `${slicedIndex(GROUP)}
  if (index >= p.threads) { return; }
  let block = index % p.blocks;
  let image = index / p.blocks % p.imageTiles * ${images}u;
  let column = i32(index / (p.blocks * p.imageTiles) % p.columnTiles * ${2 * tiles}u);
  let row = i32(index / (p.blocks * p.imageTiles * p.columnTiles)) * 2;
${each(images, (i) => `let image${i} = min(image + ${i}u, p.n - 1u) * u32(p.height * p.width) * p.readC;`)}
${columnsOf(tile)
  .map((k) => `let at${nameOf(k)} = u32(clamp(column + ${k}, 0, p.width - 1)) * p.readC;`)
  .join('\n')}
${held((name) => each(4, (o) => `var y${name}_${o} = vec4<f32>();`))}
  for (var i = 0; i < 4; i++) {
    // Points come of rows 0 - 2, 1 + 2, 2 - 1 and 1 - 3 of a patch, whose first row is one before the tile's.
    let upper = row - select(0, 1, i == 0);
    let lower = row + select(1, 2, i == 3);
    let upperBy = select(0.0, select(1.0, -1.0, i == 2), upper >= 0);
    let lowerBy = select(0.0, select(-1.0, 1.0, i == 1 || i == 2), lower < p.height);
    let upperAt = u32(max(upper, 0) * p.width) * p.readC;
    let lowerAt = u32(min(lower, p.height - 1) * p.width) * p.readC;
${held((name) => each(4, (j) => `var a${name}_${j} = vec4<f32>();`))}
    for (var c = 0u; c < p.readC; c++) {
      let filterAt = ((u32(i) * p.readC + c) * p.blocks + block) * ${16 * quads}u;
${each(images, (i) => rowOfPatches(tile, i))}
${each(4, (j) => productsOf(tile, j))}
    }
    let above = select(0.0, 1.0, i < 3);
    let below = select(select(1.0, -1.0, i > 1), 0.0, i == 0);
${held(
  (name) => `{ let left = a${name}_0 + a${name}_1 + a${name}_2;
    let right = a${name}_1 - a${name}_2 - a${name}_3;
    y${name}_0 += above * left;
    y${name}_1 += above * right;
    y${name}_2 += below * left;
    y${name}_3 += below * right; }`,
)}
  }
${each(images, (i) => each(tiles, (t) => each(4, (o) => storeOf(tile, i, t, o))))}`,
  });
}

/** The sums of two rows of the map, in each column. */
function rowOfPatches(tile: Tile, i: number): string {
  const lines = columnsOf(tile).map((k) => {
    const at = (row: string) => `x[image${i} + ${row} + at${nameOf(k)} + c]`;
    const sum = `upperBy * ${at('upperAt')} + lowerBy * ${at('lowerAt')}`;
    const inside = `column + ${k} >= 0 && column + ${k} < p.width`;
    return `let t${i}_${nameOf(k)} = ${tile.whole === null ? `select(vec4<f32>(), ${sum}, ${inside})` : sum};`;
  });
  return lines.join('\n');
}

/** Point `j` of the row: every tile's patch times the filter there. */
function productsOf(tile: Tile, j: number): string {
  const { images, tiles, quads } = tile;
  const met = range(images).flatMap((i) =>
    range(tiles).flatMap((t) => {
      const value = pointsOf(tile, i, t)[j];
      return value ? [{ value, name: `${i}_${t}` }] : [];
    }),
  );
  const filter = (q: number, lane: number) => `points[filterAt + ${(j * quads + q) * 4 + lane}u]`;
  return `{ ${met.map(({ value, name }) => `let v${name} = ${value};`).join('\n')}
${each(
  quads,
  (q) => `{ let m = mat4x4<f32>(${range(4)
    .map((lane) => filter(q, lane))
    .join(', ')});
${met.map(({ name }) => `a${name}_${q}_${j} += m * v${name};`).join('\n')} }`,
)} }`;
}

function storeOf({ quads }: Tile, i: number, t: number, o: number): string {
  const [down, beside] = [o >> 1, 2 * t + (o & 1)];
  const inside = `image + ${i}u < p.n && row + ${down} < p.height && column + ${beside} < p.width`;
  const line = `((image + ${i}u) * u32(p.height) + u32(row + ${down})) * u32(p.width) + u32(column + ${beside})`;
  return `if (${inside}) { let at = (${line}) * p.madeC + block * ${quads}u;
${each(quads, (q) => `y[at + ${q}u] = y${i}_${t}_${q}_${o};`)} }`;
}
