// Epochs of a training that only notes what is asked of it: in which order, where it is kept, where it goes on, and when it ends.
import { expect, test } from 'vitest';
import { type Around, PendingLosses, type Stepping, trainEpochs } from './stepping.ts';
import type { Keep } from './trainings.ts';

/** Two steps an epoch; it has been long enough after epoch `last`. */
function noting(last = Number.POSITIVE_INFINITY) {
  const notes: string[] = [];
  const training: Stepping = {
    stepsPerEpoch: 2,
    step: async (step) => void notes.push(`step ${step}`),
    endEpoch: async (epoch) => {
      notes.push(`end ${epoch}`);
      return epoch < last;
    },
    progress: async (step) => ({ facts: step, tensors: new Map() }),
  };
  const keep: Keep = {
    due: (step) => step % 3 === 0,
    save: (step, words, { facts }) => void notes.push(`keep ${step} ${words} ${facts}`),
  };
  const around: Around = {
    keep,
    onEpoch: (done, total) => notes.push(`epoch ${done}/${total}`),
    onTakenUp: (epoch, total) => notes.push(`on at ${epoch}/${total}`),
    yieldNow: async () => {},
  };
  return { notes, training, around };
}

test('an epoch is told before it and judged behind it, and what is kept is so between two steps', async () => {
  const { notes, training, around } = noting();
  await trainEpochs(training, 2, undefined, around);
  expect(notes).toEqual([
    ...['epoch 0/2', 'step 0', 'step 1', 'end 1'],
    ...['epoch 1/2', 'step 2', 'keep 3 epoch 2 of 2 3', 'step 3', 'end 2'],
  ]);
});

test('it goes on at the step where it was kept, be that the last one', async () => {
  const within = noting();
  await trainEpochs(within.training, 2, 3, within.around);
  expect(within.notes).toEqual(['on at 2/2', 'epoch 1/2', 'step 3', 'end 2']);
  const over = noting();
  await trainEpochs(over.training, 2, 4, over.around);
  expect(over.notes).toEqual(['on at 2/2']);
});

test('it ends after the epoch that says so, which is not kept any more', async () => {
  const { notes, training, around } = noting(3);
  await trainEpochs(training, 9, 4, around);
  expect(notes).toEqual(['on at 3/9', 'epoch 2/9', 'step 4', 'step 5', 'end 3']);
});

test('losses are taken in their turn, a few behind the steps, and one that is not finite ends it by name', async () => {
  const taken: number[] = [];
  const losses = new PendingLosses('of a test', (loss) => taken.push(loss));
  for (const loss of [1, 2, 3]) await losses.add(Promise.resolve(loss));
  expect(taken).toEqual([1]);
  await losses.settle();
  expect(taken).toEqual([1, 2, 3]);
  await losses.add(Promise.resolve(Number.NaN));
  await expect(losses.settle()).rejects.toMatchObject({ code: 'loss-not-finite', detail: 'of a test' });
});
