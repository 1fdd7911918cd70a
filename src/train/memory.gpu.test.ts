// What a run takes of the GPU, counted at the device: the budget's bytes against the measured peak, nothing allocated
// after the first step, memory given back after a change of shape, and recomputation that changes no number.
import { afterEach, describe, expect, test } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import { tf } from '../gpu/kernel.ts';
import { relativeError, values } from '../gpu/kernels/parts/case.ts';
import '../gpu/kernels/table.ts';
import { countBuffers } from '../gpu/testBuffers.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { formSets, littleForms, withForms } from '../gpu/testForms.ts';
import { withIdlePrograms } from '../gpu/testIdle.ts';
import { planBudget } from '../plan/budget.ts';
import { Pretrainer, trainingLoop, type Watching } from './pretrain.ts';
import { madeFilms, repeatable, squareFilms, tinyConfig } from './testRun.ts';
import { type StepObserver, TrainingStep } from './trainingStep.ts';

const PATIENCE = 240_000;
const ANY = 2 ** 40;
const LIMITS = {
  maxBufferSize: ANY,
  maxStorageBufferBindingSize: ANY,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65535,
};

const medium = tinyConfig({
  imageSize: 64,
  planeSize: 128,
  width: 16,
  projectorHidden: 128,
  embeddingDim: 128,
  levelChannels: 128,
  batchSize: 16,
  optimiser: 'adamw',
});
const SMALL = tinyConfig();
/** Maps large enough to be kept in 16 bits or to be recomputed. */
const MAPS = tinyConfig({ width: 8, imageSize: 64, planeSize: 64, batchSize: 16 });
const wide = { ...medium, width: 32, projectorHidden: 256, embeddingDim: 256 };

/** Weights of more than a million numbers, which the optimiser does not gather. */
const WIDE_HEADS = { projectorHidden: 1100, embeddingDim: 1100 };

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

/** Looks at a run and measures nothing. */
const LOOKING: Watching = {
  measure: async ({ step, films, viewed }) => {
    const measured = { step, films, viewed, outputs: [], neighbours: null };
    return { measured, whole: Promise.resolve(measured) };
  },
  seen: () => undefined,
};

/** The peak of a short run, from before it was made, and what the run came to. */
async function measure(config: Config, length = 2) {
  const { runtime, device } = await testDevice();
  runtime.trim();
  const buffers = countBuffers(device);
  const run = new Pretrainer(config, squareFilms(config), runtime, null, LOOKING);
  try {
    const steps = [];
    for (let step = 0; step < length; step++) steps.push(repeatable(await run.submitStep()));
    const { peak } = buffers.counts;
    return { peak, steps, state: await run.capture() };
  } finally {
    run.dispose();
    runtime.trim();
    buffers.stop();
  }
}

/** The peak of a first step that is recorded whole and computes nothing: what it takes does not hang on its numbers. */
async function peakOf(config: Config): Promise<number> {
  const { runtime, device } = await testDevice();
  runtime.trim();
  const buffers = countBuffers(device);
  const run = new Pretrainer(config, squareFilms(config), runtime, null, LOOKING);
  try {
    await withIdlePrograms(runtime, async () => {
      // Nothing was computed, and that is noticed.
      await expect(run.submitStep()).rejects.toThrow(/zero/);
    });
    return buffers.counts.peak;
  } finally {
    run.dispose();
    runtime.trim();
    buffers.stop();
  }
}

/** Planned over measured bytes, less one. */
async function apart(config: Config, peak: number, forms = ''): Promise<number> {
  const { device, software } = await testDevice();
  const adapter = { software, features: [...device.features], limits: LIMITS };
  const { totalBytes } = planBudget(config, adapter);
  const { width, imageSize, batchSize, optimiser, recompute, keptMaps } = config;
  const name = `width ${width}, ${imageSize} px, batch ${batchSize}, ${optimiser}${recompute ? ', recompute' : ''}, ${keptMaps}`;
  const mebi = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  process.stdout.write(`memory | ${name}${forms && `, ${forms}`} | ${mebi(totalBytes)} | ${mebi(peak)} |\n`);
  return totalBytes / peak - 1;
}

describe('planned bytes agree with the measured peak within 15 %', () => {
  test.each<[string, Config]>([
    ['smoke', presetConfig('smoke')],
    ['demo, looked at', presetConfig('demo')],
    ['width 16, LARS', { ...medium, optimiser: 'lars' }],
    ['width 16, VICReg', { ...medium, method: 'vicreg' }],
    ['width 16, BYOL', { ...medium, method: 'byol' }],
    ['width 16, MoCo', { ...medium, method: 'moco' }],
    ['width 16, VICRegL', { ...medium, method: 'vicregl', localDim: 64 }],
    ['width 16, supervised', { ...medium, method: 'supervised' }],
    ['heads with storages that are updated where they are', { ...tinyConfig(), ...WIDE_HEADS }],
  ])(
    '%s',
    async (_, config) => {
      expect(Math.abs(await apart(config, await peakOf(config)))).toBeLessThan(0.15);
    },
    PATIENCE,
  );

  test('which a step that computes takes as well', async () => {
    // But for a few bytes that are read back at the end.
    expect((await measure(SMALL)).peak / (await peakOf(SMALL))).toBeCloseTo(1, 3);
  });

  test.each(formSets())(
    'with the forms $name',
    async (set) => {
      await withForms(set, async () => {
        expect(Math.abs(await apart(SMALL, await peakOf(SMALL), set.name))).toBeLessThan(0.15);
      });
    },
    PATIENCE,
  );

  // The wider network takes its time: for whoever prints the whole table.
  const slow = process.env.SLOW ? ([['width 32', wide]] as [string, Config][]) : [];
  test.each<[string, Config]>([['width 16', medium], ...slow])(
    '%s, and recomputation and maps in 16 bits take less memory',
    async (_, config) => {
      const taken: number[] = [];
      for (const recompute of [false, true]) {
        for (const keptMaps of ['float32', 'float16'] as const) {
          const sparing = { ...config, recompute, keptMaps };
          taken.push(await peakOf(sparing));
          expect(Math.abs(await apart(sparing, taken.at(-1)!))).toBeLessThan(0.15);
        }
      }
      const [kept, half, again, both] = taken as [number, number, number, number];
      expect(half).toBeLessThan(kept);
      expect(again).toBeLessThan(kept);
      expect(both).toBeLessThan(again);
    },
    PATIENCE,
  );
});

