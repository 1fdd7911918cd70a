// Max pooling over NHWC maps and its gradient. Padding counts as minus infinity. The gradient recomputes which
// element of each window was taken (the first in row-major order among equals) and is written in gather form: a
// thread owns a stride x stride block of input elements and looks at every window that holds one of them.

import { defineKernel, type GpuJob, type Plain, shape4, sizeOf } from '../../kernel.ts';
import { flatGroups, type Program, program, threadFor } from '../../program.ts';
import { convSide } from '../conv/convTile.ts';
import { each, range, storageOf } from '../parts/lanes.ts';

export interface PoolAttrs {
  readonly size: number;
  readonly stride: number;
  readonly pad: number;
}

/** x [n,h,w,c] -> y [n, floor((h + 2 pad - size) / stride) + 1, ..., c]. */
export const maxPool = defineKernel<'x', PoolAttrs>({
  name: 'MlvMaxPool',
  inputs: ['x'],
  outputs: ({ x }, attrs) => [
    [x[0]!, convSide(x[1]!, attrs.size, attrs), convSide(x[2]!, attrs.size, attrs), x[3]!],
  ],
  gpu({ inputs: { x }, outputs: [y], run }, attrs) {
    const [n, oh, ow, c] = shape4(y!.shape);
    const lanes = c % 4 === 0 ? 4 : 1;
    const threads = (n * oh * Math.ceil(ow / OUTPUTS) * c) / lanes;
    run(
      poolProgram(attrs, lanes),
      [x, y!],
      sizes(threads, x.shape, y!.shape, lanes),
      flatGroups(threads, 64),
    );
  },
  reference({ x }, attrs, [y]) {
    eachWindow(x, y!.shape, attrs, (at, from) => {
      y!.data[at] = from < 0 ? Number.NEGATIVE_INFINITY : x.data[from]!;
    });
  },
});

/** x [n,h,w,c], dy [n,oh,ow,c] -> dx [n,h,w,c]. */
export const maxPoolGrad = defineKernel<'x' | 'dy', PoolAttrs>({
  name: 'MlvMaxPoolGrad',
  inputs: ['x', 'dy'],
  forms: { all: ['wide', 'narrow'], software: ['wide'], little: ['narrow'], hardware: 'narrow' },
  outputs: ({ x }) => [x],
  gpu: runPoolGrad,
  reference({ x, dy }, attrs, [dx]) {
    eachWindow(x, dy.shape, attrs, (at, from) => {
      if (from >= 0) dx!.data[from]! += dy.data[at]!;
    });
  },
});

const PARAMS = { threads: 'u32', h: 'i32', w: 'i32', c: 'u32', oh: 'i32', ow: 'i32' } as const;

function sizes(threads: number, x: readonly number[], y: readonly number[], lanes: number): number[] {
  return [threads, x[1]!, x[2]!, x[3]! / lanes, y[1]!, y[2]!];
}

function runPoolGrad(job: GpuJob<'x' | 'dy'>, attrs: PoolAttrs): void {
  const { x, dy } = job.inputs;
  const [n, h, w, c] = shape4(x.shape);
  const lanes = c % 4 === 0 ? 4 : 1;
  // Larger blocks share more loads between windows, which pays where loads are dear and many; hardware wants threads.
  const blocks = job.form === 'wide' && attrs.size <= 3 && sizeOf(x.shape) >= MANY ? 2 : 1;
  const side = blocks * attrs.stride;
  const threads = (n * Math.ceil(h / side) * Math.ceil(w / side) * c) / lanes;
  const params = sizes(threads, x.shape, dy.shape, lanes);
  job.run(gradProgram(attrs, lanes, blocks), [x, dy, job.outputs[0]!], params, flatGroups(threads, 64));
}

/** Numbers of a map from which a program that takes six times as long to compile is worth two thirds of the time. */
const MANY = 2 ** 20;

const LOWEST = '-3.4028234e38';

/** Outputs of a row that one thread makes, so that neighbouring windows share their columns. */
const OUTPUTS = 4;

function poolProgram({ size, stride, pad }: PoolAttrs, lanes: number): Program {
  const element = storageOf(lanes);
  const columns = range((OUTPUTS - 1) * stride + size);
  return program({
    name: `maxPool${size}s${stride}p${pad}_${lanes}`,
    reads: { x: element },
    writes: { y: element },
    params: PARAMS,
    workgroup: [64],
    body: () => `${threadFor(64, 'p.threads')}
  let wide = (p.ow + ${OUTPUTS - 1}) / ${OUTPUTS};
  let c = index % p.c;
  let ox = i32(index / p.c) % wide * ${OUTPUTS};
  let oy = i32(index / p.c) / wide % p.oh;
  let image = i32(index / p.c) / (wide * p.oh);
  let left = ox * ${stride} - ${pad};
${each(columns.length, (j) => `var m${j} = ${element}(${LOWEST});`)}
  for (var iy = max(0, oy * ${stride} - ${pad}); iy < min(p.h, oy * ${stride} + ${size - pad}); iy++) {
    let line = (image * p.h + iy) * p.w;
${each(columns.length, (j) => `m${j} = max(m${j}, x[u32(line + clamp(left + ${j}, 0, p.w - 1)) * p.c + c]);`)}
  }
${each(columns.length, (j) => `let v${j} = select(${element}(${LOWEST}), m${j}, left + ${j} >= 0 && left + ${j} < p.w);`)}
  let at = u32((image * p.oh + oy) * p.ow + ox) * p.c + c;
${each(OUTPUTS, (o) => {
  const best = range(size)
    .map((k) => `v${o * stride + k}`)
    .reduce((a, b) => `max(${a}, ${b})`);
  return `if (ox + ${o} < p.ow) { y[at + ${o}u * p.c] = ${best}; }`;
})}`,
  });
}

