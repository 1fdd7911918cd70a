// The changes offered after a blow-up: which, from what to what, and that the table of settings takes each.
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { type Config, parseValue } from '../../config/schema.ts';
import { rollbackOf } from './recovery.ts';

const demo = presetConfig('demo');
const offered = (changes: Partial<Config>, largest: number | null, step = 30) => {
  const { suggestions } = rollbackOf({ config: { ...demo, ...changes }, step, stepsPerEpoch: 10 }, largest);
  for (const { key, value } of suggestions) expect(parseValue(key, value)).toBe(value);
  return suggestions.map(({ text }) => text);
};

describe('after a blow-up', () => {
  it('half the rate, clipping at what was measured and a longer warm-up are offered', () => {
    expect(offered({}, 138.388)).toEqual([
      'Learning rate 0.006 → 0.003',
      'Gradient clipping off → 140',
      'Warm-up 1 → 2',
    ]);
  });

  it('clipping starts at a usual size where nothing was measured, and stays within its range', () => {
    expect(offered({}, null)[1]).toBe('Gradient clipping off → 100');
    expect(offered({}, 4e6)[1]).toBe('Gradient clipping off → 10000');
  });

  it('a bound that was not enough is halved, whatever was measured', () => {
    expect(offered({ gradientClip: 140 }, 500)[1]).toBe('Gradient clipping 140 → 70');
    expect(offered({ gradientClip: 0.0123456 }, null)[1]).toBe('Gradient clipping 0.01235 → 0.0062');
  });

  it('a longer warm-up is left out where the run is far beyond it or it would be too long', () => {
    expect(offered({}, 1, 40)).toHaveLength(2);
    expect(offered({ warmupEpochs: 60 }, 1)).toHaveLength(2);
  });
});
