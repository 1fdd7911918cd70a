// The losses as they were published, written out step by step in double precision and shared with no other file, gradients by
// central differences of these formulas alone: BYOL (arXiv 2006.07733, equation 2), MoCo (arXiv 1911.05722, equation 1, with
// the queries of both views), SimSiam (arXiv 2011.10566, equations 1 to 4). The engine parts of the methods
// are held to them in the plain loops of their kernels.
import { beforeAll, expect, test } from 'vitest';
import { type Config, defaultConfig } from '../config/schema.ts';
import { tf } from '../gpu/backend.ts';
import { given, relativeError } from '../gpu/kernels/parts/case.ts';
import { Tape } from '../nn/tape.ts';
import { readHeads } from '../train/sample.ts';
import { engineOf } from './engines.ts';
import { lossWeights, weightedTotal } from './record/total.ts';
import { methodOf } from './records.ts';

type Rows = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, j) => sum + value * b[j]!, 0);
const length = (a: readonly number[]) => Math.sqrt(dot(a, a));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** D(p, z) = - p / |p| . z / |z|. */
const negativeCosine = (p: readonly number[], z: readonly number[]) => -dot(p, z) / (length(p) * length(z));

/** Predictions and targets of both views, and what else a loss has. */
interface Inputs {
  readonly prediction: readonly [Rows, Rows];
  readonly target: readonly [Rows, Rows];
  /** Rows of unit length. */
  readonly queue: Rows;
}

interface Published {
  readonly config: Partial<Config>;
  /** What is differentiated. */
  readonly by: 'prediction' | 'embeddings';
  loss(inputs: Inputs): number;
}

const PUBLISHED: Readonly<Record<string, Published>> = {
  // L = |n(p1) - n(t2)|^2 + |n(p2) - n(t1)|^2
  byol: {
    config: { method: 'byol' },
    by: 'prediction',
    loss: ({ prediction: [p1, p2], target: [t1, t2] }) => {
      const apart = (p: Rows, t: Rows) =>
        mean(
          p.map((row, i) =>
            row.reduce((sum, value, j) => sum + (value / length(row) - t[i]![j]! / length(t[i]!)) ** 2, 0),
          ),
        );
      return apart(p1, t2) + apart(p2, t1);
    },
  },
  // L_q = -log(exp(q . k+ / t) / sum_i exp(q . k_i / t)) over the key and the queue
  moco: {
    config: { method: 'moco', temperature: 0.3 },
    by: 'embeddings',
    loss: ({ prediction: [q1, q2], target: [k1, k2], queue }) => {
      const similar = (a: readonly number[], b: readonly number[]) => Math.exp(-negativeCosine(a, b) / 0.3);
      const asked = (q: Rows, k: Rows) =>
        q.map((row, i) => {
          const wanted = similar(row, k[i]!);
          return -Math.log(wanted / queue.reduce((sum, one) => sum + similar(row, one), wanted));
        });
      return mean([...asked(q1, k2), ...asked(q2, k1)]);
    },
  },
  // L = D(p1, stopgrad(z2)) / 2 + D(p2, stopgrad(z1)) / 2
  simsiam: {
    config: { method: 'simsiam' },
    by: 'prediction',
    loss: ({ prediction: [p1, p2], target: [z1, z2] }) =>
      mean(p1.map((p, i) => negativeCosine(p, z2[i]!))) / 2 +
      mean(p2.map((p, i) => negativeCosine(p, z1[i]!))) / 2,
  },
};

const [N, D, K] = [7, 11, 20];

function rowsOf(data: ArrayLike<number>): [Rows, Rows] {
  const all = Array.from({ length: 2 * N }, (_, i) => Array.from({ length: D }, (__, j) => data[i * D + j]!));
  return [all.slice(0, N), all.slice(N)];
}

function centralDifferences(data: Float64Array, loss: (data: Float64Array) => number): Float64Array {
  const step = 1e-6;
  return data.map((value, i) => {
    const at = (moved: number) => {
      data[i] = moved;
      return loss(data);
    };
    const difference = (at(value + step) - at(value - step)) / (2 * step);
    data[i] = value;
    return difference;
  });
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each(Object.entries(PUBLISHED))('%s', async (_, { config: settings, by, loss }) => {
  const config = { ...defaultConfig(), ...settings };
  const data = { prediction: given([2 * N, D], 1), target: given([2 * N, D], 2, 1.4, 0.2) };
  const queue = Array.from({ length: K }, (__, k) => {
    const row = [...given([D], 3 + k).data];
    return row.map((value) => value / length(row));
  });
  const inputs: Inputs = {
    prediction: rowsOf(data.prediction.data),
    target: rowsOf(data.target.data),
    queue,
  };
  const tensors = {
    prediction: tf.tensor2d(data.prediction.data, [2 * N, D]),
    target: tf.tensor2d(data.target.data, [2 * N, D]),
    queue: tf.tensor2d(queue.flat(), [K, D]),
  };
  const record = methodOf(config);
  const weights = tf.tensor1d(lossWeights(record, config).global!);
  const tape = new Tape();
  let gradient: Promise<ArrayLike<number>> | null = null;
  tape.watch(tensors.prediction, (found) => {
    gradient = found.data();
  });
  // What is predicted from is measured alone where there is a prediction.
  const global = by === 'embeddings' ? tensors.prediction : tensors.target;
  const outputs = { embeddings: { global }, inside: tensors };
  const vectors = engineOf(config).loss(tape, outputs, { global: weights }, config, null).global!;
  tape.backward();
  const report: number[] = [];
  for (const vector of vectors) report.push(...(await vector.data()));
  const { total } = weightedTotal(record, config, readHeads(record, Float32Array.from(report)));
  expect(total).toBeCloseTo(loss(inputs), 5);
  const wanted = centralDifferences(Float64Array.from(data.prediction.data), (moved) =>
    loss({ ...inputs, prediction: rowsOf(moved) }),
  );
  expect(relativeError(await gradient!, wanted)).toBeLessThan(1e-5);
  tf.dispose([...Object.values(tensors), weights, ...vectors]);
});
