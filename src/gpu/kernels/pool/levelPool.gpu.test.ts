// The level operator against its reference, its gradient against central differences, alone and onto another gradient.
import { expect, test } from 'vitest';
import { given, gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { levelMatrix, levelPlaces, levelPool, levelPoolGrad, packLevelMatrices } from './levelPool.ts';

function levelInputs(channels: readonly number[], side: number, levelSize: number) {
  const maps = channels.map((c, level) => {
    const size = Math.ceil(side / 2 ** level);
    return [size, size, c] as const;
  });
  const data = packLevelMatrices(
    levelSize,
    maps.map(([height, width]) => [height, width] as const),
  );
  const all = channels.reduce((a, b) => a + b, 0);
  return levelPlaces(maps).map((place, level) => ({
    place,
    a: given([2, place.height, place.width, place.channels], level),
    matrices: { shape: [data.length], data },
    summary: given([2, 16, all], 8),
    dout: given([2, 16, all], 9),
  }));
}

test('every level and its gradient equal the references', async () => {
  for (const [channels, side] of [
    [[8, 8, 16, 32, 64], 32],
    [[3, 3, 6, 12, 24], 21],
    [[4, 4, 8, 8, 8], 7],
  ] as const) {
    for (const { place, a, matrices, summary, dout } of levelInputs(channels, side, 18)) {
      expect(await gpuError(levelPool, { a, matrices, summary }, { place })).toBeLessThan(1e-5);
      for (const onto of [false, true]) {
        const inputs = { prior: a, matrices, dout };
        expect(await gpuError(levelPoolGrad, inputs, { place, onto })).toBeLessThan(1e-5);
      }
    }
  }
});

test.each([
  [[2, 2, 4, 4, 4], 6, 16],
  [[1, 1, 2, 3, 3], 9, 18],
  [[4, 4, 4, 4, 4], 5, 8],
])('gradient of %j channels from side %i equals central differences', async (channels, side, size) => {
  for (const { place, a, matrices, summary, dout } of levelInputs(channels, side, size)) {
    const attrs = { place, onto: false };
    const made = await runOn('webgpu', levelPoolGrad, { prior: a, matrices, dout }, attrs);
    const expected = numericalGradient(levelPool, { a, matrices, summary }, { place }, 'a', dout.data, 1e-3);
    expect(relativeError(made.outputs[0]!, expected)).toBeLessThan(1e-5);
  }
});

test('the rows of a level matrix sum to one', () => {
  for (const n of [2, 7, 20, 112]) {
    const matrix = levelMatrix(64, n);
    for (let row = 0; row < 4; row++) {
      expect(matrix.subarray(row * n, (row + 1) * n).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
  }
});
