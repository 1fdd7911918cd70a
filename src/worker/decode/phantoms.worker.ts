// Draws films of the built-in set for the engine, so that neither the training loop nor the page waits for all of them
// before the first step. Owned by engine/drawnPlanes.ts; several may draw from the same set.

import '../../guard/workerScope.ts';
import { planSyntheticSet, renderEntry, type SyntheticEntry } from '../../data/synthetic/set.ts';
import type { DrawnSet } from '../../protocol/dataset.ts';
import { expose, transfer } from '../rpc.ts';

let planned: { readonly key: string; readonly entries: readonly SyntheticEntry[] } | null = null;

const api = {
  /** The planes of these films, one after the other. */
  draw(set: DrawnSet, films: readonly number[]): Uint8Array {
    const key = JSON.stringify(set);
    if (planned?.key !== key) planned = { key, entries: planSyntheticSet(set) };
    const area = set.side * set.side;
    const planes = new Uint8Array(films.length * area);
    for (const [i, film] of films.entries()) {
      planes.set(renderEntry(planned.entries[film]!, set.side).plane, i * area);
    }
    return transfer(planes, [planes.buffer]);
  },
};

export type PhantomsApi = typeof api;

expose(api);
