// The evaluation of the encoder at hand: which task, what it is asked, how far it is, what came out. One at a time.

import { create } from 'zustand';
import { CONFIG_KEYS, type Config, SCHEMA } from '../../config/schema.ts';
import { type Evaluation, TASK_NAMES, TASKS, type TaskName } from '../../tasks/records.ts';
import { type AppError, fromWire, toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { addEvaluation } from './runs.ts';

export interface EvaluationProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

interface EvaluationState {
  readonly task: TaskName;
  /** Findings to score; empty asks for all of the set. */
  readonly findings: readonly string[];
  readonly running: boolean;
  readonly progress: EvaluationProgress | null;
  /** The newest of each task; those of the other runs stand with the runs. */
  readonly newest: { readonly [T in TaskName]?: Evaluation };
  readonly error: AppError | null;
  /** The finding that is shown closely; the first where the report does not have it. */
  readonly selected: string | null;
}

export const useEvaluation = create<EvaluationState>()(() => ({
  task: TASK_NAMES[0]!,
  findings: [],
  running: false,
  progress: null,
  newest: {},
  error: null,
  selected: null,
}));

export const setTask = (task: TaskName): void => useEvaluation.setState({ task });

export const setFindings = (findings: readonly string[]): void => useEvaluation.setState({ findings });

export const selectFinding = (selected: string): void => useEvaluation.setState({ selected });

/** Told by whoever hears the engine's events. */
export function noteProgress(progress: EvaluationProgress): void {
  if (useEvaluation.getState().running) useEvaluation.setState({ progress });
}

/** The settings that a task reads, in the order in which its form shows them. */
export const settingsOf = (task: TaskName): (keyof Config)[] =>
  CONFIG_KEYS.filter((key) => Object.hasOwn(TASKS[task].rows, key));

/** A run's configuration with the settings of evaluations as the form has them now. */
export function evaluationConfig(run: Config, draft: Config): Config {
  const keys = CONFIG_KEYS.filter((key) => SCHEMA[key].when === 'evaluation');
  return { ...run, ...Object.fromEntries(keys.map((key) => [key, draft[key]])) };
}

/** Calls off the evaluation under way; the report of before stays. */
export const cancelEvaluation = (): void => void currentClient().engine.cancelEvaluation();

/** Evaluates the run `runId` (null: an encoder that belongs to no run in the list). */
export async function startEvaluation(config: Config, runId: string | null): Promise<void> {
  const { running, task, findings } = useEvaluation.getState();
  if (running) return;
  useEvaluation.setState({ running: true, progress: null, error: null });
  try {
    const found = await currentClient().engine.evaluate(task, { findings, config });
    useEvaluation.setState(({ newest }) => ({ newest: { ...newest, [task]: found } }));
    if (runId !== null) addEvaluation(runId, found);
  } catch (thrown) {
    const error = fromWire(toWire(thrown));
    // Who called it off knows.
    if (error.code !== 'cancelled') useEvaluation.setState({ error });
  } finally {
    useEvaluation.setState({ running: false, progress: null });
  }
}
