// From one step's read-back to the values of METRIC_NAMES, and the checks that keep a fault from passing as a
// number: a term that is not finite, or a loss whose every term is exactly zero, ends the run by name.

import type { Config } from '../config/schema.ts';
import { VICREG_TERMS } from '../gpu/kernels/loss/vicreg.ts';
import {
  HEAD_NAMES,
  HEADS,
  type Head,
  LEVELS,
  METRIC_NAMES,
  type MetricName,
  type StepSample,
  TERM_NAMES,
  TERMS,
  type Term,
} from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type LevelTerms, levelStatistics } from './levelStatistics.ts';

/** Entries of either head's terms vector in a read-back. */
export const TERMS_LENGTH = 8;

export interface ReadBack {
  readonly step: number;
  /** Terms of the global head, of the local head, then the level means [2N, sum C_l]. */
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
  readonly memory: { readonly inUse: number; readonly reserved: number };
}

/** The terms of one head, each summed over the views as the loss has them. */
export function headTerms(values: ArrayLike<number>): Record<Term | 'std', number> {
  const at = (name: keyof typeof VICREG_TERMS) => values[VICREG_TERMS[name]]!;
  return {
    invariance: at('invariance'),
    variance: at('variance1') + at('variance2'),
    covariance: at('covariance1') + at('covariance2'),
    std: (at('std1') + at('std2')) / 2,
  };
}

/** @throws AppError loss-not-finite, model-broken, gpu-fault */
export function toSample(read: ReadBack): StepSample {
  const { config, values, step } = read;
  const metrics: Partial<Record<MetricName, number>> = {};
  let total = 0;
  for (const [i, head] of HEAD_NAMES.entries()) {
    const terms = headTerms(values.subarray(i * TERMS_LENGTH, (i + 1) * TERMS_LENGTH));
    total += addHead(metrics, head, terms, config, step) * (head === 'local' ? config.localWeight : 1);
  }
  metrics['loss/total'] = total;
  if (HEAD_NAMES.every((head) => metrics[`${head}/std`] === 0)) {
    throw new AppError('gpu-fault', `every value of step ${step} came back as zero.`);
  }
  refuseDeadLevel(values.subarray(2 * TERMS_LENGTH), read.films, read.widths, step);
  addLevels(metrics, levelStatistics(values.subarray(2 * TERMS_LENGTH), read.films, read.widths));
  metrics['optim/learning-rate'] = read.learningRate;
  metrics['speed/step-seconds'] = read.stepSeconds;
  metrics['speed/images-per-second'] = read.films / read.stepSeconds;
  metrics['speed/data-wait'] = read.dataWait;
  metrics['memory/in-use'] = read.memory.inUse;
  metrics['memory/reserved'] = read.memory.reserved;
  const ordered = Float64Array.from(METRIC_NAMES, (name) => metrics[name] ?? Number.NaN);
  return { step, activeSeconds: read.activeSeconds, values: ordered };
}

/** Writes one head's metrics; returns its total. */
function addHead(
  metrics: Partial<Record<MetricName, number>>,
  head: Head,
  terms: Record<Term | 'std', number>,
  config: Config,
  step: number,
): number {
  let total = 0;
  for (const term of TERM_NAMES) {
    const value = terms[term];
    if (!Number.isFinite(value)) {
      const name = `${HEADS[head].toLowerCase()} ${TERMS[term].label.toLowerCase()}`;
      throw new AppError('loss-not-finite', `the ${name} is ${value} at step ${step}.`);
    }
    const weighted = value * config[TERMS[term].weightKey];
    metrics[`${head}/${term}`] = value;
    metrics[`${head}/weighted-${term}`] = weighted;
    total += weighted;
  }
  metrics[`${head}/total`] = total;
  metrics[`${head}/std`] = terms.std;
  return total;
}

/**
 * A rectifier makes zeros of what is not a number, so a batch gone bad may leave a finite loss behind it. Then a level gives
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
      const where = `the ${LEVELS[i]} gives nothing but zeros for view ${view + 1}`;
      throw new AppError('model-broken', `${where} at step ${step}.`);
    }
    first += width;
  }
}

function addLevels(metrics: Partial<Record<MetricName, number>>, levels: readonly LevelTerms[]): void {
  levels.forEach((terms, i) => {
    for (const term of TERM_NAMES) metrics[`level${i + 1}/${term}` as MetricName] = terms[term];
  });
}
