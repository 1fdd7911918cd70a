// The loss and its closed gradient against the published formula (facebookresearch/vicreg, main_vicreg.py), written out here
// line by line in double precision, and against numbers that PyTorch gave for embeddings in closed form. The kernels run as
// their plain loops on the processor; vicreg.gpu.test.ts holds the GPU to those.

import { beforeAll, expect, test } from 'vitest';
import { tf } from '../../gpu/backend.ts';
import { Tape } from '../../nn/tape.ts';
import { readStatistics, vicregLoss, vicregStatistics } from './vicregLoss.ts';

type Matrix = readonly (readonly number[])[];

const transposed = (x: Matrix): Matrix => x[0]!.map((_, j) => x.map((row) => row[j]!));
const matmul = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
};

/**
 * repr_loss = F.mse_loss(x, y)
 * x = x - x.mean(dim=0); std_x = torch.sqrt(x.var(dim=0) + 0.0001)
 * std_loss = torch.mean(F.relu(1 - std_x)) / 2 + torch.mean(F.relu(1 - std_y)) / 2
 * cov_x = (x.T @ x) / (batch_size - 1)
 * cov_loss = off_diagonal(cov_x).pow_(2).sum().div(num_features) + off_diagonal(cov_y).pow_(2).sum().div(num_features)
 */
function published(x: Matrix, y: Matrix) {
  const [n, d] = [x.length, x[0]!.length];
  const reprLoss = mean(x.flatMap((row, i) => row.map((value, j) => (value - y[i]![j]!) ** 2)));
  const centred = [x, y].map((view) => {
    const means = transposed(view).map(mean);
    return view.map((row) => row.map((value, j) => value - means[j]!));
  });
  const stdLoss = centred.reduce((sum, view) => {
    const std = transposed(view).map((column) => Math.sqrt(variance(column) + 0.0001));
    return sum + mean(std.map((s) => Math.max(0, 1 - s))) / 2;
  }, 0);
  const covLoss = centred.reduce((sum, view) => {
    const cov = matmul(transposed(view), view).map((row) => row.map((value) => value / (n - 1)));
    const offDiagonal = cov.flatMap((row, j) => row.filter((_, k) => k !== j));
    return sum + offDiagonal.reduce((a, value) => a + value ** 2, 0) / d;
  }, 0);
  return { invariance: reprLoss, variance: stdLoss, covariance: covLoss };
}

const [N, D] = [6, 5];
const views = (n: number, d: number): [Matrix, Matrix] => {
  const entry = <T>(make: (i: number, j: number) => T) =>
    Array.from({ length: n }, (_, i) => Array.from({ length: d }, (_, j) => make(i, j)));
  const x = entry((i, j) => Math.sin(0.7 * i + 1.3 * j + 0.11 * i * j));
  return [x, entry((i, j) => x[i]![j]! + 0.3 * Math.cos(0.5 * i - 0.9 * j))];
};

/** Terms and gradient as training has them, the weights 25, 25, 1 and that of the head. */
async function ours([x, y]: readonly [Matrix, Matrix], head = 1) {
  const z = tf.tensor2d([...x, ...y].map((row) => [...row]));
  const weights = tf.tensor1d([25, 25, 1, head]);
  const tape = new Tape();
  let gradient: Promise<ArrayLike<number>> | null = null;
  tape.watch(z, (tensor) => {
    gradient = tensor.data();
  });
  const terms = vicregLoss(tape, z, weights);
  const statistics = vicregStatistics(z);
  tape.backward();
  const read = { terms: await terms.data(), statistics: await statistics.data(), gradient: await gradient! };
  tf.dispose([z, weights, terms, statistics]);
  return { ...read, gradient: Float64Array.from(read.gradient) };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each([
  [6, 5],
  [4, 9],
  [12, 3],
  [3, 16],
])('terms and gradient of %i films, %i dimensions are those of the published formula', async (n, d) => {
  const pair = views(n, d);
  const { terms, statistics, gradient } = await ours(pair, 0.5);
  const wanted = published(...pair);
  const { std: _, ...found } = readStatistics(terms);
  for (const name of ['invariance', 'variance', 'covariance'] as const) {
    expect(found[name] / wanted[name] - 1).toBeCloseTo(0, 5);
  }
  expect([...statistics]).toEqual([...terms]);

  const loss = (both: Matrix) => {
    const { invariance, variance: spread, covariance } = published(both.slice(0, n), both.slice(n));
    return 0.5 * (25 * invariance + 25 * spread + covariance);
  };
  const both = [...pair[0], ...pair[1]];
  const step = 1e-5;
  const moved = (i: number, j: number, by: number) =>
    both.map((row, k) => (k === i ? row.map((value, l) => (l === j ? value + by : value)) : row));
  const numerical = both.flatMap((row, i) =>
    row.map((_, j) => (loss(moved(i, j, step)) - loss(moved(i, j, -step))) / (2 * step)),
  );
  const size = Math.hypot(...numerical);
  expect(Math.hypot(...numerical.map((value, i) => value - gradient[i]!)) / size).toBeLessThan(2e-6);
});

test('values and gradient norms are those that PyTorch gives', async () => {
  const { terms, gradient } = await ours(views(N, D));
  const { invariance, variance: spread, covariance } = readStatistics(terms);
  expect(invariance).toBeCloseTo(0.0447500719, 7);
  expect(spread).toBeCloseTo(0.238828578, 7);
  expect(covariance).toBeCloseTo(1.0276336495, 6);
  expect(25 * invariance + 25 * spread + covariance).toBeCloseTo(8.1170998963, 5);
  expect(Math.hypot(...gradient.slice(0, N * D))).toBeCloseTo(3.0729729, 5);
  expect(Math.hypot(...gradient.slice(N * D))).toBeCloseTo(2.3517255, 5);
});
