// Which films the probe may learn from, stop on and be tested on. Everything is drawn by patient, so that no patient
// ever stands on two sides, and seeded, so that every encoder sees the same labels.

import {
  type EngineDataset,
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  PLACE_OUT,
  SPLITS,
  type Split,
} from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import type { Rng } from '../util/rng.ts';

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

export interface FilmCount {
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
export function hasBothLabels(table: LabelTable, rows: Uint32Array, findings: readonly number[]): boolean {
  return findings.some((finding) => {
    const { positives, negatives } = countFilms(table, rows, finding);
    return positives > 0 && negatives > 0;
  });
}
