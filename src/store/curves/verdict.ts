// The collapse verdict on a run from its last steps: each head is judged as the method's record says, the worst one speaks.
// It reads logged metrics only and decides nothing about the run.

import type { Config } from '../../config/schema.ts';
import type { HeadHealth, VerdictName } from '../../methods/record/health.ts';
import { isWorse } from '../../methods/record/health.ts';
import { methodOf } from '../../methods/records.ts';
import { metricNames, type StepSample } from '../../protocol/metrics.ts';

export interface Verdict {
  readonly name: VerdictName;
  readonly sentence: string;
  readonly step: number;
  readonly heads: readonly HeadHealth[];
}

export const NO_VERDICT: Verdict = {
  name: 'waiting',
  sentence: 'The verdict comes after the first ten steps.',
  step: 0,
  heads: [],
};

const WINDOW = 20;
const FIRST = 10;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The verdict on the last samples of a run under this configuration: on the last twenty, and whether the spread fell since the twenty before. */
export function verdictOf(samples: readonly StepSample[], config: Config): Verdict {
  const last = samples.at(-1);
  if (!last || samples.length < FIRST) return NO_VERDICT;
  const window = samples.slice(-WINDOW);
  const before = samples.slice(0, -WINDOW).slice(-WINDOW);
  const names = metricNames(config);
  const over = (name: (typeof names)[number], steps = window) =>
    mean(steps.map(({ values }) => values[names.indexOf(name)] ?? Number.NaN));
  const method = methodOf(config);
  const heads = Object.entries(method.heads).map(([head, { dimensions }]) =>
    method.health({
      head,
      spread: over(`${head}/std`),
      spreadBefore: over(`${head}/std`, before),
      variance: over(`${head}/variance`),
      covariance: over(`${head}/covariance`),
      width: dimensions(config),
      batchSize: config.batchSize,
    }),
  );
  const worst = heads.reduce((a, b) => (isWorse(b.verdict, a.verdict) ? b : a));
  return { name: worst.verdict, sentence: worst.sentence, step: last.step, heads };
}
