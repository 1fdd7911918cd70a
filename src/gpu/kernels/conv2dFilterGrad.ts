// The gradient of a convolution towards its filter: a long sum over batch and positions for few results. The sum
// is split into chunks of output rows, each with its own partial result, and the partials are added afterwards
// (deterministic, no atomics). A thread holds the filter rows of a block of channels and takes the positions of a
// row a few at a time, as the product of two small matrices per tap.

import { defineKernel, type GpuJob, type Plain } from '../kernel.ts';
import { flatGroups, flatIndex, type Program, program } from '../program.ts';
import { sizeOf } from './common.ts';
import type { Window } from './convTile.ts';
import { foldPartials } from './foldPartials.ts';
import { each, type Lanes, lanesOf, load, mat, range, storageOf, store4, vec } from './lanes.ts';

export interface FilterGradAttrs extends Window {
  readonly kernel: readonly [number, number];
}

/** x [n,h,w,cin], dy [n,oh,ow,cout] -> dw [kh,kw,cin,cout]. */
export const conv2dFilterGrad = defineKernel<'x' | 'dy', FilterGradAttrs>({
  name: 'MlvConv2dFilterGrad',
  inputs: ['x', 'dy'],
  outputs: ({ x, dy }, { kernel }) => [[...kernel, x[3]!, dy[3]!]],
  gpu: runFilterGrad,
  reference: ({ x, dy }, attrs, [out]) => filterGradReference(x, dy, attrs, out!),
});

interface Tile {
  /** Positions of a row taken together. */
  readonly positions: 2 | 3 | 4;
  /** Filter rows held by one thread. */
  readonly rows: number;
  readonly quads: number;
  /** Width of x, if one step spans the whole row. */
  readonly whole: number | null;
}

/** Threads worth having: enough for every core, no more partials than that needs. */
const THREADS = { software: 256, hardware: 16384 };

function runFilterGrad(job: GpuJob<'x' | 'dy'>, attrs: FilterGradAttrs): void {
  const { x, dy } = job.inputs;
  const [n, h, w, cin] = x.shape as [number, number, number, number];
  const [, oh, ow, cout] = dy.shape as [number, number, number, number];
  const [kh, kw] = attrs.kernel;
  const read = lanesOf(cin);
  const positions = ow >= 4 ? 4 : ow === 3 ? 3 : 2;
  const tile: Tile = {
    positions,
    rows: job.software && kh * kw <= 9 ? kh : 1,
    quads: cout <= 4 ? 1 : job.software && kh * kw === 1 ? 4 : 2,
    whole: ow <= positions ? w : null,
  };
  const inBlocks = cin / read;
  const outBlocks = Math.ceil(cout / (4 * tile.quads));
  const blocks = inBlocks * outBlocks * (kh / tile.rows);
  const wanted = Math.ceil((job.software ? THREADS.software : THREADS.hardware) / blocks);
  const rows = n * oh;
  const share = Math.ceil(rows / Math.min(wanted, rows));
  const perChunk = share > oh ? Math.ceil(share / oh) * oh : share;
  const chunks = Math.ceil(rows / perChunk);
  const out = job.outputs[0]!;
  const partials = chunks === 1 ? out : job.scratch([chunks, ...out.shape]);
  const group = job.software ? 16 : 64;
  job.run(
    filterProgram(attrs, tile, read, cout, group),
    [x, dy, partials],
    [chunks * blocks, inBlocks, outBlocks, rows, perChunk, h, w, cin, oh, ow, cout],
    flatGroups(chunks * blocks, group),
  );
  if (chunks > 1) foldPartials(job, partials, out, chunks);
}

function filterProgram(
  attrs: FilterGradAttrs,
  tile: Tile,
  read: Lanes,
  cout: number,
  group: number,
): Program {
  const { kernel, stride, pad } = attrs;
  const { positions, rows, quads, whole } = tile;
  const readElement = read === 4 ? 'vec4<f32>' : 'f32';
  const madeElement = storageOf(cout);
  const taps = range(rows * kernel[1]).map((i) => ({ row: Math.floor(i / kernel[1]), tap: i % kernel[1] }));
  const sums = taps.flatMap((tap) =>
    range(quads).map((q) => ({ ...tap, q, name: `s${tap.row}_${tap.tap}_${q}` })),
  );
  const sumType = read === 1 ? 'vec4<f32>' : mat(read, 4);
  return program({
    name:
      `convFilter_${kernel.join('x')}s${stride}p${pad}_r${read}_m${madeElement}` +
      `_${positions}x${rows}x${quads}_${whole ?? 'part'}_g${group}`,
    reads: { x: readElement, dy: madeElement },
    writes: { partials: madeElement },
    params: {
      threads: 'u32',
      inBlocks: 'u32',
      outBlocks: 'u32',
      rows: 'u32',
      perChunk: 'u32',
      h: 'i32',
      w: 'i32',
      cin: 'u32',
      oh: 'u32',
      ow: 'u32',
      cout: 'u32',
    },
    workgroup: [group],
    body: `${flatIndex(group)}
  if (index >= p.threads) { return; }
  let co = index % p.outBlocks * ${4 * quads}u;
  let ci = index / p.outBlocks % p.inBlocks * ${read}u;
  let rest = index / (p.outBlocks * p.inBlocks);
  let ky = rest % ${kernel[0] / rows}u * ${rows}u;
  let chunk = rest / ${kernel[0] / rows}u;
${sums.map(({ name }) => `var ${name} = ${sumType}();`).join('\n')}
  for (var row = chunk * p.perChunk; row < min(p.rows, (chunk + 1u) * p.perChunk); row++) {
    let image = row / p.oh;
    let top = i32(row % p.oh) * ${stride} + i32(ky) - ${pad};
    for (var ox = 0u; ox < p.ow; ox += ${positions}u) {
${gradientLoads(tile, madeElement)}
${each(rows, (r) => rowProducts(attrs, tile, read, r))}
    }
  }
  let size = ${kernel[0] * kernel[1]}u * p.cin * p.cout;
${sums.map(({ row, tap, q, name }) => storeSum(kernel, read, madeElement, row, tap, q, name)).join('\n')}`,
  });
}

