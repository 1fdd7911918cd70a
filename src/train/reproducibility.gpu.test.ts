// A run is a function of its configuration and films: repeated, interrupted, taken step by step or continued from a
// checkpoint, it gives the same metrics and weights bit by bit. And a step leaves nothing behind.
import { afterEach, describe, expect, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Config } from '../config/schema.ts';
import { tf } from '../gpu/kernel.ts';
import { testDevice } from '../gpu/testDevice.ts';
import type { TrainingSet } from './batchSource.ts';
import { Pretrainer, trainingLoop } from './pretrain.ts';
import { madeFilms, repeatable, tinyConfig } from './testRun.ts';

const PATIENCE = 240_000;
const FILMS = madeFilms(13);

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

/** Trains in pieces of the given lengths, the last until the schedule ends; the checkpoint says where it got to. */
async function train(
  config: Config,
  pieces: readonly number[] = [],
  from?: Uint8Array,
  films: TrainingSet = FILMS,
) {
  const { runtime } = await testDevice();
  const run = new Pretrainer(config, films, runtime);
  try {
    if (from) run.restore(readCheckpoint(from));
    const steps = [];
    for (const limit of [...pieces, Number.POSITIVE_INFINITY]) {
      if (limit === 0) break;
      for await (const sample of trainingLoop(run, limit, () => false))
        steps.push(repeatable(sample, config));
    }
    return { steps, checkpoint: writeCheckpoint(await run.capture()) };
  } finally {
    run.dispose();
  }
}

describe.each(['lars', 'adamw'] as const)('with %s', (optimiser) => {
  const config = tinyConfig({ optimiser, learningRate: optimiser === 'lars' ? 1 : 2e-3 });

  test(
    'a run repeats itself bit by bit, in one go, in pieces and step by step',
    async () => {
      const whole = await train(config);
      expect(whole.steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, step) => step));
      expect(new Set(whole.steps.map((step) => step['loss/total'])).size).toBe(12);
      expect(await train(config)).toEqual(whole);
      expect(await train(config, [3, 1, 5])).toEqual(whole);
      expect(await train(config, Array(12).fill(1))).toEqual(whole);
    },
    PATIENCE,
  );

  test(
    'a run continued from a checkpoint equals the one that was never interrupted',
    async () => {
      const whole = await train(config);
      for (const step of [0, 5]) {
        const first = step === 0 ? await train(config, [0]) : await train(config, [step, 0]);
        expect(first.steps).toHaveLength(step);
        const rest = await train(config, [], first.checkpoint);
        expect([...first.steps, ...rest.steps]).toEqual(whole.steps);
        expect(rest.checkpoint).toEqual(whole.checkpoint);
      }
    },
    PATIENCE,
  );
});

describe.each(['vicregl', 'supervised'] as const)(
  '%s, which knows more of its views than pixels',
  (method) => {
    test(
      'continued from a checkpoint equals the run that was never interrupted, turned views and all',
      async () => {
        const config = tinyConfig({ method, rotation: 10, maxSteps: 8, localDim: 12, learningRate: 2e-3 });
        const whole = await train(config);
        expect(new Set(whole.steps.map((step) => step['loss/total'])).size).toBe(8);
        const first = await train(config, [3, 0]);
        const rest = await train(config, [2], first.checkpoint);
        expect([...first.steps, ...rest.steps]).toEqual(whole.steps);
        expect(rest.checkpoint).toEqual(whole.checkpoint);
      },
      PATIENCE,
    );
  },
);

test(
  'supervised training learns from the labels: others give another run, those of films not trained on do not',
  async () => {
    const config = tinyConfig({ method: 'supervised', maxSteps: 3 });
    const splits = FILMS.splits.map((_, film) => (film >= 9 ? 2 : 0));
    const of = (change: (label: number, film: number) => number) => ({
      ...FILMS,
      splits,
      labels: FILMS.labels.map((label, i) => change(label, Math.floor(i / 2))),
    });
    const whole = await train(
      config,
      [],
      undefined,
      of((label) => label),
    );
    const others = await train(
      config,
      [],
      undefined,
      of((label, film) => (film < 9 && label < 2 ? 1 - label : label)),
    );
    expect(others.steps).not.toEqual(whole.steps);
    expect(
      await train(
        config,
        [],
        undefined,
        of((label, film) => (film < 9 ? label : 1)),
      ),
    ).toEqual(whole);
  },
  PATIENCE,
);

test(
  'a run whose films are read from elsewhere, late and out of turn, equals the one that has them in memory',
  async () => {
    const config = tinyConfig();
    const whole = await train(config);
    let asked = 0;
    const read = async (films: Uint32Array) => {
      await new Promise((resolve) => setTimeout(resolve, [30, 0, 10][asked++ % 3]));
      return Array.from(films, (film) => FILMS.planes[film]!.slice());
    };
    expect(await train(config, [], undefined, { ...FILMS, planes: { read } })).toEqual(whole);
    expect(asked).toBeGreaterThanOrEqual(12);
  },
  PATIENCE,
);

test(
  'another seed gives another run, and so do other films',
  async () => {
    const first = async (seed: number, films = FILMS) => {
      const { runtime } = await testDevice();
      const run = new Pretrainer(tinyConfig({ seed }), films, runtime);
      const { 'loss/total': loss } = repeatable(await run.submitStep());
      run.dispose();
      return loss;
    };
    const losses = [await first(5), await first(6), await first(5, madeFilms(13, 2)), await first(5)];
    expect(new Set(losses.slice(0, 3)).size).toBe(3);
    expect(losses[3]).toBe(losses[0]);
  },
  PATIENCE,
);

test.each(['mlvicx', 'vicregl', 'supervised'] as const)(
  'a step of %s leaves nothing behind: tensors, memory and dispatches are the same from the second on',
  async (method) => {
    const { runtime } = await testDevice();
    const before = tf.memory().numTensors;
    const run = new Pretrainer(tinyConfig({ method }), FILMS, runtime);
    const seen: { tensors: number; reserved: number; inUse: number; dispatches: number }[] = [];
    for (let step = 0; step < 10; step++) {
      const counted = runtime.counts.dispatches;
      await run.submitStep();
      const { reserved, inUse } = runtime.memory();
      const dispatches = runtime.counts.dispatches - counted;
      seen.push({ tensors: tf.memory().numTensors, reserved, inUse, dispatches });
    }
    expect(seen[1]!.dispatches).toBeGreaterThan(100);
    expect(seen.slice(2)).toEqual(Array(8).fill(seen[1]));
    run.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
  PATIENCE,
);
