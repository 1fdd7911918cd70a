// The recorder on a real device: order with stock kernels, parameters, in-place updates, trimming.
import { afterEach, describe, expect, test } from 'vitest';
import { tf } from './backend.ts';
import { defineKernel } from './kernel.ts';
import { flatGroups, flatIndex, program, slicedIndex } from './program.ts';
import { testDevice } from './testDevice.ts';

const axpy = defineKernel<'x' | 'y', { a: number }>({
  name: 'TestAxpy',
  inputs: ['x', 'y'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, run }, { a }) {
    const size = inputs.x.shape.reduce((s, n) => s * n, 1);
    const code = program({
      name: 'testAxpy',
      reads: { x: 'f32', y: 'f32' },
      writes: { out: 'f32' },
      params: { size: 'u32', a: 'f32' },
      workgroup: [64],
      body: `${flatIndex(64)} if (index < p.size) { out[index] = p.a * x[index] + y[index]; }`,
    });
    run(code, [inputs.x, inputs.y, outputs[0]!], [size, a], flatGroups(size, 64));
  },
  reference: ({ x, y }, { a }, [out]) => {
    for (let i = 0; i < x.data.length; i++) out!.data[i] = a * x.data[i]! + y.data[i]!;
  },
});

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test('own and stock kernels keep their order, and buffers are recycled', async () => {
  const { runtime } = await testDevice();
  const x = tf.tensor1d([1, 2, 3]);
  const y = tf.ones([3]);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 5; i++) {
    const [z] = axpy({ x, y }, { a: 2 + i });
    const w = tf.add(z!, 1);
    expect([...(await w.data())]).toEqual([4 + i, 6 + 2 * i, 8 + 3 * i]);
    tf.dispose([z!, w]);
  }
  expect(tf.memory().numTensors).toBe(before);
  const reserved = runtime.memory().reserved;
  expect(runtime.trim()).toBeGreaterThan(0);
  expect(runtime.memory().reserved).toBeLessThan(reserved);
});

test('the reference runs under the same name on the cpu backend', async () => {
  await testDevice();
  await tf.setBackend('cpu');
  const [z] = axpy({ x: tf.tensor1d([1, 2]), y: tf.tensor1d([5, 6]) }, { a: 3 });
  expect([...(await z!.data())]).toEqual([8, 12]);
  await tf.setBackend('webgpu');
});

test('much work is submitted in parts, and more than a part alone', async () => {
  const { runtime } = await testDevice();
  const y = tf.tensor1d([1, 2, 3]);
  const [first] = axpy({ x: y, y }, { a: 1 });
  runtime.submit();
  const before = runtime.counts.submits;
  const code = program({
    name: 'testNothing',
    writes: { out: 'f32' },
    workgroup: [1],
    body: 'out[0] = 1.0;',
  });
  for (const work of [1.2e10, 0.7e10, 0.5e10, 5e10, 1]) runtime.dispatch(code, [first!], [], [1], work);
  // The first two fit together; the large one and what follows it stand alone.
  expect(runtime.counts.submits - before).toBe(3);
  runtime.submit();
  tf.dispose([first!, y]);
});

describe('a dispatch that would hold a slow card for too long', () => {
  /** Each workgroup adds one to its own place, so that one left out or done twice shows. */
  const counting = program({
    name: 'testSliced',
    writes: { out: 'f32' },
    params: { size: 'u32' },
    workgroup: [2],
    sliced: true,
    body: `${slicedIndex(2)} if (index < p.size) { out[index] = out[index] + 1.0; }`,
  });

  test.each([
    ['one row', [7, 1], 3],
    ['rows enough', [5, 8], 3],
    ['rows enough, the last slice shorter', [4, 9], 4],
    ['more slices than rows', [6, 2], 5],
    ['more slices than workgroups', [2, 2], 50],
  ] as const)('is cut into slices of its grid: %s', async (_, [x, y], parts) => {
    const { runtime } = await testDevice();
    const size = 2 * x * y;
    const [out] = axpy({ x: tf.zeros([size]), y: tf.zeros([size]) }, { a: 1 });
    const before = { ...runtime.counts };
    runtime.counts.mostWork = 0;
    const limit = 1e10;
    runtime.dispatch(counting, [out!], [size], [x, y], parts * limit);
    const slices = runtime.counts.dispatches - before.dispatches;
    expect(slices).toBeGreaterThanOrEqual(Math.min(parts, x * y));
    expect(runtime.counts.work - before.work).toBeCloseTo(parts * limit, -3);
    // A workgroup is never cut.
    expect(runtime.counts.mostWork).toBeLessThanOrEqual(Math.max(limit, (parts * limit) / (x * y)) * 1.001);
    expect([...(await out!.data())]).toEqual(Array.from({ length: size }, () => 1));
    out!.dispose();
  });

  test('is cut further on a card that was measured to be slower, and not less on a faster one', async () => {
    const { runtime } = await testDevice();
    const out = tf.zeros([256]);
    const slices = (speed: number) => {
      runtime.reckonWith(speed);
      const before = runtime.counts.dispatches;
      runtime.dispatch(counting, [out], [256], [128], 2e10);
      return runtime.counts.dispatches - before;
    };
    expect([2e10, 1e13, 1e10, 5e9].map(slices)).toEqual([2, 2, 4, 8]);
    // A timing gone wrong.
    expect(slices(1)).toBe(slices(1e9));
    runtime.reckonWith(2e10);
    out.dispose();
  });
});

test('many dispatches are submitted on the way, with open passes closed', async () => {
  const { runtime } = await testDevice();
  const before = runtime.counts.submits;
  const y = tf.tensor1d([1, 2, 3]);
  let x = tf.zeros([3]);
  for (let i = 0; i < 150; i++) {
    const [next] = axpy({ x, y }, { a: 1 });
    x.dispose();
    x = next as typeof x;
  }
  runtime.submit();
  expect(runtime.counts.submits - before).toBe(3);
  expect([...(await x.data())]).toEqual([150, 300, 450]);
  tf.dispose([x, y]);
});
