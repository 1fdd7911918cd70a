// What the map gets of every film is what the network makes of it: the same as the features file has, for a run that goes on
// afterwards as if nothing had been asked; of the random start it is what the run's seed begins with.
import { afterEach, expect, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts';
import { tf } from '../gpu/kernel.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { featureFile } from './featureFile.ts';
import { filmFeatures, spreadFilms } from './filmFeatures.ts';
import { Pretrainer } from './pretrain.ts';
import { madeFilms, tinyConfig } from './testRun.ts';

const FILMS = madeFilms(37);
const onProgress = () => undefined;
const yieldNow = async () => undefined;

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test('every film through the network, and through its random start', async () => {
  const { runtime } = await testDevice();
  const run = new Pretrainer(tinyConfig({ maxSteps: 3 }), FILMS, runtime);
  const start = readCheckpoint(writeCheckpoint(await run.capture()));
  for (let step = 0; step < 3; step++) await run.submitStep();
  const checkpoint = readCheckpoint(writeCheckpoint(await run.capture()));
  const held = tf.memory().numTensors;
  const made = await filmFeatures(checkpoint, FILMS, runtime, { output: 'level5', onProgress, yieldNow });
  expect(tf.memory().numTensors).toBe(held);
  expect(made.step).toBe(3);
  expect(made.films).toHaveLength(37);

  const tableOf = async (of: typeof checkpoint) =>
    readSafetensors(await featureFile(of, FILMS, runtime, { images: false, onProgress })).tensors;
  const names = { level1: 'level1', level4: 'level4', level5: 'h', global: 'z', local: 'd' };
  for (const [when, of] of [['now', checkpoint] as const, ['start', start] as const]) {
    const file = await tableOf(of);
    for (const [name, column] of Object.entries(names)) {
      const expected = file.get(column)!.data as Float32Array;
      const found = made[when][name]!;
      expect(found).toHaveLength(expected.length);
      const size = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
      expect(worst / size).toBeLessThan(2e-5);
    }
  }
  run.dispose();
});

test('of a large set some are taken, spread over all of it; work that is called off leaves nothing', async () => {
  expect([...spreadFilms(10, 4)]).toEqual([0, 2, 5, 7]);
  expect([...spreadFilms(3, 4)]).toEqual([0, 1, 2]);
  const { runtime } = await testDevice();
  const run = new Pretrainer(tinyConfig(), FILMS, runtime);
  const checkpoint = await run.capture();
  const held = tf.memory().numTensors;
  const off = new Error('called off');
  const asked = { output: 'global', onProgress, yieldNow: () => Promise.reject(off) };
  await expect(filmFeatures(checkpoint, FILMS, runtime, asked)).rejects.toBe(off);
  expect(tf.memory().numTensors).toBe(held);
  run.dispose();
});
