// Kernels switched off on the page: the engine hears it, a fresh engine hears it again, and a prepared run refuses it. And their
// self-test as the page shows it.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import { play, restart, startSession, stop } from '../run/acts.ts';
import { useSession } from '../session.ts';
import { measureAgain, switchKernel, testGpu, useKernels, useSelfTest } from './kernels.ts';

const kernel = (name: string) => useSession.getState().facts?.kernels.find((each) => each.name === name);

beforeEach(() => startSession(() => createFakeClient({ beat: 1 })));
afterEach(() => {
  useKernels.setState({ without: [] });
  useSession.setState({ error: null });
});

it('switches a kernel off and on, over a restart', async () => {
  expect(kernel('vicreg')?.on).toBe(true);
  await switchKernel('vicreg', false);
  expect(kernel('vicreg')).toMatchObject({ on: false });
  expect(kernel('vicregGrad')?.on).toBe(true);
  await restart();
  expect(kernel('vicreg')?.on).toBe(false);
  await switchKernel('vicreg', true);
  expect(kernel('vicreg')?.on).toBe(true);
});

it('takes the form that was fastest on a graphics adapter, and the fixed one on the processor', async () => {
  expect(kernel('conv2d')).toMatchObject({ form: 'shared' });
  await startSession(() => createFakeClient({ beat: 1, software: true }));
  expect(kernel('conv2d')?.form).toBe('wide');
  expect(kernel('conv2d')?.forms.every(({ ms }) => ms === null)).toBe(true);
  await measureAgain();
  expect(kernel('conv2d')?.forms.every(({ ms }) => ms !== null)).toBe(true);
});

it('is refused while a run is prepared, which changes nothing', async () => {
  await play();
  await switchKernel('add', false);
  expect(useSession.getState().error?.code).toBe('not-ready');
  expect(kernel('add')?.on).toBe(true);
  expect(useKernels.getState().without).toEqual([]);
  await stop();
});

it('shows every row and the verdict, and leaves the engine as it was', async () => {
  const { state } = useSession.getState().status;
  const test = testGpu();
  expect(useSelfTest.getState()).toMatchObject({ running: true, report: null });
  await test;
  const { rows, report, running, total, error } = useSelfTest.getState();
  expect({ running, error, ok: report?.ok }).toEqual({ running: false, error: null, ok: true });
  expect(rows).toEqual(report?.rows);
  expect(total).toBe(rows.length);
  expect(useSession.getState().status.state).toBe(state);
});

it('keeps the row of a fault, and the sentence that names it', async () => {
  await startSession(() => createFakeClient({ beat: 1, fail: 'gpu-fault' }));
  await testGpu();
  const { report } = useSelfTest.getState();
  expect(report?.sentence).toMatch(/does not compute .*Convolution/);
  expect(report?.rows.find(({ ok }) => !ok)?.fault).toMatch(/refused/);
});
