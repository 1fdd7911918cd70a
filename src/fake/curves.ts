// Scripted curves for the fake engine: VICReg terms as a small run with batch-normed heads shows them. The shapes
// are drawn by hand from such runs; they serve development and tests of the page, never a result.

import { LEVEL_NUMBERS, METRIC_NAMES, type MetricName, type StepSample } from '../protocol/metrics.ts';
import { Rng } from '../util/rng.ts';

export interface CurveSetting {
  readonly seed: number;
  readonly totalSteps: number;
  readonly learningRate: number;
  readonly localWeight: number;
  readonly imagesPerSecond: number;
  readonly batchSize: number;
  /** The embeddings draw together, as with a variance weight of zero. */
  readonly collapse: boolean;
}

const decay = (step: number, from: number, to: number, scale: number) =>
  to + (from - to) * Math.exp(-step / scale);

function headValues(
  head: 'global' | 'local',
  step: number,
  setting: CurveSetting,
): Partial<Record<MetricName, number>> {
  const rng = new Rng(setting.seed, 'view1', step, head === 'global' ? 1 : 2);
  const wobble = (size: number) => 1 + size * rng.normal();
  const lag = head === 'global' ? 1 : 1.4;
  const fall = setting.collapse ? Math.exp(-step / 60) : 1;
  const std = (0.94 + 0.05 * (1 - Math.exp(-step / 80))) * fall * wobble(0.006);
  const invariance =
    decay(step, head === 'global' ? 1.25 : 0.92, 0.31 * lag, 70 * lag) * fall ** 2 * wobble(0.05);
  const variance = Math.max(0, 1 - std) * wobble(0.08) + 0.01;
  const covariance = decay(step, 38, 9.4, 40 * lag) * fall ** 4 * wobble(0.06);
  return {
    [`${head}/invariance`]: invariance,
    [`${head}/variance`]: variance,
    [`${head}/covariance`]: covariance,
    [`${head}/weighted-invariance`]: 25 * invariance,
    [`${head}/weighted-variance`]: 25 * variance,
    [`${head}/weighted-covariance`]: covariance,
    [`${head}/total`]: 25 * invariance + 25 * variance + covariance,
    [`${head}/std`]: std,
  };
}

function levelValues(step: number, seed: number): Partial<Record<MetricName, number>> {
  const values: Partial<Record<MetricName, number>> = {};
  for (const level of LEVEL_NUMBERS) {
    const rng = new Rng(seed, 'view2', step, level);
    const wobble = (size: number) => 1 + size * rng.normal();
    values[`level${level}/invariance`] =
      decay(step, 0.02 * level, 0.008 * level, 60 + 20 * level) * wobble(0.08);
    values[`level${level}/variance`] = decay(step, 0.95, 0.9 - 0.1 * level, 90) * wobble(0.02);
    values[`level${level}/covariance`] = decay(step, 0.4 * level, 0.12 * level, 50) * wobble(0.1);
  }
  return values;
}

/** The values of one step; the same setting and step give the same values. */
export function fakeSample(step: number, setting: CurveSetting): StepSample {
  const { totalSteps, batchSize, imagesPerSecond, localWeight } = setting;
  const global = headValues('global', step, setting);
  const local = headValues('local', step, setting);
  const warm = Math.min(1, step / Math.max(1, totalSteps * 0.06));
  const rate = setting.learningRate * warm * 0.5 * (1 + Math.cos((Math.PI * step) / totalSteps));
  const speed = imagesPerSecond * (1 + 0.04 * new Rng(setting.seed, 'order', step).normal());
  const values: Partial<Record<MetricName, number>> = {
    ...global,
    ...local,
    ...levelValues(step, setting.seed),
    'loss/total': (global['global/total'] ?? 0) + localWeight * (local['local/total'] ?? 0),
    'optim/learning-rate': rate,
    'speed/step-seconds': batchSize / speed,
    'speed/images-per-second': speed,
    'memory/in-use': 187e6,
    'memory/reserved': 412e6,
  };
  return {
    step,
    activeSeconds: ((step + 1) * batchSize) / imagesPerSecond,
    values: Float64Array.from(METRIC_NAMES, (name) => values[name] ?? Number.NaN),
  };
}
