// What a step of the decoder needs, without any device: its parameters are those of the network, memory follows batch and side, a
// frozen encoder keeps no maps, and what does not fit is refused by name.
import { beforeAll, expect, it } from 'vitest';
import { defaultConfig } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { installGpuNames, ROOMY_LIMITS } from '../../gpu/testSizes.ts';
import { refusalOf } from '../../protocol/device.ts';
import { decoderNetwork, decoderWidths } from './decoder.ts';
import { planMasks } from './memory.ts';

const MIB = 2 ** 20;
const adapter = { software: false, features: [], limits: ROOMY_LIMITS };
const config = { ...defaultConfig(), width: 16, imageSize: 64, planeSize: 96 };

beforeAll(installGpuNames);

it('a decoder has 256 to 16 channels at the usual width, and never fewer than 8', () => {
  expect(decoderWidths(64)).toEqual([256, 128, 64, 32, 16]);
  expect(decoderWidths(4)).toEqual([16, 8, 8, 8, 8]);
  const inputs = decoderNetwork(64).storages.filter(({ name }) => name.endsWith('conv1.weight'));
  expect(inputs.map(({ shape }) => shape[2])).toEqual([768, 384, 192, 128, 32]);
});

it('a step is planned: by the batch, by the side, and more where the encoder is trained, too', () => {
  const before = tf.memory().numTensors;
  const bytes = (changes: object) => planMasks({ ...config, ...changes }, adapter).activationBytes;
  const some = bytes({ maskBatch: 32 });
  expect(bytes({ maskBatch: 64 }) / some).toBeGreaterThan(1.5);
  expect(bytes({ maskBatch: 32, imageSize: 128 }) / some).toBeGreaterThan(2);
  expect(bytes({ maskBatch: 32, maskEncoder: 'tuned' })).toBeGreaterThan(some);
  expect(tf.memory().numTensors).toBe(before);
});

it('what does not fit is refused by the buffer, with what to lower', () => {
  const tight = { ...adapter, limits: { ...ROOMY_LIMITS, maxBufferSize: MIB } };
  const refusal = refusalOf(planMasks(config, tight));
  expect(refusal?.code).toBe('does-not-fit');
  expect(refusal?.message).toMatch(/the adapter allows .*; lower the decoder's batch size\.$/);
  expect(refusalOf(planMasks(config, adapter))).toBeNull();
});
