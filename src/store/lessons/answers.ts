// What a student answered in lessons: the quiz of pairs, what was expected of a run. In this tab alone: it is nobody's business
// but the student's, so it is neither stored nor part of a link.

import { create } from 'zustand';

/** What may become of a run whose loss lacks a term. */
export const EXPECTATIONS = ['point', 'line', 'noise', 'healthy'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

interface Answers {
  /** By the number of the pair: whether it was taken for one film. */
  readonly pairs: Readonly<Record<number, boolean>>;
  /** By the step of the lesson. */
  readonly expected: Readonly<Record<string, Expectation>>;
}

const NONE: Answers = { pairs: {}, expected: {} };

export const useAnswers = create<Answers>()(() => NONE);

export const answerPair = (pair: number, same: boolean): void =>
  useAnswers.setState(({ pairs }) => ({ pairs: { ...pairs, [pair]: same } }));

export const expect = (step: string, outcome: Expectation): void =>
  useAnswers.setState(({ expected }) => ({ expected: { ...expected, [step]: outcome } }));

export const forgetAnswers = (): void => useAnswers.setState(NONE);
