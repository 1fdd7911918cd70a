// Draws a split: patients are put in an order that depends on the seed alone, stratum after stratum, and dealt from
// it, so that each part gets its share of every stratum. A patient's stratum is his rarest finding.

import {
  DEFAULT_SHARES,
  type SplitChoice,
  type SplitShares,
  type Stratify,
} from '../protocol/arrangement.ts';
import { type Placement, SPLITS, type Split } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';
import type { SplitFilm, SplitResult } from './split.ts';

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

/** The stratum of each patient: 0 without a finding, else 1 + the rank of the rarest, the rarest first. */
function strataOf(films: readonly SplitFilm[], stratify: Stratify): Map<string, number> {
  const having = new Map<string, Set<number>>();
  for (const { patient, findings } of films) {
    const known = having.get(patient) ?? new Set();
    for (const finding of findings) known.add(finding);
    having.set(patient, known);
  }
  const patients = new Map<number, number>();
  for (const findings of having.values()) {
    for (const finding of findings) patients.set(finding, (patients.get(finding) ?? 0) + 1);
  }
  const rarest = [...patients.keys()].sort((a, b) => patients.get(a)! - patients.get(b)! || a - b);
  const rank = new Map(rarest.map((finding, at) => [finding, at + 1]));
  const stratumOf = (findings: ReadonlySet<number>): number => {
    if (stratify === 'none' || findings.size === 0) return 0;
    return stratify === 'any' ? 1 : Math.min(...[...findings].map((finding) => rank.get(finding)!));
  };
  return new Map([...having].map(([patient, findings]) => [patient, stratumOf(findings)]));
}

/** Patients in the order in which they are dealt: strata from the rarest finding on, those without any last. */
function dealingOrder(
  films: readonly SplitFilm[],
  seed: number,
  stream: number,
  stratify: Stratify,
): string[] {
  const strata = strataOf(films, stratify);
  const members = new Map<number, string[]>();
  for (const patient of [...strata.keys()].sort()) {
    const stratum = strata.get(patient)!;
    const known = members.get(stratum);
    if (known) known.push(patient);
    else members.set(stratum, [patient]);
  }
  const numbers = [...members.keys()].sort((a, b) => Number(a === 0) - Number(b === 0) || a - b);
  return numbers.flatMap((stratum) => {
    const all = members.get(stratum)!;
    const order = new Rng(seed, 'split', stream, stratum).permutation(all.length);
    return Array.from(order, (at) => all[at]!);
  });
}

/** Deals to whichever part is furthest behind its share. */
function dealBy(shares: SplitShares): (at: number) => Split {
  const dealt = { train: 0, val: 0, test: 0 };
  return (at) => {
    const behind = (split: Split) => (shares[split] / 100) * (at + 1) - dealt[split];
    const next = SPLITS.reduce((a, b) => (behind(b) > behind(a) + 1e-9 ? b : a));
    dealt[next]++;
    return next;
  };
}

const isDefault = ({ train, val, test }: SplitShares) =>
  train === DEFAULT_SHARES.train && val === DEFAULT_SHARES.val && test === DEFAULT_SHARES.test;

/** @throws AppError split-impossible */
function checkShares(shares: SplitShares): void {
  const all = SPLITS.map((split) => shares[split]);
  const sound = all.every((share) => Number.isFinite(share) && share >= 0) && shares.train > 0;
  if (!sound || Math.abs(all.reduce((a, b) => a + b, 0) - 100) > 1e-6) {
    throw new AppError('split-impossible', `shares of ${all.join(' / ')} % are no parts of a whole.`);
  }
}

/** @throws AppError split-impossible */
export function drawAll(films: readonly SplitFilm[], choice: SplitChoice): SplitResult {
  const { seed = 1, shares = DEFAULT_SHARES, stratify = 'any' } = choice;
  checkShares(shares);
  const patients = dealingOrder(films, seed, 0, stratify);
  if (patients.length < SPLITS.length) {
    const rule = `All films are for training: ${patients.length} patient(s) are too few to hold any out.`;
    return { splits: films.map(() => 'train'), rule };
  }
  const deal = isDefault(shares) ? (at: number) => DEAL[at % DEAL.length]! : dealBy(shares);
  const dealt = new Map(patients.map((patient, at) => [patient, deal(at)]));
  const evenly = { every: 'each finding evenly', any: 'evenly with and without findings', none: 'at random' };
  return {
    splits: films.map((film) => dealt.get(film.patient)!),
    rule: `${shares.train} / ${shares.val} / ${shares.test} % of ${patients.length} patients, drawn with seed ${seed}, ${evenly[stratify]}.`,
  };
}

/** Takes every `every`-th training patient out into a part that the labels do not have; says how many. */
export function drawMissing(
  films: readonly SplitFilm[],
  splits: Placement[],
  missing: Split,
  seed: number,
  stratify: Stratify,
): number {
  const every = missing === 'val' ? 8 : 5;
  const training = films.filter((_, i) => splits[i] === 'train');
  const elsewhere = new Set(films.filter((_, i) => splits[i] !== 'train').map((film) => film.patient));
  const order = dealingOrder(training, seed, missing === 'val' ? 1 : 2, stratify);
  const free = order.filter((patient) => !elsewhere.has(patient));
  const taken = new Set(free.length < 2 ? [] : free.filter((_, at) => at % every === 0));
  films.forEach((film, i) => {
    if (splits[i] === 'train' && taken.has(film.patient)) splits[i] = missing;
  });
  return taken.size;
}
