// What the engine hands to an evaluation and what it gets back. The encoder and the films are two arguments: an encoder may
// be evaluated on other films than those it was pretrained on.

import type { Config } from '../config/schema.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import type { Pretrainer } from '../train/pretrain.ts';
import type { ReportOf, TaskName } from './records.ts';

export interface EvaluationInput {
  /** The run whose encoder is evaluated: its network, device, step and start. Its weights stay as they are. */
  readonly run: Pretrainer;
  readonly dataset: TrainingSet;
  /** The run's configuration with the evaluation's settings. */
  readonly config: Config;
  /** Names; empty asks for all of the set. */
  readonly findings: readonly string[];
  readonly onProgress: (stage: string, done: number, total: number) => void;
  /** Awaited many times a second between pieces of work on the CPU; may throw to cancel. */
  readonly yieldNow: () => Promise<void>;
}

export type Evaluate<T extends TaskName> = (input: EvaluationInput) => Promise<ReportOf<T>>;
