// The loss as it was published (VICReg, arXiv 2105.04906, equations 1 to 6; equations 5 to 8 of the paper of this method),
// written out step by step in double precision and shared with no other file: covariance as a D x D matrix with its
// diagonal struck out, gradients by central differences of these formulas alone. Kernels and plain loops are held to it.
import { expect, test } from 'vitest';
import { type Given, given, relativeError, runOn } from '../parts/testing.ts';
import { VICREG_TERMS, vicreg, vicregGrad } from './vicreg.ts';

type Matrix = readonly (readonly number[])[];

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const column = (z: Matrix, j: number) => z.map((row) => row[j]!);
const dimensions = (z: Matrix) => z[0]!.map((_, j) => j);

/** s(Z, Z'): the mean squared error, over films and dimensions as published code has it. */
const invariance = (a: Matrix, b: Matrix): number =>
  mean(a.flatMap((row, i) => row.map((value, j) => (value - b[i]![j]!) ** 2)));

/** Unbiased variance of one dimension over the films. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/** v(Z) = 1/d sum_j max(0, gamma - sqrt(Var(z_j) + eps)), with gamma 1 and eps 1e-4; published code halves it. */
const varianceTerm = (z: Matrix): number =>
  mean(dimensions(z).map((j) => Math.max(0, 1 - Math.sqrt(variance(column(z, j)) + 1e-4)))) / 2;

/** C(Z) = 1/(n - 1) sum_i (z_i - mean)(z_i - mean)^T. */
function covarianceMatrix(z: Matrix): Matrix {
  const centres = dimensions(z).map((j) => mean(column(z, j)));
  const entry = (j: number, k: number) =>
    z.reduce((sum, row) => sum + (row[j]! - centres[j]!) * (row[k]! - centres[k]!), 0) / (z.length - 1);
  return dimensions(z).map((j) => dimensions(z).map((k) => entry(j, k)));
}

/** c(Z) = 1/d sum over i != j of C(Z)_ij^2. */
const covarianceTerm = (z: Matrix): number =>
  covarianceMatrix(z)
    .flatMap((row, j) => row.filter((_, k) => k !== j))
    .reduce((sum, value) => sum + value ** 2, 0) / dimensions(z).length;

const TERMS: Readonly<Record<string, (a: Matrix, b: Matrix) => number>> = {
  invariance,
  variance: (a, b) => varianceTerm(a) + varianceTerm(b),
  covariance: (a, b) => covarianceTerm(a) + covarianceTerm(b),
};

function viewsOf({ shape, data }: Given): [Matrix, Matrix] {
  const [rows, d] = shape as [number, number];
  const all = Array.from({ length: rows }, (_, i) => [...data.slice(i * d, (i + 1) * d)]);
  return [all.slice(0, rows / 2), all.slice(rows / 2)];
}

function centralDifferences(z: Given, loss: (a: Matrix, b: Matrix) => number): Float64Array {
  const [n, d] = [z.shape[0]! / 2, z.shape[1]!];
  const all = viewsOf(z)
    .flat()
    .map((row) => [...row]);
  const at = () => loss(all.slice(0, n), all.slice(n));
  const step = 1e-5;
  return Float64Array.from({ length: 2 * n * d }, (_, i) => {
    const row = all[Math.floor(i / d)]!;
    const kept = row[i % d]!;
    row[i % d] = kept + step;
    const up = at();
    row[i % d] = kept - step;
    const down = at();
    row[i % d] = kept;
    return (up - down) / (2 * step);
  });
}

/** More dimensions than films, fewer, and as many; spread below the hinge, about it and beyond. */
const PAIRS: readonly Given[] = [
  given([8, 12], 1, 0.7),
  given([16, 5], 2, 0.9),
  given([12, 6], 3, 1.6),
  given([8, 9], 4, 0.2, 3),
];

test.each(PAIRS.map((z) => [z.shape.join(' x '), z] as const))(
  'terms of %s are the published ones, on the GPU and in plain loops',
  async (_, z) => {
    const [a, b] = viewsOf(z);
    for (const backend of ['webgpu', 'cpu'] as const) {
      const terms = (await runOn(backend, vicreg, { z }, {})).outputs[0]!;
      const at = (name: keyof typeof VICREG_TERMS) => terms[VICREG_TERMS[name]]!;
      const found = {
        invariance: at('invariance'),
        variance: at('variance1') + at('variance2'),
        covariance: at('covariance1') + at('covariance2'),
      };
      for (const [name, value] of Object.entries(found)) {
        const wanted = TERMS[name]!(a, b);
        expect(Math.abs(value - wanted), name).toBeLessThan(1e-5 * Math.max(wanted, 1e-3));
      }
      const spread = dimensions(a).map((j) => Math.sqrt(variance(column(a, j)) + 1e-4));
      expect(Math.abs(at('std1') / mean(spread) - 1)).toBeLessThan(1e-5);
    }
  },
);

test.each(PAIRS.map((z) => [z.shape.join(' x '), z] as const))(
  'the gradient of each term of %s is that of the published formula',
  async (_, z) => {
    const shapes = vicreg.spec.outputs({ z: z.shape }, {});
    const { outputs } = await runOn('cpu', vicreg, { z }, {});
    const [, centred, variances, moments] = outputs.map((data, i) => ({ shape: shapes[i]!, data })) as [
      Given,
      Given,
      Given,
      Given,
    ];
    for (const [i, name] of Object.keys(TERMS).entries()) {
      const weights = {
        shape: [4],
        data: Float32Array.from([0, 1, 2, 3], (at) => (at === i ? 5 : +(at === 3))),
      };
      const wanted = centralDifferences(z, TERMS[name]!).map((value) => 5 * value);
      for (const backend of ['webgpu', 'cpu'] as const) {
        const made = await runOn(backend, vicregGrad, { z, centred, variances, moments, weights }, {});
        expect(relativeError(made.outputs[0]!, wanted), `${name}, ${backend}`).toBeLessThan(1e-4);
      }
    }
  },
);
