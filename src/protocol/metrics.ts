// Every number the trainer may report per step. What every run reports stands first and is the same for all; what is
// measured on heads and levels follows from the record of the method. Charts, exports, tooltips and the runner's
// metrics.jsonl are generated from these tables, and a kept run carries the names that its values were stored under.

import type { Config } from '../config/schema.ts';
import { MEASURE_NAMES, MEASURES, type Measure, type MeasureName } from '../diagnostics/measures.ts';
import { outputsOf, type Snapshot } from '../diagnostics/snapshot.ts';
import type { MethodRecord } from '../methods/record/method.ts';
import {
  LEVEL_NUMBERS,
  LEVELS,
  type Level,
  STATISTIC_NAMES,
  STATISTICS,
  type Statistic,
} from '../methods/record/statistics.ts';
import { METHOD_NAMES, METHODS, type MethodName } from '../methods/records.ts';

/** `group/name`; which there are is for the run's own table to say. */
export type MetricName = `${string}/${string}`;

export interface Metric<Name extends MetricName = MetricName> {
  readonly name: Name;
  readonly label: string;
  readonly unit: '' | 's' | 'img/s' | 'B';
  readonly scale: 'linear' | 'log';
  /** Which way is better, where one can say so at all. */
  readonly better: 'lower' | 'higher' | 'neither';
  readonly formula: string;
}

const plain = { unit: '', scale: 'linear' } as const;

/** What every run reports, whatever its method. */
const COMMON = [
  {
    ...plain,
    name: 'loss/total',
    label: 'Total',
    better: 'lower',
    formula: 'the loss, as the method weighs it',
  },
  {
    ...plain,
    name: 'optim/learning-rate',
    label: 'Learning rate',
    better: 'neither',
    formula: 'warm-up, then cosine',
  },
  {
    name: 'speed/step-seconds',
    label: 'Step time',
    unit: 's',
    scale: 'linear',
    better: 'lower',
    formula: 'mean wall time of the last eight steps',
  },
  {
    name: 'speed/images-per-second',
    label: 'Throughput',
    unit: 'img/s',
    scale: 'linear',
    better: 'higher',
    formula: 'films (not views) per second, over the last eight steps',
  },
  {
    name: 'speed/data-wait',
    label: 'Waiting for films',
    unit: 's',
    scale: 'linear',
    better: 'lower',
    formula: 'time a step waited for its films to be read; 0 when they were at hand',
  },
  {
    name: 'memory/in-use',
    label: 'GPU memory in use',
    unit: 'B',
    scale: 'linear',
    better: 'lower',
    formula: 'bytes of live tensors',
  },
  {
    name: 'memory/reserved',
    label: 'GPU memory reserved',
    unit: 'B',
    scale: 'linear',
    better: 'lower',
    formula: 'bytes of all GPU buffers held',
  },
] as const satisfies readonly Metric[];
export type CommonMetric = (typeof COMMON)[number]['name'];

/** The metrics of one head: its terms raw and weighted, their sum, the statistics that are not among them, the spread. */
function headMetrics(method: MethodRecord, head: string): Metric[] {
  const { label, terms } = method.heads[head]!;
  const ofTerms = terms.flatMap((term): Metric[] => {
    const { label: name, formula, weightKey, factor } = method.terms[term]!;
    const words = `${label} ${name.toLowerCase()}`;
    const weighted = [factor, weightKey, `${head}/${term}`].filter((part) => part).join(' * ');
    return [
      { ...plain, name: `${head}/${term}`, label: words, better: 'lower', formula },
      {
        ...plain,
        name: `${head}/weighted-${term}`,
        label: `${words}, weighted`,
        better: 'lower',
        formula: weighted,
      },
    ];
  });
  const statistics = STATISTIC_NAMES.filter((name) => !terms.includes(name)).map(
    (name): Metric => ({
      ...plain,
      name: `${head}/${name}`,
      label: `${label} ${STATISTICS[name].label.toLowerCase()}`,
      better: 'neither',
      formula: STATISTICS[name].formula,
    }),
  );
  const sum = terms.map((term) => `weighted-${term}`).join(' + ');
  return [
    ...ofTerms,
    { ...plain, name: `${head}/total`, label: `${label} total`, better: 'lower', formula: sum },
    ...statistics,
    {
      ...plain,
      name: `${head}/std`,
      label: `${label} spread`,
      better: 'higher',
      formula: 'mean over views and j of sqrt(var_j + 1e-4)',
    },
  ];
}

export const levelMetric = (level: Level, name: Statistic) => `level${level}/${name}` as const;

const LEVEL_METRICS = LEVEL_NUMBERS.flatMap((level): Metric[] =>
  STATISTIC_NAMES.map((name) => ({
    ...plain,
    name: levelMetric(level, name),
    label: `${STATISTICS[name].label}, ${LEVELS[level - 1]}`,
    better: 'neither',
    formula: `${STATISTICS[name].formula}, on the pooled map`,
  })),
);

