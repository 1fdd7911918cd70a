// The collapse verdict on a run from its last steps: each head is judged as the method's record says, the worst one speaks.
// What looks at the run have shown is part of it. It reads what was measured and decides nothing about the run.

import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import type { Snapshot } from '../../diagnostics/snapshot.ts';
import { type LearntVerdict, learntVerdict } from '../../diagnostics/verdict.ts';
import type { HeadHealth, VerdictName } from '../../methods/record/health.ts';
import { isWorse } from '../../methods/record/health.ts';
import { methodOf } from '../../methods/records.ts';
import { metricNames, type StepSample } from '../../protocol/metrics.ts';

export interface Verdict {
  readonly name: VerdictName;
  readonly sentence: string;
  readonly step: number;
  readonly heads: readonly HeadHealth[];
  /** What looks at the run found wrong, if anything. */
  readonly learnt: LearntVerdict | null;
}

export const NO_VERDICT: Verdict = {
  name: 'waiting',
  sentence: 'The verdict comes after the first ten steps.',
  step: 0,
  heads: [],
  learnt: null,
};

const WINDOW = 20;
const FIRST = 10;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The verdict on the last samples of a run under this configuration: on the last twenty, and whether the spread fell since the
 * twenty before; and on all looks at it, whose sentence says what went wrong, since when, and what to change.
 */
export function verdictOf(
  samples: readonly StepSample[],
  config: Config,
  looks: readonly Snapshot[] = [],
): Verdict {
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
  const { verdict: name, sentence } = worst;
  const learnt = learntVerdict(looks, method, config, (key) => Number(SCHEMA[key as ConfigKey].default));
  const judged = { step: last.step, heads, learnt };
  if (!learnt) return { ...judged, name, sentence };
  // Where the heads still look well, or only small, what was learnt speaks alone.
  return isWorse('collapsing', name)
    ? { ...judged, name: 'collapsing', sentence: learnt.sentence }
    : { ...judged, name, sentence: `${sentence} ${learnt.sentence}` };
}
