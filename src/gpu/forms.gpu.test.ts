// What choosing a form does: the adapter at hand runs all of them, another program is recorded, and what it cannot run
// is not taken.
import { afterEach, expect, test } from 'vitest';
import { CONV_FORMS, chooseForms, FILTER_FORMS, formFor, formsHere, SUM_FORMS, TILE_FORMS } from './forms.ts';
import { tf } from './kernel.ts';
import { conv2d } from './kernels/conv/conv2d.ts';
import { withForm } from './kernels/parts/testing.ts';
import { testDevice } from './testDevice.ts';

afterEach(() => chooseForms(new Map()));

test('the software adapter has subgroups, so every form is tested', async () => {
  const { runtime } = await testDevice();
  expect(runtime.device.features.has('subgroups')).toBe(true);
  expect(formsHere(SUM_FORMS, runtime)).toEqual(SUM_FORMS.all);
});

test('without a choice the kind of adapter decides; a form that is not there is never taken', async () => {
  const { runtime } = await testDevice();
  const hardware = {
    software: false,
    device: { features: new Set<string>() as unknown as GPUSupportedFeatures },
  };
  expect(formFor('K', TILE_FORMS, runtime)).toBe('exchanged');
  expect(formFor('K', TILE_FORMS, { ...hardware, software: true })).toBe('wide');
  expect(formFor('K', FILTER_FORMS, { ...hardware, software: true, little: true })).toBe('narrow');
  expect(formFor('K', TILE_FORMS, hardware)).toBe('narrow');
  chooseForms(new Map([['K', 'subgroup']]));
  expect(formFor('K', SUM_FORMS, runtime)).toBe('subgroup');
  expect(formFor('K', SUM_FORMS, hardware)).toBe('workgroup');
  expect(formFor('K', TILE_FORMS, hardware)).toBe('narrow');
});

test('each form records programs of its own', async () => {
  const { runtime } = await testDevice();
  const [x, w] = [tf.ones([2, 8, 8, 64]), tf.ones([3, 3, 64, 64])];
  const names = new Set<string>();
  for (const form of CONV_FORMS.all) {
    await withForm(form, async () => {
      const programs = runtime.collect(() => tf.dispose(conv2d({ x, w }, { stride: 1, pad: 1 })));
      // What is before the last only prepares.
      names.add(programs.at(-1)!.name);
    });
  }
  tf.dispose([x, w]);
  expect(names.size).toBe(CONV_FORMS.all.length);
});
