// Films for a benchmark of pretraining: the built-in synthetic ones, drawn in this worker, all for training.

import { planSyntheticSet, renderEntry, SYNTHETIC_NAME } from '../../src/data/synthetic/set.ts';
import type { EngineDataset } from '../../src/protocol/dataset.ts';

/** At least `count` films of `side` x `side` px. */
export function syntheticFilms(count: number, side: number): EngineDataset {
  // Every patient has two films at least.
  const entries = planSyntheticSet({ patients: Math.ceil(count / 2), seed: 1, difficulty: 'classroom' });
  const films = entries.length;
  return {
    name: SYNTHETIC_NAME,
    fingerprint: 'benchmark',
    findings: [],
    planes: entries.map((entry) => renderEntry(entry, side).plane),
    widths: new Uint16Array(films).fill(side),
    heights: new Uint16Array(films).fill(side),
    splits: new Uint8Array(films),
    patients: Uint32Array.from({ length: films }, (_, film) => film),
    labels: new Uint8Array(0),
  };
}
