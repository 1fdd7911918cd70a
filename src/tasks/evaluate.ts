// Every task of the table (records.ts) with how it is computed: the engine's end of the evaluations.

import { evaluateFinetune } from './finetune/evaluate.ts';
import { evaluateLinear } from './linear/evaluate.ts';
import { evaluateNeighbours } from './neighbours/evaluate.ts';
import type { Evaluation, TaskName } from './records.ts';
import type { Evaluate, EvaluationInput } from './task.ts';

const EVALUATE: { readonly [T in TaskName]: Evaluate<T> } = {
  neighbours: evaluateNeighbours,
  linear: evaluateLinear,
  finetune: evaluateFinetune,
};

/** Runs one task. @throws AppError labels-missing, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluate = async (task: TaskName, input: EvaluationInput): Promise<Evaluation> =>
  ({ task, report: await EVALUATE[task](input) }) as Evaluation;
