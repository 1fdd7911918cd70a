// The evaluation of the encoder at hand: which task, what it is asked, how far it is, what came out. One at a time.

import { create } from 'zustand';
import { CONFIG_KEYS, type Config, SCHEMA } from '../../config/schema.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import type { Predictions } from '../../protocol/looks.ts';
import type { TunedEpoch } from '../../tasks/finetune/record.ts';
import { type Evaluation, TASK_NAMES, TASKS, type TaskName, taskOf } from '../../tasks/records.ts';
import { AppError, fromWire, toWire } from '../../util/errors.ts';
import { listEvaluations, openEvaluations } from '../../vault/evaluationFile.ts';
import { currentClient } from '../client.ts';
import { useDataset } from '../films/dataset.ts';
import { otherFor, useOtherFilms } from '../films/other.ts';
import { addEvaluation } from './runs.ts';

export interface EvaluationProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export interface KeptEvaluation {
  readonly task: TaskName;
  /** Where it stands. */
  readonly words: string;
}

interface EvaluationState {
  readonly task: TaskName;
  /** On the films beside those of the run, where there are any. */
  readonly onOther: boolean;
  /** Findings to score; empty asks for all of the set. */
  readonly findings: readonly string[];
  readonly running: boolean;
  readonly progress: EvaluationProgress | null;
  /** The newest of each task; those of the other runs stand with the runs. */
  readonly newest: { readonly [T in TaskName]?: Evaluation };
  /** Epochs of the fine-tuning under way, and of one that did not finish. */
  readonly tuned: readonly TunedEpoch[];
  /** How far an evaluation that trains is kept, of one that has not finished. */
  readonly kept: KeptEvaluation | null;
  /** What they said of every test film, with the names of all films of the set. */
  readonly predictions: { readonly [T in TaskName]?: Predictions & { readonly paths: readonly string[] } };
  readonly error: AppError | null;
  /** The finding that is shown closely; the first where the report does not have it. */
  readonly selected: string | null;
}

export const useEvaluation = create<EvaluationState>()(() => ({
  task: TASK_NAMES[0]!,
  onOther: false,
  findings: [],
  running: false,
  progress: null,
  newest: {},
  tuned: [],
  kept: null,
  predictions: {},
  error: null,
  selected: null,
}));

export const setTask = (task: TaskName): void => useEvaluation.setState({ task });

/** Findings of one set are none of the other's. */
export const evaluateOnOther = (onOther: boolean): void =>
  useEvaluation.setState((state) => (state.onOther === onOther ? state : { onOther, findings: [] }));

// As long as there are other films, they are what one means; without any there is no choice.
useOtherFilms.subscribe(({ source }, before) => {
  if (source !== before.source) evaluateOnOther(source !== null);
});

/** The films that would be evaluated on; null where they are not there. */
export function useEvaluatedFilms(): DatasetSummary | null {
  const onOther = useEvaluation((state) => state.onOther);
  const own = useDataset(({ summary }) => summary);
  const other = useOtherFilms(({ summary }) => summary);
  return onOther ? other : own;
}

export const setFindings = (findings: readonly string[]): void => useEvaluation.setState({ findings });

export const selectFinding = (selected: string): void => useEvaluation.setState({ selected });

const NO_FINDINGS: readonly string[] = [];

/** Findings of the films at hand that a task can learn: those of the labels, or those that are drawn. */
export const findingsFor = (task: TaskName, summary: DatasetSummary | null): readonly string[] =>
  (taskOf({ task }).fromMasks ? summary?.marked : summary?.findings) ?? NO_FINDINGS;

/** Told by whoever hears the engine's events. */
export function noteProgress(progress: EvaluationProgress): void {
  if (useEvaluation.getState().running) useEvaluation.setState({ progress });
}

/** Told by whoever hears the engine's events. A training that a lost device took with it tells its epochs again. */
export function noteTuned(epoch: TunedEpoch): void {
  if (!useEvaluation.getState().running) return;
  const isAgain = (one: TunedEpoch) =>
    one.start === epoch.start && one.draw === epoch.draw && one.epoch >= epoch.epoch;
  useEvaluation.setState(({ tuned }) => ({ tuned: [...tuned.filter((one) => !isAgain(one)), epoch] }));
}

/** Told by whoever hears the engine's events. */
export const noteKept = ({ task, words }: KeptEvaluation): void =>
  useEvaluation.setState({ kept: { task, words } });

/** Looks for what was cut in an earlier visit: the newest of this run. */
export async function findKept(runId: string): Promise<void> {
  const notes = await openEvaluations().then(listEvaluations, () => []);
  const note = notes.find((one) => one.runId === runId);
  const task = TASK_NAMES.find((name) => name === note?.task);
  if (useEvaluation.getState().running) return;
  useEvaluation.setState({ kept: note && task ? { task, words: note.words } : null });
}

/** Told by whoever hears the engine's events. */
export function notePredictions(predictions: Predictions): void {
  const { running, task, onOther, predictions: before } = useEvaluation.getState();
  const { summary } = (onOther ? useOtherFilms : useDataset).getState();
  if (!running || !summary) return;
  const { paths } = summary.filmTable;
  useEvaluation.setState({ predictions: { ...before, [task]: { ...predictions, paths } } });
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
  const { running, task, findings: chosen, onOther } = useEvaluation.getState();
  if (running) return;
  const known = findingsFor(task, (onOther ? useOtherFilms : useDataset).getState().summary);
  const findings = chosen.filter((finding) => known.includes(finding));
  useEvaluation.setState({ running: true, progress: null, tuned: [], error: null });
  try {
    const films = onOther ? (await otherFor(config.planeSize))?.fingerprint : undefined;
    if (onOther && films === undefined) throw new AppError('not-ready', 'the other films could not be read.');
    const found = await currentClient().engine.evaluate(task, { findings, config, films });
    useEvaluation.setState(({ newest }) => ({ newest: { ...newest, [task]: found }, kept: null }));
    if (runId !== null) addEvaluation(runId, found);
  } catch (thrown) {
    const error = fromWire(toWire(thrown));
    // Who called it off knows.
    if (error.code !== 'cancelled') useEvaluation.setState({ error });
  } finally {
    useEvaluation.setState({ running: false, progress: null });
  }
}
