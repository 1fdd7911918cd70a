// The weighted total of a method's loss, for whoever needs it: its weights go to the GPU for the gradient and come back
// in the charts' values, from here alone. With it the layout of the numbers that a step leaves behind for each head.

import type { Head, MethodRecord, Settings, Term } from './method.ts';

/** Numbers in either vector of a head: its VICReg statistics, or the terms of a loss that is not made of them. */
export const VECTOR_LENGTH = 8;

const settingOf = (key: string | null, config: Settings): number => (key ? Number(config[key]) : 1);

const termWeight = ({ weightKey, factor = 1 }: Term, config: Settings) =>
  factor * settingOf(weightKey, config);

function headWeight({ weight }: Head, config: Settings): number {
  if (!weight) return 1;
  const value = settingOf(weight.key, config);
  return weight.of?.(value) ?? value;
}

/** By head, the weights of its terms in their order and, last, that of the head itself. */
export function lossWeights(method: MethodRecord, config: Settings): Record<string, number[]> {
  const entries = Object.entries(method.heads).map(([name, head]) => [
    name,
    [...head.terms.map((term) => termWeight(method.terms[term]!, config)), headWeight(head, config)],
  ]);
  return Object.fromEntries(entries);
}

export interface HeadTotal {
  /** By term. */
  readonly weighted: Readonly<Record<string, number>>;
  readonly total: number;
}

/** The weighted terms of each head, their sum, and the whole loss; `values` are by head and term. */
export function weightedTotal(
  method: MethodRecord,
  config: Settings,
  values: Readonly<Record<string, Readonly<Record<string, number>>>>,
): { readonly heads: Readonly<Record<string, HeadTotal>>; readonly total: number } {
  const weights = lossWeights(method, config);
  const heads: Record<string, HeadTotal> = {};
  let loss = 0;
  for (const [head, { terms }] of Object.entries(method.heads)) {
    const weighted: Record<string, number> = {};
    let total = 0;
    for (const [i, term] of terms.entries()) {
      weighted[term] = values[head]![term]! * weights[head]![i]!;
      total += weighted[term];
    }
    heads[head] = { weighted, total };
    loss += total * weights[head]!.at(-1)!;
  }
  return { heads, total: loss };
}

/** Vectors that a head leaves behind at each step: its statistics and, where its loss is not made of them, its terms. */
export const vectorsOf = (method: MethodRecord, head: string): number =>
  method.heads[head]!.terms.every((term) => method.terms[term]!.reads === 'statistics') ? 1 : 2;

/** Numbers that all heads leave behind, in the order of the record. */
export const reportLength = (method: MethodRecord): number =>
  Object.keys(method.heads).reduce((sum, head) => sum + VECTOR_LENGTH * vectorsOf(method, head), 0);
