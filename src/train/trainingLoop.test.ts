// A step that fails while the next ones wait for their films ends the loop by its own error, and never as a rejection that
// nobody handles, which a worker would report as a crash of its own.
import { expect, test } from 'vitest';
import type { StepSample } from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type Pretrainer, trainingLoop } from './pretrain.ts';

test('a step that fails early is told in its turn, and only there', async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  let step = 0;
  const run = {
    totalSteps: 9,
    get step() {
      return step;
    },
    startClock: () => undefined,
    // Long enough for a rejection to be looked for.
    ready: () => new Promise((resolve) => setTimeout(resolve, 5)),
    submitReady: async (): Promise<StepSample> => {
      step++;
      throw new AppError('gpu-fault', `step ${step}`);
    },
  } as unknown as Pretrainer;
  const seen: StepSample[] = [];
  const train = async () => {
    for await (const sample of trainingLoop(run, 9, () => false)) seen.push(sample);
  };
  await expect(train()).rejects.toMatchObject({ code: 'gpu-fault', detail: 'step 1' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', hear);
  expect(seen).toEqual([]);
  expect(unhandled).toEqual([]);
});
