// VICRegL against numbers that PyTorch gives (e2e/parity/places.py, float64 with autograd) for features and locations in closed
// form, and what its settings mean: how many places are matched, and what α = 1 leaves. In the plain loops of its kernels.

import { beforeAll, expect, test } from 'vitest';
import { type Config, defaultConfig } from '../../config/schema.ts';
import { tf } from '../../gpu/backend.ts';
import { values } from '../../gpu/kernels/parts/case.ts';
import { Tape } from '../../nn/tape.ts';
import { readHeads } from '../../train/sample.ts';
import { readStatistics } from '../heads/vicregLoss.ts';
import { lossWeights, weightedTotal } from '../record/total.ts';
import { methodOf } from '../records.ts';
import { matchAttrs, placeLoss, vicreglEngine } from './engine.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('terms and gradient norms of matched places are those that PyTorch gives', async () => {
  const [n, height, width, d] = [5, 2, 3, 4];
  const places = height * width;
  const data = Float32Array.from({ length: 2 * n * places * d }, (_, q) => {
    const [view, i] = [Math.floor(q / (n * places * d)), Math.floor(q / (places * d)) % n];
    const [place, j] = [Math.floor(q / d) % places, q % d];
    const own = Math.sin(0.7 * i + 1.3 * j + 0.9 * place + 0.11 * i * j);
    return own + 0.3 * view * Math.cos(0.5 * i - 0.9 * j + place);
  });
  const where = [0, 1].flatMap((view) =>
    Array.from({ length: n }, (_, i) => [
      10 + 3 * i + 7 * view,
      90 - 20 * view,
      4 * i,
      5 + 2 * i,
      -3 * i,
      80 + 9 * view,
    ]),
  );
  const z = tf.tensor3d(data, [2 * n, places, d]);
  const locations = tf.tensor2d(where);
  const weights = tf.tensor1d([25, 25, 0.5, 1]);
  const tape = new Tape();
  let gradient: Promise<ArrayLike<number>> | null = null;
  tape.watch(z, (found) => {
    gradient = found.data();
  });
  const terms = placeLoss(tape, z, locations, weights, { height, width, first: 4, second: 2 });
  tape.backward();
  const { invariance, variance, covariance } = readStatistics(await terms.data());
  expect(invariance).toBeCloseTo(0.0445681267, 7);
  expect(variance).toBeCloseTo(0.2771454694, 6);
  expect(covariance).toBeCloseTo(0.9069338991, 6);
  const found = Float64Array.from(await gradient!);
  const half = found.length / 2;
  expect(Math.hypot(...found.subarray(0, half))).toBeCloseTo(1.83472313, 5);
  expect(Math.hypot(...found.subarray(half))).toBeCloseTo(1.48012862, 5);
  tf.dispose([z, locations, weights, terms]);
});

const config: Config = { ...defaultConfig(), method: 'vicregl' };

test.each([
  [224, 7, 20, 4],
  [128, 4, 7, 1],
  [64, 2, 2, 1],
  [32, 1, 1, 1],
])(
  'at %i px the last map is %i places wide and gives %i and %i matches by place',
  (imageSize, side, first, second) => {
    expect(matchAttrs({ ...config, imageSize })).toEqual({ height: side, width: side, first, second });
  },
);

test('the total is the published one over α; at α = 1 it is the global loss alone', async () => {
  const small: Config = { ...config, imageSize: 64, localDim: 5, alpha: 0.75 };
  const record = methodOf(small);
  const global = tf.tensor2d(values([6, 9], 3), [6, 9]);
  const local = tf.tensor3d(values([6, 4, 5], 4), [6, 4, 5]);
  const locations = tf.tensor2d(values([6, 6], 5), [6, 6]);
  const weights = Object.fromEntries(
    Object.entries(lossWeights(record, small)).map(([head, list]) => [head, tf.tensor1d(list)]),
  );
  const outputs = { embeddings: { global, local }, inside: {} };
  const made = vicreglEngine.loss(null, outputs, weights, small, locations);
  const vectors = [...made.global!, ...made.local!];
  const report: number[] = [];
  for (const vector of vectors) report.push(...(await vector.data()));
  const heads = readHeads(record, Float32Array.from(report));
  const vic = ({ invariance, variance, covariance }: Record<string, number>) =>
    25 * invariance! + 25 * variance! + 0.5 * covariance!;
  // By place and by feature are both in the local mean, so it counts twice.
  const published = 0.75 * vic(heads.global!) + 0.25 * 2 * vic(heads.local!);
  expect(weightedTotal(record, small, heads).total).toBeCloseTo(published / 0.75, 5);
  expect(weightedTotal(record, { ...small, alpha: 1 }, heads).total).toBeCloseTo(vic(heads.global!), 5);
  tf.dispose([global, local, locations, ...Object.values(weights), ...vectors]);
});
