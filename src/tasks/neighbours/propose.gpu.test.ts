// Neighbours that the GPU proposes against those that the CPU finds: the same films in the same order, copies included, where
// bank and queries are no whole number of blocks.

import { expect, it } from 'vitest';
import { testDevice } from '../../gpu/testDevice.ts';
import { Rng } from '../../util/rng.ts';
import { nearestOfMany } from './propose.ts';
import { bankOf, nearest } from './vote.ts';

it('are those of double precision', async () => {
  const { runtime, takeFaults } = await testDevice();
  const [films, dim, k] = [5000, 24, 20];
  const rng = new Rng(2, 'synthetic');
  const features = Float32Array.from({ length: films * dim }, () => rng.normal() + 0.3);
  // A film and its copies, and one without features.
  for (const copy of [17, 4100, 4999]) features.copyWithin(copy * dim, 5 * dim, 6 * dim);
  features.fill(0, 40 * dim, 41 * dim);
  const bank = bankOf(
    features,
    dim,
    Uint32Array.from({ length: films - 300 }, (_, i) => i),
  );
  const queries = Uint32Array.from({ length: 300 }, (_, i) => films - 300 + i);
  queries[0] = 40;
  const found = await nearestOfMany(runtime, bank, queries, k, async () => {});
  expect(found).toEqual(Array.from(queries, (film) => nearest(bank, features, film, k)));
  expect([...found.at(-1)!.places.subarray(0, 3)]).toEqual([5, 17, 4100]);
  expect(takeFaults()).toEqual([]);
}, 120_000);
