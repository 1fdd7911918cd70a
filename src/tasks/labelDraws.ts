// Which findings an evaluation scores and which films' labels it may learn from: findings without both labels are left out
// with the reason, and a share of the labels is drawn by patient, so that every encoder sees the same.

import type { Config } from '../config/schema.ts';
import { LABEL_UNKNOWN } from '../protocol/dataset.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import { AppError } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';
import { carveValidation, countFilms, drawShare, hasBothLabels, splitRows } from './labelShare.ts';

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
