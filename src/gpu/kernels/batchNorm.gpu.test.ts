// batchNorm against its reference, its gradient against central differences, and accuracy at large means.
import { expect, test } from 'vitest';
import { batchNorm, batchNormEval } from './batchNorm.ts';
import { batchNormGrad } from './batchNormGrad.ts';
import { given, gpuError, numericalGradient, relativeError, runOn, values } from './testing.ts';

const SHAPES = [
  [2, 5, 5, 8],
  [4, 9, 7, 6],
  [6, 3],
  [8, 64],
  [4, 24, 24, 12],
];
const base = { eps: 1e-5, momentum: 0.1, groups: 2 };

function inputsFor(shape: number[], offset = 0) {
  const c = shape.at(-1)!;
  return {
    x: given(shape, 1, 1.5, offset),
    gamma: given([c], 2, 0.3, 1),
    beta: given([c], 3),
    residual: given(shape, 4),
    runningMean: given([c], 5),
    runningVar: given([c], 6, 0.1, 1),
  };
}

test.each(SHAPES.map((shape) => [shape]))('forward of %j equals the reference', async (shape) => {
  for (const relu of [false, true]) {
    for (const residual of [false, true]) {
      const attrs = { ...base, relu, residual };
      expect(await gpuError(batchNorm, inputsFor(shape), attrs)).toBeLessThan(1e-5);
      expect(await gpuError(batchNormEval, inputsFor(shape), attrs)).toBeLessThan(1e-5);
    }
  }
});

test('a mean a thousand deviations away costs little accuracy', async () => {
  // A float32 mean of 1500 is good to 1e-4, which is 7e-5 of the deviation 1.5: more cannot be asked for.
  expect(
    await gpuError(batchNorm, inputsFor([8, 16, 16, 8], 1500), { ...base, relu: false, residual: false }),
  ).toBeLessThan(2e-4);
});

test.each([[[2, 3, 3, 4]], [[4, 2, 1, 3]], [[6, 5]]])(
  'gradient of %j equals central differences',
  async (shape) => {
    for (const residual of [false, true]) {
      const inputs = inputsFor(shape);
      const attrs = { ...base, relu: true, residual };
      const dy = given(shape, 9);
      const forward = await runOn('cpu', batchNorm, inputs, attrs);
      const stats = { shape: [2, 2, shape.at(-1)!], data: forward.outputs[1]! };
      const gradInputs = {
        x: inputs.x,
        y: { shape, data: forward.outputs[0]! },
        dy,
        gamma: inputs.gamma,
        stats,
      };
      const gradAttrs = { groups: 2, relu: true, residual };
      expect(await gpuError(batchNormGrad, gradInputs, gradAttrs)).toBeLessThan(1e-5);
      const made = await runOn('webgpu', batchNormGrad, gradInputs, gradAttrs);
      const order = residual
        ? (['x', 'gamma', 'beta', 'residual'] as const)
        : (['x', 'gamma', 'beta'] as const);
      order.forEach((name, i) => {
        const expected = numericalGradient(batchNorm, inputs, attrs, name, dy.data);
        expect(relativeError(made.outputs[i]!, expected)).toBeLessThan(1e-4);
      });
    }
  },
);

test('identical seeds give identical inputs', () => {
  expect(values([4], 3)).toEqual(values([4], 3));
});
