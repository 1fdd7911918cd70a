// Spectra, measures, correlation maps and CKA against closed forms, and against each other by identities that hold for all
// features. Recorded values of others: `headless parity`, kind `diagnostics`.

import { expect, describe as group, test } from 'vitest';
import { Rng } from '../util/rng.ts';
import {
  byVariance,
  cka,
  clustered,
  correlationMap,
  correlationOf,
  deadDimensions,
  deviations,
} from './correlation.ts';
import { alignment, describe, participation, powerLaw, rankMe, stableRank, uniformity } from './measures.ts';
import { eigenvaluesOf, type Rows, singularValuesOf, symmetricEigenvalues } from './spectrum.ts';

const made = (films: number, dim: number, seed = 1): Rows => {
  const rng = new Rng(seed, 'synthetic');
  return { films, dim, values: Float32Array.from({ length: films * dim }, () => rng.normal()) };
};
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

group('eigenvalues', () => {
  test('of a matrix whose values are known', () => {
    // The second difference of n points has 2 - 2 cos(pi k / (n + 1)).
    for (const n of [1, 2, 7, 40]) {
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        matrix[i * n + i] = 2;
        if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
      }
      const wanted = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos((Math.PI * (n - k)) / (n + 1)));
      symmetricEigenvalues(matrix, n).forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[k]!, 12);
      });
    }
  });

  test('of diagonal, equal and empty matrices', () => {
    expect([...symmetricEigenvalues(Float64Array.of(3, 0, 0, 0, 5, 0, 0, 0, -1), 3)]).toEqual([5, 3, -1]);
    expect([...symmetricEigenvalues(new Float64Array(16), 4)]).toEqual([0, 0, 0, 0]);
    const ones = symmetricEigenvalues(new Float64Array(9).fill(1), 3);
    expect(ones[0]).toBeCloseTo(3, 12);
    expect(Math.abs(ones[1]!)).toBeLessThan(1e-12);
  });

  test('are no numbers, and come back, where the features are none', () => {
    const rows = { films: 3, dim: 2, values: [1, 2, Number.NaN, 4, 5, 6] };
    expect(eigenvaluesOf(rows).every(Number.isNaN)).toBe(true);
  });

  test.each([
    [40, 9],
    [9, 40],
    [16, 16],
  ])(
    'sum to the variance, their squares to the size of the covariance, %i films of %i dimensions',
    (films, dim) => {
      const rows = made(films, dim);
      const values = eigenvaluesOf(rows);
      expect(values).toHaveLength(Math.min(films - 1, dim));
      const variance = sum(deviations(rows).map((std) => std ** 2));
      expect(sum(values)).toBeCloseTo(variance, 9);
      const std = deviations(rows);
      const squares = correlationOf(rows).reduce(
        (total, r, at) => total + (r * std[Math.floor(at / dim)]! * std[at % dim]!) ** 2,
        0,
      );
      expect(sum(values.map((value) => value ** 2))).toBeCloseTo(squares, 9);
      expect(participation(values)).toBeCloseTo(variance ** 2 / squares, 9);
    },
  );
});

group('measures', () => {
  test('count equal directions, and tell one from many', () => {
    const equal = new Float64Array(8).fill(0.5);
    expect(participation(equal)).toBeCloseTo(8);
    expect(stableRank(equal)).toBeCloseTo(8);
    expect(rankMe(equal)).toBeCloseTo(8, 4);
    const line = Float64Array.of(4, 0, 0, 0);
    expect([participation(line), stableRank(line)]).toEqual([1, 1]);
    expect(rankMe(line)).toBeCloseTo(1, 4);
  });

  test('find the exponent of a power law, over the ranks asked for', () => {
    const values = Array.from({ length: 40 }, (_, i) => 3 * (i + 1) ** -1.25);
    const law = powerLaw(values);
    expect(law.alpha).toBeCloseTo(1.25, 10);
    expect(law.r2).toBeCloseTo(1, 10);
    expect(Math.exp(law.intercept)).toBeCloseTo(3, 10);
    expect(law.fit).toEqual([1, 20]);
    const bent = values.map((value, i) => (i < 10 ? value : value / 50));
    expect(powerLaw(bent, [1, 10]).alpha).toBeCloseTo(1.25, 10);
    expect(powerLaw(bent).r2).toBeLessThan(0.97);
  });

  test('alignment and uniformity of opposite points do not see the length', () => {
    const points = { films: 2, dim: 2, values: [1, 0, -3, 0] };
    expect(uniformity(points)).toBeCloseTo(-8);
    expect(alignment(points, { films: 2, dim: 2, values: [5, 0, 0, 2] })).toBeCloseTo((0 + 2) / 2);
    const same = { films: 3, dim: 2, values: [1, 1, 2, 2, 3, 3] };
    expect(uniformity(same)).toBeCloseTo(0);
  });

  test('of features that are all the same take nothing down', () => {
    const point = { films: 6, dim: 4, values: new Float32Array(24).fill(0.5) };
    const { measured, std } = describe(point, [point, point]);
    expect(measured).toMatchObject({ dead: 4, alignment: 0, 'mean-std': 0 });
    expect(measured.participation).toBeNaN();
    expect([...std]).toEqual([0, 0, 0, 0]);
  });

  test('dead dimensions are few beside the largest', () => {
    expect(deadDimensions([1, 0.5, 0.011, 0.009, 0])).toBe(2);
    expect(deadDimensions([0, 0])).toBe(2);
  });
});

