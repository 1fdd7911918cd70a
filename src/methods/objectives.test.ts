// The losses of the methods against recorded values and gradients (../shared/parity-methods, float64 with autograd), in the
// plain loops of their kernels on the processor; `headless parity --kinds objective` holds a GPU to the same files. And, for
// a plain clone, against the published formulas on embeddings in closed form, with the numbers that PyTorch gives for them.

import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Config, defaultConfig } from '../config/schema.ts';
import { tf } from '../gpu/backend.ts';
import { movingAverage } from '../gpu/kernels/optimiser/optimiser.ts';
import { Tape } from '../nn/tape.ts';
import { readHeads } from '../train/sample.ts';
import { relativeDistance } from '../train/testParity.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { engineOf } from './engines.ts';
import { lossWeights, weightedTotal } from './record/total.ts';
import { METHODS, type MethodName, methodOf } from './records.ts';

const FOLDER = new URL('../../../shared/parity-methods/', import.meta.url);
const has = existsSync(FOLDER);
if (!has) process.stdout.write('skipped: losses against ../shared/parity-methods, which is not here\n');

interface Fixture {
  readonly name: string;
  readonly file: string;
  readonly method: string;
  readonly config: { readonly mode: string; readonly lambda?: number; readonly temperature?: number };
  readonly values_f64: Readonly<Record<string, number>>;
}
const all: Fixture[] = has
  ? JSON.parse(readFileSync(new URL('objective.json', FOLDER), 'utf8')).fixtures
  : [];
const fixtures = all.filter(({ method }) => Object.hasOwn(METHODS, method));

/** The recorded settings of a method by our names. */
function settingsOf({ lambda, temperature }: Fixture['config']): object {
  return { ...(lambda && { offDiagonalWeight: lambda }), ...(temperature && { temperature }) };
}

interface Matrix {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

interface Given {
  /** Embeddings of both views, [2N, D]. */
  readonly z: Matrix;
  /** What else the loss wants, by the names of HeadOutputs. */
  readonly inside?: Readonly<Record<string, Matrix>>;
  /** Which of `inside` is differentiated; left out, the embeddings are. */
  readonly watched?: string;
}

/** Loss of both views and its gradient; with `stopped`, whether nothing reached the embeddings. */
async function measure(config: Config, { z: embedded, inside = {}, watched }: Given) {
  const record = methodOf(config);
  const tensorOf = ({ data, shape }: Matrix) => tf.tensor2d(data, [...shape] as [number, number]);
  const z = tensorOf(embedded);
  const others = Object.fromEntries(Object.entries(inside).map(([name, given]) => [name, tensorOf(given)]));
  const weights = tf.tensor1d(lossWeights(record, config).global!);
  const tape = new Tape();
  let gradient: Promise<ArrayLike<number>> | null = null;
  let stopped = true;
  const see = watched === undefined ? z : others[watched]!;
  for (const tensor of [z, ...Object.values(others)]) {
    tape.watch(tensor, (found) => {
      if (tensor === see) gradient = found.data();
      else stopped = false;
    });
  }
  const outputs = { embeddings: { global: z }, inside: others };
  const vectors = engineOf(config).loss(tape, outputs, { global: weights }, config, null).global!;
  tape.backward();
  const report: number[] = [];
  for (const vector of vectors) report.push(...(await vector.data()));
  const heads = readHeads(record, Float32Array.from(report));
  const found = Float64Array.from(await gradient!);
  tf.dispose([z, ...Object.values(others), weights, ...vectors]);
  const { total } = weightedTotal(record, config, heads);
  return { total, terms: heads.global!, gradient: found, stopped };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.skipIf(!has).each(fixtures)('$name', async ({ file, method, config: recorded, values_f64: wanted }) => {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(file, FOLDER))));
  const numbers = (name: string) => Float32Array.from(tensors.get(name)!.data, Number);
  const has = (name: string) => tensors.has(name);
  const shapeOf = (name: string) => tensors.get(name)!.shape as [number, number];
  const pair = (one: string, two: string): Matrix => {
    const [rows, d] = shapeOf(one);
    return { data: Float32Array.of(...numbers(one), ...numbers(two)), shape: [2 * rows, d] };
  };
  const config = { ...defaultConfig(), ...settingsOf(recorded), method: method as MethodName };
  const predicted = has('p1') && {
    z: pair('t1', 't2'),
    inside: { prediction: pair('p1', 'p2'), target: pair('t1', 't2') },
    watched: 'prediction',
  };
  // Both views ask; with the same twice in either, the mean is that of one and the gradient comes in halves.
  const asked = has('query') && {
    z: pair('query', 'query'),
    inside: { target: pair('key', 'key'), queue: { data: numbers('queue'), shape: shapeOf('queue') } },
  };
  const given = predicted || asked || { z: pair('z1', 'z2') };
  const { total, terms, gradient, stopped } = await measure(config, given);
  expect(Math.abs(total / wanted.total! - 1)).toBeLessThan(1e-5);
  expect(stopped).toBe(true);
  for (const term of methodOf(config).heads.global!.terms) {
    const value = wanted[term.replaceAll('-', '_')];
    if (value !== undefined) expect(Math.abs(terms[term]! / value - 1)).toBeLessThan(1e-5);
  }
  if (asked) {
    const halves = gradient.subarray(0, gradient.length / 2);
    const found = halves.map((value, i) => value + gradient[halves.length + i]!);
    expect(relativeDistance(found, numbers('grad_query'))).toBeLessThan(2e-5);
    return;
  }
  const names = [1, 2].map((view) => (predicted ? `grad_p${view}` : `grad_z${view}`));
  for (const [i, name] of names.entries()) {
    const size = gradient.length / 2;
    const found = gradient.subarray(i * size, (i + 1) * size);
    expect(relativeDistance(found, numbers(name))).toBeLessThan(recorded.mode === 'near' ? 2e-4 : 2e-5);
  }
});

