// Which findings an evaluation scores, and which films it may learn from, stop on and be tested on: findings without both labels are
// left out with the reason, and a share of the labels is drawn by patient, so that no patient ever stands on two sides, and seeded,
// so that every encoder sees the same.

import type { Config } from '../config/schema.ts';
import {
  type EngineDataset,
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  LABEL_UNKNOWN,
  PLACE_OUT,
  SPLITS,
  type Split,
} from '../protocol/dataset.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import { AppError } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';

/** What one draw of labels lets an encoder see. */
export interface Draw {
  readonly index: number;
  /** Films whose labels are trained on. */
  readonly fit: Uint32Array;
  /** Films that decide when to stop; null trains to the last epoch. */
  readonly val: Uint32Array | null;
  readonly test: Uint32Array;
  /** All training films, labelled or not. */
  readonly train: Uint32Array;
  /** Films x classes of the whole set, scored findings only: 0, 1 or 255. */
  readonly labels: Uint8Array;
  readonly classes: number;
}

export type Rows = ReturnType<typeof splitRows>;

/** Refuses a set that cannot be scored before its features, which take longest, are computed. @throws as chooseFindings */
export function requireScorable(dataset: TrainingSet, config: Config, findings: readonly string[]): void {
  const rows = splitRows(dataset);
  const { scored } = chooseFindings(dataset, rows, findings);
  drawLabels(dataset, rows, scored, config);
}

/** What a draw is called where shares differ. */
export const shareAndDraw = (share: number, { index }: { readonly index: number }): string =>
  `${Number((100 * share).toPrecision(3))} % of the labels, draw ${index + 1}`;

/** Columns that can be scored, and the others with the reason. @throws AppError labels-missing, split-impossible */
export function chooseFindings(dataset: TrainingSet, rows: Rows, wanted: readonly string[]) {
  const { findings } = dataset;
  if (findings.length === 0) throw new AppError('labels-missing', 'the set has no findings.');
  const unknown = wanted.filter((name) => !findings.includes(name));
  if (unknown.length > 0) {
    const known = findings.slice(0, 20).join(', ');
    throw new AppError(
      'labels-missing',
      `the set has no finding called ${unknown.join(', ')}, but ${known}.`,
    );
  }
  for (const split of ['train', 'test'] as const) {
    if (rows[split].length === 0) throw new AppError('split-impossible', `there are no ${split} films.`);
  }
  const scored: number[] = [];
  const leftOut: { finding: string; reason: string }[] = [];
  for (const [k, finding] of findings.entries()) {
    if (wanted.length > 0 && !wanted.includes(finding)) continue;
    const reason = reasonAgainst(dataset, rows, k);
    if (reason) leftOut.push({ finding, reason });
    else scored.push(k);
  }
  if (scored.length === 0) {
    const reasons = leftOut.slice(0, 5).map(({ finding, reason }) => `${finding}: ${reason}`);
    throw new AppError('labels-missing', reasons.join('; '));
  }
  return { scored, leftOut };
}

function reasonAgainst(dataset: TrainingSet, rows: Rows, finding: number): string | null {
  for (const [split, words] of [
    ['test', 'test'],
    ['train', 'training'],
  ] as const) {
    const { positives, negatives } = countFilms(dataset, rows[split], finding);
    if (positives === 0) return `no ${words} film with it`;
    if (negatives === 0) return `no ${words} film without it`;
  }
  return null;
}

export type ValidationSource = 'split' | 'carved' | 'none';

/** The labels of each draw. Every draw holds both labels of every scored finding, as the training films do. */
export function drawLabels(dataset: TrainingSet, rows: Rows, scored: readonly number[], config: Config) {
  const columns = dataset.findings.length;
  const labels = new Uint8Array(dataset.splits.length * scored.length).fill(LABEL_UNKNOWN);
  for (let film = 0; film < dataset.splits.length; film++) {
    for (const [k, column] of scored.entries()) {
      labels[film * scored.length + k] = dataset.labels[film * columns + column]!;
    }
  }
  let validation: ValidationSource = hasBothLabels(dataset, rows.val, scored) ? 'split' : 'carved';
  const draws = Array.from({ length: config.labelShare < 1 ? config.labelDraws : 1 }, (_, index): Draw => {
    const common = { index, train: rows.train, test: rows.test, labels, classes: scored.length };
    const rng = new Rng(config.seed, 'share', index);
    const labelled = drawShare(dataset, rows.train, scored, config.labelShare, rng);
    if (validation === 'split') return { ...common, fit: labelled, val: rows.val };
    const carved = carveValidation(dataset, labelled, scored, rng);
    if (carved) return { ...common, ...carved };
    validation = 'none';
    return { ...common, fit: labelled, val: null };
  });
  return { draws, validation: validation as ValidationSource };
}

export type LabelTable = Pick<EngineDataset, 'findings' | 'labels' | 'patients' | 'splits'>;

