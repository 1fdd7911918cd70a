// The context bottleneck against its reference and its gradient against central differences; ties included.
import { describe, expect, test } from 'vitest';
import { SUM_FORMS } from '../../forms.ts';
import { given, gpuError, numericalGradient, relativeError, runOn, withForm } from '../parts/testing.ts';
import { bottleneck } from './bottleneck.ts';
import { bottleneckGrad } from './bottleneckGrad.ts';

function inputsFor(shape: number[], relu = false) {
  const c = shape[3]!;
  const half = Math.floor(c / 2);
  const x = given(shape, 1);
  if (relu) for (let i = 0; i < x.data.length; i++) x.data[i] = Math.max(x.data[i]!, 0);
  return {
    x,
    w1: given([1, 1, c, half], 2, 0.5),
    w2: given([1, 1, half, c], 3, 0.5),
    ws: given([7, 7, 2, 1], 4, 0.3),
  };
}

async function gradInputs(inputs: ReturnType<typeof inputsFor>, dout: ReturnType<typeof given>) {
  const { outputs } = await runOn('cpu', bottleneck, inputs, {});
  const shapes = bottleneck.spec.outputs(
    { x: inputs.x.shape, w1: inputs.w1.shape, w2: inputs.w2.shape, ws: inputs.ws.shape },
    {},
  );
  const names = ['channelGate', 'spatialGate', 'pooled', 'hidden', 'spatial'] as const;
  const saved = Object.fromEntries(
    names.map((name, i) => [name, { shape: shapes[i + 1]!, data: outputs[i + 1]! }]),
  );
  return { ...inputs, dout, ...(saved as Record<(typeof names)[number], ReturnType<typeof given>>) };
}

describe.each([...SUM_FORMS.all])('%s', (form) => {
  test.each([[[2, 8, 8, 8]], [[3, 7, 9, 16]], [[2, 5, 5, 6]], [[1, 2, 2, 64]], [[2, 20, 20, 5]]])(
    'forward and gradient of %j equal the references',
    (shape) =>
      withForm(form, async () => {
        for (const relu of [false, true]) {
          const inputs = inputsFor(shape, relu);
          expect(await gpuError(bottleneck, inputs, {})).toBeLessThan(1e-5);
          expect(await gpuError(bottleneckGrad, await gradInputs(inputs, given(shape, 9)), {})).toBeLessThan(
            1e-5,
          );
        }
      }),
  );

  test.each([[[1, 4, 5, 4]], [[2, 3, 3, 6]], [[2, 2, 2, 8]]])(
    'gradient of %j equals central differences',
    (shape) =>
      withForm(form, async () => {
        const inputs = inputsFor(shape);
        const dout = given(shape, 9);
        const made = await runOn('webgpu', bottleneckGrad, await gradInputs(inputs, dout), {});
        (['x', 'w1', 'w2', 'ws'] as const).forEach((name, i) => {
          const expected = numericalGradient(bottleneck, inputs, {}, name, dout.data, 1e-6);
          expect(relativeError(made.outputs[i]!, expected)).toBeLessThan(2e-4);
        });
      }),
  );
});
