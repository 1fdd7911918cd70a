// Winograd's convolution (winogradFilter.ts) through workgroup memory, for adapters where that is fast. A workgroup makes 16 tiles
// of 2 x 2 results, one after the other along the rows of all films, for 32 channels: all 16 points at once, four channels read at
// a time. Its 128 threads bring patches and filter to workgroup memory, patches already transformed; then each holds 8 tiles x 8
// channels of one point. At the end products go through workgroup memory to where results are summed up.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type Program, program, slicedGroup } from '../../program.ts';
import { each, range } from '../parts/lanes.ts';
import type { Direction } from './convTile.ts';
import { POINTS, transformFilter, winogradSizes } from './winogradFilter.ts';

const THREADS = 128;
const TILES = 16;
/** Fours of channels that a workgroup makes, and a thread of them. */
const QUADS = 8;
const HELD = 2;
const TILES_HELD = 8;
/** Distances between points in workgroup memory, in fours, so that the points of neighbouring threads lie in other banks. */
const PATCH_STEP = TILES + 2;
const FILTER_STEP = 4 * QUADS + 4;
const FILTER_AT = POINTS * PATCH_STEP;
/** Tiles whose products are handed over at a time. */
const HANDED = 8;

/** Records the convolution; two dispatches. */
export function sharedWinograd(
  job: GpuJob<string>,
  direction: Direction,
  [read, weights, made]: readonly [TensorInfo, TensorInfo, TensorInfo],
): void {
  const sizes = winogradSizes(read.shape, made.shape);
  const { films, height, width, across, down, readC, madeC } = sizes;
  const filter = transformFilter(job, direction, weights, sizes);
  const tiles = films * across * down;
  const blocks = Math.ceil(madeC / QUADS);
  const groups = Math.ceil(tiles / TILES) * blocks;
  job.run(
    convolution(),
    [read, filter, made],
    [groups, blocks, tiles, across, down, height, width, readC, madeC],
    flatGroups(groups, 1),
    sizes.work,
  );
}

/** Where tile `at` lies: column and row of its first result, and its film. */
const PLACE = `
fn placeOf(at: u32) -> vec3<u32> {
  return vec3<u32>(at % p.across * 2u, at / p.across % p.down * 2u, at / (p.across * p.down));
}`;

function convolution(): Program {
  return program({
    name: 'winogradShared',
    reads: { x: 'vec4<f32>', points: 'vec4<f32>' },
    writes: { y: 'vec4<f32>' },
    params: {
      groups: 'u32',
      blocks: 'u32',
      tiles: 'u32',
      across: 'u32',
      down: 'u32',
      height: 'u32',
      width: 'u32',
      readC: 'u32',
      madeC: 'u32',
    },
    workgroup: [THREADS],
    sliced: true,
    declarations: `
var<workgroup> shares: array<vec4<f32>, ${FILTER_AT + POINTS * FILTER_STEP}>;${PLACE}`,
    body: `
  let number = ${slicedGroup};
  if (number >= p.groups) { return; }
  let firstQuad = number % p.blocks * ${QUADS}u;
  let firstTile = number / p.blocks * ${TILES}u;
${patchOf()}
  let point = lane / 8u;
  let odd = lane % 2u;
  let quarter = lane / 2u % 4u;
${each(TILES_HELD, (t) => each(HELD, (q) => `var a${t}_${q} = vec4<f32>();`))}
  for (var c = 0u; c < p.readC; c++) {
${bring()}
    workgroupBarrier();
${each(HELD, (q) => {
  const at = (l: number) =>
    `shares[${FILTER_AT}u + point * ${FILTER_STEP}u + ${l * QUADS + 4 * q}u + quarter]`;
  return `let m${q} = mat4x4<f32>(${range(4).map(at).join(', ')});`;
})}
${each(
  TILES_HELD,
  (t) => `{ let v = shares[point * ${PATCH_STEP}u + ${2 * t}u + odd];
    ${each(HELD, (q) => `a${t}_${q} += m${q} * v;`)} }`,
)}
    workgroupBarrier();
  }
${each(HELD, (q) => each(TILES / HANDED, (part) => handOver(q, part)))}`,
  });
}

