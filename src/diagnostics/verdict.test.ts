// The verdict of the looks on runs as they were: RankMe and mean deviation of the five levels and both heads at steps 0, 20, 40
// and 60 of the preset demo on 140 made patients, rounded. Such a run anew: `headless pretrain --preset demo --steps 62 --diagnose 20`.

import { describe, expect, test } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { type Config, defaultConfig } from '../config/schema.ts';
import { methodOf } from '../methods/records.ts';
import type { Measured } from './measures.ts';
import { outputsOf, type Snapshot } from './snapshot.ts';
import { learntVerdict } from './verdict.ts';

/** Dead dimensions where there are any. */
type Row = readonly (readonly [rankme: number, std: number, dead?: number])[];
const WIDTHS = [8, 8, 16, 32, 64, 256, 256];
const START: Row = [
  [2.7, 0.071],
  [3.1, 0.035],
  [6.1, 0.063],
  [16.4, 0.076],
  [37.1, 0.116],
  [95.4, 1.004],
  [97.9, 1.004],
];
const RUNS = {
  /** The one of seeds 1 to 10 whose levels lose most. */
  healthy: [
    [
      [2.4, 0.071],
      [3, 0.037],
      [5.8, 0.049],
      [15.7, 0.091],
      [35.7, 0.115],
      [92.9, 1.004],
      [96.3, 1.004],
    ],
    [
      [2.7, 0.038],
      [2.7, 0.013],
      [4.6, 0.021],
      [9, 0.039],
      [16.6, 0.054],
      [75.8, 0.914],
      [78.2, 0.912],
    ],
    [
      [2.6, 0.055],
      [2.9, 0.015],
      [4.7, 0.019],
      [6.5, 0.03],
      [10.3, 0.034],
      [69.8, 0.81],
      [68, 0.806],
    ],
    [
      [2.6, 0.059],
      [3, 0.017],
      [4.6, 0.019],
      [6.6, 0.035],
      [9.9, 0.027],
      [69.2, 0.723],
      [64.6, 0.718],
    ],
  ],
  /** Its end, after 440 steps: heads narrow as the loss comes to rest. */
  atRest: [
    START,
    [
      [2.5, 0.111],
      [3.4, 0.038],
      [4.9, 0.069],
      [10.7, 0.066],
      [14.3, 0.05],
      [39.9, 0.376],
      [40.8, 0.387],
    ],
  ],
  withoutVariance: [
    START,
    [
      [2.5, 0.075],
      [3.3, 0.024],
      [5.7, 0.043],
      [12.5, 0.047],
      [22.7, 0.07],
      [80.5, 0.912],
      [76, 0.912],
    ],
    [
      [2.5, 0.071],
      [3.3, 0.026],
      [4.7, 0.03],
      [11, 0.04],
      [17.5, 0.052],
      [75.5, 0.801],
      [71.3, 0.801],
    ],
    [
      [2.5, 0.078],
      [3.4, 0.03],
      [4.8, 0.035],
      [10.5, 0.041],
      [14.7, 0.046],
      [69.3, 0.704],
      [68, 0.705],
    ],
  ],
  withoutCovariance: [
    START,
    [
      [2.6, 0.115],
      [3.3, 0.172],
      [3.8, 0.473],
      [7.7, 0.188],
      [7.2, 0.134],
      [2.1, 0.94],
      [2.5, 0.945],
    ],
    [
      [2.6, 0.104],
      [3.2, 0.169],
      [3.6, 0.514],
      [6.7, 0.192],
      [5.5, 0.171],
      [1.6, 0.913],
      [1.7, 0.934],
    ],
  ],
  /** A rate of 0.3, fifty times the preset's; two steps later the run ends by itself. */
  farTooFast: [
    START,
    [
      [1.2, 0.275, 5],
      [1, 0, 4],
      [1, 0, 16],
      [1, 0, 32],
      [1, 0, 64],
      [1, 0, 256],
      [7.1, 0.428],
    ],
  ],
  /** A rate of 0.03, five times the preset's, which goes on. */
  tooFast: [
    START,
    [
      [2.1, 0.001],
      [2.7, 0.002],
      [3.6, 0.07, 2],
      [5.6, 0.008, 8],
      [10.2, 0.026, 21],
      [40.6, 0.581],
      [32.4, 0.579],
    ],
    [
      [2.2, 0],
      [3.3, 0.004],
      [4.3, 0.128, 4],
      [6.4, 0.016, 13],
      [10, 0.017, 23],
      [34.3, 0.302],
      [27.6, 0.303],
    ],
  ],
} as const satisfies Record<string, readonly Row[]>;

