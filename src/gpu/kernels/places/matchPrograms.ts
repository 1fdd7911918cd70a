// WGSL of the matching of places, and what matching counts and compares by, in loops, WGSL and stock operations alike; what is
// matched is said in matchPlaces.ts. Each of the four matchings of a film is kept
// apart: 0 and 1 by feature, 2 and 3 by location, the odd ones from view 2 to view 1.

import { program, threadFor } from '../../program.ts';

/** Numbers that say where a view lies in its film: x = [0] + u [1] + v [2] and y = [3] + u [4] + v [5], u and v from 0 to 1. */
export const LOCATION_COLUMNS = 6;

/** Two distances are the same where the larger, times this, is no larger than the other. */
export const ALIKE = 1 - 1e-5;

/** Squared distances of features [N, P, P], one thread each. */
export const distances = program({
  name: 'matchDistances',
  reads: { z: 'f32' },
  writes: { apart: 'f32' },
  params: { n: 'u32', places: 'u32', d: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.n * p.places * p.places')}
  let film = index / (p.places * p.places);
  let first = (film * p.places + index / p.places % p.places) * p.d;
  let second = ((p.n + film) * p.places + index % p.places) * p.d;
  var sum = 0.0;
  for (var k = 0u; k < p.d; k++) {
    let difference = z[first + k] - z[second + k];
    sum += difference * difference;
  }
  apart[index] = sum;`,
});

/** For each place of each matching the nearest place of the other view, and how far away it is. */
export const nearest = program({
  name: 'matchNearest',
  reads: { apart: 'f32', locations: 'f32' },
  writes: { best: 'f32', lengths: 'f32' },
  params: { n: 'u32', places: 'u32', width: 'u32', height: 'u32' },
  workgroup: [64],
  declarations: `
fn placed(view: u32, place: u32) -> vec2<f32> {
  let at = view * ${LOCATION_COLUMNS}u;
  let u = (f32(place % p.width) + 0.5) / f32(p.width);
  let v = (f32(place / p.width) + 0.5) / f32(p.height);
  return vec2<f32>(
    locations[at] + u * locations[at + 1u] + v * locations[at + 2u],
    locations[at + 3u] + u * locations[at + 4u] + v * locations[at + 5u]);
}
fn length2(film: u32, kind: u32, i: u32, j: u32) -> f32 {
  let first = select(i, j, kind % 2u == 1u);
  let second = select(j, i, kind % 2u == 1u);
  if (kind < 2u) { return apart[(film * p.places + first) * p.places + second]; }
  let far = placed(film, first) - placed(p.n + film, second);
  return dot(far, far);
}`,
  body: `
  ${threadFor(64, 'p.n * 4u * p.places')}
  let i = index % p.places;
  let kind = index / p.places % 4u;
  let film = index / (4u * p.places);
  var smallest = length2(film, kind, i, 0u);
  for (var j = 1u; j < p.places; j++) { smallest = min(smallest, length2(film, kind, i, j)); }
  var place = 0u;
  while (place < p.places - 1u && length2(film, kind, i, place) * ${ALIKE} > smallest) { place++; }
  best[index] = f32(place);
  lengths[index] = length2(film, kind, i, place);`,
});

/** The pairs that are kept of each matching of a film, in the order of its places: one thread each. */
export const keptPairs = (places: number) =>
  program({
    name: `matchKept${places}`,
    reads: { best: 'f32', lengths: 'f32' },
    writes: { matches: 'f32' },
    params: { n: 'u32', places: 'u32', first: 'u32', second: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, 'p.n * 4u')}
  let kind = index % 4u;
  let film = index / 4u;
  var kept = p.places;
  var before = kind * p.places;
  if (kind >= 2u) {
    kept = select(p.first, p.second, kind == 3u);
    before = 2u * p.places + select(0u, p.first, kind == 3u);
  }
  var taken: array<bool, ${places}>;
  for (var i = 0u; i < p.places; i++) { taken[i] = kept == p.places; }
  for (var k = 0u; k < kept && kept < p.places; k++) {
    var smallest = 3e38;
    for (var i = 0u; i < p.places; i++) {
      if (!taken[i]) { smallest = min(smallest, lengths[index * p.places + i]); }
    }
    for (var i = 0u; i < p.places; i++) {
      if (!taken[i] && lengths[index * p.places + i] * ${ALIKE} <= smallest) {
        taken[i] = true;
        break;
      }
    }
  }
  var at = (film * (2u * p.places + p.first + p.second) + before) * 2u;
  for (var i = 0u; i < p.places; i++) {
    if (!taken[i]) { continue; }
    let other = best[index * p.places + i];
    let back = kind % 2u == 1u;
    matches[at] = select(f32(i), other, back);
    matches[at + 1u] = select(other, f32(i), back);
    at += 2u;
  }`,
  });
