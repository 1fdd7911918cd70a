// Which curves stand in which chart, in the one visual language: hue for the term, line style for the head,
// lightness for the level. Built once, so that charts can compare them by identity.

import {
  HEAD_NAMES,
  HEADS,
  LEVEL_NUMBERS,
  LEVELS,
  type Level,
  type MetricName,
  TERM_NAMES,
  TERMS,
  type Term,
} from '../../protocol/metrics.ts';
import { HEAD_DASH, levelColour, termColour, termInk } from '../shell/theme.ts';
import type { CurveSpec } from './chartView.ts';

export const TOTAL_CURVES: readonly CurveSpec[] = [
  { key: 'total', metric: 'loss/total', label: 'Total', colour: 'var(--ink)', ink: 'var(--ink)', width: 2 },
  ...HEAD_NAMES.map((head) => ({
    key: `total-${head}`,
    metric: `${head}/total` as const,
    label: HEADS[head],
    colour: 'var(--ink-faint)',
    ink: 'var(--ink-dim)',
    dash: HEAD_DASH[head],
    width: 1.2,
    alone: true,
  })),
];

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

function termCurves(term: Term, weighted: boolean): readonly CurveSpec[] {
  return HEAD_NAMES.map((head) => ({
    key: `${head}-${term}`,
    metric: weighted ? (`${head}/weighted-${term}` as const) : (`${head}/${term}` as const),
    label: HEADS[head],
    colour: termColour(term),
    ink: termInk(term),
    dash: HEAD_DASH[head],
  }));
}

const RAW = Object.fromEntries(TERM_NAMES.map((term) => [term, termCurves(term, false)]));
const WEIGHTED = Object.fromEntries(TERM_NAMES.map((term) => [term, termCurves(term, true)]));

export const curvesOf = (term: Term, weighted: boolean): readonly CurveSpec[] =>
  (weighted ? WEIGHTED : RAW)[term]!;

export const LEVEL_ROWS = TERM_NAMES.map((term) => ({
  term,
  metrics: LEVEL_NUMBERS.map((level): MetricName => `level${level}/${term}`),
  cells: LEVEL_NUMBERS.map((level: Level) => ({
    title: `${TERMS[term].label}, ${LEVELS[level - 1]}`,
    curves: [
      {
        key: `level${level}-${term}`,
        metric: `level${level}/${term}`,
        label: LEVELS[level - 1]!,
        colour: levelColour(term, level),
        ink: termInk(term),
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
