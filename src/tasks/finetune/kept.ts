// A fine-tuning as it is kept (../trainings.ts): one that is over by its scores and curve, one under way by everything that its next
// step depends on. Order of films, views and mirroring are functions of seed and step, so the step is their whole state.

import type { NamedTensors } from '../../checkpoint/stateDict.ts';
import type { StoredTensor, WritableDtype } from '../../util/safetensors.ts';
import {
  count,
  type InferOutput,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  read,
} from '../../util/schema.ts';
import { storedAs, storedUnder } from '../networkState.ts';
import type { Stored } from '../trainings.ts';

const EPOCH = object({ epoch: count, loss: number, auroc: numberOrNull });
/** An epoch of one training: its mean loss, and the mean AUROC of the validation films after it. */
export type Epoch = InferOutput<typeof EPOCH>;

const EPOCHS = list(EPOCH, 10_000);

export interface Best {
  /** Test films x classes. */
  readonly scores: Float64Array;
  /** Counted from 1. */
  readonly bestEpoch: number;
  readonly value: number;
}

export interface Progress {
  /** Steps taken. */
  readonly step: number;
  /** Of the epoch under way, the share of its mean loss that its steps so far have. */
  readonly loss: number;
  readonly epochs: readonly Epoch[];
  readonly best: Best | null;
  readonly tuner: NamedTensors;
}

const PROGRESS = object({
  step: count,
  loss: number,
  epochs: EPOCHS,
  best: nullable(object({ bestEpoch: count, value: number })),
});

/** What a training came to. */
export interface Tuned {
  /** Test films x classes. */
  readonly scores: Float64Array;
  /** Counted from 1. */
  readonly bestEpoch: number;
  readonly epochs: readonly Epoch[];
}

const TUNED = object({ bestEpoch: count, epochs: EPOCHS });

const SCORES = 'scores';
const BEST = 'best';
const TUNER = 'tuner.';

const doubles = (data: Float64Array): StoredTensor<WritableDtype> => ({
  dtype: 'F64',
  shape: [data.length],
  data,
});

/** Apart from the file it was read from, which would stay in memory for it. */
const scoresIn = ({ tensors }: Stored, name: string) =>
  Float64Array.from(tensors.get(name)?.data ?? [], Number);

export function storedProgress({ best, tuner, ...facts }: Progress): Stored {
  const tensors = new Map<string, StoredTensor<WritableDtype>>(storedAs(TUNER, tuner));
  if (best) tensors.set(BEST, doubles(best.scores));
  const { bestEpoch, value } = best ?? {};
  return { facts: { ...facts, best: best && { bestEpoch, value } }, tensors };
}

/** @throws Unfit */
export function readProgress(stored: Stored): Progress {
  const { best, ...facts } = read(PROGRESS, stored.facts, 'the fine-tuning');
  const tuner = storedUnder(TUNER, stored);
  return { ...facts, tuner, best: best && { ...best, scores: scoresIn(stored, BEST) } };
}

export const storedTuned = ({ scores, ...facts }: Tuned): Stored => ({
  facts,
  tensors: new Map([[SCORES, doubles(scores)]]),
});

/** @throws Unfit */
export const readTuned = (stored: Stored): Tuned => ({
  ...read(TUNED, stored.facts, 'the fine-tuning'),
  scores: scoresIn(stored, SCORES),
});
