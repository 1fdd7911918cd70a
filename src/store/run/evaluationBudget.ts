// What the evaluation at hand will need of the GPU, of tasks that train more than a layer: asked for when the task or its settings
// change; an answer to an older question is dropped.

import { create } from 'zustand';
import type { Config } from '../../config/schema.ts';
import type { Budget } from '../../protocol/device.ts';
import type { TaskName } from '../../tasks/records.ts';
import { currentClient } from '../client.ts';

/** Null before the first answer, and for tasks that need little. */
export const useEvaluationBudget = create<{ readonly budget: Budget | null }>()(() => ({ budget: null }));

let newest = 0;

/** @param config of the run with the settings of the evaluation; null where there is no run */
export async function planEvaluation(task: TaskName, config: Config | null): Promise<void> {
  const question = ++newest;
  if (!config) {
    useEvaluationBudget.setState({ budget: null });
    return;
  }
  // An engine that has gone is said elsewhere.
  const budget = await currentClient()
    .engine.plan(config, task)
    .catch(() => null);
  if (question === newest) useEvaluationBudget.setState({ budget });
}
