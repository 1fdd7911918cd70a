// Flags of every film of a set, from its measures, size and labels; counts of them; and which films are to be left out.

import {
  type FilmMeasures,
  flagBit,
  QUALITY_FLAGS,
  QUALITY_LIMITS,
  type QualityFlag,
  type QualityReport,
} from '../../protocol/arrangement.ts';
import type { Placement } from '../../protocol/dataset.ts';
import { NOT_DUPLICATE } from './duplicates.ts';

export interface JudgedFilm {
  readonly measures?: FilmMeasures | undefined;
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** As the labels or the tags say; undefined where they say nothing. */
  readonly lateral: boolean | undefined;
}

const longOverShort = ({ originalWidth, originalHeight }: JudgedFilm) =>
  Math.max(originalWidth, originalHeight) / Math.min(originalWidth, originalHeight);

const JUDGES: Readonly<Record<QualityFlag, (film: JudgedFilm, isDuplicate: boolean) => boolean>> = {
  constant: ({ measures }) => measures !== undefined && measures.deviation < QUALITY_LIMITS.deviation,
  dark: ({ measures }) => measures !== undefined && measures.mean < QUALITY_LIMITS.mean,
  inverted: ({ measures }) => measures !== undefined && measures.polarity < QUALITY_LIMITS.polarity,
  duplicate: (_, isDuplicate) => isDuplicate,
  lateral: ({ lateral }) => lateral === true,
  aspect: (film) => longOverShort(film) > QUALITY_LIMITS.aspect,
};

/** One byte of flags per film. A set of nothing but laterals is what it is, and none is flagged for it. */
export function flagFilms(films: readonly JudgedFilm[], duplicates: Int32Array): Uint8Array {
  const frontals = films.some(({ lateral }) => lateral !== true);
  return Uint8Array.from(films, (film, at) => {
    const isDuplicate = (duplicates[at] ?? NOT_DUPLICATE) >= 0;
    return QUALITY_FLAGS.reduce((bits, flag) => {
      const applies = JUDGES[flag](film, isDuplicate) && (flag !== 'lateral' || frontals);
      return applies ? bits | flagBit(flag) : bits;
    }, 0);
  });
}

/** The places with every film taken out that has one of these flags. */
export function leaveOut(
  places: readonly Placement[],
  flags: Uint8Array,
  unwanted: readonly QualityFlag[],
): Placement[] {
  const mask = unwanted.reduce((bits, flag) => bits | flagBit(flag), 0);
  return places.map((place, film) => ((flags[film]! & mask) !== 0 ? 'out' : place));
}

/** @param places before anything was left out for its quality */
export function qualityReport(
  flags: Uint8Array,
  duplicates: Int32Array,
  places: readonly Placement[],
  unwanted: readonly QualityFlag[],
): QualityReport {
  const duplicateOf = new Map<number, number>();
  let duplicatesAcross = 0;
  duplicates.forEach((first, film) => {
    if (first < 0) return;
    duplicateOf.set(film, first);
    const [a, b] = [places[film], places[first]];
    if (a !== b && a !== 'out' && b !== 'out') duplicatesAcross++;
  });
  const counts = QUALITY_FLAGS.map((flag) => ({
    flag,
    films: flags.reduce((sum, bits) => sum + Number((bits & flagBit(flag)) !== 0), 0),
    leftOut: unwanted.includes(flag),
  }));
  return { counts, duplicateOf, duplicatesAcross };
}
