// Dense layers against their references at sizes with and without a split sum, and against central differences.
import { describe, expect, test } from 'vitest';
import { TILE_FORMS } from '../../forms.ts';
import { given, gpuError, numericalGradient, relativeError, runOn, withForm } from '../parts/testing.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from './dense.ts';

/** [n, k, m]. */
const SIZES: [number, number, number][] = [
  [64, 256, 128],
  [4, 512, 16],
  [7, 33, 5],
  [130, 12, 70],
  [2, 1, 3],
  [17, 130, 36],
];

const inputsOf = ([n, k, m]: readonly [number, number, number]) => ({
  x: given([n, k], 1),
  w: given([k, m], 2, 0.2),
  b: given([m], 3),
  dy: given([n, m], 4),
});

async function expectReference(...size: readonly [number, number, number]) {
  const { x, w, b, dy } = inputsOf(size);
  expect(await gpuError(dense, { x, w, b }, { bias: true })).toBeLessThan(2e-6);
  expect(await gpuError(dense, { x, w, b }, { bias: false })).toBeLessThan(2e-6);
  expect(await gpuError(denseInputGrad, { dy, w }, {})).toBeLessThan(2e-6);
  expect(await gpuError(denseFilterGrad, { x, dy }, {})).toBeLessThan(2e-6);
  expect(await gpuError(columnSums, { dy }, {})).toBeLessThan(2e-6);
}

describe.each(TILE_FORMS.all)('%s tiles', (form) => {
  test.each(SIZES)('n %i, k %i, m %i equals the reference', async (...size) => {
    await withForm(form, () => expectReference(...size));
  });

  test.each<[number, number, number]>([[3, 4, 2], SIZES[2]!, SIZES[4]!])(
    'gradients at n %i, k %i, m %i equal central differences',
    async (...size) => {
      await withForm(form, () => expectSlope(...size));
    },
  );
});

async function expectSlope(...size: readonly [number, number, number]) {
  const { x, w, b, dy } = inputsOf(size);
  const slope = (wanted: 'x' | 'w' | 'b') =>
    numericalGradient(dense, { x, w, b }, { bias: true }, wanted, dy.data);
  const dx = await runOn('webgpu', denseInputGrad, { dy, w }, {});
  const dw = await runOn('webgpu', denseFilterGrad, { x, dy }, {});
  const db = await runOn('webgpu', columnSums, { dy }, {});
  expect(relativeError(dx.outputs[0]!, slope('x'))).toBeLessThan(2e-6);
  expect(relativeError(dw.outputs[0]!, slope('w'))).toBeLessThan(2e-6);
  expect(relativeError(db.outputs[0]!, slope('b'))).toBeLessThan(2e-6);
}
