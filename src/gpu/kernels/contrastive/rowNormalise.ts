// Rows of unit length, or of another one, and the way back from unit length: u = x / max(|x|, 1e-12). Losses of cosines are
// measured on such rows; the statistics of such embeddings on rows of length sqrt(D), whose full spread is one.

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program } from '../../program.ts';
import { SUM_OVER_LANES, sumOverLanes } from '../parts/lanes.ts';

const SMALLEST = 1e-12;

type NoAttrs = Record<string, never>;

export interface RowAttrs {
  /** Of each row; 1 where it is left out. */
  readonly length?: number;
}

/** Input: x [R, D]. Outputs: unit [R, D]; norms [R], of x. */
export const rowNormalise = defineKernel<'x', RowAttrs>({
  name: 'MlvRowNormalise',
  inputs: ['x'],
  outputs: ({ x }) => [x, [x[0]!]],
  gpu({ inputs: { x }, outputs, run }, { length = 1 }) {
    const [rows, d] = x.shape as [number, number];
    run(normalise, [x, ...outputs], [rows, d, length], flatGroups(rows, 1));
  },
  reference({ x }, { length = 1 }, [unit, norms]) {
    const [rows, d] = x.shape as [number, number];
    for (let i = 0; i < rows; i++) {
      let square = 0;
      for (let j = 0; j < d; j++) square += x.data[i * d + j]! ** 2;
      const norm = Math.max(Math.sqrt(square), SMALLEST);
      norms!.data[i] = norm;
      for (let j = 0; j < d; j++) unit!.data[i * d + j] = (x.data[i * d + j]! / norm) * length;
    }
  },
});

/** Gradient of rowNormalise: dx = (du - (du . u) u) / |x|. Output: dx [R, D]. */
export const rowNormaliseGrad = defineKernel<'dunit' | 'unit' | 'norms', NoAttrs>({
  name: 'MlvRowNormaliseGrad',
  inputs: ['dunit', 'unit', 'norms'],
  outputs: ({ dunit }) => [dunit],
  gpu({ inputs: { dunit, unit, norms }, outputs, run }) {
    const [rows, d] = unit.shape as [number, number];
    run(normaliseGradient, [dunit, unit, norms, outputs[0]!], [rows, d], flatGroups(rows, 1));
  },
  reference({ dunit, unit, norms }, _attrs, [dx]) {
    const [rows, d] = unit.shape as [number, number];
    for (let i = 0; i < rows; i++) {
      let along = 0;
      for (let j = 0; j < d; j++) along += dunit.data[i * d + j]! * unit.data[i * d + j]!;
      for (let j = 0; j < d; j++) {
        const at = i * d + j;
        dx!.data[at] = (dunit.data[at]! - along * unit.data[at]!) / norms.data[i]!;
      }
    }
  },
});

const normalise = program({
  name: 'rowNormalise',
  reads: { x: 'f32' },
  writes: { unit: 'f32', norms: 'f32' },
  params: { rows: 'u32', d: 'u32', length: 'f32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  let row = group.y * count.x + group.x;
  if (row >= p.rows) { return; }
  var part = 0.0;
  for (var j = lane; j < p.d; j += 64u) { let value = x[row * p.d + j]; part += value * value; }
  ${sumOverLanes('square', 'part')}
  let norm = max(sqrt(square), ${SMALLEST});
  for (var j = lane; j < p.d; j += 64u) { unit[row * p.d + j] = (x[row * p.d + j] / norm) * p.length; }
  if (lane == 0u) { norms[row] = norm; }`,
});

const normaliseGradient = program({
  name: 'rowNormaliseGrad',
  reads: { dunit: 'f32', unit: 'f32', norms: 'f32' },
  writes: { dx: 'f32' },
  params: { rows: 'u32', d: 'u32' },
  workgroup: [64],
  declarations: SUM_OVER_LANES,
  body: `
  let row = group.y * count.x + group.x;
  if (row >= p.rows) { return; }
  var part = 0.0;
  for (var j = lane; j < p.d; j += 64u) { part += dunit[row * p.d + j] * unit[row * p.d + j]; }
  ${sumOverLanes('along', 'part')}
  for (var j = lane; j < p.d; j += 64u) {
    let at = row * p.d + j;
    dx[at] = (dunit[at] - along * unit[at]) / norms[row];
  }`,
});
