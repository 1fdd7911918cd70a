// Barlow Twins on the GPU against its plain loops, and its gradient against central differences of them.
import { expect, test } from 'vitest';
import { type Given, given, gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { barlow, barlowGrad } from './barlow.ts';

const weights: Given = { shape: [3], data: Float32Array.of(1, 0.02, 0.5) };

async function gradInputs(z: Given) {
  const { outputs } = await runOn('cpu', barlow, { z }, {});
  const shapes = barlow.spec.outputs({ z: z.shape }, {});
  const saved = (i: number) => ({ shape: shapes[i]!, data: outputs[i]! });
  return { standardised: saved(1), scales: saved(2), diagonal: saved(3), grams: saved(4), weights };
}

test.each([[[8, 12]], [[4, 3]], [[16, 64]], [[24, 5]], [[6, 33]], [[64, 128]], [[300, 150]]])(
  'terms and gradient of %j',
  async (shape) => {
    const z = given(shape, 1, 0.7);
    expect(await gpuError(barlow, { z }, {})).toBeLessThan(1e-5);
    expect(await gpuError(barlowGrad, await gradInputs(z), {})).toBeLessThan(1e-5);
  },
);

test.each([[[8, 12]], [[6, 9]], [[12, 4]]])('gradient of %j equals central differences', async (shape) => {
  const z = given(shape, 2, 0.6);
  const made = await runOn('webgpu', barlowGrad, await gradInputs(z), {});
  const perTerm = [1, 0.02, 0, 0, 0, 0, 0, 0].map((weight) => 0.5 * weight);
  const expected = numericalGradient(barlow, { z }, {}, 'z', perTerm, 1e-6);
  expect(relativeError(made.outputs[0]!, expected)).toBeLessThan(1e-4);
});
