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
import { formSets, withForms } from '../gpu/testForms.ts';
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
/** In forms that are slow on this adapter. */
const SMALL = tinyConfig();
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
      const { peak } = await measure(config);
      expect(Math.abs(await apart(config, peak))).toBeLessThan(0.15);
    },
    PATIENCE,
  );

  test.each(formSets())(
    'with the forms $name',
    async (set) => {
      await withForms(set, async () => {
        const { peak } = await measure(SMALL, 1);
        expect(Math.abs(await apart(SMALL, peak, set.name))).toBeLessThan(0.15);
      });
    },
    PATIENCE,
  );

  // The wider network takes as long as all the others together: for whoever prints the whole table.
  const slow = process.env.SLOW ? ([['width 32', wide, 1]] as [string, Config, number][]) : [];
  test.each<[string, Config, number]>([['width 16', medium, 2], ...slow])(
    '%s, and recomputation takes less memory for the same numbers',
    async (_, config, steps) => {
      const kept = await measure(config, steps);
      const again = await measure({ ...config, recompute: true }, steps);
      expect(Math.abs(await apart(config, kept.peak))).toBeLessThan(0.15);
      expect(Math.abs(await apart({ ...config, recompute: true }, again.peak))).toBeLessThan(0.15);
      expect(again.peak).toBeLessThan(kept.peak);
      expect(again.steps).toEqual(kept.steps);
      expect(again.state.parameters).toEqual(kept.state.parameters);
      expect(again.state.buffers).toEqual(kept.state.buffers);
    },
    PATIENCE,
  );
});

test(
  'maps kept in 16 bits take less memory, change no loss of the first step and little of a gradient',
  async () => {
    // Without momentum or decay and at a rate of one, the first update of LARS is the gradient, tensor by tensor scaled.
    const config: Config = { ...medium, optimiser: 'lars', warmupEpochs: 0, learningRate: 1, momentum: 0 };
    for (const recompute of [false, true]) {
      const full = await measure({ ...config, recompute }, 1);
      const half = await measure({ ...config, recompute, keptMaps: 'float16' }, 1);
      expect(half.peak).toBeLessThan(full.peak);
      expect(Math.abs(await apart({ ...config, recompute, keptMaps: 'float16' }, half.peak))).toBeLessThan(
        0.15,
      );
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
