// A frame of another origin may be given neither storage nor locks. A run is then in memory, in nobody else's hands, and no failure.

import { afterEach, expect, it, vi } from 'vitest';
import { MemoryStorage } from '../../vault/folder.ts';
import { listRuns } from '../../vault/runs.ts';
import { holdRun } from './runKeeper.ts';

const withLocks = (locks: unknown) => vi.stubGlobal('navigator', { locks });
afterEach(() => vi.unstubAllGlobals());

it('lists and holds runs where the browser refuses locks', async () => {
  const refuse = () => Promise.reject(new DOMException('The request was denied.', 'SecurityError'));
  withLocks({ query: refuse, request: refuse });
  expect(await listRuns(new MemoryStorage())).toEqual([]);
  const letGo = await holdRun('a');
  expect(letGo()).toBeUndefined();
});

it('says that a run is in use where another tab keeps its lock', async () => {
  const waits = (_: string, { signal }: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  withLocks({ request: waits });
  await expect(holdRun('a')).rejects.toMatchObject({ code: 'run-in-use' });
});
