// Which curves stand in which chart, in the one visual language: hue for the term, line style for the head,
// lightness for the level. Built once for each method, so that charts can compare them by identity.

import type { MethodRecord, Quantity } from '../../methods/record/method.ts';
import {
  LEVEL_NUMBERS,
  LEVELS,
  type Level,
  STATISTIC_NAMES,
  STATISTICS,
} from '../../methods/record/statistics.ts';
import { METHOD_NAMES, METHODS, type MethodName } from '../../methods/records.ts';
import { levelMetric, type MetricName } from '../../protocol/metrics.ts';
import { headDash, levelColour, termColour, termInk } from '../shell/theme.ts';
import type { CurveSpec } from './chartView.ts';

/** A chart of one value on every head that has it. */
export interface QuantityChart {
  readonly name: string;
  readonly quantity: Quantity;
  /** A term of the loss, or measured beside it. */
  readonly trained: boolean;
  readonly raw: readonly CurveSpec[];
  readonly weighted: readonly CurveSpec[];
}

const heads = (method: MethodRecord) => Object.entries(method.heads);

const totalCurves = (method: MethodRecord): readonly CurveSpec[] => [
  { key: 'total', metric: 'loss/total', label: 'Total', colour: 'var(--ink)', ink: 'var(--ink)', width: 2 },
  // With one head its total is the whole one.
  ...(heads(method).length > 1 ? heads(method) : []).map(([name, head]) => ({
    key: `total-${name}`,
    metric: `${name}/total` as const,
    label: head.label,
    colour: 'var(--ink-faint)',
    ink: 'var(--ink-dim)',
    dash: headDash(head),
    width: 1.2,
    alone: true,
  })),
];

function quantityChart(method: MethodRecord, name: string, quantity: Quantity): QuantityChart {
  const curves = (weighted: boolean): readonly CurveSpec[] =>
    heads(method)
      .filter(([, { terms }]) => terms.includes(name) || Object.hasOwn(STATISTICS, name))
      .map(([key, head]) => ({
        key: `${key}-${name}`,
        metric: weighted && head.terms.includes(name) ? `${key}/weighted-${name}` : `${key}/${name}`,
        label: head.label,
        colour: termColour(quantity.hue),
        ink: termInk(quantity.hue),
        dash: headDash(head),
      }));
  const trained = Object.hasOwn(method.terms, name);
  return { name, quantity, trained, raw: curves(false), weighted: curves(true) };
}

/** The terms of the loss, then the statistics that are not among them. */
const quantityCharts = (method: MethodRecord): readonly QuantityChart[] =>
  Object.entries({ ...method.terms, ...without(STATISTICS, method.terms) }).map(([name, quantity]) =>
    quantityChart(method, name, quantity),
  );

const without = <T extends object>(all: T, some: object): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(some, name))) as Partial<T>;

interface MethodCharts {
  readonly total: readonly CurveSpec[];
  readonly quantities: readonly QuantityChart[];
}

const CHARTS = Object.fromEntries(
  METHOD_NAMES.map((name): [string, MethodCharts] => {
    const method: MethodRecord = METHODS[name];
    return [name, { total: totalCurves(method), quantities: quantityCharts(method) }];
  }),
) as Record<MethodName, MethodCharts>;

/** The charts of a method's loss. */
export const chartsOf = (method: MethodName): MethodCharts => CHARTS[method];

export const OVERVIEW_CURVES: readonly CurveSpec[] = [
  {
    key: 'overview',
    metric: 'loss/total',
    label: 'Total',
    colour: 'var(--ink-faint)',
    ink: 'var(--ink)',
    width: 1,
    exact: true,
  },
];

export const LEVEL_ROWS = STATISTIC_NAMES.map((name) => ({
  name,
  quantity: STATISTICS[name] as Quantity,
  metrics: LEVEL_NUMBERS.map((level): MetricName => levelMetric(level, name)),
  cells: LEVEL_NUMBERS.map((level: Level) => ({
    title: `${STATISTICS[name].label}, ${LEVELS[level - 1]}`,
    curves: [
      {
        key: `level${level}-${name}`,
        metric: levelMetric(level, name),
        label: LEVELS[level - 1]!,
        colour: levelColour(STATISTICS[name].hue, level),
        ink: termInk(STATISTICS[name].hue),
        width: 1.4,
      },
    ] satisfies CurveSpec[] as readonly CurveSpec[],
  })),
}));

const plain = (metric: MetricName, label: string, exact: boolean): readonly CurveSpec[] => [
  { key: metric, metric, label, colour: 'var(--ink-dim)', ink: 'var(--ink-dim)', width: 1.3, exact },
];

export const RATE_CURVES = plain('optim/learning-rate', 'Rate', true);
export const SPEED_CURVES = plain('speed/images-per-second', 'img/s', false);
