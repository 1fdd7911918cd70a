// Matched places and VICReg on them as compositions of stock operations, by the formulas of matchPlaces.ts and placeVicreg.ts.

import { type Tensor, tf } from '../../backend.ts';
import type { Stock } from '../../forms.ts';
import { VICREG_EPS, VICREG_STD } from '../loss/vicregPrograms.ts';
import { firstPlace, joined, ones, part, product, ramp, shaped } from '../parts/operations.ts';
import { type MatchAttrs, pairCounts } from './matchPlaces.ts';
import { ALIKE, LOCATION_COLUMNS } from './matchPrograms.ts';
import { type PlaceAttrs, pairWeights } from './placeVicreg.ts';

/** The first of the smallest along the last dimension, kept as one: its place. */
function firstOf(distances: Tensor): Tensor {
  const axis = distances.rank - 1;
  const near = ones(tf.lessEqual(tf.mul(distances, ALIKE), tf.min(distances, axis, true)));
  return firstPlace(near, tf.max(near, axis, true), axis);
}

/** Where the places of one view lie in their films, [N, P, 1]: x and y. */
function placed(locations: Tensor, view: number, n: number, { height, width }: MatchAttrs): [Tensor, Tensor] {
  const index = ramp(height * width, 3, 1);
  const row = tf.floor(tf.mul(tf.add(index, 0.5), 1 / width));
  const u = tf.mul(tf.add(tf.sub(index, tf.mul(row, width)), 0.5), 1 / width);
  const v = tf.mul(tf.add(row, 0.5), 1 / height);
  const column = (k: number) => shaped(part(locations, [view * n, k], [n, 1]), n, 1, 1);
  const along = (k: number) =>
    tf.add(tf.add(column(k), tf.mul(u, column(k + 1))), tf.mul(v, column(k + 2))) as Tensor;
  return [along(0), along(LOCATION_COLUMNS / 2)];
}

const turned = (x: Tensor): Tensor => tf.transpose(x, [0, 2, 1]);
const squares = (a: Tensor, b: Tensor): Tensor => tf.square(tf.sub(a, turned(b)));

/** The pairs of one matching, [N, count, 2], in the order of the places it starts from; `apart` is [N, from, to]. */
function pairsOf(apart: Tensor, count: number, back: boolean): Tensor {
  const [n, places] = apart.shape as [number, number];
  const best = firstOf(apart);
  const lengths = shaped(tf.sum(tf.mul(apart, ones(tf.equal(best, ramp(places, 3, 2)))), 2), n, places);
  let taken: Tensor = tf.zeros([n, places]);
  for (let k = 0; k < count; k++) {
    const left = tf.where(tf.greater(taken, 0), tf.fill([n, places], 3e38), lengths);
    taken = tf.add(taken, ones(tf.equal(firstOf(left), ramp(places, 2, 1))));
  }
  // Each that is kept goes to the place that its number among those kept says.
  const number = tf.sub(tf.cumsum(taken, 1), 1);
  const goes = tf.mul(
    ones(tf.equal(shaped(number, n, 1, places), ramp(count, 3, 1))),
    shaped(taken, n, 1, places),
  );
  const from = product(goes, tf.tile(ramp(places, 3, 1), [n, 1, 1]));
  const to = product(goes, best);
  return joined(back ? [to, from] : [from, to], 2);
}

export const matchPlaces: Stock<'z' | 'locations', MatchAttrs> = {
  instead: 'tf.min, tf.cumsum, tf.matMul and arithmetic',
  run({ z, locations }, attrs) {
    const [views, places, d] = z.shape as [number, number, number];
    const n = views / 2;
    const [a, b] = [0, 1].map((view) => part(z, [view * n, 0, 0], [n, places, d])) as [Tensor, Tensor];
    const rows: Tensor[] = [];
    for (let place = 0; place < places; place++) {
      const one = part(a, [0, place, 0], [n, 1, d]);
      rows.push(shaped(tf.sum(tf.square(tf.sub(one, b)), 2), n, 1, places));
    }
    const byFeature = joined(rows, 1);
    const [here, there] = [0, 1].map((view) => placed(locations, view, n, attrs)) as [
      [Tensor, Tensor],
      [Tensor, Tensor],
    ];
    const byLocation = tf.add(squares(here[0], there[0]), squares(here[1], there[1])) as Tensor;
    const found = pairCounts(places, attrs).map((count, kind) => {
      const apart = kind < 2 ? byFeature : byLocation;
      const back = kind % 2 === 1;
      return pairsOf(back ? turned(apart) : apart, count, back);
    });
    return [joined(found, 1)];
  },
};

