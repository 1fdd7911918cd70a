// Under which names the pieces of a study are kept: what makes a run, an encoder or a scoring differ from the others of its study.

import type { MethodName } from '../methods/records.ts';
import type { StudyTask } from '../protocol/study.ts';
import type { EncoderShape, StudySpec, Swept } from './spec.ts';

/** A run by what makes it differ from the others of its study. */
export const runId = (method: MethodName, seed: number, swept: Swept): string =>
  [method, `seed${seed}`, ...Object.entries(swept).map(([key, value]) => `${key}=${value}`)].join('-');
export const randomId = (shape: EncoderShape, seed: number): string => `random-${shape}-seed${seed}`;
export const pixelsId = (seed: number): string => `pixels-seed${seed}`;

/** Under which the scores of an encoder by a task are kept; those by the first task as if there were no other. */
export const scoredId = ({ tasks }: Pick<StudySpec, 'tasks'>, run: string, task: StudyTask): string =>
  task === tasks[0] ? run : `${run}-by-${task}`;
