// Parameter updates over a flat arena: LARS (You et al., 2017, as the published code applies it; parity
// specification, section 4) and AdamW (Loshchilov and Hutter, 2019) with decay only on adapted tensors.
// `segments` [S, 4] lists begin, length and whether the tensor is adapted (two dimensions or more); numbers outside
// every segment are left alone. What changes from step to step comes in the `hyper` vector.

import { defineKernel, type Plain } from '../kernel.ts';
import { flatGroups, flatIndex, program } from '../program.ts';
import { sizeOf } from './common.ts';

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
} as const;
export const HYPER_LENGTH = 8;

const BETA2 = 0.999;
const ADAM_EPS = 1e-8;

export interface HyperValues {
  readonly rate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly trustCoefficient: number;
  /** Updates made, this one included. */
  readonly updates: number;
}

export function packHyper({
  rate,
  weightDecay,
  momentum,
  trustCoefficient,
  updates,
}: HyperValues): Float32Array {
  const corrections = [1 - momentum ** updates, 1 - BETA2 ** updates];
  return Float32Array.of(rate, weightDecay, momentum, trustCoefficient, ...corrections, BETA2, ADAM_EPS);
}

type LarsInput = 'parameters' | 'gradients' | 'moment1' | 'segments' | 'hyper';

/** Threads that share one segment; each takes every workers-th number. */
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
    run(larsNorms, [parameters, gradients, segments, hyper, partial], [count, workers], groups);
    run(larsRatios, [partial, segments, hyper, ratios], [workers], flatGroups(count, 1));
    run(larsApply, [gradients, segments, hyper, ratios, parameters, moment1], [count, workers], groups);
  },
  reference({ parameters, gradients, moment1, segments, hyper }) {
    forEachSegment(segments, (begin, end, adapted) => {
      const decay = adapted ? hyper.data[HYPER.weightDecay]! : 0;
      const wanted = (i: number) => gradients.data[i]! + decay * parameters.data[i]!;
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
    run(adamwApply, tensors, [count, workers], flatGroups(count * workers, 64));
  },
  reference({ parameters, gradients, moment1, moment2, segments, hyper }) {
    const at = (name: keyof typeof HYPER) => hyper.data[HYPER[name]]!;
    forEachSegment(segments, (begin, end, adapted) => {
      const keep = adapted ? 1 - at('rate') * at('weightDecay') : 1;
      for (let i = begin; i < end; i++) {
        const g = gradients.data[i]!;
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

/** Opens a thread's share of a segment: `row`, `worker`, `decay` and the loop over its numbers. */
const share = (body: string, prepare = '') => `
  ${flatIndex(64)}
  if (index >= p.segments * p.workers) { return; }
  let worker = index % p.workers;
  let row = segments[index / p.workers];
  let decay = select(0.0, hyper[${HYPER.weightDecay}], row.z == 1u);
  let end = row.x + row.y;
  ${prepare}
  for (var i = row.x + worker; i < end; i += p.workers) { ${body} }`;

const larsNorms = program({
  name: 'larsNorms',
  reads: { parameters: 'f32', gradients: 'f32', segments: 'vec4<u32>', hyper: 'f32' },
  writes: { partial: 'vec2<f32>' },
  params: PARAMS,
  workgroup: [64],
  body: `${share(
    `
    let weight = parameters[i];
    let wanted = gradients[i] + decay * weight;
    sums += vec2<f32>(weight * weight, wanted * wanted);`,
    'var sums = vec2<f32>(0.0);',
  )}
  partial[index] = sums;`,
});

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

const larsApply = program({
  name: 'larsApply',
  reads: { gradients: 'f32', segments: 'vec4<u32>', hyper: 'f32', ratios: 'f32' },
  writes: { parameters: 'f32', moment1: 'f32' },
  params: PARAMS,
  workgroup: [64],
  body: share(
    `
    let weight = parameters[i];
    let moved = hyper[${HYPER.momentum}] * moment1[i] + ratio * (gradients[i] + decay * weight);
    moment1[i] = moved;
    parameters[i] = weight - hyper[${HYPER.rate}] * moved;`,
    'let ratio = ratios[index / p.workers];',
  ),
});

const adamwApply = program({
  name: 'adamwApply',
  reads: { gradients: 'f32', segments: 'vec4<u32>', hyper: 'f32' },
  writes: { parameters: 'f32', moment1: 'f32', moment2: 'f32' },
  params: PARAMS,
  workgroup: [64],
  body: share(
    `
    let g = gradients[i];
    let m = beta1 * moment1[i] + (1.0 - beta1) * g;
    let v = beta2 * moment2[i] + (1.0 - beta2) * g * g;
    moment1[i] = m;
    moment2[i] = v;
    let step = m / hyper[${HYPER.correction1}] / (sqrt(v / hyper[${HYPER.correction2}]) + hyper[${HYPER.eps}]);
    parameters[i] = (1.0 - rate * decay) * parameters[i] - rate * step;`,
    `let beta1 = hyper[${HYPER.momentum}];
  let beta2 = hyper[${HYPER.beta2}];
  let rate = hyper[${HYPER.rate}];`,
  ),
});