/** Which place each pair takes in a view, as zeros and ones [N, T, P]. */
function choice(matches: Tensor, view: number, places: number): Tensor {
  const [n, t] = matches.shape as [number, number];
  return ones(tf.equal(part(matches, [0, 0, view], [n, t, 1]), ramp(places, 3, 2)));
}

/** The features of all pairs in both views, [2, T, N, D]. */
function pairsIn(z: Tensor, matches: Tensor): Tensor {
  const [views, places, d] = z.shape as [number, number, number];
  const n = views / 2;
  const sides = [0, 1].map((view) => {
    const features = part(z, [view * n, 0, 0], [n, places, d]);
    return tf.expandDims(tf.transpose(product(choice(matches, view, places), features), [1, 0, 2]), 0);
  });
  return joined(sides, 0);
}

const weightsOf = (places: number, attrs: PlaceAttrs) => tf.tensor1d(pairWeights(places, attrs));

export const placeVicreg: Stock<'z' | 'matches', PlaceAttrs> = {
  instead: 'tf.matMul, tf.sum, tf.mean and arithmetic',
  run({ z, matches }, attrs) {
    const [places, d] = z.shape.slice(1) as [number, number];
    const [n, t] = matches.shape as [number, number];
    const pairs = pairsIn(z, matches);
    // Relative to the first film: where embeddings have nearly collapsed, the mean itself has not enough digits.
    const shifted = tf.sub(pairs, part(pairs, [0, 0, 0, 0], [2, t, 1, d]));
    const centred = tf.sub(shifted, tf.mean(shifted, 2, true)) as Tensor;
    const variances = tf.div(tf.sum(tf.square(centred), 2), n - 1);
    const grams = tf.div(product(centred, centred, false, true), n - 1);
    const deviation = tf.sqrt(tf.add(variances, VICREG_EPS));
    const shares = weightsOf(places, attrs);
    /** A number for each view and pair, to one for each view. */
    const mean = (x: Tensor) => tf.sum(tf.mul(shaped(x, 2, t), shares), 1);
    const offDiagonal = tf.sub(
      tf.sum(tf.reshape(tf.square(grams), [2, t, -1]), 2),
      tf.sum(tf.square(variances), 2),
    ) as Tensor;
    const [one, other] = [0, 1].map((view) => part(pairs, [view, 0, 0, 0], [1, t, n, d])) as [Tensor, Tensor];
    const apart = tf.sum(tf.reshape(tf.square(tf.sub(one, other)), [t, -1]), 1);
    const terms = joined(
      [
        shaped(tf.div(tf.sum(tf.mul(apart, shares)), n * d), 1),
        tf.div(mean(tf.sum(tf.relu(tf.sub(VICREG_STD, deviation)), 2)), 2 * d),
        tf.div(mean(offDiagonal), d),
        tf.div(mean(tf.sum(deviation, 2)), d),
        tf.zeros([1]),
      ],
      0,
    );
    return [terms, centred, variances, grams];
  },
};

export const placeVicregGrad: Stock<
  'z' | 'matches' | 'centred' | 'variances' | 'grams' | 'weights',
  PlaceAttrs
> = {
  instead: 'tf.matMul and arithmetic',
  run({ z, matches, centred, variances, grams, weights }, attrs) {
    const [places, d] = z.shape.slice(1) as [number, number];
    const [n, t] = matches.shape as [number, number];
    const pairs = pairsIn(z, matches);
    const variance = shaped(variances, 2, t, 1, d);
    const deviation = tf.sqrt(tf.add(variance, VICREG_EPS));
    const invariance = tf.mul(tf.sub(pairs, tf.reverse(pairs, 0)), 2 / (n * d));
    const inside = ones(tf.less(deviation, VICREG_STD));
    const hinge = tf.mul(tf.div(tf.mul(centred, inside), deviation), -1 / (2 * d * (n - 1)));
    const covariance = tf.mul(tf.sub(product(grams, centred), tf.mul(variance, centred)), 4 / (d * (n - 1)));
    const weight = (i: number) => shaped(part(weights, [i], [1]), 1, 1, 1, 1);
    const sum = [invariance, hinge, covariance]
      .map((term, i) => tf.mul(term, weight(i)) as Tensor)
      .reduce((a, b) => tf.add(a, b));
    const shares = shaped(weightsOf(places, attrs), 1, t, 1, 1);
    const each = tf.mul(tf.mul(sum, shares), weight(3)) as Tensor;
    const gathered = [0, 1].map((view) => {
      const ofView = shaped(part(each, [view, 0, 0, 0], [1, t, n, d]), t, n, d);
      return product(choice(matches, view, places), tf.transpose(ofView, [1, 0, 2]), true);
    });
    return [joined(gathered, 0)];
  },
};
