// One whole training pass of the narrow model against the golden values: embeddings, terms, every parameter's
// gradient and the batch-norm buffers. Without ../shared/parity the test is skipped.
import { expect, test } from 'vitest';
import { fromTorchLayout, isBufferName } from '../checkpoint/stateDict.ts';
import { type Config, defaultConfig } from '../config/schema.ts';
import { sizeOf, type Tensor, tf } from '../gpu/kernel.ts';
import { VICREG_TERMS } from '../gpu/kernels/loss/vicreg.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { Model } from '../methods/model.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { drawFrom } from './initialise.ts';
import { hasParity, parityBytes, parityFixtures, parityTensors, relativeDistance } from './testParity.ts';

const TINY: Config = {
  ...defaultConfig(),
  width: 8,
  projectorHidden: 64,
  embeddingDim: 64,
  levelChannels: 64,
  levelSize: 64,
  projectorFinalNorm: true,
  trainLevelConvs: true,
};

interface Fixture {
  name: string;
  losses_f64?: Record<string, number>;
  analytically_zero?: string[];
}

/** [N, C, H, W] to [N, H, W, C]. */
function toNhwc(data: ArrayLike<number>, [n, c, h, w]: readonly number[]): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < n!; i++)
    for (let y = 0; y < h!; y++)
      for (let x = 0; x < w!; x++)
        for (let k = 0; k < c!; k++) out[at++] = data[((i * c! + k) * h! + y) * w! + x]!;
  return out;
}

function loadTiny(model: Model, write: (t: Tensor, d: Float32Array) => void) {
  const { tensors } = readSafetensors(parityBytes('model-tiny-weights.safetensors'));
  const values = new Map<string, { data: Float32Array }>();
  for (const [name, { shape, data }] of tensors) {
    values.set(name, fromTorchLayout(name, { shape, data: Float32Array.from(data, Number) }));
  }
  model.parameters.write(values, write);
}

test.skipIf(!hasParity)(
  'a training pass equals the golden values',
  async () => {
    const device = await testDevice();
    const { runtime } = device;
    const model = new Model(TINY, drawFrom(1));
    loadTiny(model, (t, d) => runtime.write(t, d));
    const inputs = parityTensors('model-tiny-inputs.safetensors');
    const shape = inputs.tensors.get('batch0.view1')!.shape;
    const [n, , side] = shape as [number, number, number];
    const both = new Float32Array(2 * sizeOf(shape));
    both.set(toNhwc(inputs.numbers('batch0.view1'), shape), 0);
    both.set(toNhwc(inputs.numbers('batch0.view2'), shape), sizeOf(shape));
    const images = tf.tensor(both, [2 * n, side, side, 3]);
    const weights = tf.tensor1d([25, 25, 1, 1]);

    const before = tf.memory().numTensors;
    const { report, pooled, gradients } = model.step(images, { global: weights, local: weights });
    const [globalTerms, localTerms] = report as [Tensor, Tensor];
    const fixtures = parityFixtures<Fixture>('model-tiny');
    const losses = fixtures.find(({ name }) => name === 'model-tiny-forward')!.losses_f64!;
    for (const [head, tensor] of [
      ['global', globalTerms],
      ['local', localTerms],
    ] as const) {
      const terms = await tensor.data();
      const sumOf = (a: keyof typeof VICREG_TERMS, b: keyof typeof VICREG_TERMS) =>
        terms[VICREG_TERMS[a]]! + terms[VICREG_TERMS[b]]!;
      expect(terms[VICREG_TERMS.invariance]! / losses[`sim_${head}`]! - 1).toBeCloseTo(0, 4);
      expect(sumOf('variance1', 'variance2') / losses[`var_${head}`]! - 1).toBeCloseTo(0, 4);
      expect(sumOf('covariance1', 'covariance2') / losses[`cov_${head}`]! - 1).toBeCloseTo(0, 4);
    }

    const golden = parityTensors('model-tiny-grads.safetensors');
    const zero = new Set(fixtures.find(({ name }) => name === 'model-tiny-grads')!.analytically_zero);
    const errors: number[] = [];
    for (const storage of model.parameters.spec.storages) {
      const data = await gradients.get(storage.name)!.data();
      let at = 0;
      for (const { name, shape: ours } of storage.parameters) {
        const stored = golden.tensors.get(name)!;
        const expected = fromTorchLayout(name, {
          shape: stored.shape,
          data: Float32Array.from(stored.data, Number),
        });
        if (!zero.has(name)) errors.push(relativeDistance(data.slice(at, at + sizeOf(ours)), expected.data));
        at += sizeOf(ours);
      }
    }
    errors.sort((a, b) => a - b);
    expect(errors.at(-1)).toBeLessThan(2e-3);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(2e-4);

    const buffers = parityTensors('model-tiny-buffers.safetensors');
    const values = await model.parameters.read();
    for (const [name, { data }] of values) {
      if (isBufferName(name)) expect(relativeDistance(data, buffers.numbers(name))).toBeLessThan(1e-4);
    }
    tf.dispose([globalTerms, localTerms, pooled, ...gradients.values()]);
    // Only the level matrices, the memory of the summaries and the ones for the level biases stay, for the next step.
    expect(tf.memory().numTensors).toBe(before + 3);
    expect(device.takeFaults()).toEqual([]);
  },
  120_000,
);
