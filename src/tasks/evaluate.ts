// The engine's end of the evaluations: what it hands to one and gets back, and every task of the table (records.ts) with how it is
// computed. The encoder and the films are two arguments: an encoder may be evaluated on other films than those it was pretrained on.

import type { Config } from '../config/schema.ts';
import type { SeenFilms } from '../protocol/dataset.ts';
import type { Budget } from '../protocol/device.ts';
import type { Predictions } from '../protocol/looks.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import type { Pretrainer } from '../train/pretrain.ts';
import { evaluateFinetune } from './finetune/evaluate.ts';
import { planTuning } from './finetune/memory.ts';
import type { TunedEpoch } from './finetune/record.ts';
import { evaluateLinear } from './linear/evaluate.ts';
import type { LinearLayer } from './linear/linearClassifier.ts';
import type { TrainingAdapter } from './memory.ts';
import { evaluateNeighbours } from './neighbours/evaluate.ts';
import type { Evaluation, ReportOf, TaskName } from './records.ts';
import { type DrawnOnTest, evaluateSegmentation } from './segmentation/evaluate.ts';
import { planMasks } from './segmentation/memory.ts';
import type { OpenTrainings } from './trainings.ts';

/** A linear layer on the features of the run's encoder as they are, with what they were. */
export interface FittedLayer {
  readonly findings: readonly string[];
  readonly layer: LinearLayer;
  /** The features had gone through the context bottlenecks. */
  readonly attended: boolean;
  readonly norm: 'running' | 'batch';
}

export interface EvaluationInput {
  /** The run whose encoder is evaluated: its network, device, step and start. Its weights stay as they are. */
  readonly run: Pretrainer;
  readonly dataset: TrainingSet;
  /** The run's configuration with the evaluation's settings. */
  readonly config: Config;
  /** Names; empty asks for all of the set. */
  readonly findings: readonly string[];
  /** More of the films that the encoder was pretrained on than the run knows. */
  readonly pretrainedOn?: SeenFilms | undefined;
  readonly onProgress: (stage: string, done: number, total: number) => void;
  /** Hears the layer that a task fits on the first draw of labels, so that one may look where it looks. */
  readonly onLayer?: (layer: FittedLayer) => void;
  /** Hears the scores of every test film, of tasks that give such. */
  readonly onScores?: (predictions: Predictions) => void;
  /** Hears each epoch of a network that is trained. */
  readonly onTuned?: (epoch: TunedEpoch) => void;
  /** Where a task that trains keeps how far it has come, so that it may be cut; absent keeps nothing. */
  readonly openTrainings?: OpenTrainings;
  /** Hears, in a sentence, where an evaluation that was cut goes on. */
  readonly onTakenUp?: (words: string) => void;
  /** Hears what a task draws on the test films, so that one may look at it. */
  readonly onMasks?: (drawn: DrawnOnTest) => void;
  /** Awaited many times a second between pieces of work on the CPU; may throw to cancel. */
  readonly yieldNow: () => Promise<void>;
}

export type Evaluate<T extends TaskName> = (input: EvaluationInput) => Promise<ReportOf<T>>;

const EVALUATE: { readonly [T in TaskName]: Evaluate<T> } = {
  neighbours: evaluateNeighbours,
  linear: evaluateLinear,
  finetune: evaluateFinetune,
  segmentation: evaluateSegmentation,
};

/** What a task will need of the GPU, of those that need more than a pass over the films does. */
const PLANS: { readonly [T in TaskName]?: (config: Config, adapter: TrainingAdapter) => Budget } = {
  finetune: planTuning,
  segmentation: planMasks,
};

/** Null where nothing is worth saying. */
export const planEvaluation = (task: TaskName, config: Config, adapter: TrainingAdapter): Budget | null =>
  PLANS[task]?.(config, adapter) ?? null;

/** Runs one task. @throws AppError labels-missing, masks-missing, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluate = async (task: TaskName, input: EvaluationInput): Promise<Evaluation> =>
  ({ task, report: await EVALUATE[task](input) }) as Evaluation;
