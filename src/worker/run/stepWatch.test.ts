// What is watched while a run goes on: a loss that runs away, standing still, losses in a row, and the small curve.

import { describe, expect, it } from 'vitest';
import { metricNames, type StepSample } from '../../protocol/metrics.ts';
import { LossThumbnail } from './runRecord.ts';
import { LossLog, StepWatch } from './stepWatch.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const sample = (step: number, total: number): StepSample => ({
  step,
  activeSeconds: step,
  values: Float64Array.from(METRIC_NAMES, (name) => (name === 'loss/total' ? total : 0)),
});

describe('a loss that runs away', () => {
  it('is named once it is a hundred times its median, and not before there is a median', () => {
    const early = new StepWatch();
    expect(() => [1, 5000, 2, 9000].map((total, i) => early.see(sample(i, total), i))).not.toThrow();
    const watch = new StepWatch();
    for (let step = 0; step < 40; step++) watch.see(sample(step, 50 + (step % 7)), step);
    expect(watch.see(sample(40, 5000), 40)).toBeNull();
    expect(() => watch.see(sample(41, 5900), 41)).toThrow(/total at step 41 is 11\d times its median before/);
  });

  it('is not looked for where the loss is bounded: below zero every number is many times the median', () => {
    const watch = new StepWatch(true);
    for (let step = 0; step < 40; step++) expect(watch.see(sample(step, -0.9), step)).toBeNull();
    expect(watch.see(sample(40, 0.2), 40)).toBeNull();
  });
});

describe('standing still', () => {
  it('is a gap when it is long beside the usual step; a halt is none', () => {
    const watch = new StepWatch();
    let now = 0;
    watch.start(now);
    for (let step = 0; step < 20; step++) {
      now += 100;
      expect(watch.see(sample(step, 1), now)).toBeNull();
    }
    now += 180_000;
    expect(watch.see(sample(20, 1), now)).toBe(180);
    now += 600_000;
    watch.start(now);
    expect(watch.see(sample(21, 1), now + 100)).toBeNull();
  });

  it('is none where every step takes as long', () => {
    const watch = new StepWatch();
    watch.start(0);
    for (let step = 0; step < 20; step++) expect(watch.see(sample(step, 1), 8000 * (step + 1))).toBeNull();
  });
});

describe('losses of the device', () => {
  it('are too many at the third within ten minutes', () => {
    const log = new LossLog();
    expect([0, 100_000, 650_000, 690_000].map((time) => log.add(time))).toEqual([false, false, false, true]);
    log.clear();
    expect(log.add(760_000)).toBe(false);
  });
});

describe('the small curve', () => {
  it('holds at most 64 means of equally many steps, the last over what there is', () => {
    const sketch = new LossThumbnail();
    for (let i = 0; i < 64; i++) sketch.add(i);
    expect(sketch.means()).toHaveLength(64);
    sketch.add(64);
    expect(sketch.means().slice(0, 2)).toEqual([0.5, 2.5]);
    expect(sketch.means().at(-1)).toBe(64);
    for (let i = 65; i < 1000; i++) sketch.add(i);
    expect(sketch.means().length).toBeLessThanOrEqual(64);
    expect(sketch.means()[0]).toBe(7.5);
  });
});
