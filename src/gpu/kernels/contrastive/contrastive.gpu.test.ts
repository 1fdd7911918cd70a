// Rows of unit length, the contrastive and the cosine loss on the GPU against their plain loops, and their gradients against
// central differences of those.
import { expect, test } from 'vitest';
import { type Given, given, gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { contrastive, contrastiveGrad } from './contrastive.ts';
import { cosine, cosineGrad } from './cosine.ts';
import { rowNormalise, rowNormaliseGrad } from './rowNormalise.ts';

const weights: Given = { shape: [2], data: Float32Array.of(1, 0.5) };

async function normalised(shape: number[]): Promise<{ unit: Given; norms: Given }> {
  const x = given(shape, 1, 0.7);
  const { outputs } = await runOn('cpu', rowNormalise, { x }, {});
  return { unit: { shape, data: outputs[0]! }, norms: { shape: [shape[0]!], data: outputs[1]! } };
}

async function gradInputs(unit: Given, temperature: number) {
  const { outputs } = await runOn('cpu', contrastive, { unit }, { temperature });
  const rows = unit.shape[0]!;
  return { unit, probabilities: { shape: [rows, rows], data: outputs[1]! }, weights };
}

test.each([[[8, 12]], [[4, 3]], [[16, 64]], [[48, 5]], [[6, 133]], [[130, 128]]])('%j', async (shape) => {
  const { unit, norms } = await normalised(shape);
  expect(await gpuError(rowNormalise, { x: given(shape, 1, 0.7) }, {})).toBeLessThan(1e-5);
  expect(await gpuError(rowNormalise, { x: given(shape, 1, 0.7) }, { length: 3 })).toBeLessThan(1e-5);
  const back = { dunit: given(shape, 3), unit, norms };
  expect(await gpuError(rowNormaliseGrad, back, {})).toBeLessThan(1e-5);
  for (const temperature of [0.5, 0.07]) {
    expect(await gpuError(contrastive, { unit }, { temperature })).toBeLessThan(2e-5);
    const inputs = await gradInputs(unit, temperature);
    expect(await gpuError(contrastiveGrad, inputs, { temperature })).toBeLessThan(2e-5);
  }
});

test.each([[[8, 12]], [[4, 9]]])('gradients of %j equal central differences', async (shape) => {
  const { unit, norms } = await normalised(shape);
  const attrs = { temperature: 0.3 };
  const loss = await runOn('webgpu', contrastiveGrad, await gradInputs(unit, 0.3), attrs);
  const expected = numericalGradient(contrastive, { unit }, attrs, 'unit', [0.5, 0, 0, 0, 0, 0, 0, 0], 1e-6);
  expect(relativeError(loss.outputs[0]!, expected)).toBeLessThan(1e-4);

  const dunit = given(shape, 3);
  const made = await runOn('webgpu', rowNormaliseGrad, { dunit, unit, norms }, {});
  const x = given(shape, 1, 0.7);
  const back = numericalGradient(rowNormalise, { x }, {}, 'x', [...dunit.data], 1e-6);
  expect(relativeError(made.outputs[0]!, back)).toBeLessThan(1e-4);
});

const COSINE = { scale: 4, offset: 4 };

async function cosineInputs(shape: number[]) {
  const pair = { prediction: given(shape, 1, 0.7), target: given(shape, 2, 1.3) };
  const { outputs } = await runOn('cpu', cosine, pair, COSINE);
  return { pair, saved: { cosines: { shape: [shape[0]!, 3], data: outputs[1]! }, weights } };
}

test.each([[[8, 12]], [[4, 3]], [[48, 5]], [[6, 133]], [[130, 128]]])('cosine loss of %j', async (shape) => {
  const { pair, saved } = await cosineInputs(shape);
  expect(await gpuError(cosine, pair, COSINE)).toBeLessThan(1e-5);
  expect(await gpuError(cosineGrad, { ...pair, ...saved }, COSINE)).toBeLessThan(1e-5);
});

test('the gradient of the cosine loss equals central differences', async () => {
  const { pair, saved } = await cosineInputs([8, 9]);
  const { outputs } = await runOn('webgpu', cosineGrad, { ...pair, ...saved }, COSINE);
  const terms = [0.5, 0, 0, 0, 0, 0, 0, 0];
  const expected = numericalGradient(cosine, pair, COSINE, 'prediction', terms, 1e-6);
  expect(relativeError(outputs[0]!, expected)).toBeLessThan(1e-4);
});
