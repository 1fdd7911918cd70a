// Looks are measured beside the run: one that is done only after the last checkpoint is kept all the same.

import { expect, it } from 'vitest';
import { parseConfig } from '../../config/schema.ts';
import type { Snapshot } from '../../diagnostics/snapshot.ts';
import { metricNames } from '../../protocol/metrics.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { MemoryStorage } from '../../vault/folder.ts';
import { readKeptSnapshots } from '../../vault/seriesFile.ts';
import { RunKeeper } from './runKeeper.ts';

const config = parseConfig({ maxSteps: 3, diagnoseEvery: 1 });

/** A run of no weights that has taken three steps. */
const done = {
  config,
  start: 'random',
  totalSteps: 3,
  stepsPerEpoch: 3,
  step: 3,
  activeSeconds: 1,
  capture: async () => ({
    parameters: new Map(),
    buffers: new Map(),
    optimiserState: new Map(),
    config,
    step: 3,
    fingerprint: '',
    start: 'random',
  }),
} as unknown as Pretrainer;

const lookAt = (step: number): Snapshot => ({
  step,
  films: 8,
  viewed: 8,
  seconds: 0,
  outputs: [],
  neighbours: null,
});

async function keptAt(storage: MemoryStorage, id: string): Promise<number[]> {
  return (await readKeptSnapshots(await storage.open(id))).map(({ step }) => step);
}

it('keeps a look that comes while the last checkpoint is written, or after it', async () => {
  const storage = new MemoryStorage();
  const begin = { ...done, step: 0 } as Pretrainer;
  const keeper = await RunKeeper.begin(
    storage,
    begin,
    { films: 8, fingerprint: '', computedBy: [] as never },
    () => undefined,
  );
  const values = new Float64Array(metricNames(config).length);
  for (const step of [0, 1, 2]) keeper.note({ step, activeSeconds: step, values });
  keeper.look(lookAt(0));
  const kept = keeper.saveCheckpoint(done);
  keeper.look(lookAt(1));
  await kept;
  await expect.poll(() => keptAt(storage, keeper.id)).toEqual([0, 1]);
  keeper.look(lookAt(2));
  await expect.poll(() => keptAt(storage, keeper.id)).toEqual([0, 1, 2]);
  // Not one of a step that no checkpoint stands behind.
  keeper.look(lookAt(3));
  await keeper.close();
  expect(await keptAt(storage, keeper.id)).toEqual([0, 1, 2]);
});