interface MomentumFixture {
  readonly name: string;
  readonly file: string;
  readonly config: Readonly<Record<'size' | 'steps' | 'totalSteps' | 'base', number>>;
}
const momentum: MomentumFixture[] = has
  ? JSON.parse(readFileSync(new URL('momentum.json', FOLDER), 'utf8')).fixtures
  : [];

test.skipIf(!has).each(momentum)('$name', async ({ file, config: { size, steps, totalSteps, base } }) => {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(file, FOLDER))));
  const numbers = (name: string) => Float32Array.from(tensors.get(name)!.data, Number);
  const config = { ...defaultConfig(), method: 'byol', targetMomentum: base } as const;
  const target = tf.tensor1d(numbers('target'));
  for (let step = 0; step < steps; step++) {
    const kept = engineOf(config).target!.momentum(config, step / totalSteps);
    expect(kept).toBeCloseTo(tensors.get('coefficients')!.data[step] as number, 12);
    const online = tf.tensor1d(numbers('online').slice(step * size, (step + 1) * size));
    const share = tf.tensor1d([1 - kept]);
    movingAverage({ target, online, share }, {});
    tf.dispose([online, share]);
  }
  expect(relativeDistance(await target.data(), numbers('result'))).toBeLessThan(1e-6);
  target.dispose();
});

