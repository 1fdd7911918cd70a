// The losses of the methods against recorded values and gradients (../shared/parity-methods, float64 with autograd), in the
// plain loops of their kernels on the processor; `headless parity --kinds objective` holds a GPU to the same files. And, for
// a plain clone, against the published formulas on embeddings in closed form, with the numbers that PyTorch gives for them.

import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Config, defaultConfig } from '../config/schema.ts';
import { tf } from '../gpu/backend.ts';
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

/** Loss of both views [2N, D] and its gradient. */
async function measure(config: Config, data: Float32Array, shape: [number, number]) {
  const record = methodOf(config);
  const z = tf.tensor2d(data, shape);
  const weights = tf.tensor1d(lossWeights(record, config).global!);
  const tape = new Tape();
  let gradient: Promise<ArrayLike<number>> | null = null;
  tape.watch(z, (tensor) => {
    gradient = tensor.data();
  });
  const outputs = { embeddings: { global: z }, inside: {} };
  const vectors = engineOf(config).loss(tape, outputs, { global: weights }, config, null).global!;
  tape.backward();
  const report: number[] = [];
  for (const vector of vectors) report.push(...(await vector.data()));
  const heads = readHeads(record, Float32Array.from(report));
  const found = Float64Array.from(await gradient!);
  tf.dispose([z, weights, ...vectors]);
  return { total: weightedTotal(record, config, heads).total, terms: heads.global!, gradient: found };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.skipIf(!has).each(fixtures)('$name', async ({ file, method, config: given, values_f64: wanted }) => {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(file, FOLDER))));
  const numbers = (name: string) => Float32Array.from(tensors.get(name)!.data, Number);
  const [n, d] = tensors.get('z1')!.shape as [number, number];
  const config = { ...defaultConfig(), ...settingsOf(given), method: method as MethodName };
  const both = Float32Array.of(...numbers('z1'), ...numbers('z2'));
  const { total, terms, gradient } = await measure(config, both, [2 * n, d]);
  expect(Math.abs(total / wanted.total! - 1)).toBeLessThan(1e-5);
  for (const term of methodOf(config).heads.global!.terms) {
    const recorded = wanted[term.replaceAll('-', '_')];
    if (recorded !== undefined) expect(Math.abs(terms[term]! / recorded - 1)).toBeLessThan(1e-5);
  }
  for (const [i, name] of ['grad_z1', 'grad_z2'].entries()) {
    const found = gradient.subarray(i * n * d, (i + 1) * n * d);
    expect(relativeDistance(found, numbers(name))).toBeLessThan(given.mode === 'near' ? 2e-4 : 2e-5);
  }
});

describe('numbers that PyTorch gives', () => {
  const [N, D] = [6, 5];
  const z1 = Array.from({ length: N * D }, (_, q) => {
    const [i, j] = [Math.floor(q / D), q % D];
    return Math.sin(0.7 * i + 1.3 * j + 0.11 * i * j);
  });
  const z2 = z1.map((value, q) => value + 0.3 * Math.cos(0.5 * Math.floor(q / D) - 0.9 * (q % D)));
  const pair = Float32Array.of(...z1, ...z2);
  const norms = (gradient: Float64Array) => [
    Math.hypot(...gradient.subarray(0, N * D)),
    Math.hypot(...gradient.subarray(N * D)),
  ];

  test('Barlow Twins, lambda 0.0051', async () => {
    const config = { ...defaultConfig(), method: 'barlow' } as const;
    const { total, terms, gradient } = await measure(config, pair, [2 * N, D]);
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
    const { total, gradient } = await measure(config, pair, [2 * N, D]);
    expect(total).toBeCloseTo(loss, 6);
    expect(norms(gradient)[0]).toBeCloseTo(gradientNorm, 6);
  });
});
