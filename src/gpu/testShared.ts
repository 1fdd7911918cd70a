// Before and after every file of tests with WebGPU, which share the device of their process, compiled programs included: a file
// finds it as if it were new, and answers itself for what it broke. Not part of the product.

import { afterAll, beforeAll, expect } from 'vitest';
import { chooseForms, replaceKernels } from './forms.ts';
import { installedRuntime } from './kernel.ts';
import { testDeviceSoFar } from './testDevice.ts';

beforeAll(async () => {
  chooseForms(new Map());
  replaceKernels(new Map());
  const device = await testDeviceSoFar();
  if (!device) return;
  if (installedRuntime() !== device.runtime)
    throw new Error('a file before this one opened a device of its own: see OWN_DEVICE in vite.config.ts');
  device.runtime.little = false;
  device.runtime.trim();
});

afterAll(async () => {
  const device = await testDeviceSoFar();
  if (!device) return;
  // What was submitted last may still fail.
  await device.device.queue.onSubmittedWorkDone();
  expect(device.takeFaults()).toEqual([]);
});
