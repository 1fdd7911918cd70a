// The contrastive loss with a queue on the GPU against its plain loops, its gradient, products with the queue included, against
// central differences of those, and the queue as a ring.
import { expect, test } from 'vitest';
import { dense, denseInputGrad } from '../dense/dense.ts';
import { type Given, given, gpuError, relativeError, runOn, values } from '../parts/testing.ts';
import { enqueue, QUEUE_LOSS, queueContrast, queueContrastGrad } from './queue.ts';

const weights: Given = { shape: [2], data: Float32Array.of(1, 0.5) };
const attrs = { temperature: 0.2 };

/** Rows of unit length. */
function unitRows(rows: number, d: number, seed: number): Given {
  const data = values([rows, d], seed);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * d, (i + 1) * d);
    const norm = Math.hypot(...row);
    for (let j = 0; j < d; j++) row[j]! /= norm;
  }
  return { shape: [rows, d], data };
}

test.each([
  [8, 12, 20],
  [4, 3, 301],
  [48, 128, 1024],
  [6, 133, 7],
])('%i queries of %i dimensions, %i keys', async (rows, d, length) => {
  const [query, key, queue] = [unitRows(rows, d, 1), unitRows(rows, d, 2), unitRows(length, d, 3)];
  const cosines = { shape: [rows, length], data: new Float32Array(rows * length) };
  const product = await runOn('cpu', denseInputGrad, { dy: query, w: queue }, {});
  cosines.data.set(product.outputs[0]!);
  const inputs = { query, key, cosines };
  expect(await gpuError(queueContrast, inputs, attrs)).toBeLessThan(2e-5);
  const { outputs } = await runOn('cpu', queueContrast, inputs, attrs);
  const ofKey = { shape: [rows], data: outputs[2]! };
  const back = { pulled: given([rows, d], 4), key, ofKey, weights };
  expect(await gpuError(queueContrastGrad, back, attrs)).toBeLessThan(1e-5);
});

test('the gradient equals central differences of the loss', async () => {
  const [rows, d, length] = [8, 9, 20];
  const [query, key, queue] = [unitRows(rows, d, 1), unitRows(rows, d, 2), unitRows(length, d, 3)];
  const loss = (data: Float64Array) => {
    const plain = (shape: number[], numbers: ArrayLike<number>) => ({ shape, data: numbers as Float32Array });
    const cosines = plain([rows, length], new Float64Array(rows * length) as never);
    const asked = plain([rows, d], data as never);
    denseInputGrad.spec.reference({ dy: asked, w: queue }, {}, [cosines]);
    const made = [[8], [rows, length], [rows]].map((shape) =>
      plain(shape, new Float64Array(shape.reduce((a, b) => a * b)) as never),
    );
    queueContrast.spec.reference({ query: asked, key, cosines }, attrs, made);
    return made[0]!.data[QUEUE_LOSS]!;
  };
  const cosines = await runOn('webgpu', denseInputGrad, { dy: query, w: queue }, {});
  const asked = { query, key, cosines: { shape: [rows, length], data: cosines.outputs[0]! } };
  const [, probabilities, ofKey] = (await runOn('webgpu', queueContrast, asked, attrs)).outputs;
  const x = { shape: [rows, length], data: probabilities! };
  const pulled = await runOn('webgpu', dense, { x, w: queue, b: weights }, { bias: false });
  const back = {
    pulled: { shape: [rows, d], data: pulled.outputs[0]! },
    key,
    ofKey: { shape: [rows], data: ofKey! },
    weights,
  };
  const { outputs } = await runOn('webgpu', queueContrastGrad, back, attrs);
  const data = Float64Array.from(query.data);
  const wanted = data.map((value, i) => {
    const at = (moved: number) => {
      data[i] = moved;
      return loss(data);
    };
    const difference = (at(value + 1e-6) - at(value - 1e-6)) / 2e-6;
    data[i] = value;
    return 0.5 * difference;
  });
  expect(relativeError(outputs[0]!, wanted)).toBeLessThan(1e-4);
});

test('the queue is a ring: the newest rows stand where the oldest stood, wherever its end is', async () => {
  const [length, d, count] = [10, 3, 4];
  let queue = given([length, d], 1);
  let place: Given = { shape: [1], data: Float32Array.of(0) };
  const all: number[][] = [];
  for (let step = 0; step < 7; step++) {
    const rows = given([count, d], 10 + step);
    for (let i = 0; i < count; i++) all.push([...rows.data.slice(i * d, (i + 1) * d)]);
    const inputs = { queue, place, rows };
    expect(await gpuError(enqueue, inputs, {})).toBe(0);
    const { mutated } = await runOn('webgpu', enqueue, inputs, {});
    queue = { shape: [length, d], data: mutated.queue! };
    place = { shape: [1], data: mutated.place! };
  }
  expect(place.data[0]).toBe((7 * count) % length);
  const newest = all.map((row, i) => [i % length, row] as const).slice(-length);
  for (const [at, row] of newest) expect([...queue.data.slice(at * d, (at + 1) * d)]).toEqual(row);
});

test('of more rows than the queue has, the last ones stay', async () => {
  const inputs = {
    queue: given([5, 2], 1),
    place: { shape: [1], data: Float32Array.of(3) },
    rows: given([12, 2], 2),
  };
  expect(await gpuError(enqueue, inputs, {})).toBe(0);
  const { mutated } = await runOn('webgpu', enqueue, inputs, {});
  expect(mutated.place![0]).toBe(0);
  expect([...mutated.queue!.slice(8)]).toEqual([...inputs.rows.data.slice(22)]);
});
