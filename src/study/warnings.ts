// What would mislead a reader of a study, in whole sentences: too few cases, parts that may share patients or films, labels that
// stand against each other, settings at the end of what was tried. Names findings, never films or patients.

import { type ConfigKey, SCHEMA } from '../config/schema.ts';
import { METHODS, methodOf } from '../methods/records.ts';
import { formatCounted } from '../util/format.ts';
import { sweepOf } from './spec.ts';
import type { StudyState } from './state.ts';
import { cameToNothing, chosenFor, sweepRows } from './sweep.ts';

const FEW_POSITIVES = 30;
const FEW_SEEDS = 3;

function fewCases({ scored }: StudyState): string[] {
  const findings = Object.values(scored)[0]?.shares[0]?.findings ?? [];
  const few = findings.filter(({ positives, negatives }) => Math.min(positives, negatives) < FEW_POSITIVES);
  if (few.length === 0) return [];
  const named = few.map(
    ({ finding, positives, negatives }) => `${finding} (${positives} with, ${negatives} without)`,
  );
  return [
    `Fewer than ${FEW_POSITIVES} test films with or without a finding tell little: ${named.join(', ')}.`,
  ];
}

function films({ data }: StudyState): string[] {
  if (!data) return [];
  const sum = (parts: Readonly<Record<string, number>>) =>
    Object.values(parts).reduce((all, one) => all + one, 0);
  const warnings: string[] = [];
  if (sum(data.patients) === sum(data.films) && !data.synthetic) {
    warnings.push(
      'Every film counts as a patient of its own. Where that is because patients are not known, training and test part may share some, and scores are too good and intervals too narrow.',
    );
  }
  if (data.duplicatesAcross > 0) {
    const seen = formatCounted(data.duplicatesAcross, 'film looks', 'films look');
    warnings.push(
      `${seen} the same as a film of another part: films of the test part may have been seen in pretraining.`,
    );
  }
  if (data.conflictingRows > 0) {
    const rows = formatCounted(data.conflictingRows, 'row', 'rows');
    warnings.push(
      `Labels stand against each other: ${rows} of the label files contradict another of the same film.`,
    );
  }
  return warnings;
}

function independence({ scored }: StudyState): string[] {
  const scores = Object.values(scored)[0];
  return scores && scores.testPatients < scores.films.test
    ? [
        `The ${scores.films.test} test films are of ${scores.testPatients} patients: DeLong's test takes films for independent and is too sure; the intervals resample patients.`,
      ]
    : [];
}

function settings(state: StudyState): string[] {
  const { spec } = state;
  const warnings: string[] = [];
  for (const method of spec.methods) {
    const { label } = METHODS[method.name];
    const rows = sweepRows(state, method);
    if (cameToNothing(state, method)) {
      warnings.push(`${label} was not made to work: all ${rows.length} settings that were tried failed.`);
    }
    const chosen = chosenFor(state, method);
    if (rows.length === 1 || !chosen) continue;
    for (const { key, values } of spec.sweep) {
      const value = chosen[key as keyof typeof chosen];
      const atEnd = value === Math.min(...values) || value === Math.max(...values);
      if (value !== undefined && atEnd && values.length > 1) {
        warnings.push(
          `For ${label} the best ${SCHEMA[key as ConfigKey].label.toLowerCase()} is at the end of what was tried (${value}): a better one may lie beyond.`,
        );
      }
    }
  }
  for (const { name } of spec.methods) {
    const record = methodOf({ method: name });
    if (!record.isUpperLine) continue;
    warnings.push(
      `${record.label} has seen all labels of the training part at every label share: an upper line, not a rival.`,
    );
  }
  const budgets = new Set(spec.methods.map((method) => sweepOf(spec, method).length));
  if (budgets.size > 1) {
    warnings.push('Not every method was given the same number of settings to choose from.');
  }
  if (spec.seeds.length < FEW_SEEDS) {
    warnings.push(
      `${formatCounted(spec.seeds.length, 'seed')}: the spread over seeds is not known; three are the least for a claim about methods.`,
    );
  }
  return warnings;
}

export const warningsOf = (state: StudyState): readonly string[] => [
  ...fewCases(state),
  ...films(state),
  ...independence(state),
  ...settings(state),
];

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Findings that could not be scored and runs that failed. */
export function leftOut(state: StudyState): readonly LeftOut[] {
  const findings = Object.values(state.scored)[0]?.leftOut ?? [];
  return [
    ...findings.map(({ finding, reason }) => ({ what: finding, why: reason })),
    ...Object.entries(state.failed).map(([id, { message }]) => ({ what: id, why: message })),
  ];
}
