// How well drawn masks meet true ones, film by film, and over films with intervals. Three numbers that are often taken for each
// other stand apart: Dice where a film without a mask counts 1 if nothing is drawn on it and else 0 (Kaggle's SIIM-ACR; GLoRIA,
// MGCA), Dice of films with a mask alone, and intersection over union, empty films as for the first. The mean over all pixels of
// background and foreground, which other tools call Dice as well, is none of them.

import type { Interval } from '../record.ts';
import { denseGroups, drawCounts, percentileInterval, RESAMPLES } from '../scores/bootstrap.ts';
import type { MaskScoreName } from './record.ts';

/** A logit above this is inside: a probability above a half. */
export const THRESHOLD = 0;

export interface Overlap {
  /** Pixels inside both, of the drawn mask, and of the true one. */
  readonly both: number;
  readonly drawn: number;
  readonly there: number;
}

/** @param inside whether a pixel is drawn, by its index @param from the first pixel of the film in `truth`, which has 1 inside */
export function overlapOf(
  inside: (at: number) => boolean,
  truth: ArrayLike<number>,
  pixels: number,
  from = 0,
): Overlap {
  let [both, drawn, there] = [0, 0, 0];
  for (let at = 0; at < pixels; at++) {
    const [is, was] = [inside(at) ? 1 : 0, truth[from + at]!];
    both += is & was;
    drawn += is;
    there += was;
  }
  return { both, drawn, there };
}

/** 2 |A and B| / (|A| + |B|); 1 where both are empty. */
export const diceOf = ({ both, drawn, there }: Overlap): number =>
  drawn + there === 0 ? 1 : (2 * both) / (drawn + there);

/** |A and B| / |A or B|; 1 where both are empty. */
export const iouOf = ({ both, drawn, there }: Overlap): number =>
  drawn + there === 0 ? 1 : both / (drawn + there - both);

/** What is reported, each under its own name (record.ts): its value on a film, and the films that it is the mean of. */
const MASK_SCORES: Readonly<
  Record<
    MaskScoreName,
    { readonly of: (overlap: Overlap) => number; readonly counts: (overlap: Overlap) => boolean }
  >
> = {
  dice: { of: diceOf, counts: () => true },
  dicePositive: { of: diceOf, counts: ({ there }) => there > 0 },
  iou: { of: iouOf, counts: () => true },
  empty: { of: ({ drawn }) => Number(drawn === 0), counts: () => true },
};

/** A mean over films, and the same in each resample of patients; NaN where no film counts. */
export interface Resampled {
  readonly value: number | null;
  readonly resampled: Float64Array;
}

/**
 * The mean over films of the mean over repetitions (draws of labels, random encoders), and the same over resamples of patients.
 * Which patients a resample has follows from the seed, so two means of the same films may be subtracted.
 * @param repetitions of each the overlaps of all films, in one order
 * @param patients of these films
 */
export function meanOverFilms(
  score: MaskScoreName,
  repetitions: readonly (readonly Overlap[])[],
  patients: ArrayLike<number>,
  seed: number,
): Resampled {
  const { of, counts } = MASK_SCORES[score];
  const { group, groups } = denseGroups(patients);
  const [sums, films] = [new Float64Array(groups), new Float64Array(groups)];
  for (let film = 0; film < group.length; film++) {
    for (const overlaps of repetitions) {
      const overlap = overlaps[film]!;
      if (!counts(overlap)) continue;
      sums[group[film]!]! += of(overlap);
      films[group[film]!]! += 1;
    }
  }
  const weighted = (weights: ArrayLike<number>) => {
    let [sum, count] = [0, 0];
    for (let g = 0; g < groups; g++) {
      sum += weights[g]! * sums[g]!;
      count += weights[g]! * films[g]!;
    }
    return count > 0 ? sum / count : Number.NaN;
  };
  const value = weighted(new Float64Array(groups).fill(1));
  const drawn = new Uint32Array(groups);
  const resampled = Float64Array.from({ length: RESAMPLES }, (_, b) => {
    drawCounts(seed, b, groups, drawn);
    return weighted(drawn);
  });
  return { value: Number.isNaN(value) ? null : value, resampled };
}

export const intervalOf = ({ value, resampled }: Resampled): Interval => percentileInterval(value, resampled);
