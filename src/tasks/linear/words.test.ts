import { describe, expect, it } from 'vitest';
import type { Interval } from '../record.ts';
import { verdict } from './words.ts';

const around = (value: number, half: number): Interval => ({ value, low: value - half, high: value + half });
const none: Interval = { value: null, low: null, high: null };

describe('verdict', () => {
  it('says what was bought and whether the intervals back it', () => {
    const mean = { pretrained: around(0.84, 0.02), random: around(0.71, 0.03), pixels: around(0.8, 0.02) };
    expect(verdict({ mean, share: 0.1 })).toBe(
      'Pretraining lifts the mean AUROC from 0.71 to 0.84 with 10 % of the labels; the 95 % intervals do not overlap. Raw pixels reach 0.80.',
    );
  });

  it('does not dress up a loss, chance or nothing', () => {
    const random = around(0.71, 0.05);
    const of = (pretrained: Interval) => verdict({ mean: { pretrained, random, pixels: none }, share: 1 });
    expect(of(around(0.66, 0.05))).toMatch(
      /lowers .* from 0\.71 to 0\.66 with all labels; .* overlap, so this may be chance\.$/,
    );
    expect(of(around(0.712, 0.05))).toBe(
      'Pretraining leaves the mean AUROC where it was, at 0.71 with all labels.',
    );
    expect(of(none)).toMatch(/^No finding could be scored/);
  });
});
