// Max pooling and its gradient against the references, with ties, odd sizes and all-negative maps.
import { expect, test } from 'vitest';
import { given, gpuError, numericalGradient, relativeError, runOn, withForm } from '../parts/testing.ts';
import { maxPool, maxPoolGrad } from './maxPool.ts';

const STEM = { size: 3, stride: 2, pad: 1 };
const CASES: [number[], typeof STEM][] = [
  [[4, 32, 32, 8], STEM],
  [[2, 15, 9, 5], STEM],
  [[3, 7, 8, 12], STEM],
  [[2, 1, 1, 4], STEM],
  [[2, 9, 10, 3], { size: 2, stride: 2, pad: 0 }],
  [[2, 8, 11, 4], { size: 3, stride: 1, pad: 1 }],
  [[1, 13, 13, 4], { size: 5, stride: 3, pad: 2 }],
];

test.each(CASES)('%j with %j equals the reference', async (shape, attrs) => {
  const plain = given(shape, 1);
  const maps = [
    plain,
    given(shape, 2, 0.5, -9),
    { shape, data: plain.data.map((v) => Math.max(0, Math.round(v))) },
  ];
  for (const x of maps) {
    expect(await gpuError(maxPool, { x }, attrs)).toBe(0);
    const pooled = await runOn('cpu', maxPool, { x }, attrs);
    const side = (n: number) => Math.floor((n + 2 * attrs.pad - attrs.size) / attrs.stride) + 1;
    const dy = given([shape[0]!, side(shape[1]!), side(shape[2]!), shape[3]!], 3);
    expect(pooled.outputs[0]!.length).toBe(dy.data.length);
    expect(await gpuError(maxPoolGrad, { x, dy }, attrs)).toBeLessThan(1e-6);
    await withForm('narrow', async () => {
      expect(await gpuError(maxPoolGrad, { x, dy }, attrs)).toBeLessThan(1e-6);
    });
  }
});

test.each([[[2, 5, 6, 3]], [[1, 7, 7, 4]], [[3, 4, 4, 2]]])(
  'the gradient at %j equals central differences',
  async (shape) => {
    const x = given(shape, 4);
    const dy = given([shape[0]!, Math.ceil(shape[1]! / 2), Math.ceil(shape[2]! / 2), shape[3]!], 5);
    const dx = await runOn('webgpu', maxPoolGrad, { x, dy }, STEM);
    expect(relativeError(dx.outputs[0]!, numericalGradient(maxPool, { x }, STEM, 'x', dy.data))).toBeLessThan(
      2e-6,
    );
  },
);
