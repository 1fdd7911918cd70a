// The map of all films: directions of most variance against eigenvalues found another way, neighbours and clusters against
// plain loops, UMAP of groups that lie apart: seeded, stopped when another layout is asked for.
import { expect, test } from 'vitest';
import { Rng } from '../util/rng.ts';
import { cka, correlationMap, driversOf } from './correlation.ts';
import { along, principalDirections, symmetricEigen } from './directions.ts';
import { type FilmFeatures, FilmMapWork } from './filmMap.ts';
import { clustersOf, nearestByCosine, nearestOfAll, reducedRows } from './nearest.ts';
import { eigenvaluesOf, type Rows } from './spectrum.ts';

/** Films around `groups` centres far from each other, in turn. */
function grouped(films: number, dim: number, groups: number): Rows {
  const rng = new Rng(3, 'synthetic');
  const centres = Array.from({ length: groups }, () =>
    Float64Array.from({ length: dim }, () => 6 * rng.normal()),
  );
  const values = Float32Array.from(
    { length: films * dim },
    (_, at) => centres[Math.floor(at / dim) % groups]![at % dim]! + rng.normal(),
  );
  return { values, films, dim };
}

test.each([
  [60, 7],
  [40, 90],
  [200, 48],
])('the directions of %i films by %i dimensions have the largest eigenvalues', (films, dim) => {
  const rows = grouped(films, dim, 4);
  const { axes, variances, total } = principalDirections(rows, 3);
  const exact = eigenvaluesOf(rows);
  for (let i = 0; i < 3; i++) expect(variances[i]! / exact[i]!).toBeCloseTo(1, 6);
  expect(total / exact.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  const places = along(rows, { axes, mean: principalDirections(rows, 3).mean });
  const spread = Array.from({ length: films }, (_, film) => places[3 * film]! ** 2);
  expect(spread.reduce((sum, value) => sum + value, 0) / (films - 1) / exact[0]!).toBeCloseTo(1, 4);
});

test('features that are all the same have no direction, and a single dimension has one', () => {
  const same = { values: new Float32Array(20).fill(2), films: 5, dim: 4 };
  expect([...principalDirections(same, 2).variances]).toEqual([0, 0]);
  const line = { values: Float32Array.of(1, 2, 3, 4), films: 4, dim: 1 };
  expect(principalDirections(line, 2).variances[0]).toBeCloseTo(5 / 3);
});

test('eigenvectors turn a symmetric matrix into its eigenvalues', () => {
  const rng = new Rng(1, 'synthetic');
  const n = 6;
  const half = Float64Array.from({ length: n * n }, () => rng.normal());
  const matrix = half.map((value, at) => value + half[(at % n) * n + Math.floor(at / n)]!);
  const { values, vectors } = symmetricEigen(matrix, n);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += matrix[i * n + k]! * vectors[k * n + column]!;
      expect(sum).toBeCloseTo(values[column]! * vectors[i * n + column]!, 9);
    }
  }
});

test('neighbours are those of a plain sort, by cosine and by distance', () => {
  const rows = grouped(50, 5, 3);
  const row = (i: number) => Array.from({ length: 5 }, (_, j) => rows.values[5 * i + j]!);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, j) => sum + value * b[j]!, 0);
  const cosine = (i: number, j: number) =>
    dot(row(i), row(j)) / Math.sqrt(dot(row(i), row(i)) * dot(row(j), row(j)));
  const others = (i: number) => Array.from({ length: 50 }, (_, j) => j).filter((j) => j !== i);
  const byCosine = others(7).sort((a, b) => cosine(7, b) - cosine(7, a));
  expect(nearestByCosine(rows, 7, 8).map(({ row: found }) => found)).toEqual(byCosine.slice(0, 8));

  const search = nearestOfAll(rows, 4);
  let found = search.next();
  while (!found.done) found = search.next();
  const distance = (i: number, j: number) => Math.hypot(...row(i).map((value, k) => value - row(j)[k]!));
  const nearest = others(9).sort((a, b) => distance(9, a) - distance(9, b));
  expect(found.value.rows[9]).toEqual([9, ...nearest.slice(0, 3)]);
  expect(found.value.distances[9]![1]).toBeCloseTo(distance(9, nearest[0]!), 6);
});

