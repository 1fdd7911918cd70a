// What the view "What is learnt" shows: which part of it, and which level or head all parts are about.

import { create } from 'zustand';

export const LEARNT_PARTS = {
  looks: 'Along the run',
  map: 'Map of films',
  step: 'A step again',
  runs: 'Two runs',
} as const;
export type LearntPart = keyof typeof LEARNT_PARTS;
export const LEARNT_PART_NAMES = Object.keys(LEARNT_PARTS) as LearntPart[];

interface LearntState {
  readonly part: LearntPart;
  /** Name of a level or head. */
  readonly output: string;
}

export const useLearnt = create<LearntState>()(() => ({ part: 'looks', output: 'global' }));

export const showPart = (part: LearntPart): void => useLearnt.setState({ part });
export const chooseOutput = (output: string): void => useLearnt.setState({ output });
