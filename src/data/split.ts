// Training, validation and test films, never the films of one patient on two sides.
// A split given with the labels wins as it stands; where it puts a file or a patient on two sides it is refused with the
// count, or what overlaps is left out if that was chosen. What is not given is drawn by patient (splitDraw.ts).

import { type Placement, SPLITS, type Split } from '../protocol/dataset.ts';
import type { Overlap, SplitChoice } from '../protocol/split.ts';
import { AppError } from '../util/errors.ts';
import { drawAll, drawMissing } from './splitDraw.ts';

export interface SplitFilm {
  readonly patient: string;
  /** Findings that hold; they decide the stratum of the patient. */
  readonly findings: readonly number[];
  /** As the labels say, if they do. */
  readonly given: Split | undefined;
  /** Further splits in which the labels put the same file. */
  readonly alsoIn?: readonly Split[] | undefined;
}

export interface SplitResult {
  readonly splits: readonly Placement[];
  /** How the split was made, in words. */
  readonly rule: string;
}

const SPLIT_WORDS: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  trainval: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
};

/** The split a word stands for, or undefined. */
export function splitFromWord(word: string | undefined): Split | undefined {
  return SPLIT_WORDS[(word ?? '').toLowerCase().replace(/[^a-z]/g, '')];
}

/** The split that the name of a list says: train_val_list.txt, Xray14_test_official.txt. */
export function splitOfList(file: string): Split | undefined {
  const words = file.toLowerCase().split(/[^a-z]+/);
  if (words.includes('train') || words.includes('training')) return 'train';
  return words.map(splitFromWord).find((split) => split !== undefined);
}

/** What stands on two sides, for one pair of parts. */
export interface SplitOverlap {
  readonly of: Split;
  readonly and: Split;
  /** Files named in both. */
  readonly films: number;
  /** Files of `and`. */
  readonly filmsOfAll: number;
  readonly patients: number;
  /** Patients of `and`. */
  readonly patientsOfAll: number;
}

const PAIRS = [
  ['train', 'val'],
  ['train', 'test'],
  ['val', 'test'],
] as const;

/** Every pair of parts that share a file or a patient. */
export function overlapsOf(
  films: readonly Pick<SplitFilm, 'patient' | 'given' | 'alsoIn'>[],
): SplitOverlap[] {
  const counts = { train: 0, val: 0, test: 0 };
  const patients: Record<Split, Set<string>> = { train: new Set(), val: new Set(), test: new Set() };
  const both = new Map<string, number>();
  for (const { patient, given, alsoIn = [] } of films) {
    if (!given) continue;
    const parts = [given, ...alsoIn];
    for (const part of parts) {
      counts[part]++;
      patients[part].add(patient);
    }
    for (const [of, and] of PAIRS) {
      if (parts.includes(of) && parts.includes(and)) both.set(of + and, (both.get(of + and) ?? 0) + 1);
    }
  }
  return PAIRS.map(([of, and]) => ({
    of,
    and,
    films: both.get(of + and) ?? 0,
    filmsOfAll: counts[and],
    patients: [...patients[and]].filter((patient) => patients[of].has(patient)).length,
    patientsOfAll: patients[and].size,
  })).filter(({ patients: shared }) => shared > 0);
}

const number = (value: number) => value.toLocaleString('en-US');

/** "7,667 of 11,219 test films are in training too, with 2,395 of 3,090 patients" */
function overlapInWords({ of, and, films, filmsOfAll, patients, patientsOfAll }: SplitOverlap): string {
  const shared = `${number(patients)} of ${number(patientsOfAll)} ${and} patients`;
  if (films === 0) return `${shared} are in ${of} too`;
  return `${number(films)} of ${number(filmsOfAll)} ${and} films are in ${of} too, with ${shared}`;
}

/** @throws AppError split-overlap when parts of a given split share a file or a patient */
export function refuseOverlap(
  films: readonly Pick<SplitFilm, 'patient' | 'given' | 'alsoIn'>[],
  source: string,
): void {
  const overlaps = overlapsOf(films);
  if (overlaps.length === 0) return;
  throw new AppError('split-overlap', `by ${source}, ${overlaps.map(overlapInWords).join('; ')}.`);
}

/** Later parts keep what they share with earlier ones: test before validation before training. */
const latest = (parts: Iterable<Split>): Split =>
  SPLITS[Math.max(...[...parts].map((part) => SPLITS.indexOf(part)))]!;

function placeGiven(films: readonly SplitFilm[], overlap: Overlap, source: string) {
  if (overlap === 'refuse') refuseOverlap(films, source);
  const home = new Map<string, Split>();
  for (const { patient, given, alsoIn = [] } of films) {
    if (!given) continue;
    const known = home.get(patient);
    home.set(patient, latest([given, ...alsoIn, ...(known ? [known] : [])]));
  }
  const splits = films.map(({ patient, given, alsoIn = [] }): Placement => {
    const place = home.get(patient);
    if (!given) return place ?? 'train';
    return [given, ...alsoIn].includes(place!) ? place! : 'out';
  });
  return { splits, left: splits.filter((split) => split === 'out').length };
}

function completeGiven(
  films: readonly SplitFilm[],
  { overlap = 'refuse', seed = 1, stratify = 'any' }: SplitChoice,
  source: string,
): SplitResult {
  const { splits, left } = placeGiven(films, overlap, source);
  const words = [`As given by ${source}.`];
  const unnamed = films.filter((film) => !film.given).length;
  if (unnamed > 0) {
    words.push(`Films without a split (${number(unnamed)}) follow their patient, or go to training.`);
  }
  if (left > 0) words.push(`${number(left)} film(s) are left out: their patient stands in a later part too.`);
  if (!splits.includes('train')) throw new AppError('split-impossible', `${source} leaves no training film.`);
  for (const missing of ['test', 'val'] as const) {
    if (splits.includes(missing)) continue;
    const taken = drawMissing(films, splits, missing, seed, stratify);
    words.push(
      `It has no ${missing} films: ${taken} training patient(s) were drawn for it with seed ${seed}.`,
    );
  }
  return { splits, rule: words.join(' ') };
}

/**
 * One place per film.
 * @param source what the given splits come from, in words, e.g. 'column "split" of labels.csv'
 * @throws AppError split-impossible when the given split has no training film, split-overlap
 */
export function splitFilms(
  films: readonly SplitFilm[],
  choice: SplitChoice,
  source: string | null,
): SplitResult {
  const given = source !== null && choice.source !== 'drawn' && films.some((film) => film.given);
  return given ? completeGiven(films, choice, source) : drawAll(films, choice);
}