/** `g<q>`: one column of four output channels per position, zero beyond the row. */
function gradientLoads({ positions, quads, whole }: Tile, element: ReturnType<typeof storageOf>): string {
  return each(quads, (q) => {
    const columns = range(positions).map((i) => {
      const at = `(row * p.ow + ox + ${i}u) * p.cout + co + ${4 * q}u`;
      const value = load('dy', element, at, 4);
      return whole !== null && i === 0 ? value : `select(vec4<f32>(), ${value}, ox + ${i}u < p.ow)`;
    });
    return `let g${q} = ${mat(positions, 4)}(${columns.join(', ')});`;
  });
}

/** Loads one row of x around the positions and adds its products to the taps of filter row `r`. */
function rowProducts({ kernel, stride, pad }: FilterGradAttrs, tile: Tile, read: Lanes, r: number): string {
  const { positions, quads, whole } = tile;
  const columns = range((positions - 1) * stride + kernel[1]);
  const outside = (c: number) => whole !== null && (c < pad || c - pad >= whole);
  const loads = columns.map((c) => {
    if (outside(c)) return `let x${c} = ${vec(read)}();`;
    const at = `(lineAt + u32(clamp(col, 0, p.w - 1))) * p.cin + ci`;
    const value = load('x', read === 4 ? 'vec4<f32>' : 'f32', at, read);
    return `var x${c} = ${vec(read)}();
    { let col = i32(ox) * ${stride} + ${c - pad}; x${c} = select(x${c}, ${value}, col >= 0 && col < p.w); }`;
  });
  const products = range(kernel[1]).map((tap) => {
    const mine = range(positions).map((i) => i * stride + tap);
    if (mine.every(outside)) return '';
    const list = mine.map((c) => `x${c}`).join(', ');
    const lines = read === 1 ? `${vec(positions)}(${list})` : `transpose(${mat(positions, read)}(${list}))`;
    return `{ let v = ${lines};\n${each(quads, (q) => `s${r}_${tap}_${q} += g${q} * v;`)} }`;
  });
  return `{ let line = top + ${r};
  if (line >= 0 && line < p.h) {
    let lineAt = (image * u32(p.h) + u32(line)) * u32(p.w);
${loads.join('\n')}
${products.join('\n')}
  } }`;
}

function storeSum(
  kernel: readonly [number, number],
  read: Lanes,
  element: ReturnType<typeof storageOf>,
  row: number,
  tap: number,
  q: number,
  name: string,
): string {
  const first = `chunk * size + (((ky + ${row}u) * ${kernel[1]}u + ${tap}u) * p.cin + ci) * p.cout + co + ${4 * q}u`;
  const left = `i32(p.cout) - i32(co + ${4 * q}u)`;
  const lines = each(read, (lane) =>
    store4('partials', element, `at + ${lane}u * p.cout`, read === 1 ? name : `${name}[${lane}]`, 'left'),
  );
  return `{ let at = ${first}; let left = ${left};\n${lines} }`;
}

function filterGradReference(x: Plain, dy: Plain, { stride, pad }: Window, dw: Plain): void {
  const [n, h, width, cin] = x.shape as [number, number, number, number];
  const [, outH, outW, cout] = dy.shape as [number, number, number, number];
  const [, kw] = dw.shape as [number, number, number, number];
  const sums = new Float64Array(sizeOf(dw.shape));
  for (let pixel = 0; pixel < n * outH * outW; pixel++) {
    const ox = pixel % outW;
    const oy = Math.floor(pixel / outW) % outH;
    const image = Math.floor(pixel / (outW * outH));
    for (let tap = 0; tap < sums.length / (cin * cout); tap++) {
      const iy = oy * stride - pad + Math.floor(tap / kw);
      const ix = ox * stride - pad + (tap % kw);
      if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
      const from = ((image * h + iy) * width + ix) * cin;
      for (let ci = 0; ci < cin; ci++) {
        const at = (tap * cin + ci) * cout;
        for (let co = 0; co < cout; co++) sums[at + co]! += x.data[from + ci]! * dy.data[pixel * cout + co]!;
      }
    }
  }
  dw.data.set(sums);
}
