import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { attainableDimensions, effectiveDimensions } from '../../methods/record/health.ts';
import { type MetricName, metricNames, type StepSample } from '../../protocol/metrics.ts';
import { verdictOf } from './verdict.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

function samples(count: number, values: Partial<Record<MetricName, number>>): StepSample[] {
  return Array.from({ length: count }, (_, step) => ({
    step,
    activeSeconds: step,
    values: Float64Array.from(METRIC_NAMES, (name) => values[name] ?? 0),
  }));
}

/** Embeddings 128 wide, batches of 32. */
const CONFIG = presetConfig('demo');

/** Both heads alike. */
const heads = (std: number, covariance: number) => ({
  'global/std': std,
  'local/std': std,
  'global/covariance': covariance,
  'local/covariance': covariance,
});

describe('effective dimensions', () => {
  it('are all of them when nothing correlates, and one when all repeat each other', () => {
    expect(effectiveDimensions(128, 1, 0)).toBe(128);
    // All off-diagonal entries of C are 1: 1/D * D (D - 1), for each of two views.
    expect(effectiveDimensions(128, 1, 2 * 127)).toBeCloseTo(1);
  });

  it('do not depend on the scale of the embedding', () => {
    expect(effectiveDimensions(64, 2, 16 * 3)).toBeCloseTo(effectiveDimensions(64, 1, 3));
  });

  it('are bounded by the batch', () => {
    expect(attainableDimensions(4096, 64)).toBeLessThan(63);
    expect(attainableDimensions(16, 100000)).toBeCloseTo(16, 1);
  });
});

describe('verdict', () => {
  it('waits for ten steps', () => {
    expect(verdictOf(samples(9, heads(1, 5)), CONFIG).name).toBe('waiting');
  });

  it('calls an independent embedding healthy', () => {
    const noise = (2 * 127) / 31;
    expect(verdictOf(samples(20, heads(1, noise)), CONFIG).name).toBe('healthy');
  });

  it('tells a point from a line', () => {
    expect(verdictOf(samples(20, heads(0.02, 0)), CONFIG).sentence).toMatch(/same embedding/);
    expect(verdictOf(samples(20, heads(1, 250)), CONFIG).sentence).toMatch(/repeat each other/);
  });

  it('gives a point no dimensions, whatever rounding is left of it', () => {
    for (const covariance of [0, 1e-12, 1e-6]) {
      const [health] = verdictOf(samples(20, heads(0.002, covariance)), CONFIG).heads;
      expect(health).toMatchObject({ verdict: 'collapsed', dimensions: 0 });
    }
  });

  it('lets the worse head speak', () => {
    const mixed = { ...heads(1, 8), 'local/std': 0.3 };
    const verdict = verdictOf(samples(20, mixed), CONFIG);
    expect(verdict.name).toBe('collapsing');
    expect(verdict.sentence).toMatch(/local head/);
  });

  it('sees a NaN', () => {
    expect(verdictOf(samples(20, heads(Number.NaN, 1)), CONFIG).name).toBe('broken');
  });
});
