// How often positive labels count, by hand, and what a step of fine-tuning needs of the GPU: without any device.
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { installGpuNames, ROOMY_LIMITS } from '../../gpu/testSizes.ts';
import { refusalOf } from '../../protocol/device.ts';
import { planTuning } from './memory.ts';
import { positiveWeights } from './tune.ts';

beforeAll(installGpuNames);

describe('weights of positives', () => {
  const draw = {
    fit: Uint32Array.of(0, 1, 2, 4),
    classes: 4,
    // The film in the middle is none of the draw's.
    labels: Uint8Array.from([
      ...[1, 1, 1, 0],
      ...[0, 1, 255, 0],
      ...[0, 1, 255, 0],
      ...[1, 0, 0, 1],
      ...[0, 0, 0, 0],
    ]),
  };

  it('are negatives over positives of the films trained on, labels not known aside', () => {
    expect(positiveWeights(draw, 100)).toEqual([3, 1 / 3, 1, 1]);
  });

  it('go no further than asked for in either direction, and at 1 count all alike', () => {
    expect(positiveWeights(draw, 2)).toEqual([2, 1 / 2, 1, 1]);
    expect(positiveWeights(draw, 1)).toEqual([1, 1, 1, 1]);
  });
});

describe('memory of a step', () => {
  const MIB = 2 ** 20;
  const adapter = { software: false, features: [], limits: ROOMY_LIMITS };
  const config = { ...defaultConfig(), width: 16, imageSize: 64, planeSize: 96, tuneBatch: 64 };

  it('holds weights and two moments of encoder and layer, and follows batch and views', () => {
    const before = tf.memory().numTensors;
    const plan = (changes: object, findings?: number) =>
      planTuning({ ...config, ...changes }, adapter, findings);
    const { parameters, parameterBytes, activationBytes } = plan({});
    // What is gathered is held twice more: values and gradients of the flat arena.
    expect(parameterBytes / (4 * parameters)).toBeGreaterThan(3);
    expect(parameterBytes / (4 * parameters)).toBeLessThan(5.2);
    expect(plan({}, 15).parameters - plan({}, 14).parameters).toBe(8 * 16 + 1);
    expect(plan({ tuneBatch: 256 }).activationBytes / activationBytes).toBeGreaterThan(1.8);
    expect(plan({ tuneViews: 'augmented' }).activationBytes / activationBytes).toBeGreaterThan(1.2);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('that does not fit is refused by the buffer, with what to lower', () => {
    const tight = { ...adapter, limits: { ...ROOMY_LIMITS, maxBufferSize: MIB } };
    const refusal = refusalOf(planTuning(config, tight));
    expect(refusal?.code).toBe('does-not-fit');
    expect(refusal?.message).toMatch(
      /for fine-tuning, the adapter allows .*; lower the batch size of fine-tuning\.$/,
    );
    expect(refusalOf(planTuning(config, adapter))).toBeNull();
  });
});
