// ReLU by itself on the GPU against its plain loops, and its gradient against central differences of those.
import { expect, test } from 'vitest';
import { type Given, given, gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { relu, reluGrad } from './elementwise.ts';

test.each([[[8, 36]], [[5, 33]], [[3, 7, 4]], [[1]]])('%j', async (shape) => {
  const x = given(shape, 1);
  expect(await gpuError(relu, { x }, {})).toBe(0);
  const { outputs } = await runOn('webgpu', relu, { x }, {});
  const y: Given = { shape, data: outputs[0]! };
  const dy = given(shape, 2);
  expect(await gpuError(reluGrad, { y, dy }, {})).toBe(0);
  const { outputs: back } = await runOn('webgpu', reluGrad, { y, dy }, {});
  expect(relativeError(back[0]!, numericalGradient(relu, { x }, {}, 'x', [...dy.data], 1e-7))).toBeLessThan(
    1e-5,
  );
});
