// From one step's read-back to the values of a run's metrics, and the checks that keep a fault from passing as a
// number: a term that is not finite, or a loss whose every term is exactly zero, ends the run by name.

import type { Config } from '../config/schema.ts';
import type { Snapshot } from '../diagnostics/snapshot.ts';
import { readStatistics } from '../methods/heads/vicregLoss.ts';
import type { MethodRecord } from '../methods/record/method.ts';
import { LEVELS, type Level, STATISTIC_NAMES } from '../methods/record/statistics.ts';
import { reportLength, VECTOR_LENGTH, vectorsOf, weightedTotal } from '../methods/record/total.ts';
import { methodOf } from '../methods/records.ts';
import {
  levelMetric,
  type MetricName,
  metricNames,
  type StepSample,
  snapshotValues,
} from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type LevelTerms, levelStatistics } from './levelStatistics.ts';

export interface ReadBack {
  readonly step: number;
  /** The vectors of each head in the order of the method's record, then the level means [2N, sum C_l]. */
  readonly values: Float32Array;
  readonly films: number;
  readonly widths: readonly number[];
  /** The settings in force at that step. */
  readonly config: Config;
  readonly learningRate: number;
  readonly stepSeconds: number;
  readonly activeSeconds: number;
  /** Seconds that the step waited for its films. */
  readonly dataWait: number;
  /** What was measured on the weights before the step, where that was due. */
  readonly snapshot?: Snapshot | null;
  readonly memory: { readonly inUse: number; readonly reserved: number };
}

type Values = Record<MetricName, number>;

/** What a step leaves behind for each head: its VICReg statistics with the spread, and the terms of the loss. */
export function readHeads(
  method: MethodRecord,
  values: Float32Array,
): Record<string, Record<string, number>> {
  const heads: Record<string, Record<string, number>> = {};
  let at = 0;
  for (const [head, { terms }] of Object.entries(method.heads)) {
    const vectors = vectorsOf(method, head);
    const read: Record<string, number> = { ...readStatistics(values.subarray(at, at + VECTOR_LENGTH)) };
    for (const term of terms) {
      const { reads } = method.terms[term]!;
      if (reads !== 'statistics') read[term] = values[at + VECTOR_LENGTH + reads]!;
    }
    heads[head] = read;
    at += vectors * VECTOR_LENGTH;
  }
  return heads;
}

/** @throws AppError loss-not-finite, model-broken, gpu-fault */
export function toSample(read: ReadBack): StepSample {
  const { config, values, step } = read;
  const method = methodOf(config);
  const metrics: Values = {};
  const heads = readHeads(method, values);
  refuseNotFinite(method, heads, step);
  addHeads(metrics, method, heads, config);
  if (Object.values(heads).every(({ std }) => std === 0)) {
    throw new AppError('gpu-fault', `every value of step ${step} came back as zero.`);
  }
  const means = values.subarray(reportLength(method));
  refuseDeadLevel(means, read.films, read.widths, step);
  addLevels(metrics, levelStatistics(means, read.films, read.widths));
  metrics['optim/learning-rate'] = read.learningRate;
  metrics['speed/step-seconds'] = read.stepSeconds;
  metrics['speed/images-per-second'] = read.films / read.stepSeconds;
  metrics['speed/data-wait'] = read.dataWait;
  metrics['memory/in-use'] = read.memory.inUse;
  metrics['memory/reserved'] = read.memory.reserved;
  if (read.snapshot) Object.assign(metrics, snapshotValues(read.snapshot));
  const ordered = Float64Array.from(metricNames(config), (name) => metrics[name] ?? Number.NaN);
  return { step, activeSeconds: read.activeSeconds, values: ordered };
}

function refuseNotFinite(
  method: MethodRecord,
  heads: Readonly<Record<string, Readonly<Record<string, number>>>>,
  step: number,
): void {
  for (const [head, { label, terms }] of Object.entries(method.heads)) {
    for (const term of terms) {
      const value = heads[head]![term]!;
      if (Number.isFinite(value)) continue;
      const name = `${label.toLowerCase()} ${method.terms[term]!.label.toLowerCase()}`;
      throw new AppError('loss-not-finite', `the ${name} is ${value} at step ${step}.`);
    }
  }
}

function addHeads(
  metrics: Values,
  method: MethodRecord,
  heads: Readonly<Record<string, Readonly<Record<string, number>>>>,
  config: Config,
): void {
  const { heads: totals, total } = weightedTotal(method, config, heads);
  metrics['loss/total'] = total;
  for (const [head, values] of Object.entries(heads)) {
    for (const [name, value] of Object.entries(values)) metrics[`${head}/${name}`] = value;
    for (const [term, value] of Object.entries(totals[head]!.weighted)) {
      metrics[`${head}/weighted-${term}`] = value;
    }
    metrics[`${head}/total`] = totals[head]!.total;
  }
}

/**
 * ReLU turns NaN into zero, so a bad batch may leave a finite loss behind it. Then a level outputs
 * zero for every film and channel of a view, which batch norm, taken for each view, rules out otherwise.
 * @throws AppError model-broken
 */
function refuseDeadLevel(means: Float32Array, films: number, widths: readonly number[], step: number): void {
  const total = widths.reduce((a, b) => a + b, 0);
  let first = 0;
  for (const [i, width] of widths.entries()) {
    for (const view of [0, 1]) {
      const rows = Array.from({ length: films }, (_, film) => (view * films + film) * total + first);
      if (rows.some((at) => means.subarray(at, at + width).some((value) => value !== 0))) continue;
      const where = `${i === 0 ? 'the stem' : LEVELS[i]} outputs only zeros for view ${view + 1}`;
      throw new AppError('model-broken', `${where} at step ${step}.`);
    }
    first += width;
  }
}

function addLevels(metrics: Values, levels: readonly LevelTerms[]): void {
  levels.forEach((statistics, i) => {
    for (const name of STATISTIC_NAMES) metrics[levelMetric((i + 1) as Level, name)] = statistics[name];
  });
}
