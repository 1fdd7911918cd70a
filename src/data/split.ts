// Training, validation and test films, never the films of one patient on two sides.
// A split given with the labels wins as it stands, and a patient it puts on two sides is counted, not moved.
// What is not given is drawn by patient, seeded, evenly among patients with and without a finding.

import { SPLITS, type Split } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';

export interface SplitFilm {
  readonly patient: string;
  /** Does any finding hold? Decides the stratum of its patient. */
  readonly positive: boolean;
  /** As the labels say, if they do. */
  readonly given: Split | undefined;
}

export interface SplitResult {
  readonly splits: readonly Split[];
  /** How the split was made, in words. */
  readonly rule: string;
}

/** Ten patients in a row: 7 train, 1 val, 2 test, and one of each among the first three. */
const DEAL: readonly Split[] = [
  'test',
  'train',
  'val',
  'train',
  'train',
  'train',
  'test',
  'train',
  'train',
  'train',
];

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

/** Patients in an order that depends on the seed alone, those with a finding first; dealing from it stratifies. */
function dealingOrder(films: readonly SplitFilm[], seed: number, stream: number): string[] {
  const positive = new Map<string, boolean>();
  for (const film of films) {
    positive.set(film.patient, (positive.get(film.patient) ?? false) || film.positive);
  }
  const sorted = [...positive.keys()].sort();
  return [true, false].flatMap((stratum) => {
    const members = sorted.filter((patient) => positive.get(patient) === stratum);
    const order = new Rng(seed, 'split', stream, Number(stratum)).permutation(members.length);
    return Array.from(order, (at) => members[at]!);
  });
}

function drawAll(films: readonly SplitFilm[], seed: number): SplitResult {
  const patients = dealingOrder(films, seed, 0);
  if (patients.length < SPLITS.length) {
    const rule = `All films are for training: ${patients.length} patient(s) are too few to hold any out.`;
    return { splits: films.map(() => 'train'), rule };
  }
  const dealt = new Map(patients.map((patient, at) => [patient, DEAL[at % DEAL.length]!]));
  return {
    splits: films.map((film) => dealt.get(film.patient)!),
    rule: `70 / 10 / 20 % of ${patients.length} patients, drawn with seed ${seed}, evenly with and without findings.`,
  };
}

/** Takes every `every`-th training patient out into a split that the labels do not have. */
function drawMissing(films: readonly SplitFilm[], splits: Split[], missing: Split, seed: number): number {
  const every = missing === 'val' ? 8 : 5;
  const training = films.filter((_, i) => splits[i] === 'train');
  const elsewhere = new Set(films.filter((_, i) => splits[i] !== 'train').map((film) => film.patient));
  const free = dealingOrder(training, seed, missing === 'val' ? 1 : 2).filter((p) => !elsewhere.has(p));
  const taken = new Set(free.length < 2 ? [] : free.filter((_, at) => at % every === 0));
  films.forEach((film, i) => {
    if (taken.has(film.patient)) splits[i] = missing;
  });
  return taken.size;
}

function completeGiven(films: readonly SplitFilm[], seed: number, source: string): SplitResult {
  const ofPatient = new Map<string, Split>();
  const torn = new Set<string>();
  for (const { patient, given } of films) {
    if (!given) continue;
    const known = ofPatient.get(patient);
    if (known && known !== given) torn.add(patient);
    else ofPatient.set(patient, given);
  }
  const splits = films.map((film) => film.given ?? ofPatient.get(film.patient) ?? 'train');
  const words = [`As given by ${source}.`];
  const unnamed = films.filter((film) => !film.given).length;
  if (unnamed > 0) {
    words.push(`${unnamed} film(s) without a split follow their patient, or go to training.`);
  }
  if (!splits.includes('train')) throw new AppError('split-impossible', `${source} leaves no training film.`);
  for (const missing of ['test', 'val'] as const) {
    if (splits.includes(missing)) continue;
    const taken = drawMissing(films, splits, missing, seed);
    words.push(
      `It has no ${missing} films: ${taken} training patient(s) were drawn for it with seed ${seed}.`,
    );
  }
  if (torn.size > 0) {
    words.push(`It puts ${torn.size} patient(s) into two splits, so scores may be too good.`);
  }
  return { splits, rule: words.join(' ') };
}

/**
 * One split per film.
 * @param source what the given splits come from, in words, e.g. 'column "split" of labels.csv'
 * @throws AppError split-impossible when the given split has no training film
 */
export function splitFilms(films: readonly SplitFilm[], seed: number, source: string | null): SplitResult {
  const given = source !== null && films.some((film) => film.given);
  return given ? completeGiven(films, seed, source) : drawAll(films, seed);
}
