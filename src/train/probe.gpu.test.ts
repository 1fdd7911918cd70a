// A look at a run changes nothing of it: metrics and weights are the same to the last bit with it and without, for every
// method, and it leaves nothing behind. What it sees is what the network makes of its films, and never of a test film.
import { afterEach, describe, expect, test } from 'vitest';
import { writeCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Config } from '../config/schema.ts';
import { mapsOf, measureFeatures, type ProbeFeatures, withMaps } from '../diagnostics/probe.ts';
import { outputsOf, type Snapshot } from '../diagnostics/snapshot.ts';
import { tf } from '../gpu/kernel.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { METHOD_NAMES, METHODS, type MethodName } from '../methods/records.ts';
import { metricNames } from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { Pretrainer, trainingLoop, type Watching } from './pretrain.ts';
import { probeFilms } from './probe.ts';
import { madeFilms, repeatable, tinyConfig } from './testRun.ts';

const PATIENCE = 240_000;
const MADE = madeFilms(24);
/** The last twelve are for validation and test in turn. */
const FILMS = { ...MADE, splits: MADE.splits.map((_, film) => (film < 12 ? 0 : 1 + (film % 2))) };
const NO_VOTE = { bank: 0, asked: 0, scores: [] };

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

async function train(config: Config, watching: Watching | null = null) {
  const { runtime } = await testDevice();
  const run = new Pretrainer(config, FILMS, runtime, null, watching);
  try {
    const steps: Record<string, number>[] = [];
    const live: number[] = [];
    for await (const sample of trainingLoop(run, Number.POSITIVE_INFINITY, () => false)) {
      steps.push(repeatable(sample, config));
      live.push(tf.memory().numTensors);
    }
    await run.looksHeard();
    const { config: _, ...weights } = await run.capture();
    return { steps, live, weights: writeCheckpoint({ ...weights, config: tinyConfig() }) };
  } finally {
    run.dispose();
  }
}

/** Hears everything. */
function listener() {
  const features: ProbeFeatures[] = [];
  const snapshots: Snapshot[] = [];
  const reasons: unknown[] = [];
  const watching: Watching = {
    measure: async (given) => {
      features.push(given);
      const measured = measureFeatures(given, () => NO_VOTE);
      return { measured, whole: Promise.resolve(withMaps(measured, mapsOf(given))) };
    },
    seen: (snapshot, _, reason) => {
      if (snapshot) snapshots.push(snapshot);
      else reasons.push(reason);
    },
  };
  return { features, snapshots, reasons, watching };
}

/** One whose levels are trained, one with a target and a further output, one whose head looks at places; all nine for whoever asks. */
const METHODS_HERE: readonly MethodName[] = process.env.SLOW ? METHOD_NAMES : ['mlvicx', 'byol', 'vicregl'];

describe.each(METHODS_HERE)('%s', (method) => {
  test(
    'is the same run with looks and without, to the last bit, and each output is seen',
    async () => {
      const config = tinyConfig({ method, maxSteps: 3, localDim: 12, learningRate: 2e-3 });
      const plain = await train(config);
      const heard = listener();
      const watched = await train({ ...config, diagnoseEvery: 2 }, heard.watching);
      const everyStep = metricNames(config).filter((name) => !/^(speed|memory)\//.test(name));
      const without = watched.steps.map((step) =>
        Object.fromEntries(['step', ...everyStep].map((name) => [name, step[name]])),
      );
      expect(without).toEqual(plain.steps);
      expect(watched.weights).toEqual(plain.weights);
      // Not one tensor more from look to look.
      expect(new Set(watched.live.slice(1)).size).toBe(1);
      expect(heard.reasons).toEqual([]);
      expect(heard.snapshots.map(({ step }) => step)).toEqual([0, 2]);
      expect(watched.steps.map((step) => Number.isFinite(step['level5/rankme']))).toEqual(
        [0, 1, 2].map((step) => step % 2 === 0),
      );
      const [first] = heard.snapshots;
      expect(first!.outputs.map(({ name }) => name)).toEqual(
        outputsOf(METHODS[method]).map(({ name }) => name),
      );
      for (const { name, measured, std, blocks } of first!.outputs) {
        expect(blocks).toBe(Math.min(256, std.length));
        expect([name, Number.isFinite(measured.rankme)]).toEqual([name, true]);
        expect(std.some((value) => value > 0)).toBe(true);
      }
    },
    PATIENCE,
  );
});

describe('a look', () => {
  test(
    'sees the features that the network makes of those films, and repeats itself',
    async () => {
      const config = tinyConfig({ maxSteps: 1, diagnoseEvery: 1 });
      const [a, b] = [listener(), listener()];
      await train(config, a.watching);
      await train(config, b.watching);
      expect(a.features).toEqual(b.features);
      const [{ outputs, films, viewed }] = a.features as [ProbeFeatures];
      expect([films, viewed]).toEqual([16, 4]);
      const level5 = outputs.find(({ name }) => name === 'level5')!;
      const global = outputs.find(({ name }) => name === 'global')!;
      expect([level5.dim, global.dim]).toEqual([32, 16]);
      // The heads end in batch norm over 2 N images: means of zero, deviations of one, over every pass of whole films.
      for (let first = 0; first < films; first += 8) {
        for (let j = 0; j < global.dim; j++) {
          const column = Array.from({ length: 8 }, (_, i) => global.whole[(first + i) * global.dim + j]!);
          const mean = column.reduce((sum, value) => sum + value, 0) / 8;
          const square = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8;
          expect(Math.abs(mean)).toBeLessThan(1e-4);
          expect(square).toBeGreaterThan(0.9);
          expect(square).toBeLessThan(1.01);
        }
      }
    },
    PATIENCE,
  );

  test(
    'that cannot be measured is told, and takes nothing of the run with it',
    async () => {
      const config = tinyConfig({ maxSteps: 3 });
      const heard = listener();
      const failing: Watching = {
        ...heard.watching,
        measure: () => Promise.reject(new AppError('worker-failed', 'made up.')),
      };
      const plain = await train(config);
      const watched = await train({ ...config, diagnoseEvery: 1 }, failing);
      expect(watched.weights).toEqual(plain.weights);
      expect(heard.reasons).toHaveLength(3);
      expect(watched.steps[0]!['global/rankme']).toBeNaN();
    },
    PATIENCE,
  );

  test('is at films of training and validation, never of test, half and half where there are so many', () => {
    for (const seed of [1, 2, 3]) {
      const films = probeFilms(FILMS, tinyConfig({ seed }));
      const parts = Array.from(films, (film) => FILMS.splits[film]);
      expect(new Set(films).size).toBe(16);
      expect(parts.filter((part) => part === 2)).toEqual([]);
      expect(parts.filter((part) => part === 1)).toHaveLength(6);
    }
    const many = new Uint8Array(3000).map((_, film) => film % 3);
    const parts = probeFilms({ splits: many }, tinyConfig({ batchSize: 200 })).map((film) => many[film]!);
    expect(parts).toHaveLength(512);
    expect(parts.filter((part) => part === 1)).toHaveLength(256);
  });
});
