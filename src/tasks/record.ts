// What an evaluation says of itself, as data that page, protocol and headless runner read: what it is called and answers, its
// settings, what its report holds and how that is read and told; and the settings that evaluations share, of which each names those
// that it reads. How it is computed is in the folder's evaluate.ts, how it is drawn in ui/evaluate.

import { type Field, number } from '../config/fields.ts';
import { count, type InferOutput, list, nullable, numberOrNull, object, text } from '../util/schema.ts';

/** A score with its 95 % interval; null where it is undefined. */
export const INTERVAL = object({ value: numberOrNull, low: numberOrNull, high: numberOrNull });
export type Interval = InferOutput<typeof INTERVAL>;

/** The films of a report where the encoder was pretrained on others, or on another split of them. */
export const SETS = object({
  evaluated: text(),
  /** Null for films of which no name is known. */
  pretrained: list(nullable(text()), 100),
  /** Test films. */
  test: count,
  /** Those of them that look like a film pretrained on; null where that cannot be known. */
  shared: nullable(count),
});
export type Sets = InferOutput<typeof SETS>;

/** Test films that were pretrained on, as a sentence. */
export function sharedInWords({ shared, test }: Sets): string {
  if (shared === null) {
    return 'Which films it was pretrained on is not known here, so test films may be among them.';
  }
  const seen = shared === 0 ? `None of the ${test} test films is` : `${shared} of the ${test} test films are`;
  const bias = shared === 0 ? '' : ', so scores may be too good';
  return `${seen} among those it was pretrained on${bias} (by perceptual hash).`;
}

/** Both sets by name, and the test films that were pretrained on. */
export function setsInWords(sets: Sets): string {
  const names = sets.pretrained.map((name) => name ?? 'films that are not at hand').join(', ');
  const same = sets.pretrained.includes(sets.evaluated);
  const other = same ? ', in other parts or with other labels' : '';
  return `The encoder was pretrained on ${names}, evaluated on ${sets.evaluated}${other}. ${sharedInWords(sets)}`;
}

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
  /** It learns from masks, of findings of which any are drawn, instead of labels. */
  readonly fromMasks?: true;
  /** Which of its rows says how many films a step takes, where it trains more than a layer: what that needs of the GPU is said before. */
  readonly batch?: string;
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

export const LABEL_ROWS = {
  labelShare: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 1,
    min: 0.001,
    max: 1,
    scale: 'log',
    label: 'Label share',
    short: 'share',
    help: 'Share of the training patients whose labels are used.',
    source: 'section IV-C',
  }),
  labelDraws: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 5,
    min: 1,
    max: 50,
    integer: true,
    scale: 'linear',
    label: 'Label draws',
    short: 'draws',
    help: 'How many random draws of labelled patients are averaged when the share is below one.',
    source: 'ours',
  }),
} as const satisfies Record<string, Field>;

export const FEATURE_ROWS = {
  probeFeatures: {
    kind: 'choice',
    group: 'evaluation',
    when: 'evaluation',
    default: 'attended',
    quirk: 'Q2',
    choices: { attended: 'With context bottlenecks', plain: 'Without (published)' },
    label: 'Features',
    short: 'feat',
    help: 'The published evaluation drops the context bottlenecks although every stage was trained behind them.',
    source: 'published code, ln_cls',
  },
  probeNorm: {
    kind: 'choice',
    group: 'evaluation',
    when: 'evaluation',
    default: 'running',
    quirk: 'Q3',
    choices: { running: 'Running statistics', batch: 'Batch statistics (published)' },
    label: 'Batch norm of the frozen encoder',
    short: 'bn',
    help: 'The published probe leaves the frozen encoder in training mode, so features depend on the batch.',
    source: 'published code, ln_cls',
  },
  randomEncoders: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 3,
    min: 1,
    max: 20,
    integer: true,
    scale: 'linear',
    label: 'Random encoders',
    short: 'rand',
    help: 'How many untrained encoders are scored beside the pretrained one. Their mean is what it is held against; one alone moves by 0.05 from seed to seed.',
    source: 'ours',
  }),
} as const satisfies Record<string, Field>;