const method = methodOf({ method: 'mlvicx' });
const snapshotsOf = (rows: readonly Row[]): Snapshot[] =>
  rows.map((row, look) => ({
    step: 20 * look,
    films: 128,
    viewed: 32,
    seconds: 0,
    neighbours: null,
    outputs: outputsOf(method).map(({ name }, i) => ({
      name,
      measured: { rankme: row[i]![0], 'mean-std': row[i]![1], dead: row[i]![2] ?? 0 } as Measured,
      eigenvalues: new Float32Array(),
      std: new Float32Array(WIDTHS[i]!),
      blocks: 0,
      correlation: new Int8Array(),
    })),
  }));

const judge = (rows: readonly Row[], changes: Partial<Config> = {}) =>
  learntVerdict(snapshotsOf(rows), method, { ...presetConfig('demo'), ...changes }, (key) =>
    Number(defaultConfig()[key as keyof Config]),
  );

describe('the looks', () => {
  test('find nothing wrong with a healthy run, at no step of it', () => {
    for (let looks = 1; looks <= 4; looks++) expect(judge(RUNS.healthy.slice(0, looks))).toBeNull();
  });

  test('find nothing wrong where a healthy run comes to rest', () => {
    expect(judge(RUNS.atRest)).toBeNull();
  });

  test('name a variance weight of 0, and give it its usual value', () => {
    const verdict = judge(RUNS.withoutVariance, { varianceWeight: 0 });
    expect(verdict).toMatchObject({
      step: 20,
      output: 'global',
      change: { key: 'varianceWeight', value: 25 },
    });
    expect(verdict!.sentence).toMatch(
      /^The global head draws together since step 20: .* from 1\.00 to 0\.70/,
    );
    // The same spread with a weight that holds it is that of a healthy run.
    expect(judge(RUNS.withoutVariance)).toBeNull();
  });

  test('name a covariance weight of 0, and what the levels kept', () => {
    const verdict = judge(RUNS.withoutCovariance, { covarianceWeight: 0 });
    expect(verdict).toMatchObject({
      step: 20,
      output: 'global',
      change: { key: 'covarianceWeight', value: 1 },
    });
    expect(verdict!.sentence).toMatch(/holds 1\.6 of the 95 dimensions of its random start since step 20/);
    expect(verdict!.sentence).toMatch(/of the levels, stage 1 kept most \(3\.2 of 3\.1\)/);
    expect(judge(RUNS.withoutCovariance, { covarianceWeight: 0.01 })?.change).toEqual({
      key: 'covarianceWeight',
      value: 0.1,
    });
  });

  test('name a rate too high at the first look after the start', () => {
    const verdict = judge(RUNS.farTooFast, { learningRate: 0.3 });
    expect(verdict).toMatchObject({
      step: 20,
      output: 'level5',
      change: { key: 'learningRate', value: 0.03 },
    });
    expect(verdict!.sentence).toMatch(/^121 of the encoder’s 128 channels are dead since step 20/);
    const slower = judge(RUNS.tooFast, { learningRate: 0.03 });
    expect(slower).toMatchObject({ step: 20, change: { key: 'learningRate', value: 0.003 } });
  });

  test('forget what has mended itself', () => {
    const mended = [START, RUNS.withoutCovariance[1], RUNS.healthy[2], RUNS.healthy[3]];
    expect(judge(mended)).toBeNull();
    // One bad look among good ones is chance; two in a row are not.
    expect(judge([START, RUNS.healthy[1], RUNS.withoutCovariance[1]])).toBeNull();
    expect(judge([START, RUNS.healthy[1], ...RUNS.withoutCovariance.slice(1)])?.step).toBe(40);
  });

  test('say nothing of one look, or of none', () => {
    expect(judge([])).toBeNull();
    expect(judge([START])).toBeNull();
  });
});
