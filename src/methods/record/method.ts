// What a method says of itself, in words, names and numbers: the one description from which settings, metrics, charts,
// explanations, verdict, run list, weights of the loss and reports are derived. Pure: the page and the settings read it.
// What a method computes stands beside it, in the engine part (methods/engine.ts).

import type { Field, ValueOf } from '../../config/fields.ts';
import type { HeadHealth, HeadStatistics } from './health.ts';

export type Rows = Readonly<Record<string, Field>>;
/** The values of some rows; a whole configuration is one. */
export type Values<R extends Rows> = { readonly [K in keyof R]: ValueOf<R[K]> };
/** A configuration as those see it who know its rows only by name. */
export type Settings = Readonly<Record<string, number | boolean | string>>;

/** The hues of terms; the stylesheet has each for lines and for text, those of the statistics for the five levels too. */
export const HUES = ['blue', 'amber', 'green', 'violet'] as const;
export type Hue = (typeof HUES)[number];

/** What a value measured at every step is, in words. */
export interface Quantity {
  readonly label: string;
  readonly formula: string;
  /** What it means when it is high or low, in one or two sentences. */
  readonly meaning: string;
  readonly hue: Hue;
}

/** One term of the loss. */
export interface Term<Key extends string = string> extends Quantity {
  /** The row that weighs it in the loss; null: it counts as it is. */
  readonly weightKey: Key | null;
  /** What that weight is multiplied by; left out: 1. */
  readonly factor?: number;
  /**
   * Where it is read: among the VICReg statistics of its head's embeddings, under its own name, or at this place of the
   * vector that the method's loss leaves behind.
   */
  readonly reads: 'statistics' | number;
}

/** One embedding on which terms are measured. */
export interface Head<Key extends string = string, TermName extends string = string> {
  readonly label: string;
  /** Its name in formulas and in the file of features. */
  readonly symbol: string;
  readonly line: 'solid' | 'dashed';
  readonly terms: readonly TermName[];
  /** The row that weighs the head in the loss, its sign in formulas, and how the weight follows from it; null: it counts as it is. */
  readonly weight: { readonly key: Key; readonly sign: string; of?(value: number): number } | null;
  /** Width of the embedding. */
  dimensions(config: Settings): number;
}

/** The head of most methods: the projector behind the encoder's last features, `embeddingDim` wide. */
export const globalHead = <const TermName extends string>(
  terms: readonly TermName[],
): Head<never, TermName> => ({
  label: 'Global',
  symbol: 'z',
  line: 'solid',
  terms,
  weight: null,
  dimensions: ({ embeddingDim }) => Number(embeddingDim),
});

export interface MethodRecord<R extends Rows = Rows, TermName extends string = string> {
  readonly label: string;
  /** One paragraph for whoever chooses it. */
  readonly words: string;
  readonly source: string;
  /** Trained with the labels of the training part: a line that methods without them are held against, and no rival of theirs. */
  readonly isUpperLine?: true;
  /** Its settings beside those of every method; several methods may share a row. */
  readonly rows: R;
  readonly terms: Readonly<Record<TermName, Term<keyof R & string>>>;
  readonly heads: Readonly<Record<string, Head<keyof R & string, TermName>>>;
  /** What else the network puts out for a view, [D] under this name among the engine's `inside`: measured beside the heads. */
  readonly others?: Readonly<Record<string, { readonly label: string }>>;
  /** The whole loss: its formula, and what its curve says. */
  readonly total: {
    readonly formula: string;
    readonly meaning: string;
    /** It cannot run away, and its size says nothing of whether it does: a loss of cosines. */
    readonly bounded?: true;
  };
  /** Whether the encoder has context bottlenecks. */
  bottlenecks(config: Settings): boolean;
  /** The collapse verdict on one head. */
  health(head: HeadStatistics): HeadHealth;
}

/** Checks a record against itself: weights are rows of it, the terms of its heads are its terms. Literal types are kept. */
export const defineMethod = <const R extends Rows, const TermName extends string>(
  record: MethodRecord<R, TermName>,
): MethodRecord<R, TermName> => record;
