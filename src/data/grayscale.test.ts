import { describe, expect, it } from 'vitest';
import { applyWindow } from '../util/dicomWindow.ts';
import { type GreyRecipe, lumaOf, toGrey } from './grayscale.ts';

const PLAIN: GreyRecipe = {
  rescale: null,
  modalityLut: null,
  voiLut: null,
  window: null,
  padding: null,
  inverted: false,
};

const grey = (stored: Parameters<typeof toGrey>[0], recipe: Partial<GreyRecipe>) =>
  toGrey(stored, { ...PLAIN, ...recipe });

describe('applyWindow', () => {
  // Expected by the formulas of PS3.3 C.11.2.1.2 for center 2048, width 4096.
  it.each([
    ['linear', 0, 0],
    ['linear', 2047.5, 0.5],
    ['linear', 4095, 1],
    ['linear-exact', 0, 0],
    ['linear-exact', 2048, 0.5],
    ['linear-exact', 4096, 1],
    ['sigmoid', 2048, 0.5],
    ['sigmoid', 0, 1 / (1 + Math.exp(2))],
  ] as const)('%s at %d gives %d', (shape, x, expected) => {
    expect(applyWindow({ center: 2048, width: 4096, shape }, x)).toBeCloseTo(expected, 12);
  });

  it('is a threshold for a linear window of width 1', () => {
    const window = { center: 10, width: 1, shape: 'linear' } as const;
    expect([9, 9.5, 10].map((x) => applyWindow(window, x))).toEqual([0, 0, 1]);
  });
});

describe('toGrey', () => {
  const ramp = Uint16Array.from({ length: 4096 }, (_, i) => i);
  const window = { center: 2048, width: 4096, shape: 'linear' } as const;

  it('windows the rescaled value, not the stored one', () => {
    const stored = Int16Array.of(-100, 0, 100);
    const { plane, rule } = grey(stored, {
      rescale: { slope: 2, intercept: 1000 },
      window: { center: 1000, width: 400, shape: 'linear-exact' },
    });
    expect(rule).toBe('window');
    expect([...plane]).toEqual([0, 128, 255]);
  });

  it('inverts MONOCHROME1 last, so it mirrors the same film in MONOCHROME2', () => {
    const upright = grey(ramp, { window }).plane;
    const inverted = grey(ramp, { window, inverted: true }).plane;
    expect([...inverted]).toEqual([...upright].map((value) => 255 - value));
  });

  it('takes the modality LUT before the VOI LUT, and clamps outside both', () => {
    const modalityLut = { first: 2, values: Uint16Array.of(10, 20, 30), bits: 16 };
    const voiLut = { first: 10, values: Uint16Array.from({ length: 21 }, (_, i) => 5 * i), bits: 7 };
    const { plane, rule } = grey(Uint8Array.of(0, 2, 3, 4, 9), { modalityLut, voiLut });
    expect(rule).toBe('voi-lut');
    // 10, 10, 20, 30, 30 after the first table; 0, 0, 50, 100, 100 of 127 after the second.
    expect([...plane]).toEqual([0, 0, 100, 201, 201]);
  });

  it('falls back to percentiles when a window would show nothing', () => {
    const { plane, rule } = grey(ramp, { window: { center: 60_000, width: 10, shape: 'linear' } });
    expect(rule).toBe('percentiles');
    expect(new Set(plane).size).toBe(256);
  });

  it('lets neither outliers nor padding set the contrast', () => {
    const stored = new Uint16Array(10_000);
    for (let i = 0; i < stored.length; i++) stored[i] = 1000 + (i % 100);
    stored[0] = 65_535;
    stored.fill(0, 5000, 6000);
    const { plane } = grey(stored, { padding: { low: 0, high: 0 } });
    expect(plane[0]).toBe(255);
    expect(plane[5500]).toBe(0);
    expect(plane[50]).toBeGreaterThan(118);
    expect(plane[50]).toBeLessThan(138);
  });

  it('keeps padding black in an inverted film', () => {
    const stored = Uint16Array.from({ length: 1000 }, (_, i) => (i < 100 ? 0 : i));
    const { plane } = grey(stored, { padding: { low: 0, high: 0 }, inverted: true });
    expect(plane[50]).toBe(0);
    expect(plane[101]).toBeGreaterThan(250);
    expect(plane[999]).toBe(0);
  });

  it('spreads 32-bit values over the whole grey scale', () => {
    const stored = Uint32Array.from({ length: 1000 }, (_, i) => 3_000_000_000 + i * 1_000_000);
    const { plane } = grey(stored, {});
    expect([plane[0], plane[999]]).toEqual([0, 255]);
    expect(Math.abs(plane[500]! - 128)).toBeLessThan(3);
  });

  it('shows a film of one single value as black, inverted or not', () => {
    expect(new Set(grey(new Uint8Array(9).fill(77), {}).plane)).toEqual(new Set([0]));
    expect(new Set(grey(new Uint8Array(9).fill(77), { inverted: true }).plane)).toEqual(new Set([0]));
  });
});

describe('lumaOf', () => {
  it('leaves grey as it is and weighs colours by BT.601', () => {
    const rgb = Uint8Array.from([...Array(256).keys()].flatMap((v) => [v, v, v]));
    const out = new Uint8Array(256);
    lumaOf(rgb, 3, out);
    expect([...out]).toEqual([...Array(256).keys()]);
    const primaries = new Uint8Array(3);
    lumaOf(Uint8Array.of(255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9), 4, primaries);
    expect([...primaries]).toEqual([76, 150, 29]);
  });
});
