// Max pooling over NHWC maps and its gradient. Padding counts as minus infinity. The gradient recomputes which
// element of each window was taken (the first in row-major order among equals) and is written in gather form: a
// thread owns a stride x stride block of input elements and looks at every window that holds one of them.

import { defineKernel, type GpuJob, type Plain } from '../kernel.ts';
import { flatGroups, flatIndex, type Program, program } from '../program.ts';
import { convSide } from './convTile.ts';
import { each, range, storageOf } from './lanes.ts';

export interface PoolAttrs {
  readonly size: number;
  readonly stride: number;
  readonly pad: number;
}

type Map4 = [number, number, number, number];

/** x [n,h,w,c] -> y [n, floor((h + 2 pad - size) / stride) + 1, ..., c]. */
export const maxPool = defineKernel<'x', PoolAttrs>({
  name: 'MlvMaxPool',
  inputs: ['x'],
  outputs: ({ x }, attrs) => [
    [x[0]!, convSide(x[1]!, attrs.size, attrs), convSide(x[2]!, attrs.size, attrs), x[3]!],
  ],
  gpu({ inputs: { x }, outputs: [y], run }, attrs) {
    const [n, oh, ow, c] = y!.shape as Map4;
    const lanes = c % 4 === 0 ? 4 : 1;
    const threads = (n * oh * ow * c) / lanes;
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

function runPoolGrad({ inputs: { x, dy }, outputs: [dx], run }: GpuJob<'x' | 'dy'>, attrs: PoolAttrs): void {
  const [n, h, w, c] = x.shape as Map4;
  const lanes = c % 4 === 0 ? 4 : 1;
  const threads = (n * Math.ceil(h / attrs.stride) * Math.ceil(w / attrs.stride) * c) / lanes;
  const params = sizes(threads, x.shape, dy.shape, lanes);
  run(gradProgram(attrs, lanes), [x, dy, dx!], params, flatGroups(threads, 64));
}

const LOWEST = '-3.4028234e38';

function poolProgram({ size, stride, pad }: PoolAttrs, lanes: number): Program {
  const element = storageOf(lanes);
  return program({
    name: `maxPool${size}s${stride}p${pad}_${lanes}`,
    reads: { x: element },
    writes: { y: element },
    params: PARAMS,
    workgroup: [64],
    body: `${flatIndex(64)}
  if (index >= p.threads) { return; }
  let c = index % p.c;
  let ox = i32(index / p.c) % p.ow;
  let oy = i32(index / p.c) / p.ow % p.oh;
  let image = i32(index / p.c) / (p.ow * p.oh);
  var best = ${element}(${LOWEST});
  for (var iy = max(0, oy * ${stride} - ${pad}); iy < min(p.h, oy * ${stride} + ${size - pad}); iy++) {
    for (var ix = max(0, ox * ${stride} - ${pad}); ix < min(p.w, ox * ${stride} + ${size - pad}); ix++) {
      best = max(best, x[u32((image * p.h + iy) * p.w + ix) * p.c + c]);
    }
  }
  y[index] = best;`,
  });
}

/**
 * Block (a, b) of inputs starts at (a * stride, b * stride). Input offset i lies in the windows from
 * a + ceil((i + pad - size + 1) / stride) to a + floor((i + pad) / stride), so offsets of windows are constants.
 */
function gradProgram({ size, stride, pad }: PoolAttrs, lanes: number): Program {
  const element = storageOf(lanes);
  const flags = lanes === 4 ? 'vec4<u32>' : 'u32';
  const firstWindow = Math.ceil((pad - size + 1) / stride);
  const lastWindow = Math.floor((stride - 1 + pad) / stride);
  const windows = range(lastWindow - firstWindow + 1).map((i) => i + firstWindow);
  const steps = range(lastWindow * stride - firstWindow * stride + size).map(
    (i) => i + firstWindow * stride - pad,
  );
  const named = (i: number) => (i < 0 ? `m${-i}` : `${i}`);
  const loads = steps.flatMap((i) =>
    steps.map(
      (
        j,
      ) => `let x${named(i)}_${named(j)} = select(${element}(${LOWEST}), x[at + u32(clamp(top + ${i}, 0, p.h - 1) * p.w
    + clamp(left + ${j}, 0, p.w - 1)) * p.c], inside(top + ${i}, left + ${j}));`,
    ),
  );
  const owned = (i: number) => i >= 0 && i < stride;
  const visits = windows.flatMap((v) =>
    windows.map((u) => {
      const places = range(size * size).map((k) => ({
        k,
        i: v * stride - pad + Math.floor(k / size),
        j: u * stride - pad + (k % size),
      }));
      const compares = places.map(
        ({ k, i, j }) =>
          `{ let v = x${named(i)}_${named(j)}; taken = select(taken, ${flags}(${k}u), v > best); best = max(best, v); }`,
      );
      const gives = places
        .filter(({ i, j }) => owned(i) && owned(j))
        .map(({ k, i, j }) => `d${i}_${j} += select(${element}(), g, taken == ${flags}(${k}u));`);
      return `{ let oy = a + ${v}; let ox = b + ${u};
  if (oy >= 0 && oy < p.oh && ox >= 0 && ox < p.ow) {
    let g = dy[u32((image * p.oh + oy) * p.ow + ox) * p.c + c];
    var best = ${element}(${LOWEST});
    var taken = ${flags}(${size * size}u);
${compares.join('\n')}
${gives.join('\n')}
  } }`;
    }),
  );
  return program({
    name: `maxPoolGrad${size}s${stride}p${pad}_${lanes}`,
    reads: { x: element, dy: element },
    writes: { dx: element },
    params: PARAMS,
    workgroup: [64],
    declarations: `fn inside(y: i32, x: i32) -> bool { return y >= 0 && y < p.h && x >= 0 && x < p.w; }`,
    body: `${flatIndex(64)}
  if (index >= p.threads) { return; }
  let wide = (p.w + ${stride - 1}) / ${stride};
  let high = (p.h + ${stride - 1}) / ${stride};
  let c = index % p.c;
  let b = i32(index / p.c) % wide;
  let a = i32(index / p.c) / wide % high;
  let image = i32(index / p.c) / (wide * high);
  let top = a * ${stride};
  let left = b * ${stride};
  let at = u32(image * p.h * p.w) * p.c + c;
${each(stride, (i) => each(stride, (j) => `var d${i}_${j} = ${element}();`))}
${loads.join('\n')}
${visits.join('\n')}
${each(stride, (i) =>
  each(
    stride,
    (j) =>
      `if (top + ${i} < p.h && left + ${j} < p.w) { dx[at + u32((top + ${i}) * p.w + left + ${j}) * p.c] = d${i}_${j}; }`,
  ),
)}`,
  });
}

/** Calls back with the flat index of each output and of the input it takes, -1 where a window holds none. */
function eachWindow(
  x: Plain,
  [n, oh, ow, c]: readonly number[],
  { size, stride, pad }: PoolAttrs,
  visit: (at: number, from: number) => void,
): void {
  const [, h, w] = x.shape as Map4;
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
