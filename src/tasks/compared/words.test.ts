import { describe, expect, it } from 'vitest';
import type { Interval } from '../record.ts';
import { spreadOf, verdict } from './record.ts';

const around = (value: number, half: number): Interval => ({ value, low: value - half, high: value + half });
const none: Interval = { value: null, low: null, high: null };
const films = { train: 1500, val: 200, test: 420 };
const run = { imageSize: 64, batchSize: 32 };
const of = (pretrained: Interval, gain: Interval, more = {}) =>
  verdict({
    mean: { pretrained, random: around(0.71, 0.03), pixels: around(0.8, 0.02) },
    gain: { random: gain, pixels: none },
    share: 0.1,
    step: 300,
    films,
    run,
    randomEncoders: [0.7, 0.71, 0.72],
    ...more,
  });

describe('verdict', () => {
  it('says what was bought with the interval of the gain', () => {
    expect(of(around(0.84, 0.02), around(0.13, 0.02))).toBe(
      'Pretraining lifts the mean AUROC from 0.71 of 3 random encoders to 0.84 with 10 % of the labels: a gain of +0.13, 95 % interval +0.11 to +0.15. Raw pixels reach 0.80.',
    );
  });

  it('does not dress up a loss, chance or nothing, and offers reasons with the setting to change', () => {
    const loss = of(around(0.66, 0.05), around(-0.05, 0.02), { share: 1 });
    expect(loss).toMatch(
      /lowers .* to 0\.66 with all labels: a gain of −0\.05, 95 % interval −0\.07 to −0\.03\./,
    );
    expect(loss).toMatch(
      /Likely reasons: 300 steps are 6 passes over the films \(raise Steps\); findings may be too fine for 64 px \(raise Image size\)\.$/,
    );
    expect(of(around(0.74, 0.05), around(0.03, 0.05))).toMatch(
      /but its 95 % interval −0\.02 to \+0\.08 holds none, so this may be chance\..*420 test films tell only large differences/,
    );
    expect(of(around(0.712, 0.05), around(0.002, 0.01))).toMatch(
      /leaves the mean AUROC where it was, at 0\.71/,
    );
    const sets = { evaluated: 'here', pretrained: ['elsewhere'], test: 420, shared: 0 };
    const other = of(around(0.66, 0.05), around(-0.05, 0.02), { share: 1, sets });
    expect(other).toMatch(/Likely reasons: findings may be too fine for 64 px \(raise Image size\)\.$/);
    expect(of(none, none)).toMatch(/^No finding could be scored/);
  });

  it('reads reports of before, which have neither interval nor run', () => {
    const old = { gain: undefined, run: undefined, randomEncoders: undefined };
    expect(of(around(0.84, 0.02), none, old)).toBe(
      'Pretraining lifts the mean AUROC from 0.71 to 0.84 with 10 % of the labels. Raw pixels reach 0.80.',
    );
  });
});

describe('the spread of random encoders', () => {
  it('is their standard deviation, and nothing for one alone', () => {
    expect(spreadOf([0.5, 0.6, 0.7])).toBeCloseTo(0.1, 12);
    expect(spreadOf([0.5])).toBeNull();
    expect(spreadOf(undefined)).toBeNull();
  });
});
