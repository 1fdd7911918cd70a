// batchNorm against its reference, its gradient against central differences, and accuracy at large means.
import { describe, expect, test } from 'vitest';
import { SUM_FORMS } from '../../forms.ts';
import {
  given,
  gpuError,
  numericalGradient,
  relativeError,
  runOn,
  values,
  withForm,
} from '../parts/testing.ts';
import { batchNorm, batchNormEval } from './batchNorm.ts';
import { batchNormGrad } from './batchNormGrad.ts';

const SHAPES = [
  [2, 5, 5, 8],
  [4, 9, 7, 6],
  [6, 3],
  [8, 64],
];
/** More rows than one thread takes: partial widths of a workgroup, one lane, two blocks of columns. */
const LONG = [
  [4, 24, 24, 12],
  [4, 13, 11, 6],
  [2, 12, 12, 80],
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

describe.each([...SUM_FORMS.all])('%s', (form) => {
  test.each((form === 'threads' ? [...SHAPES, ...LONG] : LONG).map((shape) => [shape]))(
    'forward of %j equals the reference',
    (shape) =>
      withForm(form, async () => {
        for (const relu of [false, true]) {
          for (const residual of [false, true]) {
            const attrs = { ...base, relu, residual };
            expect(await gpuError(batchNorm, inputsFor(shape), attrs)).toBeLessThan(1e-5);
            if (form !== 'threads') continue;
            expect(await gpuError(batchNormEval, inputsFor(shape), attrs)).toBeLessThan(1e-5);
          }
        }
      }),
  );

  test('a mean thousands of deviations away costs little accuracy', () =>
    withForm(form, async () => {
      const plain = { ...base, relu: false, residual: false };
      // A float32 mean of 1500 is good to 1e-4, which is 7e-5 of the deviation 1.5: more cannot be asked for.
      expect(await gpuError(batchNorm, inputsFor([8, 16, 16, 8], 1500), plain)).toBeLessThan(2e-4);
      // At 1e4 with a deviation of one, x itself is kept to 1e-3 only; the variance must be right to that all the same.
      const far = { ...inputsFor([16, 24, 24, 8]), x: given([16, 24, 24, 8], 1, 1, 1e4) };
      const [gpu, cpu] = [
        await runOn('webgpu', batchNorm, far, plain),
        await runOn('cpu', batchNorm, far, plain),
      ];
      const deviations = ({ outputs }: typeof gpu) =>
        [...outputs[1]!].filter((_, i) => Math.floor(i / 8) % 2 === 1);
      expect(relativeError(deviations(gpu), deviations(cpu))).toBeLessThan(1e-4);
      expect(relativeError(gpu.outputs[0]!, cpu.outputs[0]!)).toBeLessThan(2e-3);
    }));

  test.each([[[2, 3, 3, 4]], [[4, 2, 1, 3]], [[6, 5]], [[4, 9, 9, 2]]])(
    'gradient of %j equals central differences',
    (shape) =>
      withForm(form, async () => {
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
          if (!residual) {
            const fromX = { ...gradInputs, y: inputs.beta };
            expect(await gpuError(batchNormGrad, fromX, { ...gradAttrs, maskFromX: true })).toBeLessThan(
              1e-5,
            );
          }
          const made = await runOn('webgpu', batchNormGrad, gradInputs, gradAttrs);
          const order = residual
            ? (['x', 'gamma', 'beta', 'residual'] as const)
            : (['x', 'gamma', 'beta'] as const);
          order.forEach((name, i) => {
            const expected = numericalGradient(batchNorm, inputs, attrs, name, dy.data);
            expect(relativeError(made.outputs[i]!, expected)).toBeLessThan(1e-4);
          });
        }
      }),
  );
});

test('identical seeds give identical inputs', () => {
  expect(values([4], 3)).toEqual(values([4], 3));
});
