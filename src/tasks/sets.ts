// Which films an evaluation is of and which the encoder was pretrained on, where these are others: their names, and how many of the
// test films look like one that was pretrained on. Films are known by their perceptual hash, so that a film is found again as a
// file of another kind, size or name, as those of RSNA and SIIM are found among those of NIH.

import { findDuplicates } from '../data/quality/duplicates.ts';
import type { SeenFilms } from '../protocol/dataset.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import { splitRows } from './labelDraws.ts';
import type { Sets } from './record.ts';

/** How many of these films look like one of those. @param hashes '' for a film that shows nothing, which is like none */
export function countSeen(seen: readonly string[], hashes: readonly string[]): number {
  return findDuplicates([...seen, ...hashes]).filter(
    (first, film) => film >= seen.length && first >= 0 && first < seen.length,
  ).length;
}

/**
 * Null where the films are those that every step was taken on, split and labelled as then.
 * @param run says what it was trained on
 * @param known more of a set of which the run knows nothing but the fingerprint
 * @throws AppError split-impossible
 */
export function setsOf(
  run: { seen(): readonly SeenFilms[] },
  dataset: TrainingSet,
  known?: SeenFilms,
): Sets | null {
  const seen = run
    .seen()
    .map((set) => (set.hashes === null && known?.fingerprint === set.fingerprint ? known : set));
  if (seen.every(({ fingerprint }) => fingerprint === dataset.fingerprint)) return null;
  const { test } = splitRows(dataset);
  const { hashes } = dataset;
  const trained = seen.map((set) => set.hashes);
  return {
    evaluated: dataset.name,
    pretrained: seen.map(({ name }) => name),
    test: test.length,
    shared:
      hashes && trained.every((films) => films !== null)
        ? countSeen(
            trained.flat(),
            Array.from(test, (film) => hashes[film]!),
          )
        : null,
  };
}
