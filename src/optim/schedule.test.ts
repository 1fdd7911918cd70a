// Learning rates against the recorded ones, to twelve digits.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { warmRestarts, warmupCosine } from './schedule.ts';

const PARITY = new URL('../../../shared/parity/', import.meta.url);
const hasParity = existsSync(PARITY);
const fixtures = <T>(file: string): T[] =>
  hasParity ? JSON.parse(readFileSync(new URL(file, PARITY), 'utf8')).fixtures : [];

const expectClose = (found: readonly number[], wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) {
    expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value));
  }
};

interface StepsFixture {
  name: string;
  warmup_steps: number;
  total_steps: number;
  effective_base_lr: number;
  trajectory: { lr: number[] };
}
interface LinearFixture {
  name: string;
  hyperparameters: { lr: number; eta_min: number; T_0: number; T_mult: number };
  lr_per_epoch_75?: number[];
}

describe('warm-up cosine', () => {
  it('starts at zero, peaks after the warm-up and ends above its floor', () => {
    const plan = { base: 0.2, warmupSteps: 20, totalSteps: 3000 };
    expect(warmupCosine(plan, 0)).toBe(0);
    expect(warmupCosine(plan, 20)).toBe(0.2);
    expect(warmupCosine(plan, 2999)).toBeGreaterThan(0.0002);
    expect(warmupCosine({ ...plan, warmupSteps: 0 }, 0)).toBe(0.2);
  });
  it('ends where 300 published epochs end', () => {
    const perEpoch = 100;
    const plan = { base: 0.2, warmupSteps: 2 * perEpoch, totalSteps: 300 * perEpoch };
    expect(warmupCosine(plan, plan.totalSteps)).toBeCloseTo(2.22e-4, 6);
  });
  const runs = fixtures<StepsFixture>('model-tiny.json').filter(({ name }) => name.includes('-steps-'));
  it.skipIf(!hasParity)('follows the recorded runs (skipped without ../shared/parity)', () => {
    expect(runs.length).toBe(4);
    for (const { warmup_steps, total_steps, effective_base_lr, trajectory } of runs) {
      const plan = { base: effective_base_lr, warmupSteps: warmup_steps, totalSteps: total_steps };
      expectClose(
        trajectory.lr.map((_, step) => warmupCosine(plan, step)),
        trajectory.lr,
      );
    }
  });
});

describe('warm restarts', () => {
  it.skipIf(!hasParity)('follows 75 recorded epochs (skipped without ../shared/parity)', () => {
    const recorded = fixtures<LinearFixture>('linear-eval.json').filter((f) => f.lr_per_epoch_75);
    expect(recorded.length).toBeGreaterThan(0);
    for (const { hyperparameters: h, lr_per_epoch_75 } of recorded) {
      const plan = { max: h.lr, min: h.eta_min, firstPeriod: h.T_0, factor: h.T_mult };
      expectClose(
        lr_per_epoch_75!.map((_, epoch) => warmRestarts(plan, epoch)),
        lr_per_epoch_75!,
      );
    }
  });
  it('keeps equal periods with factor 1', () => {
    const plan = { max: 1, min: 0, firstPeriod: 4, factor: 1 };
    expect(warmRestarts(plan, 4000)).toBe(1);
  });
});
