// The run library over reloads, on a storage in memory: what is named, pinned and scored comes back, what is deleted goes when
// it may, and a run file is taken whole or not at all.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { metricNames, type StepSample } from '../../protocol/metrics.ts';
import { runLockName } from '../../protocol/vault.ts';
import { readRunFile } from '../../vault/readRunFile.ts';
import { addRun, listRuns } from '../../vault/runs.ts';
import { resetSeries } from '../curves/series.ts';
import { useProtection } from '../page/protection.ts';
import { dismissError, useSession } from '../session.ts';
import { exportRun, importRun, loadCurves, openLibrary, overlayRun } from './library.ts';
import { offerInterrupted, runStorage, useResume } from './resume.ts';
import { deleteRun, renameRun, runNameOf, undoDelete, useRuns } from './runs.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const samples: StepSample[] = Array.from({ length: 4 }, (_, step) => ({
  step,
  activeSeconds: step,
  values: Float64Array.from(METRIC_NAMES, (_, i) => step + i),
}));

const record = (seed: number, createdAt: number) => ({
  version: 1,
  id: '0a1b2c3d-0000-4000-8000-000000000000',
  state: 'paused',
  createdAt,
  updatedAt: createdAt,
  config: { ...presetConfig('smoke'), seed },
  changes: [],
  start: 'random',
  data: { fingerprint: 'f', films: 12 },
  totalSteps: 20,
  stepsPerEpoch: 5,
  computedBy: {},
  step: 4,
  activeSeconds: 4,
  checkpoints: [],
  series: { first: 0, rows: 0, metrics: [] },
  marks: [{ step: 2, kind: 'pause', text: 'Paused' }],
  last: { 'loss/total': 3 },
  thumbnail: [],
  failure: null,
});

const runs = () => useRuns.getState().runs;
const names = () => runs().map(({ name }) => name);
/** What a reload does to the list. */
async function reload(): Promise<void> {
  resetSeries();
  useRuns.setState({ runs: [], liveId: null, removed: null });
  await openLibrary();
}
/** Writes that were not waited for are over. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

beforeEach(async () => {
  useProtection.setState({ protection: { state: 'active', by: 'server' } });
  dismissError();
  const storage = await runStorage();
  for (const { id } of await listRuns(storage)) await storage.remove(id);
  for (const seed of [1, 2]) await addRun(storage, { record: record(seed, seed), samples, checkpoint: null });
  await reload();
});

describe('the library', () => {
  it('lists kept runs oldest first, named by what differs, with their last values', () => {
    expect(names()).toEqual(['Smoke, seed 1', expect.stringContaining('1→2')]);
    expect(runs()[0]?.kept).toMatchObject({ step: 4, state: 'paused', last: { 'loss/total': 3 } });
    expect(runs()[0]?.series.length).toBe(0);
  });

  it('keeps name and pin, and reads the curves of pinned runs', async () => {
    renameRun(runs()[0]!.id, 'Baseline');
    overlayRun(runs()[1]!.id, true);
    await vi.waitFor(() => expect(runs()[1]?.series.length).toBe(4));
    await settled();
    await reload();
    expect(names()[0]).toBe('Baseline');
    expect(runs().map(({ pinned }) => pinned)).toEqual([false, true]);
    await vi.waitFor(() => expect(runs()[1]?.series.value('loss/total', 3)).toBe(3));
    expect((await loadCurves(runs()[0]!.id))?.markers).toHaveLength(1);
  });

  it('takes a deletion back, also after another look at the list', async () => {
    const [first] = runs();
    deleteRun(first!.id);
    await settled();
    undoDelete();
    await settled();
    await reload();
    expect(names()).toHaveLength(2);
  });

  it('removes a deleted run with the next deletion or visit', async () => {
    const [first, second] = runs();
    deleteRun(first!.id);
    await settled();
    expect(await listRuns(await runStorage())).toHaveLength(2);
    deleteRun(second!.id);
    await settled();
    expect((await listRuns(await runStorage())).map(({ id }) => id)).toEqual([second!.id]);
    await reload();
    expect(await listRuns(await runStorage())).toEqual([]);
    expect(runs()).toEqual([]);
  });
});

describe('the offer after a reload', () => {
  it('names the run as the list does, and by its settings where the list lacks it', async () => {
    const { id } = runs()[1]!;
    // As the page notes it, so that a run that was paused is offered too.
    vi.stubGlobal('localStorage', { getItem: () => id });
    renameRun(id, 'Second try');
    await settled();
    await reload();
    await offerInterrupted();
    const { offer } = useResume.getState();
    expect(offer?.id).toBe(id);
    expect(runNameOf(offer!, runs())).toBe('Second try');
    expect(runNameOf(offer!, [])).toBe('Smoke, seed 2');
    useResume.setState({ offer: null });
    vi.unstubAllGlobals();
  });

  it('says so once the tab that had the run at hand is gone, as that of a page just left soon is', async () => {
    const { id } = runs()[1]!;
    let held = [{ name: runLockName(id) }];
    vi.stubGlobal('localStorage', { getItem: () => id });
    vi.stubGlobal('navigator', { locks: { query: async () => ({ held }) } });
    await offerInterrupted();
    expect(useResume.getState().offer).toMatchObject({ id, inUse: true });
    held = [];
    await vi.waitFor(() => expect(useResume.getState().offer).toMatchObject({ id, inUse: false }), 5000);
    useResume.setState({ offer: null });
    vi.unstubAllGlobals();
  });
});

describe('run files', () => {
  const fileOf = (bytes: Uint8Array<ArrayBuffer>) => new File([bytes], 'run.mlvicx.zip');

  it('go out and come in beside the others, under a name that is free', async () => {
    const bytes = (await exportRun(runs()[0]!.id, false))!;
    expect((await readRunFile(bytes)).films).toBeNull();
    expect(await importRun(fileOf(bytes))).toBe(true);
    expect(names()[2]).toBe('Smoke, seed 1 (2)');
    await reload();
    const added = runs().find(({ name }) => name === 'Smoke, seed 1 (2)')!;
    expect((await loadCurves(added.id))?.length).toBe(4);
  });

  it('leave nothing behind when they are refused', async () => {
    const bytes = (await exportRun(runs()[0]!.id, false))!;
    expect(await importRun(fileOf(bytes.slice(0, -9)))).toBe(false);
    expect(useSession.getState().error?.code).toBe('run-file-invalid');
    expect(await listRuns(await runStorage())).toHaveLength(2);
  });

  it('are not taken by a page without protection', async () => {
    const bytes = (await exportRun(runs()[0]!.id, false))!;
    useProtection.setState({ protection: { state: 'refused', reason: 'no.' } });
    expect(await importRun(fileOf(bytes))).toBe(false);
    expect(useSession.getState().error?.code).toBe('not-protected');
  });
});
