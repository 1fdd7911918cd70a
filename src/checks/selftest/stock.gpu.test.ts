// Each kernel switched off alone: the stock composition that runs instead equals the kernel's plain loops at every case
// of the self-test, and a whole training step with it equals the step with all kernels on. Nothing is left behind.
import { afterAll, afterEach, expect, test } from 'vitest';
import { type Kernel, tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import type { Case } from '../../gpu/kernels/parts/case.ts';
import { KERNEL_NAMES, kernelsOff, switchOff } from '../../gpu/kernels/stock.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import type { MethodName } from '../../methods/records.ts';
import { checkKernel } from './checkKernel.ts';
import { compareSteps, stepOnGpu } from './checkStep.ts';

const withAll = new Map<MethodName, ReturnType<typeof step>>();

/** A step of a method, and how many programs of ours it ran. */
async function step(method: MethodName) {
  const { runtime } = await testDevice();
  const before = runtime.counts.dispatches;
  const outcome = await stepOnGpu(runtime, method);
  return { outcome, dispatches: runtime.counts.dispatches - before };
}

afterEach(async () => {
  switchOff([]);
  expect((await testDevice()).takeFaults()).toEqual([]);
});

afterAll(async () => {
  (await testDevice()).runtime.trim();
});

test.each(KERNEL_NAMES)('without %s: equals the plain loops, and no program of ours runs', async (name) => {
  const { runtime } = await testDevice();
  switchOff([name]);
  expect(kernelsOff()).toEqual([name]);
  const before = tf.memory().numTensors;
  const { dispatches } = runtime.counts;
  const { cases } = CASES[name] as { cases: readonly Case<string, object>[] };
  for (const one of cases) {
    const row = await checkKernel(
      runtime,
      name,
      KERNEL_TABLE[name] as unknown as Kernel<string, object>,
      one,
    );
    expect(row.ok ? null : row).toBeNull();
  }
  expect(runtime.counts.dispatches).toBe(dispatches);
  expect(tf.memory().numTensors).toBe(before);
});

/** Of no step of the self-test: evaluation, recomputed maps (those of its small step are kept), and what it does not use. */
const NOT_IN_A_STEP = [
  'batchNormEval',
  'batchNormApply',
  'bottleneckApply',
  'adamwUpdate',
  'toHalf',
  'fromHalf',
  'renderViews',
  'resizeEval',
  'upsample',
  'upsampleGrad',
  'concatChannels',
  'channelPart',
  'maskLoss',
  'maskLossGrad',
];

/** Kernels of losses that the first method does not have, with a method that has them. */
const STEP_OF: Partial<Record<KernelName, MethodName>> = {
  barlow: 'barlow',
  barlowGrad: 'barlow',
  rowNormalise: 'simclr',
  rowNormaliseGrad: 'simclr',
  contrastive: 'simclr',
  contrastiveGrad: 'simclr',
  crossEntropy: 'supervised',
  crossEntropyGrad: 'supervised',
  matchPlaces: 'vicregl',
  placeVicreg: 'vicregl',
  placeVicregGrad: 'vicregl',
  cosine: 'simsiam',
  cosineGrad: 'simsiam',
  movingAverage: 'byol',
  queueContrast: 'moco',
  queueContrastGrad: 'moco',
  enqueue: 'moco',
  relu: 'moco',
  reluGrad: 'moco',
};

test.each(KERNEL_NAMES.filter((name) => !NOT_IN_A_STEP.includes(name)))(
  'a training step without %s equals the step with all',
  async (name) => {
    const method = STEP_OF[name] ?? 'mlvicx';
    if (!withAll.has(method)) withAll.set(method, step(method));
    const wanted = await withAll.get(method)!;
    switchOff([name]);
    const before = tf.memory().numTensors;
    const found = await step(method);
    expect(tf.memory().numTensors).toBe(before);
    const rows = compareSteps({ value: found.outcome, fault: null }, wanted.outcome, method);
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(found.dispatches).toBeLessThan(wanted.dispatches);
  },
);
