// Parameter updates over a flat arena: LARS (You et al., 2017, as the published code applies it; parity
// specification, section 4) and AdamW (Loshchilov and Hutter, 2019) with decay only on adapted tensors.
// `segments` [S, 4] lists begin, length and whether the tensor is adapted (two dimensions or more); numbers outside
// every segment are left alone. What changes from step to step comes in the `hyper` vector. Gradients are clipped by value
// as they are read (torch.nn.utils.clip_grad_value_): what the formulas below call g is the clipped gradient. At the end, the moving
// average by which a target network follows the trained one.

import { defineKernel, type Plain, sizeOf } from '../../kernel.ts';
import { flatGroups, type Program, program, threadFor } from '../../program.ts';
import { elementOf, type VectorLanes, vectorLanes } from '../parts/lanes.ts';

/** Places of the values in the `hyper` vector. */
export const HYPER = {
  rate: 0,
  weightDecay: 1,
  /** Momentum of LARS, first decay rate of AdamW. */
  momentum: 2,
  trust: 3,
  correction1: 4,
  correction2: 5,
  beta2: 6,
  eps: 7,
  /** Bound of the gradient's numbers; 0: none. */
  clip: 8,
} as const;
export const HYPER_LENGTH = 9;

const BETA2 = 0.999;
const ADAM_EPS = 1e-8;

export interface HyperValues {
  readonly rate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly trustCoefficient: number;
  /** Updates made, this one included. */
  readonly updates: number;
  readonly clip: number;
}

export function packHyper({
  rate,
  weightDecay,
  momentum,
  trustCoefficient,
  updates,
  clip,
}: HyperValues): Float32Array {
  const corrections = [1 - momentum ** updates, 1 - BETA2 ** updates];
  const fixed = [BETA2, ADAM_EPS];
  return Float32Array.of(rate, weightDecay, momentum, trustCoefficient, ...corrections, ...fixed, clip);
}

export type LarsInput = 'parameters' | 'gradients' | 'moment1' | 'segments' | 'hyper';

/** Threads that share one segment; each takes every workers-th number, or vector of four. */
function workersFor(size: number, segments: number): number {
  return Math.max(16, Math.min(16384, Math.ceil(size / segments / 128)));
}

/**
 * u = g for one dimension; else u = g + w p, scaled by eta |p| / |u| where both norms are positive;
 * mu = momentum mu + u;  p -= rate mu.  Mutates parameters and moment1.
 */
export const larsUpdate = defineKernel<LarsInput, Record<string, never>>({
  name: 'MlvLarsUpdate',
  inputs: ['parameters', 'gradients', 'moment1', 'segments', 'hyper'],
  mutates: ['parameters', 'moment1'],
  outputs: () => [],
  gpu({ inputs, scratch, run }) {
    const { parameters, gradients, moment1, segments, hyper } = inputs;
    const count = segments.shape[0]!;
    const workers = workersFor(sizeOf(parameters.shape), count);
    const partial = scratch([count, workers, 2]);
    const ratios = scratch([count]);
    const groups = flatGroups(count * workers, 64);
    const width = vectorLanes(sizeOf(parameters.shape));
    run(larsNorms[width], [parameters, gradients, segments, hyper, partial], [count, workers], groups);
    run(larsRatios, [partial, segments, hyper, ratios], [workers], flatGroups(count, 1));
    run(
      larsApply[width],
      [gradients, segments, hyper, ratios, parameters, moment1],
      [count, workers],
      groups,
    );
  },
  reference({ parameters, gradients, moment1, segments, hyper }) {
    forEachSegment(segments, (begin, end, adapted) => {
      const decay = adapted ? hyper.data[HYPER.weightDecay]! : 0;
      const clip = hyper.data[HYPER.clip]!;
      const wanted = (i: number) => clipped(gradients.data[i]!, clip) + decay * parameters.data[i]!;
      let weightNorm = 0;
      let updateNorm = 0;
      for (let i = begin; i < end; i++) {
        weightNorm += parameters.data[i]! ** 2;
        updateNorm += wanted(i) ** 2;
      }
      const scales = adapted && weightNorm > 0 && updateNorm > 0;
      const ratio = scales ? hyper.data[HYPER.trust]! * Math.sqrt(weightNorm / updateNorm) : 1;
      for (let i = begin; i < end; i++) {
        const moved = hyper.data[HYPER.momentum]! * moment1.data[i]! + ratio * wanted(i);
        moment1.data[i] = moved;
        parameters.data[i] = parameters.data[i]! - hyper.data[HYPER.rate]! * moved;
      }
    });
  },
});

/**
 * p *= 1 - rate w for adapted tensors; m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
 * p -= rate (m / c1) / (sqrt(v / c2) + eps).  Mutates parameters and both moments.
 */
