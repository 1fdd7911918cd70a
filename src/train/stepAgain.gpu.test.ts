// A step looked at again is the step: by the weights before it the distances of its films' views have the invariance that the run
// measured as their mean, for every head; films and pictures are the same whatever the weights, and nothing is left behind.
import { afterEach, expect, test } from 'vitest';
import { tf } from '../gpu/kernel.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { metricNames } from '../protocol/metrics.ts';
import { previewOf } from './inspect.ts';
import { Pretrainer } from './pretrain.ts';
import { distances, stepAgain } from './stepAgain.ts';
import { madeFilms, tinyConfig } from './testRun.ts';

const FILMS = madeFilms(19);

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test('the step that a run is about to take', async () => {
  const { runtime } = await testDevice();
  const config = tinyConfig({ maxSteps: 8 });
  const run = new Pretrainer(config, FILMS, runtime);
  const begun = await run.capture();
  for (let step = 0; step < 5; step++) await run.submitStep();
  const before = await run.capture();
  const held = tf.memory().numTensors;
  const again = await stepAgain(before, FILMS, runtime, 5);
  expect(tf.memory().numTensors).toBe(held);
  const sample = await run.submitStep();
  for (const head of ['global', 'local']) {
    const measured = sample.values[metricNames(config).indexOf(`${head}/invariance` as never)]!;
    const mean = again.distances[head]!.reduce((sum, one) => sum + one, 0) / config.batchSize;
    expect(mean / measured).toBeCloseTo(1, 4);
  }
  expect(again).toMatchObject({ step: 5, weightsOf: 5, epoch: 1, side: 32 });

  const byOthers = await stepAgain(begun, FILMS, runtime, 5);
  expect(byOthers.films).toEqual(again.films);
  expect(byOthers.views).toEqual(again.views);
  expect(byOthers.pictures).toEqual(again.pictures);
  expect(byOthers.weightsOf).toBe(0);
  expect(byOthers.distances.global).not.toEqual(again.distances.global);

  const { view1, view2 } = await previewOf(runtime, FILMS, again.films[2]!, 5, config);
  const picture = (view: number) =>
    again.pictures.subarray((view * 4 + 2) * 32 * 32, (view * 4 + 3) * 32 * 32);
  expect(picture(0)).toEqual(view1);
  expect(picture(1)).toEqual(view2);
  run.dispose();
});

test('distances are means over dimensions, of rows as they are or of rows of length one', () => {
  const rows = Float32Array.of(1, 2, 3, 0, 1, 0, 0, 5);
  expect([...distances(rows, 2, true)]).toEqual([2, 17]);
  const [first, second] = distances(rows, 2, false);
  expect(first).toBeCloseTo(1 - 1 / Math.sqrt(5), 6);
  expect(second).toBeCloseTo(1, 6);
});
