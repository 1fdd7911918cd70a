// The maps of the decoder and the loss of masks on the GPU against their plain loops, each gradient against central differences of
// those, and the loss against the formula written out here.
import { expect, test } from 'vitest';
import { gpuError, numericalGradient, relativeError, runOn, values } from '../parts/testing.ts';
import { CASES, masked } from './cases.ts';
import { maskLoss, maskLossGrad } from './maskLoss.ts';
import { channelPart, concatChannels, upsample, upsampleGrad } from './upsample.ts';

test.each(CASES.upsample.cases)('enlarges a map: $detail', async ({ inputs, attrs }) => {
  const { x } = inputs();
  expect(await gpuError(upsample, { x }, attrs)).toBe(0);
  const [n, , , c] = x.shape as [number, number, number, number];
  const shape = [n, attrs.height, attrs.width, c];
  const dy = { shape, data: values(shape, 9) };
  expect(await gpuError(upsampleGrad, { dy }, {})).toBeLessThan(1e-6);
  const [found] = (await runOn('webgpu', upsampleGrad, { dy }, {})).outputs;
  expect(relativeError(found!, numericalGradient(upsample, { x }, attrs, 'x', dy.data))).toBeLessThan(1e-5);
});

test.each(CASES.concatChannels.cases)('puts maps side by side: $detail', async ({ inputs }) => {
  const given = inputs();
  expect(await gpuError(concatChannels, given, {})).toBe(0);
  const [first, second] = [given.a.shape.at(-1)!, given.b.shape.at(-1)!];
  const shape = [2, 3, 4, first + second];
  const x = { shape, data: values(shape, 9) };
  for (const [of, from, count] of [
    ['a', 0, first],
    ['b', first, second],
  ] as const) {
    expect(await gpuError(channelPart, { x }, { from, count })).toBe(0);
    const [found] = (await runOn('webgpu', channelPart, { x }, { from, count })).outputs;
    const expected = numericalGradient(concatChannels, given, {}, of, x.data);
    expect(relativeError(found!, expected)).toBeLessThan(1e-5);
  }
});

test.each([
  [3, 16, 16],
  [2, 67, 65],
  [70, 3, 5],
])('the loss of masks, %i films of %i x %i', async (films, height, width) => {
  const inputs = masked(films, height, width);
  expect(await gpuError(maskLoss, inputs, {})).toBeLessThan(1e-5);
  const [terms, sums] = (await runOn('webgpu', maskLoss, inputs, {})).outputs;
  const pixels = height * width;
  const p = [...inputs.logits.data].map((x) => 1 / (1 + Math.exp(-x)));
  const t = [...inputs.truth.data];
  const entropy = p.reduce((sum, q, i) => sum - (t[i] ? Math.log(q) : Math.log(1 - q)), 0) / p.length;
  let dice = 0;
  for (let film = 0; film < films; film++) {
    const of = (list: readonly number[]) => list.slice(film * pixels, (film + 1) * pixels);
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    const both = of(p).map((q, i) => q * of(t)[i]!);
    dice += (1 - (2 * sum(both) + 1) / (sum(of(p)) + sum(of(t)) + 1)) / films;
  }
  expect(relativeError([...terms!].slice(0, 3), [entropy + dice, entropy, dice])).toBeLessThan(1e-5);

  const back = { ...inputs, sums: { shape: [films, 4], data: sums! } };
  expect(await gpuError(maskLossGrad, back, {})).toBeLessThan(1e-5);
});

test('the gradient of the loss is that of central differences', async () => {
  const inputs = masked(3, 8, 7);
  const [, sums] = (await runOn('webgpu', maskLoss, inputs, {})).outputs;
  const back = { ...inputs, sums: { shape: [3, 4], data: sums! } };
  const [found] = (await runOn('webgpu', maskLossGrad, back, {})).outputs;
  const expected = numericalGradient(maskLoss, inputs, {}, 'logits', [1], 1e-4);
  expect(relativeError(found!, expected)).toBeLessThan(1e-5);
});

test('very sure logits have a finite loss, and a film without a mask is best left alone', async () => {
  const shape = [1, 8, 8];
  const all = (value: number) => ({ shape, data: new Float32Array(64).fill(value) });
  const lossOf = async (x: number, t: number) =>
    (await runOn('webgpu', maskLoss, { logits: all(x), truth: all(t) }, {})).outputs[0]![0]!;
  expect(await lossOf(200, 0)).toBeGreaterThan(200);
  expect(await lossOf(-200, 0)).toBe(0);
  expect(await lossOf(200, 1)).toBeCloseTo(0, 6);
});
