// Kernels that can work in place give the same numbers there, to the last bit, as in memory of their own; and the maps
// that the backward pass makes again equal those that the forward pass made.
import { expect, test } from 'vitest';
import { bottleneck, bottleneckApply } from '../bottleneck/bottleneck.ts';
import { bottleneckGrad } from '../bottleneck/bottleneckGrad.ts';
import { batchNorm, batchNormApply } from '../norm/batchNorm.ts';
import { batchNormGrad } from '../norm/batchNormGrad.ts';
import { add } from '../pool/elementwise.ts';
import { type Given, given, gpuError, runOn } from './testing.ts';

const norm = { groups: 2, eps: 1e-5, momentum: 0.1 };

test.each([[[2, 20, 20, 8]], [[4, 3, 3, 6]]])('batch norm of %j', async (shape) => {
  const c = shape.at(-1)!;
  const [x, residual] = [given(shape, 1, 1.5), given(shape, 4)];
  const [gamma, beta] = [given([c], 2, 0.3, 1), given([c], 3)];
  for (const flags of [
    { relu: true, residual: true },
    { relu: true, residual: false },
    { relu: false, residual: false },
  ]) {
    const running = { runningMean: given([c], 5), runningVar: given([c], 6, 0.1, 1) };
    const made = await runOn(
      'webgpu',
      batchNorm,
      { x, gamma, beta, residual, ...running },
      { ...norm, ...flags },
    );
    const stats = { shape: [2, 2, c], data: made.outputs[1]! };
    const inputs = { x, stats, gamma, beta, residual };
    expect(await gpuError(batchNormApply, inputs, flags)).toBeLessThan(1e-5);
    const again = await runOn('webgpu', batchNormApply, inputs, flags);
    expect(await runOn('webgpu', batchNormApply, inputs, { ...flags, inPlace: true })).toEqual(again);
    const apart = again.outputs[0]!.map((value, i) => Math.abs(value - made.outputs[0]![i]!));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
    const gradInputs = { x, y: { shape, data: again.outputs[0]! }, dy: given(shape, 9), gamma, stats };
    const attrs = { groups: 2, ...flags };
    const gradient = await runOn('webgpu', batchNormGrad, gradInputs, attrs);
    expect(await runOn('webgpu', batchNormGrad, gradInputs, { ...attrs, inPlace: true })).toEqual(gradient);
    if (flags.residual) continue;
    const fromX = { ...attrs, maskFromX: true };
    const withBeta = { ...gradInputs, y: beta };
    expect(await runOn('webgpu', batchNormGrad, withBeta, fromX)).toEqual(gradient);
    expect(await runOn('webgpu', batchNormGrad, withBeta, { ...fromX, inPlace: true })).toEqual(gradient);
  }
});

test.each([[[2, 8, 8, 8]], [[2, 5, 7, 6]]])('context bottleneck of %j', async (shape) => {
  const c = shape[3]!;
  const half = Math.floor(c / 2);
  const inputs = {
    x: given(shape, 1),
    w1: given([1, 1, c, half], 2, 0.5),
    w2: given([1, 1, half, c], 3, 0.5),
    ws: given([7, 7, 2, 1], 4, 0.3),
  };
  const [n, h, w] = shape as [number, number, number];
  const { outputs } = await runOn('webgpu', bottleneck, inputs, {});
  const shapes = [shape, [n, c], [n, h, w], [n, 3, c], [n, 2, half], [n, h, w, 3]];
  const saved = outputs.map((data, i): Given => ({ shape: shapes[i]!, data }));
  const [, channelGate, spatialGate, pooled, hidden, spatial] = saved as [
    Given,
    Given,
    Given,
    Given,
    Given,
    Given,
  ];
  const gates = { x: inputs.x, channelGate, spatialGate };
  expect((await runOn('webgpu', bottleneckApply, gates, {})).outputs[0]).toEqual(outputs[0]);
  expect((await runOn('webgpu', bottleneckApply, gates, { inPlace: true })).outputs[0]).toEqual(outputs[0]);
  const gradInputs = { ...inputs, dout: given(shape, 9), channelGate, spatialGate, pooled, hidden, spatial };
  const gradient = await runOn('webgpu', bottleneckGrad, gradInputs, {});
  expect(await runOn('webgpu', bottleneckGrad, gradInputs, { inPlace: true })).toEqual(gradient);
});

test.each([[[2, 4, 4, 8]], [[3, 5, 3, 3]]])('sum of %j', async (shape) => {
  const inputs = { a: given(shape, 1), b: given(shape, 2) };
  const sum = await runOn('webgpu', add, inputs, {});
  expect(await runOn('webgpu', add, inputs, { inPlace: true })).toEqual(sum);
});
