import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { readSnapshots } from '../../diagnostics/snapshot.ts';
import { attainableDimensions, effectiveDimensions, healthBy } from '../../methods/record/health.ts';
import { type MetricName, metricNames, type StepSample } from '../../protocol/metrics.ts';
import { recordedRun } from '../../recorded/recorded.ts';
import { verdictOf } from './verdict.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

function samples(count: number, values: Partial<Record<MetricName, number>>): StepSample[] {
  return Array.from({ length: count }, (_, step) => ({
    step,
    activeSeconds: step,
    values: Float64Array.from(METRIC_NAMES, (name) => values[name] ?? 0),
  }));
}

/** Embeddings 256 wide, batches of 32. */
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
    const mixed = { ...heads(1, 8), 'local/std': 0.2, 'local/covariance': 0.05 };
    const verdict = verdictOf(samples(20, mixed), CONFIG);
    expect(verdict.name).toBe('collapsing');
    expect(verdict.sentence).toMatch(/local head/);
  });

  /** Spread and covariance of the global head over twenty steps, and over the twenty that follow. */
  const course = (before: [number, number], now: [number, number]) =>
    verdictOf([...samples(20, heads(...before)), ...samples(20, heads(...now))], CONFIG);

  it('does not take the first run, which balances below the full spread, for a collapse', () => {
    // `pretrain --data synthetic:11 --preset demo --seed 11`, 440 steps, up to steps 60, 120, 180, 300 and 440.
    expect(course([0.962, 21.833], [0.873, 18.409]).name).toBe('healthy');
    expect(course([0.69, 8.685], [0.624, 6.203]).name).toBe('narrow');
    const falling = course([0.531, 3.916], [0.499, 3.313]);
    expect(falling.name).toBe('low');
    expect(falling.sentence).toContain('still falls');
    expect(course([0.422, 1.958], [0.416, 1.775]).name).toBe('resting');
    const end = course([0.402, 1.578], [0.401, 1.562]);
    expect(end.name).toBe('resting');
    expect(end.sentence).toMatch(
      /tells films apart over about 8 of 28 dimensions.* 0\.40 of 1 is where the loss/,
    );
    // The first twenty steps say nothing of a rest.
    const early = verdictOf(samples(20, heads(0.4, 1.56)), CONFIG);
    expect(early).toMatchObject({ name: 'low', sentence: expect.stringContaining('more steps will tell') });
  });

  it('finds no collapse in the run that a first visit is shown', async () => {
    const { samples: steps, record, diagnostics } = await recordedRun('first');
    const verdict = verdictOf(steps.slice(-40), record.config, readSnapshots(diagnostics!));
    expect(verdict).toMatchObject({ name: 'resting', learnt: null });
  });

  it('sees a collapse on its way, by the fall of the spread or by what is left of it', () => {
    // The same recipe with a variance weight of 0, up to step 180.
    expect(course([0.491, 3.053], [0.449, 2.364])).toMatchObject({
      name: 'collapsing',
      sentence: expect.stringContaining('draws together: spread 0.45 of 1'),
    });
    expect(course([0.2, 0.05], [0.2, 0.05]).name).toBe('collapsing');
    expect(course([0.17, 0.05], [0.2, 0.05])).toMatchObject({
      name: 'low',
      sentence: expect.stringContaining('grows'),
    });
    expect(course([0.05, 0], [0.09, 0]).name).toBe('collapsed');
  });

  it('takes half the full spread for a collapse on its way where the loss has no rest there', () => {
    const statistics = { head: 'global', variance: 0, covariance: 1, width: 256, batchSize: 32 };
    const judge = (spreadBefore: number, spread: number) =>
      healthBy({ fullSpread: 1, againstPoint: 'A.', againstRepetition: 'B.' })({
        ...statistics,
        spread,
        spreadBefore,
      }).verdict;
    expect([judge(0.45, 0.45), judge(0.4, 0.45), judge(0.6, 0.6)]).toEqual(['collapsing', 'low', 'healthy']);
  });

  it('lets few dimensions speak where the spread is only low', () => {
    // (D s^4) / (s^4 + c / 2) with s = 0.4: 256 * 0.0256 / 1.5256 = 4.3 of 27.7 dimensions.
    expect(course([0.4, 3], [0.4, 3])).toMatchObject({
      name: 'collapsing',
      sentence: expect.stringMatching(/uses about 4\.3 of 28 dimensions/),
    });
  });

  it('sees a NaN', () => {
    expect(verdictOf(samples(20, heads(Number.NaN, 1)), CONFIG).name).toBe('broken');
  });
});
