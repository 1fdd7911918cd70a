import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES, presetConfig } from './presets.ts';
import { nearestPreset, readShareHash, shareHash } from './share.ts';

describe('links', () => {
  it('carry any preset with any seed and batch size there and back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESET_NAMES),
        fc.integer({ min: 0, max: 4294967295 }),
        fc.integer({ min: 2, max: 1024 }),
        fc.double({ min: 1e-6, max: 10, noNaN: true }),
        (preset, seed, batchSize, learningRate) => {
          const config = { ...presetConfig(preset), seed, batchSize, learningRate };
          expect(readShareHash(shareHash(config, preset))).toEqual({ preset, config });
        },
      ),
    );
  });

  it('hold only the seed and what differs from the preset', () => {
    expect(shareHash({ ...presetConfig('demo'), seed: 7, width: 16 })).toBe('#preset=demo&seed=7&width=16');
  });

  it('are refused beyond the limits of the form, by name', () => {
    expect(() => readShareHash('#preset=demo&batchSize=100000')).toThrow(/batchSize = 100000/);
    expect(() => readShareHash('#preset=demo&folder=secret')).toThrow(/no setting called folder/);
    expect(() => readShareHash('#preset=giant')).toThrow(/no preset called giant/);
  });

  it('start from the preset that needs the fewest changes', () => {
    const config = { ...presetConfig('demo'), seed: 3, trainLevelConvs: false };
    expect(nearestPreset(config)).toBe('demo');
    expect(shareHash(config)).toBe('#preset=demo&seed=3&trainLevelConvs=false');
  });

  it('mean nothing without a preset', () => {
    expect(readShareHash('')).toBeNull();
    expect(readShareHash('#section-2')).toBeNull();
  });
});
