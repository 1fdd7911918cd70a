// VICReg terms and gradients against the references and central differences, and what must hold for any input:
// both covariance forms agree, order of the batch and of the dimensions does not matter, views are exchangeable.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SUM_FORMS } from '../../forms.ts';
import {
  type Given,
  given,
  gpuError,
  numericalGradient,
  relativeError,
  runOn,
  withForm,
} from '../parts/testing.ts';
import { add, spatialMean, spatialMeanGrad } from '../pool/elementwise.ts';
import { VICREG_TERMS, vicreg, vicregGrad } from './vicreg.ts';

const weights: Given = { shape: [4], data: Float32Array.of(25, 25, 1, 0.5) };

async function gradInputs(z: Given) {
  const { outputs } = await runOn('cpu', vicreg, { z }, {});
  const shapes = vicreg.spec.outputs({ z: z.shape }, {});
  const saved = (i: number) => ({ shape: shapes[i]!, data: outputs[i]! });
  return { z, centred: saved(1), variances: saved(2), moments: saved(3), weights };
}

test.each([[[8, 12]], [[4, 3]], [[16, 64]], [[24, 5]], [[6, 33]], [[64, 128]], [[300, 150]]])(
  'terms and gradient of %j',
  async (shape) => {
    const z = given(shape, 1, 0.7);
    for (const form of SUM_FORMS.all) {
      await withForm(form, async () => {
        expect(await gpuError(vicreg, { z }, {})).toBeLessThan(1e-5);
      });
    }
    expect(await gpuError(vicregGrad, await gradInputs(z), {})).toBeLessThan(1e-5);
  },
);

test.each([[[8, 12]], [[4, 9]], [[12, 4]]])('gradient of %j equals central differences', async (shape) => {
  const z = given(shape, 2, 0.6);
  const made = await runOn('webgpu', vicregGrad, await gradInputs(z), {});
  const [wi, wv, wc, head] = weights.data as unknown as [number, number, number, number];
  const perTerm = [wi, wv, wv, wc, wc, 0, 0, 0].map((w) => w * head);
  const expected = numericalGradient(vicreg, { z }, {}, 'z', perTerm, 1e-6);
  expect(relativeError(made.outputs[0]!, expected)).toBeLessThan(1e-4);
});

test('order of batch and dimensions does not matter, views are exchangeable, equal views have no invariance', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 7 }),
      fc.integer({ min: 2, max: 9 }),
      fc.nat(1000),
      async (n, d, seed) => {
        const z = given([2 * n, d], seed);
        const at = (view: number, i: number, j: number) => z.data[(view * n + i) * d + j]!;
        const arrange = (pick: (view: number, i: number, j: number) => number): Given => ({
          shape: z.shape,
          data: Float32Array.from({ length: 2 * n * d }, (_, q) =>
            pick(Math.floor(q / (n * d)), Math.floor(q / d) % n, q % d),
          ),
        });
        const termsOf = async (pair: Given) => (await runOn('webgpu', vicreg, { z: pair }, {})).outputs[0]!;
        const plain = await termsOf(z);
        const turned = await termsOf(arrange((v, i, j) => at(v, n - 1 - i, d - 1 - j)));
        const swapped = await termsOf(arrange((v, i, j) => at(1 - v, i, j)));
        const equal = await termsOf(arrange((_, i, j) => at(0, i, j)));
        expect(relativeError(turned, plain)).toBeLessThan(1e-5);
        const { invariance, covariance1, covariance2 } = VICREG_TERMS;
        expect(Math.abs(swapped[invariance]! - plain[invariance]!)).toBeLessThan(1e-5 * plain[invariance]!);
        expect(swapped[covariance1]! - plain[covariance2]!).toBeCloseTo(0, 4);
        expect(equal[invariance]).toBe(0);
      },
    ),
    { numRuns: 12 },
  );
});

test('the Gram and the direct covariance agree where either may be used', async () => {
  const [n, d] = [16, 15];
  const z = given([2 * n, d], 5);
  const direct = (await runOn('webgpu', vicreg, { z }, {})).outputs[0]!;
  // Two empty dimensions make N < D without changing any sum over pairs; only the 1/D scale differs.
  const wide = new Float32Array(2 * n * (d + 2));
  for (let i = 0; i < 2 * n; i++) wide.set(z.data.subarray(i * d, (i + 1) * d), i * (d + 2));
  const gram = (await runOn('webgpu', vicreg, { z: { shape: [2 * n, d + 2], data: wide } }, {})).outputs[0]!;
  const { covariance1 } = VICREG_TERMS;
  expect(Math.abs((gram[covariance1]! * (d + 2)) / (direct[covariance1]! * d) - 1)).toBeLessThan(1e-5);
});

test('sum and spatial mean', async () => {
  for (const shape of [
    [2, 4, 4, 8],
    [3, 5, 2, 6],
    [1, 1, 1, 3],
  ]) {
    expect(await gpuError(add, { a: given(shape, 1), b: given(shape, 2) }, {})).toBeLessThan(1e-6);
    expect(await gpuError(spatialMean, { x: given(shape, 1) }, {})).toBeLessThan(1e-5);
    const attrs = { height: shape[1]!, width: shape[2]! };
    expect(await gpuError(spatialMeanGrad, { dy: given([shape[0]!, shape[3]!], 3) }, attrs)).toBeLessThan(
      1e-6,
    );
  }
});