const metricsOfRecord = (method: MethodRecord): readonly Metric[] => [
  ...COMMON,
  ...Object.keys(method.heads).flatMap((head) => headMetrics(method, head)),
  ...LEVEL_METRICS,
];

/** Findings whose neighbours are watched at most. */
export const WATCHED_FINDINGS = 8;
export const measureMetric = (output: string, measure: MeasureName) => `${output}/${measure}` as const;
export const neighbourMetric = (place: number | 'mean') => `neighbours/${place}` as const;

/** What a look at a fixed batch of films measures, every so many steps; at all others it is not there. */
function diagnosticMetrics(method: MethodRecord): readonly Metric[] {
  const ofOutputs = outputsOf(method).flatMap(({ name, label, kind }) =>
    MEASURE_NAMES.map((measure): Metric => {
      const { label: words, better, formula }: Measure = MEASURES[measure];
      const title = kind === 'level' ? `${words}, ${label}` : `${label} ${words.toLowerCase()}`;
      return { ...plain, name: measureMetric(name, measure), label: title, better, formula };
    }),
  );
  const formula =
    'AUROC of the vote of the nearest training films on validation films, by the features as they stand';
  const vote = (place: number | 'mean', label: string): Metric => ({
    ...plain,
    name: neighbourMetric(place),
    label,
    better: 'higher',
    formula,
  });
  return [
    ...ofOutputs,
    vote('mean', 'Neighbours, mean over findings'),
    ...Array.from({ length: WATCHED_FINDINGS }, (_, i) => vote(i + 1, `Neighbours, finding ${i + 1}`)),
  ];
}

/** The values of a snapshot under the names of its metrics. */
export function snapshotValues({
  outputs,
  neighbours,
}: Omit<Snapshot, 'seconds'>): Record<MetricName, number> {
  const values: Record<MetricName, number> = {};
  for (const { name, measured } of outputs) {
    for (const measure of MEASURE_NAMES) values[measureMetric(name, measure)] = measured[measure];
  }
  const scores = neighbours?.scores.map(({ auroc }) => auroc) ?? [];
  const known = scores.filter(Number.isFinite);
  values[neighbourMetric('mean')] = known.reduce((sum, value) => sum + value, 0) / known.length;
  for (const [i, auroc] of scores.entries()) values[neighbourMetric(i + 1)] = auroc;
  return values;
}

const perMethod = <T>(make: (name: MethodName) => T) =>
  Object.fromEntries(METHOD_NAMES.map((name) => [name, make(name)])) as Record<MethodName, T>;

const namesIn = (table: readonly Metric[]): readonly MetricName[] => table.map((metric) => metric.name);

const EVERY_STEP = perMethod((name) => metricsOfRecord(METHODS[name]));
const EVERY_STEP_NAMES = perMethod((name) => namesIn(EVERY_STEP[name]));
/** With what is measured now and then behind what is measured at every step. */
const WITH_LOOKS = perMethod((name) => [...EVERY_STEP[name], ...diagnosticMetrics(METHODS[name])]);
const WITH_LOOKS_NAMES = perMethod((name) => namesIn(WITH_LOOKS[name]));

type OfMethod = Pick<Config, 'method'> & Partial<Pick<Config, 'diagnoseEvery'>>;

/** The metrics of a run under this configuration. */
export const metricsOf = ({ method, diagnoseEvery = 0 }: OfMethod): readonly Metric[] =>
  (diagnoseEvery > 0 ? WITH_LOOKS : EVERY_STEP)[method];

/** Their names, in the order of a sample's values. */
export const metricNames = ({ method, diagnoseEvery = 0 }: OfMethod): readonly MetricName[] =>
  (diagnoseEvery > 0 ? WITH_LOOKS_NAMES : EVERY_STEP_NAMES)[method];

/** One step's values in the order of metricNames; NaN where a metric was not measured. */
export interface StepSample {
  /** Zero-based index of the step that the values belong to. */
  readonly step: number;
  /** Seconds of active training since the run began, pauses excluded. */
  readonly activeSeconds: number;
  readonly values: Float64Array;
}

const COMMON_NAMES = COMMON.map(({ name }) => name) as CommonMetric[];

/** What every run reports, out of a sample of any of them. */
export const commonValue = <V extends number | null>(
  { values }: { readonly values: ArrayLike<V> },
  name: CommonMetric,
): V => values[COMMON_NAMES.indexOf(name)]!;

/** Whether two samples of a run give the same numbers to the last bit, in all that time and memory have no part in. */
export const isRepeated = (a: Pick<StepSample, 'values'>, b: Pick<StepSample, 'values'>): boolean =>
  a.values.length === b.values.length &&
  a.values.every(
    (value, i) => /^(speed|memory)\//.test(COMMON_NAMES[i] ?? '') || Object.is(value, b.values[i]),
  );