test(
  'recomputation takes less memory for the same numbers',
  async () => {
    const [kept, again] = await withForms(littleForms(), async () => [
      await measure(MAPS),
      await measure({ ...MAPS, recompute: true }),
    ]);
    expect(again.peak).toBeLessThan(kept.peak);
    expect(again.steps).toEqual(kept.steps);
    expect(again.state.parameters).toEqual(kept.state.parameters);
    expect(again.state.buffers).toEqual(kept.state.buffers);
  },
  PATIENCE,
);

test(
  'maps kept in 16 bits change no loss of the first step and little of a gradient',
  async () => {
    // Without momentum or decay and at a rate of one, the first update of LARS is the gradient, tensor by tensor scaled.
    const config: Config = { ...MAPS, optimiser: 'lars', warmupEpochs: 0, learningRate: 1, momentum: 0 };
    for (const recompute of [false, true]) {
      const [full, half] = await withForms(littleForms(), async () => [
        await measure({ ...config, recompute }, 1),
        await measure({ ...config, recompute, keptMaps: 'float16' }, 1),
      ]);
      expect(half.steps).toEqual(full.steps);
      const errors = [...(full.state.optimiserState.get('momentum') ?? [])].map(([name, { data }]) =>
        relativeError(half.state.optimiserState.get('momentum')!.get(name)!.data, data),
      );
      process.stdout.write(`gradients with maps in 16 bits: worst ${Math.max(...errors).toExponential(1)}\n`);
      // A value within its rounding of zero may fall on the other side of its ReLU: about one in two thousand does.
      expect(Math.max(...errors)).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThan(0.1);
    }
  },
  PATIENCE,
);

test(
  'nothing is allocated after the first step, and all of it is given back after a change of shape',
  async () => {
    const { runtime, device } = await testDevice();
    runtime.trim();
    const buffers = countBuffers(device);
    for (const imageSize of [48, 32]) {
      const run = new Pretrainer(tinyConfig({ imageSize }), madeFilms(13), runtime);
      await run.submitStep();
      buffers.start();
      let steps = 1;
      for await (const { step } of trainingLoop(run, 9, () => false)) expect(step).toBe(steps++);
      expect(steps).toBe(10);
      expect(buffers.counts.made).toBe(0);
      const held = buffers.counts.live;
      run.dispose();
      runtime.trim();
      // What stays are the parameters of dispatches, a few bytes each.
      expect(buffers.counts.live).toBeLessThan(0.02 * held);
    }
    buffers.stop();
  },
  PATIENCE,
);

test.each(['lars', 'adamw'] as const)(
  'large storages updated by %s in the midst of the backward pass come out as if updated after it',
  async (optimiser) => {
    const { runtime } = await testDevice();
    const config = tinyConfig({ ...WIDE_HEADS, optimiser });
    const shape = [2 * config.batchSize, config.imageSize, config.imageSize, 3];
    const after = async (observe?: StepObserver) => {
      const training = new TrainingStep(config, runtime);
      for (const seed of [1, 2]) training.record(tf.tensor(values(shape, seed), shape), 0.1, observe);
      const { parameters } = await training.capture();
      training.dispose();
      return [...parameters].map(([name, { data }]) => [name, Buffer.from(data.slice().buffer)] as const);
    };
    const apart = await after({ gradients: () => undefined });
    const found = new Map(await after());
    expect(apart.filter(([name, bytes]) => !bytes.equals(found.get(name)!))).toEqual([]);
    expect(Math.max(...apart.map(([, bytes]) => bytes.length))).toBeGreaterThan(4 << 20);
    runtime.trim();
  },
  PATIENCE,
);

test(
  'a step is recorded whole before anything is waited for',
  async () => {
    const { runtime } = await testDevice();
    const run = new Pretrainer(tinyConfig(), madeFilms(13), runtime);
    await run.submitStep();
    await run.ready();
    const before = { ...runtime.counts };
    const reading = run.submitReady();
    const recorded = { ...runtime.counts };
    await reading;
    expect(runtime.counts).toEqual(recorded);
    expect(recorded.dispatches - before.dispatches).toBeGreaterThan(100);
    run.dispose();
  },
  PATIENCE,
);
