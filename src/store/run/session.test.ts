import { afterAll, describe, expect, it, vi } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import { commandOf } from '../commands.ts';
import { liveSeries } from '../curves/series.ts';
import { type Source, SYNTHETIC_SOURCE, useDataset } from '../films/dataset.ts';
import { useProtection } from '../page/protection.ts';
import { choosePreset, useSettings } from '../page/settings.ts';
import { runExists, useSession } from '../session.ts';
import { load, offerSource, pause, play, reset, restart, startSession, step, stop } from './acts.ts';
import { useRuns } from './runs.ts';

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const state = () => useSession.getState();

const folder = (paths: string[]): Source => ({
  kind: 'files',
  name: 'ward 7',
  slices: () => [paths.map((path) => ({ path, file: new File([], path) }))],
});

describe('a session, from first paint on', () => {
  afterAll(() => stop());

  it('chooses the demo preset, loads the synthetic set and trains on one press', async () => {
    await startSession(() => createFakeClient({ beat: 1 }));
    expect(useSettings.getState().preset).toBe('demo');
    expect(commandOf('playPause').enabled()).toBe(true);
    commandOf('playPause').run();
    await until(() => expect(liveSeries().length).toBeGreaterThan(12));
    expect(useDataset.getState().summary?.synthetic).toBe(true);
    expect(useRuns.getState().runs).toHaveLength(1);
    await until(() => expect(state().verdict.heads).toHaveLength(2));
  });

  it('pauses, steps once, and locks the form while the run exists', async () => {
    await pause();
    const before = state().status.step;
    await step();
    expect(state().status).toMatchObject({ state: 'paused', step: before + 1 });
    expect(runExists(state())).toBe(true);
  });

  it('takes no films of the person before the page is protected, and says so', async () => {
    offerSource(folder(['a.png']));
    expect(useDataset.getState().pending).toBeNull();
    expect(state().error?.code).toBe('not-protected');
    await load(folder(['a.png']));
    expect(useDataset.getState().summary?.synthetic).toBe(true);
    useProtection.setState({ protection: { state: 'active', by: 'server' } });
  });

  it('asks before other films end the run', () => {
    offerSource(folder(['a.png']));
    expect(useDataset.getState().pending?.name).toBe('ward 7');
    expect(runExists(state())).toBe(true);
  });

  it('resets to step 0 with a new series and keeps the old one in the list', async () => {
    await reset();
    expect(state().status).toMatchObject({ state: 'ready', step: 0 });
    expect(liveSeries().length).toBe(0);
    await play();
    await until(() => expect(useRuns.getState().runs).toHaveLength(2));
  });

  it('frees the form once the run is ended, and reads films again at the size of the next', async () => {
    await stop();
    expect(runExists(state())).toBe(false);
    choosePreset('smoke');
    await play();
    expect(useDataset.getState().settings?.planeSize).toBe(useSettings.getState().draft.planeSize);
    expect(state().runConfig?.imageSize).toBe(32);
  });

  it('keeps the reason when a folder holds no film', async () => {
    await load(folder(['letter.txt']));
    expect(useDataset.getState()).toMatchObject({ phase: 'failed', error: { code: 'folder-empty' } });
    expect(commandOf('playPause').enabled()).toBe(false);
  });

  it('takes good files after bad ones', async () => {
    await load(folder(['a.png', 'b.jpg', 'labels.csv']));
    expect(useDataset.getState().summary?.filmTable.paths).toEqual(['a.png', 'b.jpg']);
  });
});

describe('a configuration that does not fit', () => {
  it('is refused with the preset that does, before the engine is asked', async () => {
    choosePreset('paper');
    useSettings.setState(({ draft }) => ({ draft: { ...draft, batchSize: 1024 } }));
    await play();
    expect(state().error).toMatchObject({ code: 'does-not-fit' });
    expect(state().error?.data).toMatchObject({ proposal: 'paper' });
    expect(state().error?.hint).toContain('Choose the preset paper or batch size');
  });
});

describe('a device that is lost', () => {
  it('halts the run with its reason; a reset starts on a fresh device with the same films', async () => {
    choosePreset('demo');
    let clients = 0;
    await startSession(() =>
      createFakeClient({ beat: 1, fail: ++clients === 1 ? 'device-lost' : undefined }),
    );
    await play();
    await until(() => expect(state().status.state).toBe('failed'));
    expect(state().error?.code).toBe('device-lost');
    commandOf('reset').run();
    await until(() => expect(useDataset.getState().phase).toBe('reading'));
    await until(() => expect(useDataset.getState().phase).toBe('ready'));
    expect(clients).toBe(2);
    expect(state()).toMatchObject({ error: null, runConfig: null, status: { state: 'idle', step: 0 } });
    await play();
    await until(() => expect(liveSeries().length).toBeGreaterThan(3));
    await stop();
  });
});

it('hears a press that comes while fresh workers open', async () => {
  await load(SYNTHETIC_SOURCE);
  const opened = restart();
  expect(state().busy).toBe('opening');
  expect(commandOf('step').enabled()).toBe(true);
  commandOf('step').run();
  await opened;
  await until(() => expect(state().status.step).toBe(1));
  await stop();
});
