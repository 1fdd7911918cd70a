// The self-test as the smallest device runs it: the forms that a graphics card takes, under nothing but the limits that
// the standard guarantees and without optional features. It must not tell people that their GPU is wrong.
import { expect, test } from 'vitest';
import { openDevice } from '../../gpu/device.ts';
import { formsHere, SUM_FORMS } from '../../gpu/forms.ts';
import { installGpu } from '../../gpu/testDevice.ts';
import { hardwareForms, withForms } from '../../gpu/testForms.ts';
import { DEFAULT_LIMITS, limitAdapters } from '../../gpu/testLimits.ts';
import { runSelfTest } from './index.ts';

test('the self-test passes in the forms of a card under the default limits', async () => {
  await installGpu();
  limitAdapters();
  const faults: string[] = [];
  const { runtime, device, close } = await openDevice(({ message }) => faults.push(message));
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const limit = device.limits[name as keyof GPUSupportedLimits];
    expect([name, limit]).toEqual([name, DEFAULT_LIMITS[name]]);
  }
  expect(formsHere(SUM_FORMS, runtime)).not.toContain('subgroup');
  const report = await withForms(hardwareForms(), () => runSelfTest(runtime, () => undefined));
  expect(report.rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(faults).toEqual([]);
  close();
}, 400_000);
