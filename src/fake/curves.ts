// Scripted curves for the fake engine: VICReg statistics as a small run with batch-normed heads shows them. The shapes
// are drawn by hand from such runs; they serve development and tests of the page, never a result.

import type { Config } from '../config/schema.ts';
import type { Head } from '../methods/record/method.ts';
import { LEVEL_NUMBERS } from '../methods/record/statistics.ts';
import { weightedTotal } from '../methods/record/total.ts';
import { methodOf } from '../methods/records.ts';
import { levelMetric, type MetricName, metricNames, type StepSample } from '../protocol/metrics.ts';
import { Rng } from '../util/rng.ts';

export interface CurveSetting {
  readonly config: Config;
  readonly totalSteps: number;
  readonly imagesPerSecond: number;
  /** The embeddings draw together, as with a variance weight of zero. */
  readonly collapse: boolean;
}

type Values = Record<MetricName, number>;

const decay = (step: number, from: number, to: number, scale: number) =>
  to + (from - to) * Math.exp(-step / scale);

/** `place` is that of the head in the record; the first learns fastest. Terms of other losses fall like the invariance. */
function headValues(place: number, { terms, dimensions }: Head, step: number, setting: CurveSetting) {
  const rng = new Rng(setting.config.seed, 'view1', step, place + 1);
  const wobble = (size: number) => 1 + size * rng.normal();
  const lag = place === 0 ? 1 : 1.4;
  const fall = setting.collapse ? Math.exp(-step / 60) : 1;
  const std = (0.94 + 0.05 * (1 - Math.exp(-step / 80))) * fall * wobble(0.006);
  const invariance = decay(step, place === 0 ? 1.25 : 0.92, 0.31 * lag, 70 * lag) * fall ** 2 * wobble(0.05);
  const variance = Math.max(0, 1 - std) * wobble(0.08) + 0.01;
  // Independent films have this much in a batch; a run ends a little above it.
  const noise = (2 * (dimensions(setting.config) - 1)) / (setting.config.batchSize - 1);
  const covariance = noise * decay(step, 4.6, 1.15, 40 * lag) * fall ** 4 * wobble(0.06);
  const others = Object.fromEntries(terms.map((term) => [term, 3 * invariance]));
  return { ...others, invariance, variance, covariance, std } as Record<string, number>;
}

function levelValues(step: number, seed: number): Values {
  const values: Values = {};
  for (const level of LEVEL_NUMBERS) {
    const rng = new Rng(seed, 'view2', step, level);
    const wobble = (size: number) => 1 + size * rng.normal();
    values[levelMetric(level, 'invariance')] =
      decay(step, 0.02 * level, 0.008 * level, 60 + 20 * level) * wobble(0.08);
    values[levelMetric(level, 'variance')] = decay(step, 0.95, 0.9 - 0.1 * level, 90) * wobble(0.02);
    values[levelMetric(level, 'covariance')] = decay(step, 0.4 * level, 0.12 * level, 50) * wobble(0.1);
  }
  return values;
}

/** The values of one step; the same setting and step give the same values. */
export function fakeSample(step: number, setting: CurveSetting): StepSample {
  const { totalSteps, imagesPerSecond, config } = setting;
  const { batchSize, seed } = config;
  const method = methodOf(config);
  const made = Object.fromEntries(
    Object.entries(method.heads).map(([name, head], i) => [name, headValues(i, head, step, setting)]),
  );
  const { heads, total } = weightedTotal(method, config, made);
  const warm = Math.min(1, step / Math.max(1, totalSteps * 0.06));
  const rate = config.learningRate * warm * 0.5 * (1 + Math.cos((Math.PI * step) / totalSteps));
  const speed = imagesPerSecond * (1 + 0.04 * new Rng(seed, 'order', step).normal());
  const values: Values = {
    ...levelValues(step, seed),
    'loss/total': total,
    'optim/learning-rate': rate,
    'speed/step-seconds': batchSize / speed,
    'speed/images-per-second': speed,
    'memory/in-use': 187e6,
    'memory/reserved': 412e6,
  };
  for (const [head, { weighted, total: sum }] of Object.entries(heads)) {
    for (const [name, value] of Object.entries(made[head]!)) values[`${head}/${name}`] = value;
    for (const [term, value] of Object.entries(weighted)) values[`${head}/weighted-${term}`] = value;
    values[`${head}/total`] = sum;
  }
  return {
    step,
    activeSeconds: ((step + 1) * batchSize) / imagesPerSecond,
    values: Float64Array.from(metricNames(config), (name) => values[name] ?? Number.NaN),
  };
}
