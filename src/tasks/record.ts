// What an evaluation says of itself, as data that page, protocol and headless runner read: what it is called and answers, its
// settings, what its report holds and how that is read and told. How it is computed is in the folder's evaluate.ts,
// how it is drawn in ui/evaluate.

import type { Field } from '../config/fields.ts';
import type { InferOutput } from '../util/schema.ts';
import { numberOrNull, object } from '../util/schema.ts';

/** A score with its 95 % interval; null where it is undefined. */
export const INTERVAL = object({ value: numberOrNull, low: numberOrNull, high: numberOrNull });
export type Interval = InferOutput<typeof INTERVAL>;

/** Scores as a table: every number at full precision, null where there is none. */
export interface ScoreTable {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What a list of runs shows of a report. */
export interface Headline {
  readonly score: string;
  /** Under what it was measured, in a word or two. */
  readonly condition: string;
  /** Optimiser steps behind the encoder. */
  readonly step: number;
  /** The same in a sentence. */
  readonly sentence: string;
}

/** A value of the last line that the headless runner prints, for scripts. */
export type ResultValue = string | number | null | { readonly [name: string]: ResultValue };

export interface TaskRecord<Report> {
  readonly label: string;
  /** The same in a word, beside its score in a list. */
  readonly short: string;
  /** What a person learns from it, in a sentence. */
  readonly answers: string;
  /** Its rows of the settings table, in the order in which its form shows them. */
  readonly rows: Readonly<Record<string, Field>>;
  /** Reads a report of any origin, those of older versions too. @throws Unfit */
  read(raw: unknown, place: string): Report;
  headline(report: Report): Headline;
  /** What was found, in a sentence or two that claim no more than the intervals allow. */
  verdict(report: Report): string;
  /** One line per thing that was scored, for files. */
  table(report: Report): ScoreTable;
  /** The same as lines of text. */
  print(report: Report): string;
  /** The scores that scripts read. */
  result(report: Report): { readonly [name: string]: ResultValue };
}