/**
 * Block (a, b) of inputs starts at (a, b) * side, where side = blocks * stride. Input offset i lies in the windows
 * from a * blocks + ceil((i + pad - size + 1) / stride) to a * blocks + floor((i + pad) / stride), so the offsets of
 * windows from their block are constants.
 */
function gradProgram({ size, stride, pad }: PoolAttrs, lanes: number, blocks: number): Program {
  const element = storageOf(lanes);
  const side = blocks * stride;
  const first = Math.ceil((pad - size + 1) / stride);
  const windows = range(Math.floor((side - 1 + pad) / stride) - first + 1).map((i) => i + first);
  const start = first * stride - pad;
  const steps = range((windows.length - 1) * stride + size);
  const offsets = (axis: string, origin: string, limit: string, pitch: string) =>
    each(
      steps.length,
      (i) => `let ${axis}${i} = ${origin} + ${i + start};
  let ${axis}${i}in = ${axis}${i} >= 0 && ${axis}${i} < ${limit};
  let ${axis}${i}at = u32(clamp(${axis}${i}, 0, ${limit} - 1)) * ${pitch};`,
    );
  const loads = steps.flatMap((i) =>
    steps.map(
      (j) => `let x${i}_${j} = select(${element}(${LOWEST}), x[at + r${i}at + c${j}at], r${i}in && c${j}in);`,
    ),
  );
  const visits = windows.flatMap((v, i) =>
    windows.map((u, j) =>
      windowVisit({ size, stride, pad }, lanes, [v, u], [i * stride, j * stride], [start, side]),
    ),
  );
  return program({
    name: `maxPoolGrad${size}s${stride}p${pad}_${lanes}_${blocks}`,
    reads: { x: element, dy: element },
    writes: { dx: element },
    params: PARAMS,
    workgroup: [64],
    body: () => `${threadFor(64, 'p.threads')}
  let wide = (p.w + ${side - 1}) / ${side};
  let high = (p.h + ${side - 1}) / ${side};
  let c = index % p.c;
  let b = i32(index / p.c) % wide;
  let a = i32(index / p.c) / wide % high;
  let image = i32(index / p.c) / (wide * high);
  let at = u32(image * p.h * p.w) * p.c + c;
  let oy = a * ${blocks};
  let ox = b * ${blocks};
${offsets('r', `a * ${side}`, 'p.h', 'u32(p.w) * p.c')}
${offsets('c', `b * ${side}`, 'p.w', 'p.c')}
${each(side, (i) => each(side, (j) => `var d${i}_${j} = ${element}();`))}
${loads.join('\n')}
${visits.join('\n')}
${each(side, (i) =>
  each(side, (j) => {
    const [r, column] = [i - start, j - start];
    return `if (r${r}in && c${column}in) { dx[at + r${r}at + c${column}at] = d${i}_${j}; }`;
  }),
)}`,
  });
}

/** Finds the element that window (v, u) took and gives its dy to it, if this thread owns it. */
function windowVisit(
  { size }: PoolAttrs,
  lanes: number,
  [v, u]: readonly [number, number],
  [top, left]: readonly [number, number],
  [start, side]: readonly [number, number],
): string {
  const element = storageOf(lanes);
  const flags = lanes === 4 ? 'vec4<u32>' : 'u32';
  const places = range(size * size).map((k) => ({ k, i: top + Math.floor(k / size), j: left + (k % size) }));
  const compares = places.map(
    ({ k, i, j }) =>
      `taken = select(taken, ${flags}(${k}u), x${i}_${j} > best); best = max(best, x${i}_${j});`,
  );
  const owned = (i: number) => i + start >= 0 && i + start < side;
  const gives = places
    .filter(({ i, j }) => owned(i) && owned(j))
    .map(({ k, i, j }) => `d${i + start}_${j + start} += select(${element}(), g, taken == ${flags}(${k}u));`);
  return `if (oy + ${v} >= 0 && oy + ${v} < p.oh && ox + ${u} >= 0 && ox + ${u} < p.ow) {
    let g = dy[u32((image * p.oh + oy + ${v}) * p.ow + ox + ${u}) * p.c + c];
    var best = ${element}(${LOWEST});
    var taken = ${flags}(${size * size}u);
${compares.join('\n')}
${gives.join('\n')}
  }`;
}

/** Calls back with the flat index of each output and of the input it takes, -1 where a window holds none. */
function eachWindow(
  x: Plain,
  [n, oh, ow, c]: readonly number[],
  { size, stride, pad }: PoolAttrs,
  visit: (at: number, from: number) => void,
): void {
  const [, h, w] = shape4(x.shape);
  for (let at = 0; at < n! * oh! * ow! * c!; at++) {
    const channel = at % c!;
    const ox = Math.floor(at / c!) % ow!;
    const oy = Math.floor(at / (c! * ow!)) % oh!;
    const image = Math.floor(at / (c! * ow! * oh!));
    let taken = -1;
    for (let k = 0; k < size * size; k++) {
      const iy = oy * stride - pad + Math.floor(k / size);
      const ix = ox * stride - pad + (k % size);
      if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
      const from = ((image * h + iy) * w + ix) * c! + channel;
      if (taken < 0 || x.data[from]! > x.data[taken]!) taken = from;
    }
    visit(at, taken);
  }
}