/** Films of each split. @throws AppError split-impossible when a patient stands in two splits */
export function splitRows({ splits, patients }: LabelTable): Record<Split, Uint32Array> {
  const rows: Record<Split, number[]> = { train: [], val: [], test: [] };
  const home = new Map<number, number>();
  const torn = new Set<number>();
  for (let film = 0; film < splits.length; film++) {
    const split = splits[film]!;
    const patient = patients[film]!;
    if (split === PLACE_OUT) continue;
    rows[SPLITS[split]!].push(film);
    if ((home.get(patient) ?? split) !== split) torn.add(patient);
    home.set(patient, split);
  }
  if (torn.size > 0) {
    const detail = `${torn.size} patient(s) have films in more than one split, so scores would be too good.`;
    throw new AppError('split-impossible', detail);
  }
  return {
    train: Uint32Array.from(rows.train),
    val: Uint32Array.from(rows.val),
    test: Uint32Array.from(rows.test),
  };
}

interface FilmCount {
  readonly positives: number;
  readonly negatives: number;
}

/** Films of `rows` with and without a finding (a column of the label table). */
export function countFilms({ labels, findings }: LabelTable, rows: Uint32Array, finding: number): FilmCount {
  let positives = 0;
  let negatives = 0;
  for (const row of rows) {
    const label = labels[row * findings.length + finding];
    if (label === LABEL_POSITIVE) positives++;
    else if (label === LABEL_NEGATIVE) negatives++;
  }
  return { positives, negatives };
}

/** What a draw must contain: films with this label of this finding. */
interface Need {
  readonly finding: number;
  readonly label: number;
}

/**
 * Draws a share of the patients behind `rows` at random, at least one. Where the draw lacks a positive or negative
 * film of a finding although `rows` has one, the next patient in the order who has one takes the place of a patient
 * who can be spared, so draws stay random in all other respects.
 * @param findings columns of the label table to care for
 * @returns films of the drawn patients, in the order of `rows`
 */
export function drawShare(
  table: LabelTable,
  rows: Uint32Array,
  findings: readonly number[],
  share: number,
  rng: Rng,
): Uint32Array {
  if (share >= 1) return rows;
  const filmsOf = new Map<number, number[]>();
  for (const row of rows) {
    const patient = table.patients[row]!;
    const films = filmsOf.get(patient);
    if (films) films.push(row);
    else filmsOf.set(patient, [row]);
  }
  const everyone = [...filmsOf.keys()];
  const order = Array.from(rng.permutation(everyone.length), (at) => everyone[at]!);
  const size = Math.max(1, Math.round(share * order.length));
  const meets = (patient: number, { finding, label }: Need) =>
    filmsOf.get(patient)!.some((row) => table.labels[row * table.findings.length + finding] === label);
  const needs = findings
    .flatMap((finding) => [LABEL_POSITIVE, LABEL_NEGATIVE].map((label) => ({ finding, label })))
    .filter((need) => order.some((patient) => meets(patient, need)));

  const drawn = order.slice(0, size);
  for (const need of needs) {
    if (drawn.some((patient) => meets(patient, need))) continue;
    const spared = spareable(drawn, needs, meets);
    if (spared >= 0) drawn.splice(spared, 1);
    drawn.push(order.find((patient) => meets(patient, need))!);
  }
  const chosen = new Set(drawn);
  return rows.filter((row) => chosen.has(table.patients[row]!));
}

/** The last patient without whom every need that is met stays met; -1 when there is none. */
function spareable(
  drawn: readonly number[],
  needs: readonly Need[],
  meets: (patient: number, need: Need) => boolean,
): number {
  return drawn.findLastIndex((candidate) =>
    needs.every(
      (need) => !meets(candidate, need) || drawn.some((other) => other !== candidate && meets(other, need)),
    ),
  );
}

/** Of the labelled films, a fifth of the patients for early stopping, where the set has no usable validation films. */
export function carveValidation(
  table: LabelTable,
  labelled: Uint32Array,
  findings: readonly number[],
  rng: Rng,
): { fit: Uint32Array; val: Uint32Array } | null {
  const val = drawShare(table, labelled, findings, 0.2, rng);
  const held = new Set(val);
  const fit = labelled.filter((row) => !held.has(row));
  const whole = findings.every((finding) => {
    const before = countFilms(table, labelled, finding);
    const after = countFilms(table, fit, finding);
    return (
      Math.min(before.positives, 1) <= after.positives && Math.min(before.negatives, 1) <= after.negatives
    );
  });
  return whole && hasBothLabels(table, val, findings) ? { fit, val } : null;
}

/** Is an AUROC defined for at least one finding? */
function hasBothLabels(table: LabelTable, rows: Uint32Array, findings: readonly number[]): boolean {
  return findings.some((finding) => {
    const { positives, negatives } = countFilms(table, rows, finding);
    return positives > 0 && negatives > 0;
  });
}