describe('numbers that PyTorch gives', () => {
  const [N, D] = [6, 5];
  const z1 = Array.from({ length: N * D }, (_, q) => {
    const [i, j] = [Math.floor(q / D), q % D];
    return Math.sin(0.7 * i + 1.3 * j + 0.11 * i * j);
  });
  const z2 = z1.map((value, q) => value + 0.3 * Math.cos(0.5 * Math.floor(q / D) - 0.9 * (q % D)));
  const both = (one: readonly number[], two: readonly number[]): Matrix => ({
    data: Float32Array.of(...one, ...two),
    shape: [2 * N, D],
  });
  const pair = { z: both(z1, z2) };
  const norms = (gradient: Float64Array) => [
    Math.hypot(...gradient.subarray(0, N * D)),
    Math.hypot(...gradient.subarray(N * D)),
  ];

  test('Barlow Twins, lambda 0.0051', async () => {
    const config = { ...defaultConfig(), method: 'barlow' } as const;
    const { total, terms, gradient } = await measure(config, pair);
    expect(terms['on-diagonal']).toBeCloseTo(0.0033001826, 7);
    expect(terms['off-diagonal']).toBeCloseTo(7.7821770035, 5);
    expect(total).toBeCloseTo(0.0429892853, 7);
    const [first, second] = norms(gradient);
    expect(first).toBeCloseTo(0.0269895, 6);
    expect(second).toBeCloseTo(0.0223529, 6);
  });

  test.each([
    [0.5, 1.1228451635, 0.0975186],
    [0.2, 0.4653788434, 0.1722596],
    [0.1, 0.1151312228, 0.1359825],
  ])('NT-Xent at temperature %f', async (temperature, loss, gradientNorm) => {
    const config = { ...defaultConfig(), method: 'simclr', temperature } as const;
    const { total, gradient } = await measure(config, pair);
    expect(total).toBeCloseTo(loss, 6);
    expect(norms(gradient)[0]).toBeCloseTo(gradientNorm, 6);
  });

  const guess = (z: readonly number[], rate: number) =>
    z.map((value, q) => Math.cos(rate * Math.floor(q / D) + 0.8 * (q % D)) + 0.5 * value);
  const predicted = {
    z: both(z1, z2),
    inside: { prediction: both(guess(z1, 0.4), guess(z2, 0.6)), target: both(z1, z2) },
    watched: 'prediction',
  };

  test.each([
    ['simsiam', -0.6637228472, 0.0882322, 0.0695734],
    ['byol', 1.3451086113, 0.3529289, 0.2782935],
  ] as const)('%s, symmetric', async (method, loss, first, second) => {
    const { total, gradient, stopped } = await measure({ ...defaultConfig(), method }, predicted);
    expect(total).toBeCloseTo(loss, 6);
    expect(norms(gradient)[0]).toBeCloseTo(first, 6);
    expect(norms(gradient)[1]).toBeCloseTo(second, 6);
    expect(stopped).toBe(true);
  });

  test('without the stop-gradient the loss of SimSiam reaches the embeddings as well', async () => {
    const config = { ...defaultConfig(), method: 'simsiam', stopGradient: false } as const;
    expect((await measure(config, predicted)).stopped).toBe(false);
    const { watched: _, ...embedded } = predicted;
    const { total, gradient } = await measure(config, embedded);
    const step = 1e-2;
    for (const q of [0, 7, 31, 59]) {
      const totals: number[] = [];
      for (const by of [step, -step]) {
        const data = predicted.z.data.slice();
        data[q]! += by;
        totals.push((await measure(config, { ...predicted, z: { ...predicted.z, data } })).total);
      }
      expect(gradient[q]!).toBeCloseTo((totals[0]! - totals[1]!) / (2 * step), 4);
    }
    expect(total).toBeCloseTo(-0.6637228472, 6);
  });

  test('MoCo v2, temperature 0.2: both views of a pair ask for the key of the other', async () => {
    const unit = (row: readonly number[]) => row.map((value) => value / Math.hypot(...row));
    const queue = Array.from({ length: 7 }, (_, k) =>
      unit(Array.from({ length: D }, (__, j) => Math.cos(0.3 * k - 1.1 * j + 0.2))),
    );
    const { total, gradient, stopped } = await measure(
      { ...defaultConfig(), method: 'moco' },
      {
        z: both(z1, z1),
        inside: { target: both(z2, z2), queue: { data: Float32Array.from(queue.flat()), shape: [7, D] } },
      },
    );
    expect(total).toBeCloseTo(0.4892315099, 6);
    expect(2 * norms(gradient)[0]!).toBeCloseTo(0.1668389, 6);
    expect(stopped).toBe(true);
  });
});
