// Storage in halves against the definition of the format: every value comes back as one of its two neighbours among the
// halves, halves come back as they were, what is too large is cut, and odd sizes lose nothing.
import { expect, test } from 'vitest';
import { tf } from '../../backend.ts';
import { testDevice } from '../../testDevice.ts';
import { values } from '../parts/case.ts';
import { fromHalf, LARGEST_HALF, toHalf } from './half.ts';

async function roundTrip(data: Float32Array): Promise<Float32Array> {
  await testDevice();
  const before = tf.memory().numTensors;
  const x = tf.tensor1d(data.slice());
  const packed = toHalf.one({ x }, {});
  expect(packed.size).toBe(Math.ceil(data.length / 2));
  const back = fromHalf.one({ packed }, { shape: x.shape });
  const found = Float32Array.from(await back.data());
  expect(Float32Array.from(await x.data())).toEqual(data);
  tf.dispose([x, packed, back]);
  expect(tf.memory().numTensors).toBe(before);
  expect((await testDevice()).takeFaults()).toEqual([]);
  return found;
}

/** Distance of neighbouring halves about a value. */
const spacing = (value: number) => 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 1e-9))) - 10);

test.each([1, 2, 63, 4097])('%i values come back within one step of the format', async (size) => {
  const data = values([size], size, 3);
  const found = await roundTrip(data);
  const apart = found.map((value, i) => Math.abs(value - data[i]!) / spacing(data[i]!));
  expect(Math.max(...apart)).toBeLessThan(1);
});

test('halves come back as they were, small ones included', async () => {
  const halves = Float32Array.of(0, 1, -1, 0.5, 1 + 2 ** -10, 2 ** -14, 3 * 2 ** -24, -1023.5, LARGEST_HALF);
  expect(await roundTrip(halves)).toEqual(halves);
});

test('values beyond the largest half are cut to it', async () => {
  const found = await roundTrip(Float32Array.of(1e6, -7e4, 65519, 3));
  expect([...found]).toEqual([LARGEST_HALF, -LARGEST_HALF, LARGEST_HALF, 3]);
});
