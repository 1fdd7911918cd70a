// Matched places and VICReg on them: the GPU against the plain loops, the gradient against central differences of those, and
// both against the published formulas written out here: pairs are drawn out of maps one by one, covariance is a D x D matrix.
import { expect, test } from 'vitest';
import { VICREG_TERMS } from '../loss/vicreg.ts';
import { type Given, given, gpuError, numericalGradient, relativeError, runOn } from '../parts/testing.ts';
import { locations } from './cases.ts';
import { type MatchAttrs, matchPlaces } from './matchPlaces.ts';
import { LOCATION_COLUMNS } from './matchPrograms.ts';
import { placeVicreg, placeVicregGrad } from './placeVicreg.ts';

const SHAPES: readonly (readonly [films: number, d: number, attrs: MatchAttrs])[] = [
  [4, 12, { height: 2, width: 2, first: 2, second: 1 }],
  [6, 5, { height: 3, width: 2, first: 4, second: 6 }],
  [3, 16, { height: 1, width: 1, first: 1, second: 1 }],
  [5, 33, { height: 3, width: 5, first: 6, second: 2 }],
  [4, 8, { height: 7, width: 7, first: 20, second: 4 }],
];
const WEIGHTS: Given = { shape: [4], data: Float32Array.of(25, 25, 0.5, 0.7) };

const featuresOf = (films: number, d: number, { height, width }: MatchAttrs) =>
  given([2 * films, height * width, d], 2, 0.8);

async function matched(films: number, d: number, attrs: MatchAttrs) {
  const z = featuresOf(films, d, attrs);
  const { outputs } = await runOn('cpu', matchPlaces, { z, locations: locations(films) }, attrs);
  const places = attrs.height * attrs.width;
  const total = 2 * places + attrs.first + attrs.second;
  return { z, matches: { shape: [films, total, 2], data: outputs[0]! } };
}

test.each(SHAPES)('%i films, %i dimensions, %j: the GPU equals the loops', async (films, d, attrs) => {
  const { z, matches } = await matched(films, d, attrs);
  expect(await gpuError(matchPlaces, { z, locations: locations(films) }, attrs)).toBe(0);
  expect(await gpuError(placeVicreg, { z, matches }, attrs)).toBeLessThan(1e-5);
  const { outputs } = await runOn('cpu', placeVicreg, { z, matches }, attrs);
  const [centred, variances, grams] = placeVicreg.spec
    .outputs({ z: z.shape, matches: matches.shape }, attrs)
    .slice(1)
    .map((shape, i) => ({ shape, data: outputs[i + 1]! })) as [Given, Given, Given];
  const inputs = { z, matches, centred, variances, grams, weights: WEIGHTS };
  expect(await gpuError(placeVicregGrad, inputs, attrs)).toBeLessThan(1e-5);
  if (z.data.length > 500) return;
  const { outputs: found } = await runOn('webgpu', placeVicregGrad, inputs, attrs);
  const upstream = [25, 25, 25, 0.5, 0.5, 0, 0, 0].map((weight) => 0.7 * weight);
  const numerical = numericalGradient(placeVicreg, { z, matches }, attrs, 'z', upstream, 1e-5);
  expect(relativeError(found[0]!, numerical)).toBeLessThan(2e-5);
});

type Vector = readonly number[];
const mean = (values: Vector) => values.reduce((a, b) => a + b, 0) / values.length;
const square = (a: Vector, b: Vector) => a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0);

/** VICReg of x and y, each a list of films, for one pair. */
function vicregOf(x: readonly Vector[], y: readonly Vector[]) {
  const dims = x[0]!.map((_, j) => j);
  const column = (rows: readonly Vector[], j: number) => {
    const values = rows.map((row) => row[j]!);
    return values.map((value) => value - mean(values));
  };
  const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const side = (rows: readonly Vector[]) => {
    const c = dims.map((j) => column(rows, j));
    const cov = (j: number, k: number) => dot(c[j]!, c[k]!) / (rows.length - 1);
    const hinge = mean(dims.map((j) => Math.max(0, 1 - Math.sqrt(cov(j, j) + 1e-4)))) / 2;
    const pairs = dims.flatMap((j) => dims.filter((k) => k !== j).map((k) => cov(j, k) ** 2));
    return { hinge, off: pairs.reduce((a, b) => a + b, 0) / dims.length };
  };
  const [a, b] = [side(x), side(y)];
  return {
    invariance: mean(x.flatMap((row, i) => row.map((value, j) => (value - y[i]![j]!) ** 2))),
    variance: a.hinge + b.hinge,
    covariance: a.off + b.off,
  };
}

