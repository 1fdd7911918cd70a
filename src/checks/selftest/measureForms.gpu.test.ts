// The measurement of forms: every form agrees with the others and has a time, the choice stays as it was, nothing is
// left behind, and a budget ends it.
import { afterEach, expect, test } from 'vitest';
import { formFor, formsHere } from '../../gpu/forms.ts';
import { tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { fastest, MEASURED, measureForms } from './measureForms.ts';

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
  expect(await measureForms(runtime, 0)).toEqual({});
  const times = await measureForms(runtime, 20_000);
  expect(tf.memory().numTensors).toBe(before);
  const measured = Object.entries(times) as [KernelName, NonNullable<(typeof times)[KernelName]>][];
  expect(measured.length).toBeGreaterThan(0);
  for (const [name, forms] of measured) {
    const { spec } = KERNEL_TABLE[name];
    expect(forms.map((form) => form.name).toSorted()).toEqual(formsHere(spec.forms!, runtime).toSorted());
    expect(forms.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(forms.every(({ ms }) => ms !== null && ms > 0)).toBe(true);
    expect(formFor(spec.name, spec.forms!, runtime)).toBe(spec.forms!.software);
  }
}, 120_000);

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
