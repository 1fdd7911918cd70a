// Training, validation and test films, never the films of one patient on two sides.
// A split given with the labels wins as it stands; where it puts a file or a patient on two sides it is refused with the
// count, or what overlaps is left out if that was chosen. What is not given is drawn by patient (splitDraw.ts).

import type { Overlap, SplitChoice } from '../protocol/arrangement.ts';
import { type Placement, SPLITS, type Split } from '../protocol/dataset.ts';
import type { UnknownPart } from '../protocol/labels.ts';
import { AppError } from '../util/errors.ts';
import { drawAll, drawMissing } from './splitDraw.ts';

export interface SplitFilm {
  readonly patient: string;
  /** Findings that hold; they decide the stratum of the patient. */
  readonly findings: readonly number[];
  /** As the labels say, if they do; out where a person said so. */
  readonly given: Placement | undefined;
  /** Further splits in which the labels put the same file. */
  readonly alsoIn?: readonly Split[] | undefined;
  /** The labels name a part that is none of those known. */
  readonly unknownPart?: string | undefined;
}

export interface SplitResult {
  readonly splits: readonly Placement[];
  /** How the split was made, in words. */
  readonly rule: string;
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

type PlacedFilm = Pick<SplitFilm, 'patient' | 'given' | 'alsoIn' | 'unknownPart'>;

/** Every pair of parts that share a file or a patient. */
function overlapsOf(films: readonly PlacedFilm[]): SplitOverlap[] {
  const counts = { train: 0, val: 0, test: 0 };
  const patients: Record<Split, Set<string>> = { train: new Set(), val: new Set(), test: new Set() };
  const both = new Map<string, number>();
  for (const { patient, given, alsoIn = [], unknownPart } of films) {
    if (!given || given === 'out' || unknownPart !== undefined) continue;
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
export function refuseOverlap(films: readonly PlacedFilm[], source: string): void {
  const overlaps = overlapsOf(films);
  if (overlaps.length === 0) return;
  throw new AppError('split-overlap', `by ${source}, ${overlaps.map(overlapInWords).join('; ')}.`);
}

/** Later parts keep what they share with earlier ones: test before validation before training. */
const latest = (parts: Iterable<Split>): Split =>
  SPLITS[Math.max(...[...parts].map((part) => SPLITS.indexOf(part)))]!;

/** Where a patient of several parts stays. */
const HOME: Readonly<Record<Exclude<Overlap, 'refuse'>, (parts: readonly Split[]) => Split>> = {
  'leave-out': latest,
  'keep-training': (parts) => (parts.includes('train') ? 'train' : latest(parts)),
};

function placeGiven(films: readonly SplitFilm[], overlap: Overlap, source: string) {
  if (overlap === 'refuse') refuseOverlap(films, source);
  const homeOf = HOME[overlap === 'refuse' ? 'leave-out' : overlap];
  const home = new Map<string, Split>();
  for (const { patient, given, alsoIn = [], unknownPart } of films) {
    if (!given || given === 'out' || unknownPart !== undefined) continue;
    const known = home.get(patient);
    home.set(patient, homeOf([given, ...alsoIn, ...(known ? [known] : [])]));
  }
  const splits = films.map(({ patient, given, alsoIn = [], unknownPart }): Placement => {
    if (unknownPart !== undefined || given === 'out') return 'out';
    const place = home.get(patient);
    if (!given) return place ?? 'train';
    return [given, ...alsoIn].includes(place!) ? place! : 'out';
  });
  const left = films.filter(
    ({ given, unknownPart }, i) => splits[i] === 'out' && given !== 'out' && unknownPart === undefined,
  );
  return { splits, left: left.length };
}

/** Words that stand for no known part, with their films, the most frequent first. */
export function unknownParts(films: readonly Pick<SplitFilm, 'unknownPart'>[]): UnknownPart[] {
  const words = new Map<string, number>();
  for (const { unknownPart } of films) {
    if (unknownPart !== undefined) words.set(unknownPart, (words.get(unknownPart) ?? 0) + 1);
  }
  return [...words].map(([word, count]) => ({ word, films: count })).sort((a, b) => b.films - a.films);
}

/** At most this many words are written out. */
const WORDS_TOLD = 6;

function unknownInWords(unknown: readonly UnknownPart[]): string {
  const told = unknown.slice(0, WORDS_TOLD).map(({ word, films }) => `"${word}" (${number(films)})`);
  const more = unknown.length > WORDS_TOLD ? [`${unknown.length - WORDS_TOLD} more`] : [];
  const films = unknown.reduce((sum, each) => sum + each.films, 0);
  return `${number(films)} film(s) are left out: it is not known which part ${[...told, ...more].join(', ')} is. Say it, or draw the split anew.`;
}

function completeGiven(
  films: readonly SplitFilm[],
  { overlap = 'refuse', seed = 1, stratify = 'any' }: SplitChoice,
  source: string,
): SplitResult {
  const { splits, left } = placeGiven(films, overlap, source);
  const words = [`As given by ${source}.`];
  const unknown = unknownParts(films);
  const chosenOut = films.filter(({ given }) => given === 'out').length;
  const unnamed = films.filter((film) => !film.given && film.unknownPart === undefined).length;
  if (unnamed > 0) {
    words.push(`Films without a split (${number(unnamed)}) follow their patient, or go to training.`);
  }
  if (left > 0) words.push(`${number(left)} film(s) are left out: their patient stands in another part too.`);
  if (unknown.length > 0) words.push(unknownInWords(unknown));
  if (chosenOut > 0) words.push(`${number(chosenOut)} film(s) are left out as chosen.`);
  if (!splits.includes('train')) {
    // While it is asked what the words mean, the films are shown.
    if (unknown.length > 0) return { splits, rule: words.join(' ') };
    throw new AppError('split-impossible', `${source} leaves no training film.`);
  }
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
  const given =
    source !== null &&
    choice.source !== 'drawn' &&
    films.some(({ given: part, unknownPart }) => part ?? unknownPart);
  return given ? completeGiven(films, choice, source) : drawAll(films, choice);
}