export const adamwUpdate = defineKernel<LarsInput | 'moment2', Record<string, never>>({
  name: 'MlvAdamwUpdate',
  inputs: ['parameters', 'gradients', 'moment1', 'segments', 'hyper', 'moment2'],
  mutates: ['parameters', 'moment1', 'moment2'],
  outputs: () => [],
  gpu({ inputs, run }) {
    const { parameters, gradients, moment1, moment2, segments, hyper } = inputs;
    const count = segments.shape[0]!;
    const workers = workersFor(sizeOf(parameters.shape), count);
    const tensors = [gradients, segments, hyper, parameters, moment1, moment2];
    run(
      adamwApply[vectorLanes(sizeOf(parameters.shape))],
      tensors,
      [count, workers],
      flatGroups(count * workers, 64),
    );
  },
  reference({ parameters, gradients, moment1, moment2, segments, hyper }) {
    const at = (name: keyof typeof HYPER) => hyper.data[HYPER[name]]!;
    forEachSegment(segments, (begin, end, adapted) => {
      const keep = adapted ? 1 - at('rate') * at('weightDecay') : 1;
      for (let i = begin; i < end; i++) {
        const g = clipped(gradients.data[i]!, at('clip'));
        const m = at('momentum') * moment1.data[i]! + (1 - at('momentum')) * g;
        const v = at('beta2') * moment2.data[i]! + (1 - at('beta2')) * g * g;
        moment1.data[i] = m;
        moment2.data[i] = v;
        const step = m / at('correction1') / (Math.sqrt(v / at('correction2')) + at('eps'));
        parameters.data[i] = keep * parameters.data[i]! - at('rate') * step;
      }
    });
  },
});

function forEachSegment(
  segments: Plain,
  visit: (begin: number, end: number, adapted: boolean) => void,
): void {
  for (let s = 0; s < segments.shape[0]!; s++) {
    const [begin, length, adapted] = segments.data.slice(s * 4, s * 4 + 3) as unknown as [
      number,
      number,
      number,
    ];
    visit(begin, begin + length, adapted === 1);
  }
}

const PARAMS = { segments: 'u32', workers: 'u32' } as const;

/**
 * Opens a thread's share of a segment: `row`, `worker`, `decay`, `clip` and the loop over its numbers, `i` counting elements.
 * A segment may begin or end within a vector; `inside` says which of its lanes are the segment's.
 */
function share(width: VectorLanes, body: string, prepare = ''): string {
  const inside =
    width === 4
      ? 'let at = vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u); let inside = (at >= vec4<u32>(row.x)) & (at < vec4<u32>(end));'
      : '';
  return `
  ${threadFor(64, 'p.segments * p.workers')}
  let worker = index % p.workers;
  let row = segments[index / p.workers];
  let decay = select(0.0, hyper[${HYPER.weightDecay}], row.z == 1u);
  let clip = hyper[${HYPER.clip}];
  let end = row.x + row.y;
  ${prepare}
  for (var i = row.x / ${width}u + worker; i < (end + ${width - 1}u) / ${width}u; i += p.workers) { ${inside} ${body} }`;
}

/** Stores `value` into the lanes that belong to the segment; its neighbours' lanes are other threads'. */
function store(width: VectorLanes, buffer: string, value: string): string {
  if (width === 1) return `${buffer}[i] = ${value};`;
  return `if (all(inside)) { ${buffer}[i] = ${value}; } else {
      for (var lane4 = 0u; lane4 < 4u; lane4++) { if (inside[lane4]) { ${buffer}[i][lane4] = ${value}[lane4]; } }
    }`;
}

const squares = (width: VectorLanes, value: string) =>
  width === 4 ? `dot(select(vec4<f32>(), ${value}, inside), ${value})` : `${value} * ${value}`;

const larsNorms = byWidth((width) =>
  program({
    name: `larsNorms${width}`,
    reads: { parameters: elementOf(width), gradients: elementOf(width), segments: 'vec4<u32>', hyper: 'f32' },
    writes: { partial: 'vec2<f32>' },
    params: PARAMS,
    workgroup: [64],
    declarations: clipFunction(elementOf(width)),
    body: `${share(
      width,
      `
    let weight = parameters[i];
    let wanted = clipped(gradients[i], clip) + decay * weight;
    sums += vec2<f32>(${squares(width, 'weight')}, ${squares(width, 'wanted')});`,
      'var sums = vec2<f32>(0.0);',
    )}
  partial[index] = sums;`,
  }),
);

/** One workgroup per segment adds up the partial norms and forms the trust ratio. */
const larsRatios = program({
  name: 'larsRatios',
  reads: { partial: 'vec2<f32>', segments: 'vec4<u32>', hyper: 'f32' },
  writes: { ratios: 'f32' },
  params: { workers: 'u32' },
  workgroup: [64],
  declarations: 'var<workgroup> sums: array<vec2<f32>, 64>;',
  body: `
  let s = group.y * count.x + group.x;
  var sum = vec2<f32>(0.0);
  for (var k = lane; k < p.workers; k += 64u) { sum += partial[s * p.workers + k]; }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane != 0u || s >= arrayLength(&ratios)) { return; }
  var norms = vec2<f32>(0.0);
  for (var k = 0u; k < 64u; k++) { norms += sums[k]; }
  let scales = segments[s].z == 1u && norms.x > 0.0 && norms.y > 0.0;
  ratios[s] = select(1.0, hyper[${HYPER.trust}] * sqrt(norms.x / max(norms.y, 1e-38)), scales);`,
});

