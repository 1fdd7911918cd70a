import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES, presetConfig } from './presets.ts';
import { CONFIG_KEYS, SCHEMA } from './schema.ts';
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

  it('carry settings of the table and nothing else, whatever else lies in the object', () => {
    const strays = fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(fc.constantFrom(...PRESET_NAMES), strays, (preset, found) => {
        const stray = Object.entries(found).filter(([key]) => !(key in SCHEMA));
        const config = { ...Object.fromEntries(stray), ...presetConfig(preset), batchSize: 7 };
        const keys = [...new URLSearchParams(shareHash(config, preset).slice(1)).keys()];
        expect(keys.filter((key) => key !== 'preset' && !CONFIG_KEYS.some((known) => known === key))).toEqual(
          [],
        );
      }),
    );
  });

  it('have no room for free text: every setting is a number, a switch or a choice', () => {
    const kinds = new Set(CONFIG_KEYS.map((key) => SCHEMA[key].kind));
    expect([...kinds].sort()).toEqual(['choice', 'number', 'toggle']);
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
