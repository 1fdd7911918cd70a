// LARS and AdamW on the GPU against their plain loops: mixed segments, zero norms, gaps, one large segment, clipped gradients;
// and the moving average.
import { describe, expect, test } from 'vitest';
import { type Given, given, gpuError, relativeError, runOn } from '../parts/testing.ts';
import { switchOff } from '../stock.ts';
import { adamwUpdate, HYPER_LENGTH, larsUpdate, movingAverage, packHyper } from './optimiser.ts';

const hyperOf = (clip: number): Given => ({
  shape: [HYPER_LENGTH],
  data: packHyper({ rate: 0.1, weightDecay: 0.01, momentum: 0.9, trustCoefficient: 0.02, updates: 3, clip }),
});

const wordsOf = (data: Float32Array) => new Uint32Array(data.buffer, data.byteOffset, data.length);

function arena(size: number, rows: number[][]) {
  const segments: Given = { shape: [rows.length, 4], data: Int32Array.from(rows.flat()) };
  const moment2 = given([size], 4);
  for (let i = 0; i < size; i++) moment2.data[i] = Math.abs(moment2.data[i]!);
  return {
    parameters: given([size], 1),
    gradients: given([size], 2),
    moment1: given([size], 3),
    moment2,
    segments,
    hyper: hyperOf(0),
  };
}

const MIXED = arena(1000, [
  [0, 7, 0, 0],
  [7, 500, 1, 0],
  [600, 64, 1, 0],
  [664, 1, 0, 0],
  [700, 300, 1, 0],
]);

test.each([
  ['mixed', MIXED],
  ['one', arena(5, [[0, 5, 1, 0]])],
  ['large', arena(300_001, [[0, 300_001, 1, 0]])],
])('%s segments', async (_name, inputs) => {
  expect(await gpuError(larsUpdate, inputs, {})).toBeLessThan(2e-6);
  expect(await gpuError(adamwUpdate, inputs, {})).toBeLessThan(2e-6);
});

test('zero norms leave the update unscaled, and numbers outside segments stay', async () => {
  const inputs = arena(1000, [
    [0, 100, 1, 0],
    [100, 100, 1, 0],
  ]);
  inputs.parameters.data.fill(0, 0, 100);
  inputs.gradients.data.fill(0, 100, 200);
  inputs.parameters.data.fill(0, 100, 200);
  expect(await gpuError(larsUpdate, inputs, {})).toBeLessThan(2e-6);
  const { mutated } = await runOn('webgpu', larsUpdate, inputs, {});
  expect(mutated.parameters!.slice(200)).toEqual(inputs.parameters.data.slice(200));
  const expected = inputs.moment1.data[0]! * 0.9 + inputs.gradients.data[0]!;
  expect(mutated.parameters![0]).toBeCloseTo(-0.1 * expected, 6);
});

const UPDATES = [
  ['LARS', larsUpdate],
  ['AdamW', adamwUpdate],
] as const;

/** As vectors of four and, for a length that does not divide by it, number by number. */
const ARENAS = [MIXED, arena(301, [[0, 301, 1, 0]])];

describe.each(UPDATES)('%s with gradients clipped', (_name, update) => {
  test.each(ARENAS)('agrees with the plain loops', async (inputs) => {
    const clipped = { ...inputs, hyper: hyperOf(0.3) };
    expect(await gpuError(update, clipped, {})).toBeLessThan(2e-6);
    const free = await runOn('webgpu', update, inputs, {});
    const { mutated } = await runOn('webgpu', update, clipped, {});
    expect(relativeError(mutated.moment1!, free.mutated.moment1!)).toBeGreaterThan(0.01);
    // As though the gradient had come so small, also where norms are taken.
    const data = (inputs.gradients.data as Float32Array).map((g) => Math.max(-0.3, Math.min(0.3, g)));
    const small = { ...inputs, gradients: { ...inputs.gradients, data } };
    expect(mutated).toEqual((await runOn('webgpu', update, small, {})).mutated);
  });

  test.each(ARENAS)('changes no bit where nothing is beyond the bound', async (inputs) => {
    const free = await runOn('webgpu', update, inputs, {});
    const wide = await runOn('webgpu', update, { ...inputs, hyper: hyperOf(1e30) }, {});
    for (const name of Object.keys(free.mutated)) {
      expect(wordsOf(wide.mutated[name]!)).toEqual(wordsOf(free.mutated[name]!));
    }
  });

  test.each(ARENAS)(
    'keeps NaN, on and off, and bounds infinity, in the stock composition too',
    async (inputs) => {
      const data = inputs.gradients.data.slice();
      data[3] = Number.NaN;
      data[4] = Number.POSITIVE_INFINITY;
      for (const clip of [0, 0.3]) {
        const struck = { ...inputs, gradients: { ...inputs.gradients, data }, hyper: hyperOf(clip) };
        const runs = [await runOn('webgpu', update, struck, {}), await runOn('cpu', update, struck, {})];
        switchOff(['larsUpdate', 'adamwUpdate']);
        runs.push(await runOn('webgpu', update, struck, {}));
        switchOff([]);
        for (const { mutated } of runs) {
          expect(mutated.moment1![3]).toBeNaN();
          expect(mutated.parameters![3]).toBeNaN();
          expect(Number.isFinite(mutated.moment1![4])).toBe(clip > 0);
        }
      }
    },
  );
});

describe('the moving average', () => {
  const share: Given = { shape: [1], data: Float32Array.of(0.004) };

  test.each([
    [1000, 1000],
    [1000, 2048],
    [333, 1000],
    [300_001, 300_001],
  ])('of %i numbers, of %i', async (target, online) => {
    const inputs = { target: given([target], 1), online: given([online], 2), share };
    expect(await gpuError(movingAverage, inputs, {})).toBeLessThan(1e-6);
  });

  test('leaves a target that equals what it follows as it is, to the last bit', async () => {
    const target = given([777], 1);
    const { mutated } = await runOn('webgpu', movingAverage, { target, online: target, share }, {});
    expect(wordsOf(mutated.target!)).toEqual(wordsOf(target.data as Float32Array));
  });
});
