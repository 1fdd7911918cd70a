// The drawn parameters against the distributions of the method; bounds are four standard errors wide.
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '../config/schema.ts';
import { Rng } from '../util/rng.ts';
import { blurKernelFor, drawBox, drawView, viewNumbers } from './augment.ts';

const config = defaultConfig();
const DRAWS = 4000;
const draws = (view: 1 | 2, width = 256, height = 320, settings = config) =>
  Array.from({ length: DRAWS }, (_, i) =>
    drawView(viewNumbers(7, view, 3, i), view, width, height, settings),
  );
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const shareOf = (flags: readonly boolean[]) => mean(flags.map(Number));
/** Four standard errors of a share near p. */
const slack = (p: number) => 4 * Math.sqrt((p * (1 - p)) / DRAWS) + 1e-12;

/** What view 2 of a film of 300 x 280 px was before there was a rotation: seed 1, step 5, film 7. */
const RECORDED = {
  box: { top: 53, left: 66, height: 174, width: 143 },
  flip: false,
  rotation: 0,
  jitter: [
    { op: 'brightness', factor: 0.6647516764700412 },
    { op: 'contrast', factor: 0.613059769012034 },
  ],
  sigma: null,
  solarise: true,
};

describe('drawView', () => {
  test('depends on seed, step and position only', () => {
    const draw = (seed: number, step: number, position: number) =>
      drawView(viewNumbers(seed, 1, step, position), 1, 300, 280, config);
    expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3));
    expect(draw(1, 2, 3)).not.toEqual(draw(1, 2, 4));
    expect(draw(1, 2, 3)).not.toEqual(draw(1, 3, 3));
    expect(draw(1, 2, 3)).not.toEqual(draw(2, 2, 3));
  });

  test('one setting does not shift the draws of another', () => {
    const plain = drawView(viewNumbers(1, 1, 0, 0), 1, 300, 280, config);
    const other = drawView(viewNumbers(1, 1, 0, 0), 1, 300, 280, {
      ...config,
      flipProbability: 0,
      jitterProbability: 0,
      blurProbability1: 0,
    });
    expect(other.box).toEqual(plain.box);
    expect(other).toMatchObject({ flip: false, jitter: [], sigma: null });
  });

  test.each([
    [1, 1, 0],
    [2, 0.1, 0.2],
  ] as const)('view %i has its chances of flip, jitter, blur and solarise', (view, blur, solarise) => {
    const views = draws(view);
    expect(Math.abs(shareOf(views.map((v) => v.flip)) - 0.5)).toBeLessThan(slack(0.5));
    expect(Math.abs(shareOf(views.map((v) => v.jitter.length > 0)) - 0.8)).toBeLessThan(slack(0.8));
    expect(Math.abs(shareOf(views.map((v) => v.sigma !== null)) - blur)).toBeLessThan(slack(blur));
    expect(Math.abs(shareOf(views.map((v) => v.solarise)) - solarise)).toBeLessThan(slack(solarise));
    const jittered = views.filter((v) => v.jitter.length > 0);
    const first = shareOf(jittered.map((v) => v.jitter[0]!.op === 'brightness'));
    expect(Math.abs(first - 0.5)).toBeLessThan(slack(0.5) * 1.2);
  });

  test('factors and sigma are uniform over their ranges', () => {
    const views = draws(1);
    const uniform = (values: readonly number[], low: number, high: number) => {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThan(high);
      const error = (high - low) / Math.sqrt(12 * values.length);
      expect(Math.abs(mean(values) - (low + high) / 2)).toBeLessThan(4 * error);
    };
    const factors = (op: string) =>
      views.flatMap((v) => v.jitter.filter((j) => j.op === op).map((j) => j.factor));
    uniform(factors('brightness'), 0.6, 1.4);
    uniform(factors('contrast'), 0.6, 1.4);
    uniform(
      views.map((v) => v.sigma!),
      0.1,
      2,
    );
  });

  test('rotation is uniform within its range either way, its own for each view, and shifts nothing else', () => {
    const degrees = { ...config, rotation: 10 };
    const views = draws(1, 256, 320, degrees);
    const angles = views.map(({ rotation }) => rotation);
    expect(Math.min(...angles)).toBeGreaterThanOrEqual(-10);
    expect(Math.max(...angles)).toBeLessThan(10);
    expect(Math.abs(mean(angles))).toBeLessThan((4 * 20) / Math.sqrt(12 * DRAWS));
    expect(shareOf(angles.map((angle) => Math.abs(angle) < 5))).toBeCloseTo(0.5, 1);
    expect(draws(2, 256, 320, degrees).map(({ rotation }) => rotation)).not.toEqual(angles);
    const still = draws(1);
    expect(still.every(({ rotation }) => rotation === 0)).toBe(true);
    expect(views.map((view) => ({ ...view, rotation: 0 }))).toEqual(
      still.map((view) => ({ ...view, rotation: 0 })),
    );
  });

  test('views of earlier versions are those of today: numbers written down before there was one', () => {
    const seen = drawView(viewNumbers(1, 2, 5, 7), 2, 300, 280, config);
    expect(seen).toEqual(RECORDED);
  });

  test('a range of zero leaves its operation out', () => {
    const views = draws(1, 64, 64, { ...config, brightness: 0 });
    expect(views.flatMap((v) => v.jitter).every((j) => j.op === 'contrast')).toBe(true);
  });
});

describe('drawBox', () => {
  test('crops stay inside, keep the ratio and fill the range of areas evenly', () => {
    const boxes = draws(1, 400, 400).map((v) => v.box);
    for (const { top, left, width, height } of boxes) {
      expect(top >= 0 && left >= 0 && top + height <= 400 && left + width <= 400).toBe(true);
      expect(width / height).toBeGreaterThan(0.73);
      expect(width / height).toBeLessThan(1.37);
    }
    const areas = boxes.map(({ width, height }) => (width * height) / 160000);
    expect(Math.min(...areas)).toBeGreaterThan(0.078);
    // Below the share where any ratio fits (3/4), areas are uniform: quartiles of 0.08 .. 0.68.
    const below = areas.filter((a) => a < 0.68);
    for (const q of [0.23, 0.38, 0.53]) {
      const expected = (q - 0.08) / 0.6;
      expect(Math.abs(shareOf(below.map((a) => a < q)) - expected)).toBeLessThan(0.04);
    }
    const logRatios = boxes
      .filter((b) => b.width * b.height < 90000)
      .map((b) => Math.log(b.width / b.height));
    expect(Math.abs(mean(logRatios))).toBeLessThan((4 * 0.166) / Math.sqrt(logRatios.length));
  });

  test('a film too narrow for any crop gives the largest centred one', () => {
    expect(drawBox(new Rng(1, 'view1'), 10, 1000, 1)).toEqual({ top: 493, left: 0, height: 13, width: 10 });
    expect(drawBox(new Rng(1, 'view1'), 1000, 10, 1)).toEqual({ top: 0, left: 493, height: 10, width: 13 });
  });
});

test('the blur kernel grows with the view', () => {
  expect([224, 96, 64, 32].map(blurKernelFor)).toEqual([23, 9, 7, 3]);
});
