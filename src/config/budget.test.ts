import { describe, expect, it } from 'vitest';
import { type AdapterLimits, predictBudget } from './budget.ts';
import { presetConfig } from './presets.ts';
import type { Config } from './schema.ts';

const MIB = 2 ** 20;
const roomy: AdapterLimits = {
  maxBufferSize: 4096 * MIB,
  maxStorageBufferBindingSize: 4096 * MIB,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
};

describe('the need of the paper configuration', () => {
  const paper = presetConfig('paper');

  it('counts its 114.9 million parameters', () => {
    expect(predictBudget(paper, roomy).parameters / 1e6).toBeCloseTo(114.9, 0);
  });

  it('counts torchvision ResNet-18 without its classifier when everything else is taken away', () => {
    const bare = { ...paper, projectorHidden: 16, embeddingDim: 16, levelChannels: 8 };
    const heads =
      512 * 16 + 2 * 16 * 16 + 3 * 48 + (128 * 16 + 2 * 16 * 16 + 3 * 48) + (1024 * 8 - 64 * 8 + 64 * 8 + 40);
    const bottlenecks = [64, 64, 128, 256, 512].reduce((total, c) => total + c * c + 98, 0);
    expect(predictBudget(bare, roomy).parameters - heads - bottlenecks).toBe(11_176_512);
  });

  it('finds the stem maps to be the largest buffer at batch 64', () => {
    const budget = predictBudget(paper, roomy);
    expect(budget.largestBufferName).toBe('stem activations');
    expect(budget.largestBufferBytes).toBe(2 * 64 * 64 * 112 * 112 * 4);
  });

  it('finds the local projector to be the largest at batch 8', () => {
    const budget = predictBudget({ ...paper, batchSize: 8 }, roomy);
    expect(budget).toMatchObject({
      largestBufferName: 'local projector layer 1 weights',
      largestBufferBytes: 134_217_728,
    });
  });

  it('counts one more copy of the weights for AdamW than for LARS', () => {
    const lars = predictBudget(paper, roomy);
    const adamw = predictBudget({ ...paper, optimiser: 'adamw' }, roomy);
    expect(adamw.parameterBytes - lars.parameterBytes).toBe(4 * lars.parameters);
  });

  it.each(['paper', 'laptop'] as const)('takes less for %s with either setting, and with both', (name) => {
    const of = (changes: Partial<Config>) => predictBudget({ ...presetConfig(name), ...changes }, roomy);
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
  const tight = { ...roomy, maxStorageBufferBindingSize: 128 * MIB };

  it('names the buffer, the limit and the preset that fits', () => {
    const budget = predictBudget(presetConfig('paper'), tight);
    expect(budget).toMatchObject({ fits: false, proposal: 'laptop' });
    expect(budget.reason).toMatch(/stem activations .* 392 MiB, .* 128 MiB\. The preset laptop fits/);
  });

  it('says nothing when all is well', () => {
    expect(predictBudget(presetConfig('demo'), tight)).not.toHaveProperty('reason');
  });

  it('proposes nothing when not even the smallest preset fits', () => {
    const none = { ...tight, maxBufferSize: 1024 };
    expect(predictBudget(presetConfig('smoke'), none).proposal).toBeUndefined();
  });
});
