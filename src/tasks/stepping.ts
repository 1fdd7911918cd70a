// A network in training, epoch after epoch, that may be cut after any step: when it is kept, where it goes on, and the losses that are
// still on their way. What a step is and what ends an epoch is each task's; where it is kept, trainings.ts.

import { AppError } from '../util/errors.ts';
import type { Keep, Stored } from './trainings.ts';

/** With few labelled films an epoch of one pass would be a step or two, and patience over before anything was learnt. */
export const LEAST_STEPS = 8;
/** Steps that may be queued before the loss of the oldest is waited for. */
const IN_FLIGHT = 2;

/** A training as the loop below sees it. */
export interface Stepping {
  readonly stepsPerEpoch: number;
  step(step: number): Promise<void>;
  /** Looks at the films that decide; false where it has been long enough without anything better. */
  endEpoch(epoch: number): Promise<boolean>;
  /** All that the next step depends on, after `step` of them. */
  progress(step: number): Promise<Stored>;
}

/** What is around a training. */
export interface Around {
  /** Where it keeps how far it has come. */
  readonly keep?: Keep;
  /** Epochs done, of at most so many. */
  readonly onEpoch: (done: number, total: number) => void;
  /** Hears that it goes on from a cut, within this epoch of at most so many. */
  readonly onTakenUp?: (epoch: number, total: number) => void;
  readonly yieldNow: () => Promise<void>;
}

/** @param from steps taken before a cut; undefined where it begins @throws what its steps and `yieldNow` throw */
export async function trainEpochs(
  training: Stepping,
  epochs: number,
  from: number | undefined,
  { keep, onEpoch, onTakenUp, yieldNow }: Around,
): Promise<void> {
  const { stepsPerEpoch } = training;
  const before = (step: number) => Math.floor(step / stepsPerEpoch);
  if (from !== undefined) onTakenUp?.(Math.min(before(from) + 1, epochs), epochs);
  for (let step = from ?? 0; step < epochs * stepsPerEpoch; step++) {
    if (step % stepsPerEpoch === 0 || step === from) onEpoch(before(step), epochs);
    await training.step(step);
    await yieldNow();
    const taken = step + 1;
    if (taken % stepsPerEpoch === 0 && !(await training.endEpoch(taken / stepsPerEpoch))) break;
    if (!keep?.due(taken)) continue;
    keep.save(taken, `epoch ${before(step) + 1} of ${epochs}`, await training.progress(taken));
  }
}

/** Losses of steps that the GPU may not have come to yet. */
export class PendingLosses {
  readonly #pending: Promise<number>[] = [];
  readonly #advice: string;
  readonly #take: (loss: number) => void;

  /** @param advice of what and what to do, should one not be finite @param take hears each in its turn */
  constructor(advice: string, take: (loss: number) => void = () => {}) {
    this.#advice = advice;
    this.#take = take;
  }

  /** @throws AppError loss-not-finite */
  async add(loss: Promise<number>): Promise<void> {
    loss.catch(() => undefined);
    this.#pending.push(loss);
    await this.settle(IN_FLIGHT);
  }

  /** Waits until at most so many are on their way. @throws AppError loss-not-finite */
  async settle(most = 0): Promise<void> {
    while (this.#pending.length > most) {
      const loss = await this.#pending.shift()!;
      if (!Number.isFinite(loss)) throw new AppError('loss-not-finite', this.#advice);
      this.#take(loss);
    }
  }

  /** Waits for those on their way, whatever they are. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }
}