/** What a thread brings of the patches: of one tile a row of points, the first two or the last two. */
const patchOf = () => `
  let mine = lane % ${TILES}u;
  let pointRow = lane / ${2 * TILES}u;
  let right = lane / ${TILES}u % 2u;
  let place = placeOf(min(firstTile + mine, p.tiles - 1u));
  // Points come of rows 0 - 2, 1 + 2, 2 - 1 and 1 - 3 of a patch, whose first row and column are one before the tile's.
  let upper = place.y + min(pointRow, 1u);
  let lower = place.y + select(2u, 3u, pointRow == 3u);
  let upperBy = select(0.0, select(1.0, -1.0, pointRow == 2u), upper >= 1u && upper <= p.height);
  let lowerBy = select(0.0, select(-1.0, 1.0, pointRow == 1u || pointRow == 2u), lower <= p.height);
  let upperAt = (place.z * p.height + clamp(upper, 1u, p.height) - 1u) * p.width;
  let lowerAt = (place.z * p.height + clamp(lower, 1u, p.height) - 1u) * p.width;
${each(
  3,
  (k) => `let column${k} = place.x + right + ${k}u;
  let by${k} = select(0.0, 1.0, column${k} >= 1u && column${k} <= p.width);
  let at${k} = clamp(column${k}, 1u, p.width) - 1u;`,
)}`;

/** Brings four channels of patches and filter to workgroup memory. */
const bring = () => `
${each(
  3,
  (k) =>
    `let t${k} = by${k} * (upperBy * x[(upperAt + at${k}) * p.readC + c] + lowerBy * x[(lowerAt + at${k}) * p.readC + c]);`,
)}
    let spot = (pointRow * 4u + right * 2u) * ${PATCH_STEP}u + mine;
    shares[spot] = select(t0 - t2, t1 - t0, right == 1u);
    shares[spot + ${PATCH_STEP}u] = select(t1 + t2, t0 - t2, right == 1u);
${each((POINTS * 4 * QUADS) / THREADS, (i) => {
  const at = `(lane + ${i * THREADS}u)`;
  const quad = `min(firstQuad + ${at} % ${QUADS}u, p.madeC - 1u)`;
  return `shares[${FILTER_AT}u + ${at} / ${4 * QUADS}u * ${FILTER_STEP}u + ${at} % ${4 * QUADS}u] =
      points[((${at} / ${4 * QUADS}u * p.readC + c) * 4u + ${at} / ${QUADS}u % 4u) * p.madeC + ${quad}];`;
})}`;

/** Products of half the tiles and one four of each thread, to a thread for every result. */
function handOver(q: number, part: number): string {
  const held = HANDED / 2;
  const sum = range(3).map((i) => {
    const line = range(3).map((j) => {
      const at = `shares[(((below + ${i}u) * 4u + beside + ${j}u) * ${HANDED}u + tile) * 4u + four]`;
      return j === 0 ? at : `besideBy * ${at}`;
    });
    return i === 0 ? `(${line.join(' + ')})` : `belowBy * (${line.join(' + ')})`;
  });
  return `
  {
${each(held, (s) => `shares[(point * ${HANDED}u + ${2 * s}u + odd) * 4u + quarter] = a${part * held + s}_${q};`)}
    workgroupBarrier();
    let four = lane % 4u;
    let beside = lane / 4u % 2u;
    let below = lane / 8u % 2u;
    let tile = lane / 16u;
    let besideBy = select(1.0, -1.0, beside == 1u);
    let belowBy = select(1.0, -1.0, below == 1u);
    let at = firstTile + ${part * HANDED}u + tile;
    let to = placeOf(at) + vec3<u32>(beside, below, 0u);
    let quad = firstQuad + ${4 * q}u + four;
    if (at < p.tiles && to.x < p.width && to.y < p.height && quad < p.madeC) {
      y[((to.z * p.height + to.y) * p.width + to.x) * p.madeC + quad] = ${sum.join(' + ')};
    }
    workgroupBarrier();
  }`;
}
