// All runs that are kept in this browser, for whoever lists them: reading records and curves, removing whole runs, putting
// in one that was read from a file. Nothing here writes to a run that someone has at hand.

import { metricNames, type StepSample } from '../protocol/metrics.ts';
import { type ListedRun, type RunRecord, runLockName } from '../protocol/vault.ts';
import { AppError } from '../util/errors.ts';
import { type Folder, MemoryStorage, type RunStorage } from './folder.ts';
import { openOpfsStorage } from './opfs.ts';
import { checkedRecord, RecordFile } from './records.ts';
import { type RestorePoint, RunVault } from './runVault.ts';

export type { RestorePoint } from './runVault.ts';

import { readSeries, reorder } from './seriesFile.ts';

/** The browser's storage, or one in memory and the reason why. */
export async function openRuns(): Promise<{ storage: RunStorage; refusal: string | null }> {
  try {
    return { storage: await openOpfsStorage(), refusal: null };
  } catch (thrown) {
    return {
      storage: new MemoryStorage(),
      refusal: thrown instanceof Error ? thrown.message : String(thrown),
    };
  }
}

/** Ids of runs that some tab or worker has at hand. A frame of another origin may be refused locks, as it is storage: then none. */
async function runsInUse(): Promise<Set<string>> {
  const { held = [] } = (await globalThis.navigator?.locks?.query().catch(() => null)) ?? {};
  const prefix = runLockName('');
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(prefix));
  return new Set(names.map((name) => name.slice(prefix.length)));
}

/** Every run with a whole record, newest first. A run that still says `running` and is not in use was interrupted. */
export async function listRuns(storage: RunStorage): Promise<ListedRun[]> {
  const [ids, used] = await Promise.all([storage.ids(), runsInUse()]);
  const listed: ListedRun[] = [];
  for (const id of ids) {
    const folder = await storage.open(id);
    const { record } = await RecordFile.open(folder, id);
    if (!record) continue;
    const bytes = [...(await folder.sizes()).values()].reduce((sum, size) => sum + size, 0);
    const inUse = used.has(id);
    const state = record.state === 'running' && !inUse ? 'interrupted' : record.state;
    listed.push({ ...record, state, bytes, inUse });
  }
  return listed.sort((a, b) => b.createdAt - a.createdAt);
}

/** The curves of a run in the order of its metrics; empty where they are damaged from the first row on. */
export async function readRunSeries(
  storage: RunStorage,
  { id, series, config }: Pick<RunRecord, 'id' | 'series' | 'config'>,
): Promise<StepSample[]> {
  return reorder(await readSeries(await storage.open(id), series), series.metrics, metricNames(config));
}

/** The newest whole checkpoint of a run, at or before `step` if that is given, as a file that checkpoint/checkpoint.ts reads; null where there is none. */
export async function readRunCheckpoint(
  storage: RunStorage,
  id: string,
  step?: number,
): Promise<RestorePoint | null> {
  const vault = await RunVault.open(await storage.open(id), id);
  return (await vault?.restorePoint(step)) ?? null;
}

/** A run that was interrupted is one that was paused: nothing asks for it any more. */
export async function setAside(storage: RunStorage, id: string): Promise<void> {
  if ((await runsInUse()).has(id)) return;
  const vault = await RunVault.open(await storage.open(id), id);
  if (vault?.record.state === 'running') await vault.update({ state: 'paused' });
}

/** @throws AppError not-ready while someone has the run at hand */
export async function removeRun(storage: RunStorage, id: string): Promise<void> {
  if ((await runsInUse()).has(id)) throw new AppError('not-ready', 'this run is open in a tab.');
  await storage.remove(id);
}

/**
 * Puts in a run that came from elsewhere, under a new id. What the record says of files is not believed: the one
 * checkpoint given, if any, is written and entered anew. @throws AppError checkpoint-invalid
 */
export async function addRun(
  storage: RunStorage,
  given: { record: unknown; samples: readonly StepSample[]; checkpoint: Uint8Array<ArrayBuffer> | null },
): Promise<RunRecord> {
  const claimed = given.record as Partial<RunRecord> | null;
  const record = checkedRecord(claimed, claimed?.id ?? '');
  if (!record) throw new AppError('checkpoint-invalid', 'its record of the run is not valid.');
  const id = crypto.randomUUID();
  const folder = await storage.open(id);
  const state = record.state === 'running' ? ('paused' as const) : record.state;
  try {
    return await fill(folder, { ...record, id, state }, given.samples, given.checkpoint);
  } catch (thrown) {
    await storage.remove(id);
    throw thrown;
  }
}

async function fill(
  folder: Folder,
  record: RunRecord,
  samples: readonly StepSample[],
  checkpoint: Uint8Array<ArrayBuffer> | null,
): Promise<RunRecord> {
  const series = { first: samples[0]?.step ?? 0, rows: 0, metrics: metricNames(record.config) };
  const vault = await RunVault.create(folder, { ...record, checkpoints: [], series });
  if (checkpoint)
    await vault.saveCheckpoint({ step: record.step, parts: [checkpoint], total: null, samples, patch: {} });
  else await vault.addRows(samples);
  return vault.record;
}