test('the films behind a correlation add up to it, the strongest pair of two groups is taken', () => {
  const rows = grouped(40, 6, 3);
  const { values } = correlationMap(rows, new Float64Array(6));
  const r = (a: number, b: number) => values[6 * a + b]!;
  const all = driversOf(rows, [1], [4], 40);
  expect(all.correlation).toBeCloseTo(r(1, 4), 5);
  expect(all.most.reduce((sum, { part }) => sum + part, 0)).toBeCloseTo(r(1, 4), 5);
  const sign = Math.sign(all.correlation);
  expect(sign * all.most[0]!.part).toBeGreaterThan(sign * all.most[39]!.part);
  expect(all.least[0]).toEqual(all.most[39]);

  const strongest = driversOf(rows, [0, 1], [3, 4], 2);
  const pairs = [
    [0, 3],
    [0, 4],
    [1, 3],
    [1, 4],
  ] as const;
  expect(Math.abs(strongest.correlation)).toBeCloseTo(
    Math.max(...pairs.map(([a, b]) => Math.abs(r(a, b)))),
    5,
  );
  expect(driversOf(rows, [0, 1], [0, 1], 2).dimensions).toEqual([0, 1]);

  const own = driversOf(rows, [2], [2], 3);
  const value = ({ row }: { row: number }) => rows.values[6 * row + 2]!;
  expect(own.correlation).toBeCloseTo(1);
  expect(value(own.most[0]!)).toBe(Math.max(...Array.from({ length: 40 }, (_, row) => value({ row }))));
});

test('two networks are as alike as the measure of their features says, each with itself fully', () => {
  const [a, b, c] = [grouped(30, 6, 3), grouped(30, 9, 4), grouped(30, 5, 2)];
  const { within, across } = new FilmMapWork().likeness(
    30,
    { level1: a.values as Float32Array, level2: b.values as Float32Array },
    { global: c.values as Float32Array },
  );
  expect(within).toMatchObject({ rows: ['level1', 'level2'], columns: ['level1', 'level2'] });
  expect(within.values[0]).toBeCloseTo(1);
  expect(within.values[1]).toBeCloseTo(cka(a, b));
  expect(across).toMatchObject({ rows: ['level1', 'level2'], columns: ['global'] });
  expect(across.values[1]).toBeCloseTo(cka(b, c));
});

test('clusters are the groups that films were drawn around', () => {
  const member = clustersOf(reducedRows(grouped(90, 40, 3)), 3, 1);
  expect(new Set(member)).toEqual(new Set([0, 1, 2]));
  for (let film = 3; film < 90; film++) expect(member[film]).toBe(member[film % 3]);
});

function featuresOf(rows: Rows): FilmFeatures {
  const table = rows.values as Float32Array;
  const films = Uint32Array.from({ length: rows.films }, (_, film) => film);
  return { step: 3, films, now: { level5: table }, start: { level5: table.map((value) => -value) } };
}

test('UMAP keeps groups together, twice the same, and ends when it is stopped', async () => {
  const work = new FilmMapWork();
  work.take(featuresOf(grouped(90, 12, 3)));
  const heard: string[] = [];
  const layOut = () => work.layOut('level5', 'umap', (stage) => heard.push(stage));
  const first = (await layOut())!;
  expect((await layOut())!.places).toEqual(first.places);
  expect(first.shares).toBeNull();
  const [x, y] = [(film: number) => first.places[2 * film]!, (film: number) => first.places[2 * film + 1]!];
  const apart = (a: number, b: number) => Math.hypot(x(a) - x(b), y(a) - y(b));
  for (let film = 3; film < 90; film++)
    expect(apart(film, film % 3)).toBeLessThan(apart(film, (film + 1) % 3));
  const stopped = work.layOut('level5', 'umap', () => work.stop());
  expect(await stopped).toBeNull();
  expect(heard).toContain('UMAP');
});

test('neighbours now and at the start come from their own features', () => {
  const work = new FilmMapWork();
  const rows = grouped(30, 6, 2);
  work.take({ ...featuresOf(rows), start: { level5: grouped(30, 4, 5).values as Float32Array } });
  const { now, start } = work.neighbours('level5', 4, 8);
  expect(now.map(({ row }) => row % 2)).toEqual(new Array(8).fill(0));
  expect(start.slice(0, 5).map(({ row }) => row % 5)).toEqual(new Array(5).fill(4));
});