test.each(SHAPES.slice(0, 4))(
  '%i films, %i dimensions, %j: matches and terms are the published ones',
  async (films, d, attrs) => {
    const z = featuresOf(films, d, attrs);
    const places = attrs.height * attrs.width;
    const where = locations(films);
    const feature = (view: number, film: number, place: number): Vector => {
      const at = ((view * films + film) * places + place) * d;
      return [...z.data.slice(at, at + d)];
    };
    const location = (view: number, film: number, place: number): Vector => {
      const row = where.data.slice(
        (view * films + film) * LOCATION_COLUMNS,
        (view * films + film + 1) * LOCATION_COLUMNS,
      );
      const u = ((place % attrs.width) + 0.5) / attrs.width;
      const v = (Math.floor(place / attrs.width) + 0.5) / attrs.height;
      return [row[0]! + u * row[1]! + v * row[2]!, row[3]! + u * row[4]! + v * row[5]!];
    };
    const all = Array.from({ length: places }, (_, place) => place);
    /** For each film: the pairs [own place, other's], own in view `from`, in the order of own places. */
    const matching = (by: typeof feature, from: number, count: number) =>
      Array.from({ length: films }, (_, film) => {
        const nearest = all.map((own) => {
          const distances = all.map((other) => square(by(from, film, own), by(1 - from, film, other)));
          const distance = Math.min(...distances);
          return { own, other: distances.indexOf(distance), distance };
        });
        const kept = nearest.toSorted((a, b) => a.distance - b.distance).slice(0, count);
        return kept.toSorted((a, b) => a.own - b.own);
      });
    const matchings = [
      { pairs: matching(feature, 0, places), from: 0 },
      { pairs: matching(feature, 1, places), from: 1 },
      { pairs: matching(location, 0, attrs.first), from: 0 },
      { pairs: matching(location, 1, attrs.second), from: 1 },
    ];
    const wanted = matchings.map(({ pairs, from }) => {
      const perPair = pairs[0]!.map((_, k) =>
        vicregOf(
          pairs.map((list, film) => feature(from, film, list[k]!.own)),
          pairs.map((list, film) => feature(1 - from, film, list[k]!.other)),
        ),
      );
      return (name: 'invariance' | 'variance' | 'covariance') => mean(perPair.map((one) => one[name]));
    });
    for (const backend of ['webgpu', 'cpu'] as const) {
      const { outputs: found } = await runOn(backend, matchPlaces, { z, locations: where }, attrs);
      const order = Array.from({ length: films }, (_, film) =>
        matchings.flatMap(({ pairs, from }) =>
          pairs[film]!.flatMap(({ own, other }) => (from === 0 ? [own, other] : [other, own])),
        ),
      );
      expect([...found[0]!]).toEqual(order.flat());
      const matches = { shape: [films, order[0]!.length / 2, 2], data: found[0]! };
      const [terms] = (await runOn(backend, placeVicreg, { z, matches }, attrs)).outputs;
      const at = (name: keyof typeof VICREG_TERMS) => terms![VICREG_TERMS[name]]!;
      const near = (value: number, name: 'invariance' | 'variance' | 'covariance') => {
        const expected = mean(wanted.map((of) => of(name)));
        expect(Math.abs(value - expected), name).toBeLessThan(1e-5 * Math.max(expected, 1e-2));
      };
      near(at('invariance'), 'invariance');
      near(at('variance1') + at('variance2'), 'variance');
      near(at('covariance1') + at('covariance2'), 'covariance');
    }
  },
);

test('of places as near as each other the first is taken, whatever the rounding', async () => {
  const attrs = { height: 2, width: 2, first: 4, second: 4 };
  const z = { shape: [2, 4, 3], data: new Float32Array(24).fill(1 / 3) };
  const centred = { shape: [2, 6], data: Float32Array.of(0, 10, 0, 0, 0, 10, -30, 0, 0, 5, 0, 0) };
  for (const backend of ['webgpu', 'cpu'] as const) {
    const [found] = (await runOn(backend, matchPlaces, { z, locations: centred }, attrs)).outputs;
    expect([...found!.subarray(0, 16)]).toEqual([0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 1, 0, 2, 0, 3]);
  }
});
