// The loss of masks: binary cross-entropy over all pixels of a batch plus soft Dice film by film, and its gradient.
//   mean over pixels of BCE(x, t)  +  mean over films of 1 - (2 sum p t + 1) / (sum p + sum t + 1),   p = sigmoid(x)
// Soft Dice as V-Net has it (Milletari et al., 2016), with plain sums below and 1 added to both, so that a film without a mask
// has a value, which falls as the drawn area does.

import type { TensorInfo } from '../../backend.ts';
import { defineKernel, type GpuJob, sizeOf } from '../../kernel.ts';
import { flatGroups, groupsFor, program, threadFor } from '../../program.ts';
import { foldPartials, SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';

/** Places in the vector of terms. */
export const MASK_LOSS_TERMS = { loss: 0, crossEntropy: 1, dice: 2 } as const;
const TERM_COUNT = 8;
/** What is summed over a film: cross-entropy, p t, p and t. */
const SUMS = 4;
/** Pixels of a film that a workgroup sums up. */
const PIXELS_PER_GROUP = 4096;

type NoAttrs = Record<string, never>;

/** Inputs: logits and truth (0 or 1), both [N, ...]. Outputs: terms [8]; sums [N, 4], which the gradient asks for. */
export const maskLoss = defineKernel<'logits' | 'truth', NoAttrs, 'terms' | 'sums'>({
  name: 'MlvMaskLoss',
  inputs: ['logits', 'truth'],
  results: ['terms', 'sums'],
  outputs: ({ logits }) => [[TERM_COUNT], [logits[0]!, SUMS]],
  gpu(job) {
    const { logits, truth } = job.inputs;
    const [terms, sums] = job.outputs as [TensorInfo, TensorInfo];
    const [films, pixels] = extent(logits.shape);
    sumFilms(job, logits, truth, sums, films, pixels);
    job.run(fold, [sums, terms], [films, films * pixels], [1]);
  },
  reference({ logits, truth }, _attrs, [terms, sums]) {
    const [films, pixels] = extent(logits.shape);
    let [crossEntropy, dice] = [0, 0];
    for (let film = 0; film < films; film++) {
      const own = [0, 0, 0, 0] as [number, number, number, number];
      for (let at = film * pixels; at < (film + 1) * pixels; at++) {
        const [x, t] = [logits.data[at]!, truth.data[at]!];
        const p = 1 / (1 + Math.exp(-x));
        own[0] += Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
        own[1] += p * t;
        own[2] += p;
        own[3] += t;
      }
      sums!.data.set(own, film * SUMS);
      crossEntropy += own[0] / (films * pixels);
      dice += (1 - (2 * own[1] + 1) / (own[2] + own[3] + 1)) / films;
    }
    terms!.data[MASK_LOSS_TERMS.loss] = crossEntropy + dice;
    terms!.data[MASK_LOSS_TERMS.crossEntropy] = crossEntropy;
    terms!.data[MASK_LOSS_TERMS.dice] = dice;
  },
});

/** Gradient of the loss with respect to the logits; `sums` are what maskLoss left. Output: of the shape of the logits. */
export const maskLossGrad = defineKernel<'logits' | 'truth' | 'sums', NoAttrs>({
  name: 'MlvMaskLossGrad',
  inputs: ['logits', 'truth', 'sums'],
  outputs: ({ logits }) => [logits],
  gpu({ inputs: { logits, truth, sums }, outputs, run }) {
    const [films, pixels] = extent(logits.shape);
    const size = films * pixels;
    run(gradient, [logits, truth, sums, outputs[0]!], [size, pixels, films], flatGroups(size, 64));
  },
  reference({ logits, truth, sums }, _attrs, [dlogits]) {
    const [films, pixels] = extent(logits.shape);
    for (const [at, x] of logits.data.entries()) {
      const [, both, drawn, there] = sums.data.subarray(Math.floor(at / pixels) * SUMS);
      const below = drawn! + there! + 1;
      const t = truth.data[at]!;
      const p = 1 / (1 + Math.exp(-x));
      const byDice = (2 * both! + 1) / below ** 2 - (2 * t) / below;
      dlogits!.data[at] = (p - t) / (films * pixels) + (byDice * p * (1 - p)) / films;
    }
  },
});

/** Films, and pixels of each. */
function extent(shape: readonly number[]): [number, number] {
  const films = shape[0]!;
  return [films, sizeOf(shape) / films];
}

function sumFilms(
  job: GpuJob<'logits' | 'truth'>,
  logits: TensorInfo,
  truth: TensorInfo,
  sums: TensorInfo,
  films: number,
  pixels: number,
): void {
  const parts = groupsFor(pixels, PIXELS_PER_GROUP);
  const partials = parts === 1 ? sums : job.scratch([parts, films, SUMS]);
  const groups = flatGroups(films * parts, 1);
  job.run(sum, [logits, truth, partials], [films, pixels, parts], groups, films * pixels);
  if (parts > 1) foldPartials(job, partials, sums, parts);
}

/** A workgroup per film and part of it. */
const sum = program({
  name: 'maskSums',
  reads: { logits: 'f32', truth: 'f32' },
  writes: { sums: 'vec4<f32>' },
  params: { films: 'u32', pixels: 'u32', parts: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  let block = group.y * count.x + group.x;
  if (block >= p.films * p.parts) { return; }
  let film = block % p.films;
  let first = block / p.films * ${PIXELS_PER_GROUP}u;
  var own = vec4<f32>();
  for (var i = first + lane; i < min(p.pixels, first + ${PIXELS_PER_GROUP}u); i += 64u) {
    let x = logits[film * p.pixels + i];
    let t = truth[film * p.pixels + i];
    let drawn = 1.0 / (1.0 + exp(-x));
    own += vec4<f32>(max(x, 0.0) - x * t + log(1.0 + exp(-abs(x))), drawn * t, drawn, t);
  }
  ${sumOverLanes('a', 'own.x')}
  ${sumOverLanes('b', 'own.y')}
  ${sumOverLanes('c', 'own.z')}
  ${sumOverLanes('d', 'own.w')}
  if (lane == 0u) { sums[block] = vec4<f32>(a, b, c, d); }`,
});

/** One workgroup: a batch has some tens of films. */
const fold = program({
  name: 'maskTerms',
  reads: { sums: 'vec4<f32>' },
  writes: { terms: 'f32' },
  params: { films: 'u32', pixels: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  var entropy = 0.0;
  var apart = 0.0;
  for (var film = lane; film < p.films; film += 64u) {
    let s = sums[film];
    entropy += s.x / f32(p.pixels);
    apart += (1.0 - (2.0 * s.y + 1.0) / (s.z + s.w + 1.0)) / f32(p.films);
  }
  ${sumOverLanes('crossEntropy', 'entropy')}
  ${sumOverLanes('dice', 'apart')}
  if (lane < ${TERM_COUNT}u) {
    var term = select(0.0, crossEntropy + dice, lane == ${MASK_LOSS_TERMS.loss}u);
    term = select(term, crossEntropy, lane == ${MASK_LOSS_TERMS.crossEntropy}u);
    terms[lane] = select(term, dice, lane == ${MASK_LOSS_TERMS.dice}u);
  }`,
});

/** One thread per pixel. */
const gradient = program({
  name: 'maskLossGrad',
  reads: { logits: 'f32', truth: 'f32', sums: 'vec4<f32>' },
  writes: { dlogits: 'f32' },
  params: { size: 'u32', pixels: 'u32', films: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.size')}
  let s = sums[index / p.pixels];
  let below = s.z + s.w + 1.0;
  let t = truth[index];
  let drawn = 1.0 / (1.0 + exp(-logits[index]));
  let byDice = (2.0 * s.y + 1.0) / (below * below) - 2.0 * t / below;
  dlogits[index] = (drawn - t) / f32(p.size) + byDice * drawn * (1.0 - drawn) / f32(p.films);`,
});
