// The plan of a run without any device: what the published configuration comes to, that it is quick, that it changes
// nothing behind itself, and how a configuration is refused.
import { beforeAll, describe, expect, it } from 'vitest';
import { PRESET_NAMES, type PresetName, presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import { tf } from '../gpu/kernel.ts';
import { KERNEL_NAMES, switchOff } from '../gpu/kernels/stock.ts';
import { installGpuNames, ROOMY_LIMITS } from '../gpu/testSizes.ts';
import { type Adapter, planBudget } from './budget.ts';

const MIB = 2 ** 20;
const roomy: Adapter = { software: false, features: ['subgroups'], limits: ROOMY_LIMITS };

beforeAll(installGpuNames);

describe('the need of the paper configuration', () => {
  const paper = presetConfig('paper');

  it('counts its 114.9 million parameters', () => {
    expect(planBudget(paper, roomy).parameters / 1e6).toBeCloseTo(114.9, 0);
  });

  it('counts torchvision ResNet-18 without its classifier when everything else is taken away', () => {
    const bare = { ...paper, projectorHidden: 16, embeddingDim: 16, levelChannels: 8 };
    const heads =
      512 * 16 + 2 * 16 * 16 + 3 * 48 + (128 * 16 + 2 * 16 * 16 + 3 * 48) + (1024 * 8 - 64 * 8 + 64 * 8 + 40);
    const bottlenecks = [64, 64, 128, 256, 512].reduce((total, c) => total + c * c + 98, 0);
    expect(planBudget(bare, roomy).parameters - heads - bottlenecks).toBe(11_176_512);
  });

  it('finds the stem maps to be the largest buffer at batch 64', () => {
    const budget = planBudget(paper, roomy);
    expect(budget.largestBufferName).toBe('the kernel "Convolution"');
    expect(budget.largestBufferBytes).toBe(2 * 64 * 64 * 112 * 112 * 4);
  });

  it('finds the local projector to be the largest at batch 8', () => {
    const budget = planBudget({ ...paper, batchSize: 8 }, roomy);
    expect(budget).toMatchObject({
      largestBufferName: 'the parameter encoder.resize_project.conv_head.projection.2.weight',
      largestBufferBytes: 134_217_728,
    });
  });

  it('counts one more copy of the weights for AdamW than for LARS', () => {
    const lars = planBudget(paper, roomy);
    const adamw = planBudget({ ...paper, optimiser: 'adamw' }, roomy);
    expect((adamw.parameterBytes - lars.parameterBytes) / (4 * lars.parameters)).toBeCloseTo(1, 4);
  });

  it('counts a target network and a queue as memory, and not as parameters', () => {
    const [simclr, byol] = [
      planBudget({ ...paper, method: 'simclr' }, roomy),
      planBudget({ ...paper, method: 'byol' }, roomy),
    ];
    const predictor = 2 * 4096 * 4096 + 4 * 4096;
    expect(byol.parameters - simclr.parameters).toBe(predictor);
    // What is followed is held once more, and what of it is small twice.
    const more = byol.parameterBytes - simclr.parameterBytes - 8 * predictor;
    expect(more / (4 * simclr.parameters)).toBeGreaterThan(1);
    expect(more / (4 * simclr.parameters)).toBeLessThan(2);
    const queued = (queueLength: number) => planBudget({ ...paper, method: 'moco', queueLength }, roomy);
    expect(queued(2048).parameterBytes - queued(1024).parameterBytes).toBe(4 * 1024 * 4096);
    expect(queued(2048).parameters).toBe(queued(1024).parameters);
  });

  it('plans any method by its own network and step', () => {
    const [mlvicx, vicreg] = [
      planBudget(paper, roomy),
      planBudget({ ...paper, method: 'vicreg', bottlenecks: true }, roomy),
    ];
    // Without the local head: the level projections, and the three layers of its projector with their norms. The last
    // norm of the global head is missing too.
    const levels = 512 * (64 + 64 + 128 + 256 + 512) + 5 * 512;
    const head = 4096 * (16 * 512 + 2 * 4096) + 3 * 3 * 4096 + 2 * 4096;
    expect(mlvicx.parameters - vicreg.parameters).toBe(levels + head);
    expect(vicreg.activationBytes).toBeLessThan(mlvicx.activationBytes);
  });

  it('answers within 200 ms, and leaves backend and tensors as they were', async () => {
    await tf.setBackend('cpu');
    const before = { backend: tf.getBackend(), tensors: tf.memory().numTensors };
    const once = (name: PresetName) => {
      const before = process.cpuUsage();
      planBudget(presetConfig(name), roomy);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    // Time of the processor and the best of three, because other tests run beside this one.
    const times = PRESET_NAMES.map((name) => Math.min(once(name), once(name), once(name)));
    process.stdout.write(`plan of a preset: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms\n`);
    expect(Math.max(...times)).toBeLessThan(200);
    expect({ backend: tf.getBackend(), tensors: tf.memory().numTensors }).toEqual(before);
  });

  it.each(KERNEL_NAMES)('is planned without %s too, by the stock operations that run instead', (name) => {
    const smoke: Config = { ...presetConfig('smoke'), optimiser: name === 'larsUpdate' ? 'lars' : 'adamw' };
    const wanted = planBudget(smoke, roomy);
    switchOff([name]);
    try {
      const before = tf.memory().numTensors;
      const found = planBudget(smoke, roomy);
      expect(found.parameters).toBe(wanted.parameters);
      expect(found.parameterBytes).toBe(wanted.parameterBytes);
      expect(found.activationBytes).toBeGreaterThan(0);
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      switchOff([]);
    }
  });

  it.each(['paper', 'laptop'] as const)('takes less for %s with either setting, and with both', (name) => {
    const of = (changes: Partial<Config>) => planBudget({ ...presetConfig(name), ...changes }, roomy);
    const [plain, half, again] = [of({}), of({ keptMaps: 'float16' }), of({ recompute: true })];
    const both = of({ keptMaps: 'float16', recompute: true });
    const row = [plain, half, again, both].map(({ totalBytes }) => Math.round(totalBytes / MIB));
    process.stdout.write(`memory | ${name} | ${row.join(' | ')} |\n`);
    expect(half.totalBytes).toBeLessThan(0.9 * plain.totalBytes);
    expect(again.totalBytes).toBeLessThan(0.85 * plain.totalBytes);
    expect(both.totalBytes).toBeLessThan(again.totalBytes);
    expect(both.parameterBytes).toBe(plain.parameterBytes);
  });
});

describe('refusal', () => {
  const tight = { ...roomy, limits: { ...ROOMY_LIMITS, maxStorageBufferBindingSize: 128 * MIB } };

  it('names the buffer, the limit, the preset that fits and the largest batch that does', () => {
    const budget = planBudget(presetConfig('paper'), tight);
    expect(budget).toMatchObject({ fits: false, proposal: 'laptop', batch: 20 });
    expect(budget.reason).toMatch(/kernel "Convolution" .* 392 MiB, .* 128 MiB\.$/);
    expect(planBudget({ ...presetConfig('paper'), batchSize: 20 }, tight).fits).toBe(true);
    expect(planBudget({ ...presetConfig('paper'), batchSize: 21 }, tight).fits).toBe(false);
  });

  it('proposes no batch where a weight is too large whatever the batch', () => {
    const wide = planBudget({ ...presetConfig('paper'), embeddingDim: 8192 }, tight);
    expect(wide.fits).toBe(false);
    expect(wide).not.toHaveProperty('batch');
  });

  it('says nothing when all is well', () => {
    expect(planBudget(presetConfig('demo'), tight)).not.toHaveProperty('reason');
  });

  it('proposes nothing when not even the smallest preset fits', () => {
    const none = { ...roomy, limits: { ...ROOMY_LIMITS, maxBufferSize: 1024 } };
    expect(planBudget(presetConfig('smoke'), none).proposal).toBeUndefined();
  });
});
