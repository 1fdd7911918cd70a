// The target network of a run: it begins as the trained one does, follows it by the moving average and nothing else, keeps
// statistics of its own in its norms, and comes through a checkpoint as the queue does: a run that was continued equals the one
// that was not interrupted, to the last bit.
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Config } from '../config/schema.ts';
import { tf } from '../gpu/kernel.ts';
import { relativeError } from '../gpu/kernels/parts/case.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { networkOf } from '../methods/engines.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { Pretrainer, trainingLoop } from './pretrain.ts';
import { madeFilms, repeatable, tinyConfig } from './testRun.ts';

const PATIENCE = 240_000;
const FILMS = madeFilms(13);

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

const followers = (config: Config) =>
  networkOf(config).storages.filter(({ follows }) => follows !== undefined);

/** Weights and statistics after each of the first steps, those before the first included. */
async function states(config: Config, steps: number) {
  const { runtime } = await testDevice();
  const before = tf.memory().numTensors;
  const run = new Pretrainer(config, FILMS, runtime);
  const seen = [await run.capture()];
  for (let step = 0; step < steps; step++) {
    await run.submitStep();
    seen.push(await run.capture());
  }
  const { model } = run;
  const kept = Array.from({ length: steps }, (_, step) => model.targetMomentum(step / run.totalSteps)!);
  run.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { seen, kept };
}

/** Metrics of every step and the digest of the checkpoint at the end; taken up again from a checkpoint after `cut` steps, where that is given. */
async function train(config: Config, cut?: number) {
  const { runtime } = await testDevice();
  const steps: Record<string, number>[] = [];
  let file: Uint8Array | null = null;
  for (const limit of cut === undefined ? [Number.POSITIVE_INFINITY] : [cut, Number.POSITIVE_INFINITY]) {
    const run = new Pretrainer(config, FILMS, runtime);
    if (file) run.restore(readCheckpoint(file));
    for await (const sample of trainingLoop(run, limit, () => false)) steps.push(repeatable(sample, config));
    file = writeCheckpoint(await run.capture());
    run.dispose();
  }
  // An array of a hundred million bytes takes minutes to compare.
  return { steps, file: createHash('sha256').update(file!).digest('hex') };
}

/** Weights of more than a million numbers, which are followed where they are. */
const WIDE = { projectorHidden: 1100, embeddingDim: 1100 };

describe.each(['byol', 'moco'] as const)('%s', (method) => {
  // A queue of three steps and a bit.
  const config = tinyConfig({ method, maxSteps: 7, ...(method === 'moco' && { queueLength: 26 }) });

  test.each<[string, Partial<Config>]>([
    ['in the arena', {}],
    ['with context bottlenecks, LARS', { bottlenecks: true, optimiser: 'lars' }],
    ['where it is', WIDE],
  ])(
    'the target follows, %s',
    async (_, changes) => {
      const changed = { ...config, ...changes, maxSteps: 4 };
      const { seen, kept } = await states(changed, 2);
      const pairs = followers(changed).map(({ name, follows }) => [name, follows!] as const);
      expect(pairs.length).toBeGreaterThan(60);
      for (const [name, follows] of pairs) {
        const values = (step: number, of: string) => seen[step]!.parameters.get(of)!.data;
        expect(values(0, name)).toEqual(values(0, follows));
        for (const step of [1, 2]) {
          const share = Math.fround(1 - kept[step - 1]!);
          const wanted = values(step - 1, name).map((t, i) => t + share * (values(step, follows)[i]! - t));
          expect(relativeError(values(step, name), wanted)).toBeLessThan(1e-6);
        }
      }
      const moved = pairs.filter(([name, follows]) => {
        const [target, online] = [name, follows].map((of) => seen[2]!.parameters.get(of)!.data);
        return relativeError(target!, online!) > 0;
      });
      expect(moved.length).toBeGreaterThan(50);
    },
    PATIENCE,
  );

  test(
    'a step leaves nothing behind: tensors, memory and dispatches are the same from the second on',
    async () => {
      const { runtime } = await testDevice();
      const run = new Pretrainer(config, FILMS, runtime);
      const seen: object[] = [];
      for (let step = 0; step < 6; step++) {
        const before = runtime.counts.dispatches;
        await run.submitStep();
        const dispatches = runtime.counts.dispatches - before;
        seen.push({ ...runtime.memory(), tensors: tf.memory().numTensors, dispatches });
      }
      expect(seen.slice(2)).toEqual(Array(4).fill(seen[1]));
      run.dispose();
    },
    PATIENCE,
  );

  test(
    'its norms have statistics of their own',
    async () => {
      const { seen } = await states(config, 3);
      const norms = [...seen[0]!.buffers.keys()].filter((name) => /^target\..*running_mean$/.test(name));
      expect(norms.length).toBeGreaterThanOrEqual(20);
      // The first step sees the same weights in both, on the same views.
      for (const name of norms) {
        const online = name.replace(/^target\./, '');
        const [first, last] = [1, 3].map((step) => seen[step]!.buffers);
        expect(first!.get(name)).toEqual(first!.get(online));
        expect(relativeError(last!.get(name)!.data, last!.get(online)!.data)).toBeGreaterThan(0);
      }
    },
    PATIENCE,
  );

  test.each<[string, Partial<Config>]>([
    ['AdamW', {}],
    ['LARS', { optimiser: 'lars', learningRate: 1 }],
    ['large weights', { ...WIDE, maxSteps: 4 }],
  ])(
    'a run that was continued equals the one that was not interrupted, %s',
    async (_, changes) => {
      const changed = { ...config, ...changes };
      const whole = await train(changed);
      expect(new Set(whole.steps.map((step) => step['loss/total'])).size).toBe(changed.maxSteps);
      expect(await train(changed, 3)).toEqual(whole);
    },
    PATIENCE,
  );
});

test(
  'the queue holds the keys of the last steps, each of unit length, and is in the checkpoint as published code has it',
  async () => {
    const config = tinyConfig({ method: 'moco', queueLength: 26 });
    const { seen } = await states(config, 4);
    const rows = (step: number) => {
      const { shape, data } = seen[step]!.buffers.get('queue')!;
      expect(shape).toEqual([26, config.embeddingDim]);
      return Array.from({ length: 26 }, (_, k) =>
        data.subarray(k * config.embeddingDim, (k + 1) * config.embeddingDim),
      );
    };
    for (const row of [...rows(0), ...rows(4)]) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    const places = seen.map(({ buffers }) => buffers.get('queue_ptr')!.data[0]);
    expect(places).toEqual([0, 8, 16, 24, 6]);
    for (let step = 1; step <= 4; step++) {
      const changed = rows(step).flatMap((row, k) => (row.join() === rows(step - 1)[k]!.join() ? [] : [k]));
      expect(changed.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 8 }, (_, i) => (8 * (step - 1) + i) % 26).toSorted((a, b) => a - b),
      );
    }
    const { runtime } = await testDevice();
    const run = new Pretrainer(config, FILMS, runtime);
    const { tensors } = readSafetensors(writeCheckpoint(await run.capture()));
    run.dispose();
    expect(tensors.get('queue')!.shape).toEqual([config.embeddingDim, 26]);
    expect(tensors.get('target.encoder.encoder.0.weight')!.shape).toEqual(
      tensors.get('encoder.encoder.0.weight')!.shape,
    );
  },
  PATIENCE,
);
