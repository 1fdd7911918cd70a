// LARS and AdamW on the GPU against their plain loops: mixed segments, zero norms, gaps, and one large segment.
import { expect, test } from 'vitest';
import { adamwUpdate, larsUpdate, packHyper } from './optimiser.ts';
import { type Given, given, gpuError, runOn } from './testing.ts';

const hyper: Given = {
  shape: [8],
  data: packHyper({ rate: 0.1, weightDecay: 0.01, momentum: 0.9, trustCoefficient: 0.02, updates: 3 }),
};

function arena(size: number, rows: number[][]) {
  const segments: Given = { shape: [rows.length, 4], data: Int32Array.from(rows.flat()) };
  const moment2 = given([size], 4);
  for (let i = 0; i < size; i++) moment2.data[i] = Math.abs(moment2.data[i]!);
  return {
    parameters: given([size], 1),
    gradients: given([size], 2),
    moment1: given([size], 3),
    moment2,
    segments,
    hyper,
  };
}

const MIXED = arena(1000, [
  [0, 7, 0, 0],
  [7, 500, 1, 0],
  [600, 64, 1, 0],
  [664, 1, 0, 0],
  [700, 300, 1, 0],
]);

test.each([
  ['mixed', MIXED],
  ['one', arena(5, [[0, 5, 1, 0]])],
  ['large', arena(300_001, [[0, 300_001, 1, 0]])],
])('%s segments', async (_name, inputs) => {
  expect(await gpuError(larsUpdate, inputs, {})).toBeLessThan(2e-6);
  expect(await gpuError(adamwUpdate, inputs, {})).toBeLessThan(2e-6);
});

test('zero norms leave the update unscaled, and numbers outside segments stay', async () => {
  const inputs = arena(1000, [
    [0, 100, 1, 0],
    [100, 100, 1, 0],
  ]);
  inputs.parameters.data.fill(0, 0, 100);
  inputs.gradients.data.fill(0, 100, 200);
  inputs.parameters.data.fill(0, 100, 200);
  expect(await gpuError(larsUpdate, inputs, {})).toBeLessThan(2e-6);
  const { mutated } = await runOn('webgpu', larsUpdate, inputs, {});
  expect(mutated.parameters!.slice(200)).toEqual(inputs.parameters.data.slice(200));
  const expected = inputs.moment1.data[0]! * 0.9 + inputs.gradients.data[0]!;
  expect(mutated.parameters![0]).toBeCloseTo(-0.1 * expected, 6);
});
