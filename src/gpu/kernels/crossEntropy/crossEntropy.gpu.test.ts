// The cross-entropy of known labels on the GPU against its plain loops, its gradient against central differences of those,
// and both against the formula written out here.
import { expect, test } from 'vitest';
import { gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { labelled, uneven } from './cases.ts';
import { crossEntropy, crossEntropyGrad } from './crossEntropy.ts';

const weights = { shape: [2], data: Float32Array.of(1, 0.5) };

test.each([
  [16, 14, 'alike'],
  [3, 1, 'alike'],
  [130, 33, 'alike'],
  [16, 14, 'weighted'],
] as const)('%i views, %i findings, positives %s', async (rows, findings, how) => {
  const weightOf = how === 'weighted' ? uneven : () => 1;
  const inputs = labelled(rows, findings, weightOf);
  expect(await gpuError(crossEntropy, inputs, {})).toBeLessThan(1e-5);
  const [terms] = (await runOn('webgpu', crossEntropy, inputs, {})).outputs;
  const losses = [...inputs.logits.data].flatMap((x, i) => {
    const target = inputs.targets.data[i]!;
    if (target < 0) return [];
    const p = 1 / (1 + Math.exp(-x));
    return [target > 0 ? -weightOf(i % findings) * Math.log(p) : -Math.log(1 - p)];
  });
  expect(terms![1]).toBe(losses.length);
  expect(terms![0]! / (losses.reduce((a, b) => a + b, 0) / losses.length)).toBeCloseTo(1, 5);

  const back = { ...inputs, terms: { shape: [8], data: terms! }, weights };
  expect(await gpuError(crossEntropyGrad, back, {})).toBeLessThan(1e-5);
  const [found] = (await runOn('webgpu', crossEntropyGrad, back, {})).outputs;
  const expected = numericalGradient(crossEntropy, inputs, {}, 'logits', [0.5], 1e-5);
  expect(relativeError(found!, expected)).toBeLessThan(1e-5);
  for (const [i, target] of inputs.targets.data.entries()) if (target < 0) expect(found![i]).toBe(0);
});

test('where no label is known there is no loss and no gradient; large logits stay finite', async () => {
  const { logits } = labelled(4, 3);
  const none = { shape: [4, 3], data: new Float32Array(12).fill(-1) };
  const large = { shape: [4, 3], data: logits.data.map((x) => 200 * x) };
  const all = { shape: [4, 3], data: new Float32Array(12).fill(1) };
  for (const backend of ['webgpu', 'cpu'] as const) {
    const [terms] = (await runOn(backend, crossEntropy, { logits, targets: none }, {})).outputs;
    expect([...terms!]).toEqual(new Array(8).fill(0));
    const given = { logits, targets: none, terms: { shape: [8], data: terms! }, weights };
    const [found] = (await runOn(backend, crossEntropyGrad, given, {})).outputs;
    expect(found!.every((value) => value === 0)).toBe(true);
    const [far] = (await runOn(backend, crossEntropy, { logits: large, targets: all }, {})).outputs;
    expect(Number.isFinite(far![0])).toBe(true);
  }
});
