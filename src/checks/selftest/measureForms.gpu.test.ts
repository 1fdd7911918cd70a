// The measurement of forms: every form agrees with the others and has a time, the choice stays as it was, nothing is
// left behind, and a budget ends it.
import { afterEach, expect, test } from 'vitest';
import { formFor, formsHere } from '../../gpu/forms.ts';
import { tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { FormTimer } from './formTimer.ts';
import { type FormTimes, fastest, MEASURED, measureForms, speedOf } from './measureForms.ts';

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test('every kernel that has several forms says what it is timed at, and is measured', () => {
  const having = (Object.keys(KERNEL_TABLE) as KernelName[]).filter((name) => KERNEL_TABLE[name].spec.forms);
  const timed = (Object.keys(CASES) as KernelName[]).filter((name) => CASES[name].timed);
  expect(timed.toSorted()).toEqual(having.toSorted());
  expect(MEASURED.toSorted()).toEqual(having.toSorted());
});

test('forms are timed and agree; a budget ends the measurement between kernels', async () => {
  const { runtime } = await testDevice();
  const before = tf.memory().numTensors;
  expect(await measureForms(runtime, { budget: 0 })).toEqual({});
  const times = await measureForms(runtime, { budget: 8000 });
  expect(tf.memory().numTensors).toBe(before);
  const measured = Object.entries(times) as [KernelName, NonNullable<(typeof times)[KernelName]>][];
  expect(measured.length).toBeGreaterThan(0);
  for (const [name, forms] of measured) {
    const { spec } = KERNEL_TABLE[name];
    expect(forms.map((form) => form.name).toSorted()).toEqual(formsHere(spec.forms!, runtime).toSorted());
    expect(forms.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(forms.every(({ ms }) => ms !== null && ms > 0)).toBe(true);
    expect(formFor(spec.name, spec.forms!, runtime)).toBe(spec.forms!.software[0]);
  }
}, 120_000);

/** A browser that says only every so many ms that work is done, as Firefox does. */
async function withTardyBrowser<T>(ms: number, body: () => Promise<T>): Promise<T> {
  const { runtime } = await testDevice();
  const { queue } = runtime.device;
  const done = queue.onSubmittedWorkDone.bind(queue);
  queue.onSubmittedWorkDone = async () => {
    await done();
    const now = performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(now / ms) * ms - now));
    return undefined;
  };
  try {
    return await body();
  } finally {
    Reflect.deleteProperty(queue, 'onSubmittedWorkDone');
  }
}

test('where a browser tells late that work is done, nothing is chosen that the timer cannot tell apart', async () => {
  const { runtime } = await testDevice();
  const times = await withTardyBrowser(400, () => measureForms(runtime, { budget: 1, stamped: false }));
  // One kernel is begun before the budget is looked at, and its first form is timed.
  expect(times).toEqual({});
  const longer = await withTardyBrowser(400, () => measureForms(runtime, { budget: 8000, stamped: false }));
  const forms = Object.values(longer).flat();
  expect(forms.length).toBeGreaterThan(0);
  expect(forms.every(({ within }) => within! > 100)).toBe(true);
  for (const [name, form] of Object.entries(fastest(longer))) {
    const { spec } = KERNEL_TABLE[name as KernelName];
    const [usual] = longer[name as KernelName]!;
    const found = longer[name as KernelName]!.find((one) => one.name === form)!;
    if (form !== spec.forms!.software[0]) expect(usual!.ms! - found.ms!).toBeGreaterThan(found.within!);
  }
}, 120_000);

test("the GPU's own clock tells in a tardy browser what ours cannot", async () => {
  const { runtime } = await testDevice();
  expect(runtime.device.features.has('timestamp-query')).toBe(true);
  const [x, w, b] = [tf.ones([64, 1024]), tf.ones([1024, 512]), tf.ones([512])];
  const record = () => tf.dispose(KERNEL_TABLE.dense({ x, w, b }, { bias: true }));
  record();
  // A product of 34 million takes a twentieth of this here, when the machine does nothing else.
  const tick = 600;
  await withTardyBrowser(tick, async () => {
    const [ours, stamped] = [await FormTimer.open(runtime, false), await FormTimer.open(runtime)];
    expect([ours.tardy, stamped.tardy]).toEqual([true, true]);
    const late = await ours.time(record, 1);
    expect(late.within).toBeGreaterThan(tick / 2);
    const own = await stamped.time(record, 1);
    expect(own.within).toBeLessThan(1);
    expect(own.ms).toBeLessThan(tick / 2);
    for (const timer of [ours, stamped]) timer.close();
  });
  tf.dispose([x, w, b]);
}, 120_000);

test('a form is taken when it is faster by more than the doubt, and a speed only from what is beyond doubt', () => {
  const times = (within: number): FormTimes => ({
    conv2d: [
      { name: 'narrow', ms: 12, within, work: 1e9 },
      { name: 'shared', ms: 10, within, work: 1e9 },
    ],
    vicreg: [{ name: 'workgroup', ms: 1, within }],
  });
  expect(fastest(times(1)).conv2d).toBe('shared');
  expect(fastest(times(3)).conv2d).toBe('narrow');
  expect(speedOf(times(1))).toBeCloseTo(1e11);
  expect(speedOf(times(7))).toBeNull();
  expect(speedOf({})).toBeNull();
});

test('the fastest form that agrees is taken, and none where nothing does', () => {
  const times = {
    conv2d: [
      { name: 'wide', ms: 3 },
      { name: 'narrow', ms: 2 },
      { name: 'shared', ms: 1, fault: 'It does not agree with the other forms.' },
    ],
    dense: [{ name: 'wide', ms: null, fault: 'refused' }],
  };
  expect(fastest(times)).toEqual({ conv2d: 'narrow' });
  expect(fastest({})).toEqual({});
});