group('correlation', () => {
  const rows = { films: 5, dim: 3, values: [1, 2, 0, 2, 4, 0, 3, 6, 0, 4, 8, 0, 5, 10, 0] };

  test('is one between a dimension and its multiple, nothing for one that stands still', () => {
    const [, ab, ac, , bb] = correlationOf(rows);
    expect([ab, ac, bb]).toEqual([expect.closeTo(1), 0, expect.closeTo(1)]);
    const std = deviations(rows);
    expect(byVariance(std)).toEqual([1, 0, 2]);
    const { blocks, values } = correlationMap(rows, std);
    expect(blocks).toBe(3);
    expect(values[1]).toBeCloseTo(1);
    expect(values[8]).toBe(0);
  });

  test('of many dimensions keeps the largest magnitude of every block', () => {
    const many = made(12, 600);
    const std = deviations(many);
    const map = correlationMap(many, std);
    expect(map.blocks).toBe(200);
    const order = byVariance(std);
    const all = correlationOf(many);
    for (const [row, column] of [
      [0, 0],
      [3, 150],
      [199, 7],
    ] as const) {
      let most = 0;
      for (let i = 3 * row; i < 3 * row + 3; i++) {
        for (let j = 3 * column; j < 3 * column + 3; j++) {
          const r = all[order[i]! * 600 + order[j]!]!;
          if (i !== j && Math.abs(r) > Math.abs(most)) most = r;
        }
      }
      expect(map.values[row * 200 + column]).toBeCloseTo(most, 6);
    }
  });

  test('clusters put what goes together side by side', () => {
    const values = Float32Array.of(1, 0.1, -0.9, 0, 0.1, 1, 0, 0.8, -0.9, 0, 1, 0.2, 0, 0.8, 0.2, 1);
    expect(clustered({ blocks: 4, values })).toEqual([0, 2, 3, 1]);
  });
});

group('cka', () => {
  test('is one for what is turned and scaled, and does not depend on the order of the two', () => {
    const rows = made(20, 6);
    const turned = Float64Array.from(rows.values);
    for (let at = 0; at < turned.length; at += 6) {
      const [x, y] = [turned[at]!, turned[at + 1]!];
      turned[at] = 0.6 * x - 0.8 * y + 4;
      turned[at + 1] = 0.8 * x + 0.6 * y - 1;
    }
    const other = { ...rows, values: turned.map((value) => 3 * value) };
    expect(cka(rows, other)).toBeCloseTo(1, 10);
    const third = made(20, 9, 2);
    expect(cka(rows, third)).toBeCloseTo(cka(third, rows), 12);
    expect(cka(rows, third)).toBeLessThan(0.7);
    expect(() => cka(rows, made(19, 6))).toThrow(/19/);
  });

  test('is the size of the cross-covariance over those of the two covariances', () => {
    const [a, b] = [made(15, 2, 3), made(15, 3, 4)];
    const both = {
      films: 15,
      dim: 5,
      values: Array.from({ length: 75 }, (_, at) => {
        const [i, j] = [Math.floor(at / 5), at % 5];
        return j < 2 ? a.values[2 * i + j]! : b.values[3 * i + j - 2]!;
      }),
    };
    const [std, r] = [deviations(both), correlationOf(both)];
    const size = (rows: number[], columns: number[]) =>
      sum(rows.flatMap((i) => columns.map((j) => (r[5 * i + j]! * std[i]! * std[j]!) ** 2)));
    const wanted = size([0, 1], [2, 3, 4]) / Math.sqrt(size([0, 1], [0, 1]) * size([2, 3, 4], [2, 3, 4]));
    expect(cka(a, b)).toBeCloseTo(wanted, 10);
  });
});

test('singular values of centred features are the eigenvalues of their covariance', () => {
  const rows = made(30, 5);
  const values = Array.from(rows.values);
  for (let j = 0; j < 5; j++) {
    const mean = sum(values.filter((_, at) => at % 5 === j)) / 30;
    for (let at = j; at < values.length; at += 5) values[at]! -= mean;
  }
  const singular = singularValuesOf({ ...rows, values });
  eigenvaluesOf(rows).forEach((value, i) => {
    expect(value).toBeCloseTo(singular[i]! ** 2 / 29, 9);
  });
});
