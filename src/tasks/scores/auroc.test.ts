// Rank metrics against recorded scikit-learn values and against counting all pairs.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasParity, parityFixtures, parityTensors } from '../../train/testParity.ts';
import { auroc, averagePrecision, rank, rankedAuroc, rocCurve } from './auroc.ts';

interface MetricsFixture {
  name: string;
  file: string;
  values: { auroc: number | null; average_precision: number | null };
}

const expectNear = (found: number | null, wanted: number | null) => {
  if (found === null || wanted === null) expect(found).toBe(wanted);
  else expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-9);
};

describe.skipIf(!hasParity)('recorded metrics (skipped without ../shared/parity)', () => {
  it.each(parityFixtures<MetricsFixture>('metrics'))('$name', ({ file, values }) => {
    const { tensors, numbers } = parityTensors(file);
    const ranking = rank(numbers('scores'), numbers('labels'));
    expectNear(rankedAuroc(ranking), values.auroc);
    // scikit-learn gives 0 without positives in some versions; the fixtures and we say undefined.
    expectNear(averagePrecision(ranking), values.average_precision);
    if (!tensors.has('fpr_full')) return expect(rocCurve(ranking)).toBeNull();
    for (const [points, suffix] of [
      ['all', 'full'],
      ['corners', 'kept'],
    ] as const) {
      const curve = rocCurve(ranking, points)!;
      for (const [found, name] of [
        [curve.fpr, 'fpr'],
        [curve.tpr, 'tpr'],
      ] as const) {
        const wanted = numbers(`${name}_${suffix}`);
        expect(found.length).toBe(wanted.length);
        for (const [i, value] of wanted.entries()) expectNear(found[i]!, value);
      }
      expect(curve.thresholds.slice(1)).toEqual(numbers(`thr_${suffix}`).slice(1));
    }
  });
});

describe('AUROC', () => {
  const films = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom(0, 1, 255)), {
    maxLength: 40,
  });
  const byPairs = (scores: number[], labels: number[], weights = scores.map(() => 1)): number | null => {
    let right = 0;
    let all = 0;
    for (const [i, a] of scores.entries()) {
      for (const [j, b] of scores.entries()) {
        if (labels[i] !== 1 || labels[j] !== 0) continue;
        const pairs = weights[i]! * weights[j]!;
        all += pairs;
        right += a > b ? pairs : a === b ? pairs / 2 : 0;
      }
    }
    return all > 0 ? right / all : null;
  };

  it('is the share of pairs in the right order, unknown labels left out', () => {
    fc.assert(
      fc.property(films, (list) => {
        const scores = list.map(([score]) => score);
        const labels = list.map(([, label]) => label);
        expectNear(auroc(scores, labels), byPairs(scores, labels));
      }),
    );
  });
  it('counts weighted films as if they were repeated', () => {
    const weighted = fc.array(fc.tuple(fc.nat(5), fc.constantFrom(0, 1), fc.nat(3)), { maxLength: 30 });
    fc.assert(
      fc.property(weighted, (list) => {
        const [scores, labels, weights] = [0, 1, 2].map((c) => list.map((film) => film[c]!)) as [
          number[],
          number[],
          number[],
        ];
        const ranking = rank(scores, labels);
        const byPosition = Array.from(ranking.rows, (row) => weights[row]!);
        expectNear(rankedAuroc(ranking, byPosition), byPairs(scores, labels, weights));
      }),
    );
  });
  it('refuses scores that are not numbers', () => {
    expect(() => auroc([0.1, Number.NaN], [0, 1])).toThrow('not a number');
  });
});
