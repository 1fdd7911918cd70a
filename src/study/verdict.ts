// The sentence on top of a study: what its evidence allows, and never more. One method lies above another only where the
// corrected test over patients says so and every seed agrees; anything else is "cannot be told apart". A single seed speaks of
// two encoders, not of two methods.

import { METHODS } from '../methods/records.ts';
import { STUDY_TASKS } from '../protocol/study.ts';
import { gainText, percent } from '../tasks/compared/record.ts';
import { isComplete, progressOf } from './queue.ts';
import { type Column, columnsOf } from './spec.ts';
import type { StudyState } from './state.ts';
import { choiceSentence } from './sweep.ts';
import type { Cell, Difference, StudyRow } from './table.ts';

const LEVEL = 0.05;

export type Standing = 'above' | 'below' | 'alike';

/** How a row stands to the reference. */
export function standing(difference: Difference | null): Standing | null {
  if (!difference || difference.value === null) return null;
  const told = difference.p !== null && difference.p < LEVEL && difference.sameSign;
  return told ? (difference.value > 0 ? 'above' : 'below') : 'alike';
}

const joined = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const interval = ({ value, low, high }: Difference): string =>
  low === null || high === null
    ? gainText(value)
    : `${gainText(value)}, 95 % interval ${gainText(low)} to ${gainText(high)}`;

/** Of the row as the reference sees it: a row above the reference has the reference below it. */
function turned(difference: Difference): Difference {
  const minus = (value: number | null) => (value === null ? null : -value);
  const { value, low, high } = difference;
  return { ...difference, value: minus(value), low: minus(high), high: minus(low) };
}

interface Compared {
  readonly row: StudyRow;
  readonly cell: Cell & { readonly difference: Difference };
}

const named = ({ label, method }: StudyRow) =>
  method === null ? label.replace(/^Random/, 'a random').replace(/^Raw/, 'raw') : label;

/** One column: whom the reference is above, below, and from whom it cannot be told. */
function columnSentence(
  reference: string,
  { task, share }: Column,
  compared: readonly Compared[],
  several: boolean,
): string {
  const those = (wanted: Standing) => compared.filter(({ cell }) => standing(cell.difference) === wanted);
  const differing = (wanted: Standing) =>
    joined(those(wanted).map(({ row, cell }) => `${named(row)} (${interval(turned(cell.difference))})`));
  const alike = joined(those('alike').map(({ row }) => named(row)));
  const parts = [
    those('below').length > 0 ? `lies above ${differing('below')}` : '',
    those('above').length > 0 ? `lies below ${differing('above')}` : '',
    alike && `cannot be told apart from ${alike}`,
  ].filter(Boolean);
  const labels = share < 1 ? `With ${percent(share)} of the labels` : 'With all labels';
  const by = several ? `, by ${STUDY_TASKS[task].by}` : '';
  return `${labels}${by}, ${reference} ${joined(parts)}.`;
}

/** Where nothing can be told anywhere, one sentence says so. The others are held against the reference, not against each other. */
function nothingTold(state: StudyState, rows: readonly StudyRow[]): string | null {
  const others = rows.filter(({ rival, id }) => rival && id !== state.spec.reference);
  const compared = others.flatMap(({ cells }) => cells.map(({ difference }) => standing(difference)));
  if (compared.length === 0 || compared.some((one) => one !== 'alike')) return null;
  const test = Object.values(state.scored)[0]?.films.test ?? 0;
  const shares = state.spec.shares.length > 1 ? ' at any label share' : '';
  const tasks = state.spec.tasks.length > 1 ? ' by any task' : '';
  const where = `on these ${test} films${shares}${tasks}.`;
  const reference = METHODS[state.spec.reference].label;
  const names = others.map(({ label }) => label);
  return names.length === 1
    ? `${reference} and ${names[0]} cannot be told apart ${where}`
    : `${reference} cannot be told apart from ${joined(names)} ${where}`;
}

export interface StudyVerdict {
  /** On the methods, or why nothing is said of them. */
  readonly claim: string;
  /** On what needs no pretraining, and on the upper line; empty where there is nothing to say. */
  readonly beside: string;
}

/** @param rows the table of the state (table.ts) */
export function verdictParts(state: StudyState, rows: readonly StudyRow[]): StudyVerdict {
  if (!isComplete(state)) {
    const { done, total } = progressOf(state);
    const claim = `The study is not complete (${done} of ${total} pieces of work), so nothing is said yet.`;
    return { claim, beside: '' };
  }
  const { spec } = state;
  if (spec.films === 'validation') return { claim: choiceSentence(state), beside: '' };
  const reference = METHODS[spec.reference].label;
  const others = rows.filter(({ id }) => id !== spec.reference);
  const compared = (at: number, rivals: boolean) =>
    others.flatMap((row): Compared[] => {
      const cell = row.cells[at]!;
      const { difference } = cell;
      const counts = difference && row.rival === rivals;
      return counts ? [{ row, cell: { ...cell, difference } }] : [];
    });
  const sentences = (rivals: boolean) =>
    columnsOf(spec).flatMap((column, at) => {
      const all = compared(at, rivals);
      return all.length > 0 ? [columnSentence(reference, column, all, spec.tasks.length > 1)] : [];
    });
  const none = nothingTold(state, rows);
  const claims = none ? [none] : sentences(true);
  const beside = sentences(false);
  if (claims.length + beside.length === 0) {
    return { claim: `${reference} has no score, so nothing can be said.`, beside: '' };
  }
  if (spec.seeds.length === 1) {
    claims.push('With a single seed this is about these encoders, not about the methods.');
  }
  return { claim: claims.join(' '), beside: beside.join(' ') };
}

/** The whole in one text. */
export function verdict(state: StudyState, rows: readonly StudyRow[]): string {
  const { claim, beside } = verdictParts(state, rows);
  return [claim, beside].filter(Boolean).join(' ');
}