const larsApply = byWidth((width) =>
  program({
    name: `larsApply${width}`,
    reads: { gradients: elementOf(width), segments: 'vec4<u32>', hyper: 'f32', ratios: 'f32' },
    writes: { parameters: elementOf(width), moment1: elementOf(width) },
    params: PARAMS,
    workgroup: [64],
    declarations: clipFunction(elementOf(width)),
    body: share(
      width,
      `
    let weight = parameters[i];
    let moved = momentum * moment1[i] + ratio * (clipped(gradients[i], clip) + decay * weight);
    let value = weight - rate * moved;
    ${store(width, 'moment1', 'moved')}
    ${store(width, 'parameters', 'value')}`,
      `let ratio = ratios[index / p.workers];
  let momentum = hyper[${HYPER.momentum}];
  let rate = hyper[${HYPER.rate}];`,
    ),
  }),
);

const adamwApply = byWidth((width) =>
  program({
    name: `adamwApply${width}`,
    reads: { gradients: elementOf(width), segments: 'vec4<u32>', hyper: 'f32' },
    writes: { parameters: elementOf(width), moment1: elementOf(width), moment2: elementOf(width) },
    params: PARAMS,
    workgroup: [64],
    declarations: clipFunction(elementOf(width)),
    body: share(
      width,
      `
    let g = clipped(gradients[i], clip);
    let m = beta1 * moment1[i] + (1.0 - beta1) * g;
    let v = beta2 * moment2[i] + (1.0 - beta2) * g * g;
    let step = m / correction1 / (sqrt(v / correction2) + eps);
    let value = (1.0 - rate * decay) * parameters[i] - rate * step;
    ${store(width, 'moment1', 'm')}
    ${store(width, 'moment2', 'v')}
    ${store(width, 'parameters', 'value')}`,
      `let beta1 = hyper[${HYPER.momentum}];
  let beta2 = hyper[${HYPER.beta2}];
  let rate = hyper[${HYPER.rate}];
  let correction1 = hyper[${HYPER.correction1}];
  let correction2 = hyper[${HYPER.correction2}];
  let eps = hyper[${HYPER.eps}];`,
    ),
  }),
);

function byWidth(make: (width: VectorLanes) => Program): Readonly<Record<VectorLanes, Program>> {
  return { 1: make(1), 4: make(4) };
}

/** One number cut to [-c, c]; with c = 0 it is left as it is, to the last bit. */
export const clipped = (g: number, c: number): number => (c > 0 && Math.abs(g) > c ? Math.sign(g) * c : g);

/**
 * WGSL of `fn clipped(g, c)` for gradients of this type. NaN stays NaN, so that a blow-up is still seen: WGSL lets min, max and
 * comparisons of floats take NaN for a number, so it is told by its bits.
 */
export function clipFunction(element: 'f32' | 'vec4<f32>'): string {
  const like = (type: string) => (element === 'f32' ? type : `vec4<${type}>`);
  return `
fn clipped(g: ${element}, c: f32) -> ${element} {
  let magnitude = bitcast<${like('u32')}>(g) & ${like('u32')}(0x7fffffffu);
  let kept = (magnitude > ${like('u32')}(0x7f800000u)) | ${like('bool')}(c <= 0.0);
  return select(clamp(g, ${element}(-c), ${element}(c)), g, kept);
}`;
}

/**
 * target += share * (online - target), which is (1 - share) target + share online and leaves equal numbers as they are.
 * target, any shape; online, as many numbers or more, whose rest is not read; share [1], which changes from step to step.
 * Mutates target.
 */
export const movingAverage = defineKernel<'target' | 'online' | 'share', Record<string, never>>({
  name: 'MlvMovingAverage',
  inputs: ['target', 'online', 'share'],
  mutates: ['target'],
  outputs: () => [],
  gpu({ inputs: { target, online, share }, run }) {
    const size = sizeOf(target.shape);
    const fours = vectorLanes(size) === 4 && vectorLanes(sizeOf(online.shape)) === 4;
    const lanes = fours ? 4 : 1;
    run(average[lanes], [online, share, target], [size / lanes], flatGroups(size / lanes, 64));
  },
  reference({ target, online, share }) {
    for (let i = 0; i < target.data.length; i++) {
      target.data[i] = target.data[i]! + share.data[0]! * (online.data[i]! - target.data[i]!);
    }
  },
});

const averageOf = (lanes: VectorLanes) =>
  program({
    name: `movingAverage${lanes}`,
    reads: { online: elementOf(lanes), share: 'f32' },
    writes: { follower: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  let before = follower[index];
  follower[index] = before + share[0] * (online[index] - before);`,
  });

const average = { 1: averageOf(1), 4: averageOf(4) } as const;
