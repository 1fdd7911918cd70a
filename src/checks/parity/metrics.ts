// Metrics fixtures: AUROC, average precision and ROC points from given scores. Undefined values are recorded as null
// and must come out as null.

import { averagePrecision, rank, rankedAuroc, rocCurve } from '../../tasks/scores/auroc.ts';
import type { Fixture } from './fixtures.ts';
import type { Rows } from './rows.ts';

interface MetricsFixture {
  readonly values: { readonly auroc: number | null; readonly average_precision: number | null };
}

/** A value that may be undefined on either side. */
export function defined(
  rows: Rows,
  quantity: string,
  found: number | null,
  wanted: number | null,
  of?: string,
): void {
  if (found === null || wanted === null) rows.agree(quantity, found === wanted, of);
  else rows.value('metric', quantity, found, wanted, of);
}

/** Points of a curve by the suffix of their recorded names. */
const CURVES = { full: 'all', kept: 'corners' } as const;
const AXES = { fpr: 'fpr', tpr: 'tpr', thr: 'thresholds' } as const;

export async function checkMetrics(fixture: Fixture, rows: Rows): Promise<void> {
  const { values } = fixture.describe<MetricsFixture>('values');
  const ranking = rank(fixture.numbers('scores'), fixture.bytes('labels'));
  defined(rows, 'auroc', rankedAuroc(ranking), values.auroc);
  defined(rows, 'average_precision', averagePrecision(ranking), values.average_precision);
  for (const [suffix, points] of Object.entries(CURVES)) {
    const curve = rocCurve(ranking, points);
    const recorded = fixture.tensors.has(`fpr_${suffix}`);
    if (!curve || !recorded) {
      // A curve must be there if it is recorded, and must not be there if AUROC is undefined.
      if (recorded || values.auroc === null) rows.agree(`roc_${suffix}`, !curve && !recorded);
      continue;
    }
    for (const [axis, values] of Object.entries(AXES)) {
      const name = `${axis}_${suffix}`;
      rows.compare('metric', name, curve[values], fixture.numbers(name));
    }
  }
}
