// The page's side of the self-test: rows and verdict arrive, a fault is named, and a page without an engine says so.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import { startSession } from '../run/acts.ts';
import { useSession } from '../session.ts';
import { testGpu, useSelfTest } from './selfTest.ts';

beforeEach(() => startSession(() => createFakeClient({ beat: 1 })));
afterEach(() => useSession.setState({ error: null }));

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
