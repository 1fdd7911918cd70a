// Fixtures of what evaluations compute from scores and features: AUROC, average precision and ROC points; DeLong's variance and
// test of a difference; the nearest films of each query with the scores of their vote; the class map of a linear layer. Undefined
// values are recorded as null and must come out as null. Where two neighbours are closer to each other than single precision
// tells, their order is free.

import { classMap, enlarged, peakOf } from '../../tasks/linear/classMap.ts';
import { bankOf, nearest, vote } from '../../tasks/neighbours/vote.ts';
import { auroc, averagePrecision, rank, rankedAuroc, rocCurve } from '../../tasks/scores/auroc.ts';
import { delongTest, placements } from '../../tasks/scores/significance.ts';
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

const QUANTITIES = ['aurocA', 'aurocB', 'varianceA', 'varianceB', 'covariance', 'z', 'p'] as const;

interface DelongFixture {
  readonly values_f64: Readonly<Record<(typeof QUANTITIES)[number], number>>;
}

export async function checkDelong(fixture: Fixture, rows: Rows): Promise<void> {
  const { values_f64 } = fixture.describe<DelongFixture>('values_f64');
  const labels = fixture.bytes('labels');
  const placed = (name: string) => placements(rank(fixture.numbers(name), labels));
  const test = delongTest(placed('scoresA'), placed('scoresB'));
  rows.agree('tested', test !== null);
  if (!test) return;
  for (const name of QUANTITIES) rows.value('hostStatistic', name, test[name], values_f64[name]);
}

interface NeighboursFixture {
  readonly config: { readonly D: number; readonly k: number; readonly temperature: number };
  readonly values_f64: { readonly auroc: number | null };
}

const CLOSE = 1e-6;

export async function checkNeighbours(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64 } = fixture.describe<NeighboursFixture>('config', 'values_f64');
  const { D, k, temperature } = config;
  const [train, test] = [fixture.floats('train'), fixture.floats('test')];
  const [labels, wanted] = [fixture.bytes('train_labels'), fixture.numbers('neighbours')];
  const bank = bankOf(
    train,
    D,
    Uint32Array.from({ length: train.length / D }, (_, i) => i),
  );
  let wrong = 0;
  const scores = Float64Array.from({ length: test.length / D }, (_, film) => {
    const found = nearest(bank, test, film, k);
    const { places, cosines } = nearest(bank, test, film, train.length / D);
    const cosineOf = new Map(Array.from(places, (place, i) => [place, cosines[i]!]));
    found.places.forEach((place, i) => {
      const recorded = wanted[film * k + i]!;
      if (place !== recorded && Math.abs(found.cosines[i]! - cosineOf.get(recorded)!) >= CLOSE) wrong++;
    });
    return vote(found, temperature, (place) => labels[place]!) ?? Number.NaN;
  });
  rows.agree('neighbours', wrong === 0 && wanted.length === scores.length * k);
  rows.compare('metric', 'scores', scores, fixture.numbers('scores'));
  defined(rows, 'auroc', auroc(scores, fixture.bytes('test_labels')), values_f64.auroc);
}

interface ClassMapFixture {
  readonly config: { readonly H: number; readonly W: number; readonly C: number; readonly size: number };
  readonly values_f64: { readonly peak_row: number; readonly peak_col: number };
}

export async function checkClassMap(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64 } = fixture.describe<ClassMapFixture>('config', 'values_f64');
  const { H, W, C, size } = config;
  const recorded = fixture.floats('map');
  // Recorded channel by channel, as PyTorch has them.
  const map = Float32Array.from(
    { length: H * W * C },
    (_, i) => recorded[(i % C) * H * W + Math.floor(i / C)]!,
  );
  const found = classMap(map, fixture.numbers('weights'));
  const large = enlarged(found, H, W, size);
  rows.compare('metric', 'cam', found, fixture.numbers('cam'));
  rows.compare('metric', 'upsampled', large, fixture.numbers('upsampled'));
  rows.agree('peak', peakOf(large) === values_f64.peak_row * size + values_f64.peak_col);
}
