// Which places of the last map of one view go with which of the other (VICRegL, arXiv 2210.01571, section 3): to each place
// the one nearest by feature, and the one nearest where both lie in the film; of the latter those pairs that lie closest.
// Nothing here has a gradient. Among places that are as near as the nearest but for rounding the first is taken, so that a tie
// does not depend on the machine.

import { defineKernel, type Plain } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { ALIKE, distances, keptPairs, LOCATION_COLUMNS, nearest } from './matchPrograms.ts';

export interface MatchAttrs {
  /** Sides of the last map. */
  readonly height: number;
  readonly width: number;
  /** Pairs by location that are kept: from view 1 to view 2, and back. */
  readonly first: number;
  readonly second: number;
}

/** How many pairs each of the four matchings gives: by feature from view 1 and from view 2, by location likewise. */
export const pairCounts = (places: number, { first, second }: Pick<MatchAttrs, 'first' | 'second'>) =>
  [places, places, first, second] as const;

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
export const pairTotal = (places: number, attrs: Pick<MatchAttrs, 'first' | 'second'>) =>
  sum(pairCounts(places, attrs));

/**
 * Inputs: z [2N, P, D] with view 1 first, P = height * width; locations [2N, 6]. Output: matches [N, T, 2], the places of
 * each pair in view 1 and in view 2, the four matchings one behind the other, each in the order of the places it starts from.
 */
export const matchPlaces = defineKernel<'z' | 'locations', MatchAttrs>({
  name: 'MlvMatchPlaces',
  inputs: ['z', 'locations'],
  outputs: ({ z }, attrs) => [[z[0]! / 2, pairTotal(z[1]!, attrs), 2]],
  gpu({ inputs: { z, locations }, outputs, scratch, run }, { height, width, first, second }) {
    const [views, places, d] = z.shape as [number, number, number];
    const n = views / 2;
    const apart = scratch([n, places, places]);
    const best = scratch([n, 4, places]);
    const lengths = scratch([n, 4, places]);
    run(distances, [z, apart], [n, places, d], flatGroups(n * places * places, 64));
    run(
      nearest,
      [apart, locations, best, lengths],
      [n, places, width, height],
      flatGroups(n * 4 * places, 64),
    );
    run(keptPairs(places), [best, lengths, outputs[0]!], [n, places, first, second], flatGroups(n * 4, 64));
  },
  reference({ z, locations }, attrs, [matches]) {
    const [views, places] = z.shape as [number, number, number];
    const n = views / 2;
    const total = pairTotal(places, attrs);
    for (let film = 0; film < n; film++) {
      let at = film * total * 2;
      for (const [kind, kept] of pairCounts(places, attrs).entries()) {
        const distance = kind < 2 ? featureDistance(z, film) : locationDistance(locations, film, n, attrs);
        const back = kind % 2 === 1;
        const found = nearestOf(places, (i, j) => (back ? distance(j, i) : distance(i, j)));
        const taken = closest(found, kept);
        for (const [i, { place }] of found.entries()) {
          if (!taken.has(i)) continue;
          matches!.data.set(back ? [place, i] : [i, place], at);
          at += 2;
        }
      }
    }
  },
});

type Distance = (first: number, second: number) => number;

function featureDistance({ shape, data }: Plain, film: number): Distance {
  const [views, places, d] = shape as [number, number, number];
  return (i, j) => {
    const [a, b] = [(film * places + i) * d, ((views / 2 + film) * places + j) * d];
    let square = 0;
    for (let k = 0; k < d; k++) square += (data[a + k]! - data[b + k]!) ** 2;
    return square;
  };
}

function locationDistance({ data }: Plain, film: number, n: number, { height, width }: MatchAttrs): Distance {
  const at = (view: number, place: number) => {
    const numbers = data.subarray(
      (view * n + film) * LOCATION_COLUMNS,
      (view * n + film + 1) * LOCATION_COLUMNS,
    );
    const [u, v] = [((place % width) + 0.5) / width, (Math.floor(place / width) + 0.5) / height];
    return [0, 3].map((k) => numbers[k]! + u * numbers[k + 1]! + v * numbers[k + 2]!) as [number, number];
  };
  return (i, j) => {
    const [a, b] = [at(0, i), at(1, j)];
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
  };
}

/** The first of the smallest. */
function firstOf(distances: readonly number[]): number {
  const smallest = Math.min(...distances);
  return distances.findIndex((distance) => distance * ALIKE <= smallest);
}

/** For each place the nearest of the other view. */
function nearestOf(places: number, distance: Distance) {
  return Array.from({ length: places }, (_, i) => {
    const all = Array.from({ length: places }, (__, j) => distance(i, j));
    const place = firstOf(all);
    return { place, distance: all[place]! };
  });
}

/** The places with the shortest distances, so many of them. */
function closest(found: readonly { readonly distance: number }[], count: number): Set<number> {
  const taken = new Set<number>();
  while (taken.size < count) {
    taken.add(firstOf(found.map(({ distance }, i) => (taken.has(i) ? Number.POSITIVE_INFINITY : distance))));
  }
  return taken;
}
