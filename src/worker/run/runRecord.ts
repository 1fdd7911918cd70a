// What a run's record holds when the run begins to be kept, and what is written into it on the way: the last values, and
// the total loss of a run of any length in at most 64 means, for a small picture of its curve.

import type { Config } from '../../config/schema.ts';
import { type MetricName, metricNames, type StepSample } from '../../protocol/metrics.ts';
import type { RunRecord } from '../../protocol/vault.ts';
import type { Pretrainer } from '../../train/pretrain.ts';

export interface Begun {
  readonly films: number;
  readonly fingerprint: string;
  readonly computedBy: RunRecord['computedBy'];
}

/** The metrics of a sample by name, those that were measured. */
export const lastOf = ({ values }: StepSample, config: Config): Record<MetricName, number> =>
  Object.fromEntries(
    metricNames(config)
      .map((name, i) => [name, values[i]!] as const)
      .filter(([, value]) => Number.isFinite(value)),
  );

export const mean = (values: readonly number[]): number | null =>
  values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

/** The record of a run that begins to be kept. */
export function recordOf(id: string, run: Pretrainer, { films, fingerprint, computedBy }: Begun): RunRecord {
  const now = Date.now();
  return {
    version: 1,
    id,
    state: 'running',
    createdAt: now,
    updatedAt: now,
    config: run.config,
    changes: [],
    start: run.start,
    data: { fingerprint, films },
    totalSteps: run.totalSteps,
    stepsPerEpoch: run.stepsPerEpoch,
    computedBy,
    step: run.step,
    activeSeconds: run.activeSeconds,
    checkpoints: [],
    series: { first: run.step, rows: 0, metrics: metricNames(run.config) },
    marks: [],
    last: {},
    thumbnail: [],
    failure: null,
  };
}

const BINS = 64;

export class LossThumbnail {
  #sums: number[] = [];
  #width = 1;
  #inLast = 0;

  add(value: number): void {
    if (this.#inLast === 0) {
      if (this.#sums.length === BINS) this.#halve();
      this.#sums.push(0);
    }
    this.#sums[this.#sums.length - 1]! += value;
    this.#inLast = (this.#inLast + 1) % this.#width;
  }

  /** The last one may be over fewer steps than the others. */
  means(): number[] {
    return this.#sums.map((sum, i) => {
      const partial = i === this.#sums.length - 1 && this.#inLast > 0;
      return sum / (partial ? this.#inLast : this.#width);
    });
  }

  #halve(): void {
    this.#sums = Array.from({ length: BINS / 2 }, (_, i) => this.#sums[2 * i]! + this.#sums[2 * i + 1]!);
    this.#width *= 2;
  }
}
