// Every number the trainer may report per step, once. Charts, exports, tooltips and the runner's metrics.jsonl
// are generated from this table; the trainer can only yield names that stand in it.
// Values of the two heads are terms of the loss; values of the levels are measured and shown, never optimised.

export const TERMS = {
  invariance: {
    label: 'Invariance',
    weightKey: 'invarianceWeight',
    formula: 'mean over n, j of (a_nj - b_nj)^2',
    meaning:
      'How far the two views of a film lie apart. Falling: the encoder ignores what augmentation changes. Zero with a high variance term: collapse.',
  },
  variance: {
    label: 'Variance',
    weightKey: 'varianceWeight',
    formula: 'sum over views of 1/2 mean_j relu(1 - sqrt(var_j + 1e-4))',
    meaning:
      'How much spread the dimensions lack. Zero: every dimension spreads by one or more. Near one: all films get the same embedding.',
  },
  covariance: {
    label: 'Covariance',
    weightKey: 'covarianceWeight',
    formula: 'sum over views of 1/D sum_{j != k} C_jk^2',
    meaning: 'How much dimensions repeat each other. Falling: information spreads over more dimensions.',
  },
} as const;
export type Term = keyof typeof TERMS;
export const TERM_NAMES = Object.keys(TERMS) as Term[];

export const HEADS = { global: 'Global', local: 'Local' } as const;
export type Head = keyof typeof HEADS;
export const HEAD_NAMES = Object.keys(HEADS) as Head[];

export const LEVELS = ['stem', 'stage 1', 'stage 2', 'stage 3', 'stage 4'] as const;
export type Level = 1 | 2 | 3 | 4 | 5;
export const LEVEL_NUMBERS = [1, 2, 3, 4, 5] as const satisfies readonly Level[];

export type MetricName =
  | 'loss/total'
  | `${Head}/${Term}`
  | `${Head}/weighted-${Term}`
  | `${Head}/total`
  | `${Head}/std`
  | `level${Level}/${Term}`
  | 'optim/learning-rate'
  | 'speed/step-seconds'
  | 'speed/images-per-second'
  | 'speed/data-wait'
  | 'memory/in-use'
  | 'memory/reserved';

export interface Metric {
  readonly name: MetricName;
  readonly label: string;
  readonly unit: '' | 's' | 'img/s' | 'B';
  readonly scale: 'linear' | 'log';
  /** Which way is better, where one can say so at all. */
  readonly better: 'lower' | 'higher' | 'neither';
  readonly formula: string;
  readonly head?: Head;
  readonly term?: Term;
  readonly level?: Level;
}

const headMetrics = HEAD_NAMES.flatMap((head): Metric[] => [
  ...TERM_NAMES.flatMap((term): Metric[] => {
    const common = { unit: '', better: 'lower', scale: 'linear', head, term } as const;
    const label = `${HEADS[head]} ${TERMS[term].label.toLowerCase()}`;
    return [
      { ...common, name: `${head}/${term}`, label, formula: TERMS[term].formula },
      {
        ...common,
        name: `${head}/weighted-${term}`,
        label: `${label}, weighted`,
        formula: `${TERMS[term].weightKey} * ${head}/${term}`,
      },
    ];
  }),
  {
    name: `${head}/total`,
    label: `${HEADS[head]} total`,
    unit: '',
    scale: 'linear',
    better: 'lower',
    head,
    formula: 'weighted invariance + variance + covariance',
  },
  {
    name: `${head}/std`,
    label: `${HEADS[head]} spread`,
    unit: '',
    scale: 'linear',
    better: 'higher',
    head,
    formula: 'mean over views and j of sqrt(var_j + 1e-4)',
  },
]);

const levelMetrics = LEVEL_NUMBERS.flatMap((level): Metric[] =>
  TERM_NAMES.map((term) => ({
    name: `level${level}/${term}`,
    label: `${TERMS[term].label}, ${LEVELS[level - 1]}`,
    unit: '',
    scale: 'linear',
    better: 'neither',
    formula: `${TERMS[term].formula}, on the pooled attended map`,
    level,
    term,
  })),
);

export const METRICS: readonly Metric[] = [
  {
    name: 'loss/total',
    label: 'Total',
    unit: '',
    scale: 'linear',
    better: 'lower',
    formula: 'global/total + λ local/total',
  },
  ...headMetrics,
  ...levelMetrics,
  {
    name: 'optim/learning-rate',
    label: 'Learning rate',
    unit: '',
    scale: 'linear',
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
];

export const METRIC_NAMES = METRICS.map((metric) => metric.name);
export const METRIC_BY_NAME = new Map(METRICS.map((metric) => [metric.name, metric]));

/** One step's values in the order of METRIC_NAMES; NaN where a metric was not measured. */
export interface StepSample {
  /** Zero-based index of the step that the values belong to. */
  readonly step: number;
  /** Seconds of active training since the run began, pauses excluded. */
  readonly activeSeconds: number;
  readonly values: Float64Array;
}
